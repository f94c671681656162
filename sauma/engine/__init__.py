"""Engines that run the steps that linkage and tabulation write."""
