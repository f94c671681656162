"""Which rows are at fault, one line for each row, column and reason: the steward's own list to mend the source by, never shown.

The page tells counts that were rounded; this names rows, and stays with who owns them.  It holds no value.  As on the page, nobody is
left out and no address withheld: the list is the same whoever has opted out or has a restriction of disclosure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa

from privacy.pseudonymise.check.columns import birth_dates_that_differ, sexes_that_differ, zeros_put_back
from privacy.pseudonymise.check.coverage import after_window
from privacy.pseudonymise.check.examined import Examined
from privacy.pseudonymise.check.fixes import duplicates, worthwhile
from privacy.pseudonymise.check.flaws import flaws
from privacy.pseudonymise.check.linking import holdings
from privacy.pseudonymise.coded import Booleans

EFFECTS: Final = {
    "refused": "the whole extract is refused until this is mended",
    "kept_back": "the row does not leave",
    "costs_links": "the row leaves, and is harder or impossible to link",
    "doubtful": "the row leaves; it may be wrong",
    "read_as_meant": "nothing is lost: it is read as it was meant",
}
"""What a fault does, gravest first."""


@dataclass(frozen=True, slots=True, repr=False)
class _Kind:
    """Rows of one column, reason and effect; shape (rows,)."""

    column: str
    reason: str
    effect: str
    rows: Booleans


def listing(found: Examined) -> pa.Table:
    """``row`` (as the reader counts it), ``column``, ``reason`` and ``effect`` of each fault in *found*, in row order, gravest first."""
    kinds = [*_once(_kinds(found))]
    order = {effect: place for place, effect in enumerate(EFFECTS)}
    places = [np.flatnonzero(kind.rows) for kind in kinds]
    which = np.repeat(np.arange(len(kinds)), [len(rows) for rows in places])
    rows = np.concatenate([np.empty(0, dtype=np.int64), *places])
    grave = np.array([order[kind.effect] for kind in kinds], dtype=np.int64)[which]
    sorting = np.lexsort((which, grave, rows))
    rows, chosen = rows[sorting], pa.array(which[sorting])
    texts = {name: pa.array([getattr(kind, name) for kind in kinds], pa.string()).take(chosen) for name in ("column", "reason", "effect")}
    return pa.table({"row": pa.array(found.numbers[rows]), **texts})


def _once(kinds: Iterator[_Kind]) -> Iterator[_Kind]:
    """*kinds*, each row with one effect for a column and reason: the first, which is the gravest."""
    seen: dict[tuple[str, str], Booleans] = {}
    for kind in kinds:
        before = seen.get((kind.column, kind.reason), np.zeros_like(kind.rows))
        seen[kind.column, kind.reason] = before | kind.rows
        yield replace(kind, rows=kind.rows & ~before)


def _kinds(found: Examined) -> Iterator[_Kind]:
    weak = flaws(found)
    for name, rows in found.identifying.items():
        yield _Kind(name, "looks_like_an_identifier", "refused", rows)
    for name, reasons in found.faults.items():
        for reason, rows in reasons.items():
            yield _Kind(name, reason, "kept_back", rows)
    for name, told in weak.items():
        for code, reason in enumerate(told.values):
            yield _Kind(name, reason, "costs_links", told.codes == code)
    for worth in worthwhile(found, weak, holdings(found)):
        gaining = (worth.gain > 0)[found.person] & worth.fix.rows
        for name in worth.fix.columns:
            yield _Kind(name, worth.fix.reason, "costs_links", gaining)
    yield from _doubts(found)
    for field in found.register.columns:
        yield _Kind(field.name, "leading_zeros_put_back", "read_as_meant", zeros_put_back(found, field))


def _doubts(found: Examined) -> Iterator[_Kind]:
    """What contradicts the code, what happened after the window, and who may stand there twice."""
    born, sex = found.register.by_meaning("birth_date"), found.register.by_meaning("sex")
    if born and "hetu" in found.codes:
        year, day = birth_dates_that_differ(found)
        yield _Kind(born.name, "birth_year_differs", "costs_links", year)
        yield _Kind(born.name, "birth_day_differs", "doubtful", day)
    if sex and "hetu" in found.codes:
        yield _Kind(sex.name, "sex_differs", "doubtful", sexes_that_differ(found))
    for name, rows in after_window(found).items():
        yield _Kind(name, "after_window", "doubtful", rows)
    twice = duplicates(found)
    if twice.any():
        name = next(field.name for field in found.register.columns if field.meaning in ("given_names", "surname", "birth_date"))
        yield _Kind(name, "duplicates", "doubtful", twice[found.person])
