"""Counts of the linkage are outputs too: what is shown of them is rounded to a declared base, and small ones are banded."""

from __future__ import annotations

BASE = 10
FEW = f"<{BASE}"


def rounded(count: int) -> int | str:
    """*count* to the nearest multiple of :data:`BASE`; ``<10`` for anything less than that, zero included."""
    return FEW if count < BASE else (count + BASE // 2) // BASE * BASE


def share(part: int, whole: int) -> float | None:
    """*part* of *whole* in percent, of the rounded counts; None where *whole* is too small to say."""
    shown = rounded(whole)
    if isinstance(shown, str) or shown < 10 * BASE:
        return None
    of = rounded(part)
    return round(100 * (0 if isinstance(of, str) else min(of, shown)) / shown, 1)
