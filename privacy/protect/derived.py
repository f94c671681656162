"""Shares, rates and means: functions of told figures and public ones, computed alike by who writes and who reads.

No new figure of people goes in, so nothing more is disclosed and nothing is paid.  A derived figure is hidden where a
figure it needs is hidden, and exact where those are exact.

The interval of a ratio of told figures runs from the lowest numerator by the highest denominator to the highest by the
lowest.  It holds at the rate of the told intervals, 95 %, and not only at 90: it misses on one side exactly when
``D e - N f > D w + N v``, where N and D are the true figures, e and f their errors and w and v the widths of their
intervals on that side; for independent symmetric log-concave errors a convex combination is more peaked than its worst
part (Proschan 1965), so that is no likelier than ``e > w`` alone.  Errors that least squares ties together move together and
cancel.  A simulation of the whole path holds it (``tests/dp``).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from schemas.dimension import TOTAL, UNKNOWN
from schemas.measures import Mean, Rate, Share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from privacy.tabulate.cells import Key
    from schemas.measures import Denominator
    from schemas.release import RelationCell, Status
    from schemas.request import Table

SHARE_DECIMALS = 4
DECIMALS = 2
PER_LEAST = 100
"""Rates per fewer than this have the decimals of a share."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One derived figure: decimals written out, empty where it is hidden, or nobody is there to divide by."""

    key: Key
    measure: str
    value: str = ""
    lower: str = ""
    upper: str = ""
    status: Status = "suppressed"


@dataclass(frozen=True, slots=True)
class Told:
    """A told figure and its interval; an exact one is its own interval."""

    value: Fraction
    lower: Fraction
    upper: Fraction


def derived(table: Table, denominators: Iterable[Denominator], cells: Sequence[RelationCell]) -> tuple[Figure, ...]:
    """Every share, rate and mean of *table*, from its told *cells*: measure by measure, in cell order."""
    told = {(cell.measure, cell.key): _told(cell) for cell in cells}
    counts = {key: found for (measure, key), found in told.items() if measure is None}
    public = {each.id: each for each in denominators}
    figures: list[Figure] = []
    for measure in table.measures:
        decimals = DECIMALS
        match measure:
            case Share():
                decimals = SHARE_DECIMALS
                found = [(key, _share(table, measure, key, counts)) for key in _share_keys(table, measure, counts)]
            case Rate():
                decimals = DECIMALS if measure.per >= PER_LEAST else SHARE_DECIMALS
                found = list(_rates(table, measure, public[measure.denominator], counts))
            case Mean():
                found = [(key, _mean(table, measure, told[measure.of, key], count)) for key, count in counts.items()]
            case _:
                continue
        figures.extend(_figure(key, measure.id, told_of, decimals, exact=table.kind == "EXACT") for key, told_of in found)
    return tuple(figures)


def _told(cell: RelationCell) -> Told | None:
    if cell.value is None:
        return None
    low, high = (cell.value if end is None else end for end in (cell.lower, cell.upper))
    return Told(Fraction(cell.value), Fraction(low), Fraction(high))


def _figure(key: Key, measure: str, found: Told | Status, decimals: int, *, exact: bool) -> Figure:
    if not isinstance(found, Told):
        return Figure(key, measure, status=found)
    value = written(found.value, decimals, 0)
    if exact:
        return Figure(key, measure, value, status="published")
    low = min(found.lower, found.value), max(found.upper, found.value)
    return Figure(key, measure, value, written(low[0], decimals, -1), written(low[1], decimals, 1), "published")


def written(number: Fraction, decimals: int, outward: int) -> str:
    """*number* with so many decimals: rounded down (*outward* -1), to the nearest even (0) or up (1)."""
    scaled = number * 10**decimals
    whole = round(scaled) if outward == 0 else scaled.__floor__() if outward < 0 else scaled.__ceil__()
    sign, digits = ("-" if whole < 0 else ""), f"{abs(whole):0{decimals + 1}d}"
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def _share_keys(table: Table, share: Share, counts: Mapping[Key, Told | None]) -> list[Key]:
    """Every combination of printed codes of the other dimensions, with the total in the share's own."""
    place = _place(table, share.dimension)
    return list(dict.fromkeys((*key[:place], TOTAL, *key[place + 1 :]) for key in counts))


