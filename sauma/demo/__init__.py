"""The synthetic region: people who do not exist, with the errors that registers have."""
