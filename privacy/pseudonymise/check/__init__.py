"""What ``sauma check`` tells a steward about an extract: counts that were rounded, and never a value."""
