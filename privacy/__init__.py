"""The two doors: what leaves a register, and what leaves the linked set."""
