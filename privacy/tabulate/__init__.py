"""Requests, expressions, derived variables, counts."""
