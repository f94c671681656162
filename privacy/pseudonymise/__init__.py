"""The way in: raw rows become tokens and a minimised payload."""
