"""Doors and windows: every input and output of the house."""
