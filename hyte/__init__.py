"""What it is for: code lists, themes, indicators of wellbeing work."""
