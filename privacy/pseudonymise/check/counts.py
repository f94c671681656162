"""Counts that may be shown: small ones hidden, the rest rounded down, and the whole page audited against differencing.

A count of 1 to floor - 1 is shown as ``"<floor"``; a larger one as the multiple of the *base* at or below it; none as 0.  So each
shown count is an interval.  Counts are tied: a total is the sum of its parts.  The audit narrows every interval by all the ties, as a
reader could; where that leaves one value for a count under the floor, the base is doubled for the whole page and tried again.  An
extract too small for any base loses the difference between none and few.  See ``docs/decisions/0018``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

HOUSE_FLOOR: Final = 5
"""No page shows a smaller count, whatever the agreement's smallest threshold."""
ENDLESS: Final = 1 << 62
Shown = int | str
Interval = tuple[int, int]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Count:
    """A count of the page.

    ``told``: whether it is shown (else a reader knows only that it is not negative).  ``zero_told``: whether none looks
    different from few.
    """

    exact: int
    told: bool = True
    zero_told: bool = True


@dataclass(slots=True, repr=False)
class Tally:
    """All counts of one page and how they are tied: each tie is a total and the parts that add up to it."""

    counts: list[Count] = field(default_factory=list)
    ties: list[tuple[Count, tuple[Count, ...]]] = field(default_factory=list)

    def count(self, exact: int, *, zero_told: bool = True) -> Count:
        """A count that will be shown."""
        return self._kept(Count(int(exact), zero_told=zero_told))

    def sums(self, total: Count, parts: Sequence[Count]) -> None:
        """*parts* add up to *total*.  Raises ``ValueError`` if they do not: the audit would prove nothing."""
        if sum(part.exact for part in parts) != total.exact:
            raise ValueError("the parts are not the total")
        self.ties.append((total, tuple(parts)))

    def within(self, total: Count, parts: Sequence[Count]) -> Count:
        """*parts* are some of *total*; the rest is not shown.  Returns the rest."""
        rest = self._kept(Count(total.exact - sum(part.exact for part in parts), told=False))
        self.sums(total, (*parts, rest))
        return rest

    def _kept(self, count: Count) -> Count:
        if count.exact < 0:
            raise ValueError("a count is negative")
        self.counts.append(count)
        return count

    def rounding(self, floor: int) -> Rounding:
        """The finest rounding under which no count below *floor* can be worked out."""
        largest = max((count.exact for count in self.counts), default=0)
        for zeros in (True, False):
            base = floor
            while base <= 4 * max(largest, floor):
                found = Rounding(floor, base, zeros_told=zeros)
                if self._holds(found):
                    return found
                base *= 2
        return found

    def _holds(self, rounding: Rounding) -> bool:
        """Whether every count under the floor, shown or not, could still be one of several."""
        known = self.narrowed(rounding)
        return all(low != high or not 0 < low < rounding.floor for low, high in known.values())

    def narrowed(self, rounding: Rounding) -> dict[Count, Interval]:
        """What a reader of the page can know of every count: the intervals, narrowed by the ties until nothing changes."""
        known = {count: rounding.interval(count) for count in self.counts}
        changed = True
        while changed:
            changed = False
            for total, parts in self.ties:
                for count, interval in _tightened(total, parts, known):
                    if interval != known[count]:
                        known[count], changed = interval, True
        return known


@dataclass(frozen=True, slots=True)
class Rounding:
    """How a page shows its counts: hidden under ``floor``, rounded down to multiples of ``base``."""

    floor: int
    base: int
    zeros_told: bool = True

    def interval(self, count: Count) -> Interval:
        """What the page says of *count* by itself, both ends included."""
        if not count.told:
            return 0, ENDLESS
        if count.exact < self.floor:
            telling = self.zeros_told and count.zero_told
            return (int(count.exact > 0 and telling), 0 if telling and not count.exact else self.floor - 1)
        start = count.exact // self.base * self.base
        return max(start, self.floor), start + self.base - 1

    def shown(self, count: Count) -> Shown:
        """*count* as the page shows it."""
        low, high = self.interval(count)
        return f"<{self.floor}" if high and low < self.floor else low


def resolved(tree: Any, rounding: Rounding) -> Any:
    """*tree* of mappings and sequences with every :class:`Count` as it is shown."""
    if isinstance(tree, Count):
        return rounding.shown(tree)
    if isinstance(tree, Mapping):
        return {key: resolved(value, rounding) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [resolved(value, rounding) for value in tree]
    return tree


def least(shown: Shown) -> int:
    """The smallest number that *shown* can stand for, taking a hidden one as none."""
    return shown if isinstance(shown, int) else 0


def per_cent(part: Shown, whole: Shown) -> int:
    """*part* of *whole* in per cent, from what is shown of both, so that it tells nothing more; 0 of a hidden whole."""
    return min(100, round(100 * least(part) / least(whole))) if least(whole) else 0


def _tightened(total: Count, parts: tuple[Count, ...], known: Mapping[Count, Interval]) -> list[tuple[Count, Interval]]:
    """*total* and *parts* with what each says of the others."""
    low, high = known[total]
    lows, highs = sum(known[part][0] for part in parts), sum(known[part][1] for part in parts)
    low, high = max(low, lows), min(high, highs)
    found = [(total, (low, high))]
    for part in parts:
        mine = known[part]
        found.append((part, (max(mine[0], low - (highs - mine[1])), min(mine[1], high - (lows - mine[0])))))
    return found