def _share(table: Table, share: Share, key: Key, counts: Mapping[Key, Told | None]) -> Told | Status:
    place = _place(table, share.dimension)
    part, whole = (_added(counts[*key[:place], code, *key[place + 1 :]] for code in codes) for codes in (share.codes, share.of or (TOTAL,)))
    if part is None or whole is None:
        return "suppressed"
    ratio = _ratio(part, whole)
    if not isinstance(ratio, Told):
        return ratio
    return Told(ratio.value, max(ratio.lower, Fraction(0)), min(ratio.upper, Fraction(1)))


def _mean(table: Table, mean: Mean, total: Told | None, count: Told | None) -> Told | Status:
    asked = next(each for each in table.sums if each.id == mean.of)
    if total is None or count is None:
        return "suppressed"
    ratio = _ratio(total, count)
    if not isinstance(ratio, Told):
        return ratio
    value, low, high = (min(max(end, Fraction(asked.low)), Fraction(asked.high)) for end in (ratio.value, ratio.lower, ratio.upper))
    return Told(value, low, high)


def _ratio(part: Told, whole: Told) -> Told | Status:
    """*part* by *whole*, by the corners of their intervals; as wide as can be where *whole* may be nothing."""
    if whole.value <= 0:
        return "undefined"
    if whole.lower <= 0:
        far = Fraction(10**9)
        low = part.lower / whole.upper if part.lower >= 0 else -far
        return Told(part.value / whole.value, low, part.upper / whole.upper if part.upper <= 0 else far)
    corners = [end / by for end in (part.lower, part.upper) for by in (whole.lower, whole.upper)]
    return Told(part.value / whole.value, min(corners), max(corners))


def _rates(table: Table, rate: Rate, public: Denominator, counts: Mapping[Key, Told | None]) -> Iterator[tuple[Key, Told | Status]]:
    """The cells that the denominator could be about, each with its rate; ``not_collected`` where it has no figure."""
    known = all_codes(table, public)
    places = [_place(table, name) for name in public.by]
    free = {_place(table, name) for name in (*public.by, *rate.over)}
    for key, count in counts.items():
        by = known.get(tuple(key[place] for place in places))
        if not all(code == TOTAL or place in free for place, code in enumerate(key)):
            continue
        if by is None:
            yield key, "not_collected"
        else:
            factor = Fraction(rate.per, by)
            yield key, "suppressed" if count is None else Told(count.value * factor, count.lower * factor, count.upper * factor)


def all_codes(table: Table, public: Denominator) -> dict[Key, int]:
    """The denominator's figure for every combination of codes that has one: its own, else the sum of the finest."""
    figures = {figure.codes: figure.count for figure in public.counts}
    members = [table.dimensions[_place(table, name)].members for name in public.by]
    found = {}
    for codes in itertools.product(*members):
        finest = [sorted(inside[code] - {UNKNOWN}) for code, inside in zip(codes, members, strict=True)]
        parts = [figures.get(each) for each in itertools.product(*finest)]
        if codes in figures:
            found[codes] = figures[codes]
        elif parts and None not in parts:
            found[codes] = sum(part for part in parts if part is not None)
    return found


def _added(figures: Iterable[Told | None]) -> Told | None:
    added = Told(Fraction(0), Fraction(0), Fraction(0))
    for each in figures:
        if each is None:
            return None
        added = Told(added.value + each.value, added.lower + each.lower, added.upper + each.upper)
    return added


def _place(table: Table, name: str) -> int:
    return next(place for place, dimension in enumerate(table.dimensions) if dimension.name == name)
