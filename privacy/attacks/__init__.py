"""Attacks on what leaves a register, by somebody without its keys: what a steward can run before anything is sealed.  Pure."""
