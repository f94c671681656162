"""The whole flow on one page: one short function per verb, from the noun on its left to the noun on its right.

extract -> *pseudonymise* -> package -> *link* -> linked set -> *tabulate*, *protect* -> proposal -> *publish* -> release
"""

from __future__ import annotations
