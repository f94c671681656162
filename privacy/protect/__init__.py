"""Suppression, noise, budget, gate."""
