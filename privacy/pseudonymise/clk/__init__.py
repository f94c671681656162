"""Similarity encodings (CLK Bloom filters), bit for bit equal to clkhash 0.18, for networks that already use them.

Whoever holds such encodings can find out who most of the people are: see ``docs/clk.md``.  Nothing here is private.
"""
