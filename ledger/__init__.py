"""What was told: an append-only Merkle log of everything that left."""
