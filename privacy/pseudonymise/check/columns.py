"""Findings about each column, about personal identity codes, and about fields that contradict each other.  Counts of rows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from privacy.pseudonymise import hetu_columns
from privacy.pseudonymise.addresses import lost_zeros
from privacy.pseudonymise.admission import CODE_MEANINGS
from privacy.pseudonymise.check.counts import Count, Tally
from privacy.pseudonymise.check.examined import Examined
from privacy.pseudonymise.coded import Booleans, Coded
from privacy.pseudonymise.columns import iso_date
from privacy.pseudonymise.hetu import Hetu, parse
from privacy.pseudonymise.normalise import clean
from privacy.pseudonymise.people import NOT_RESTRICTED
from schemas.register import Field

if TYPE_CHECKING:
    from privacy.pseudonymise.pipeline import Local

BANDS: Final = (1, 10, 100, 1_000, 10_000, 100_000)
"""Where the bands of distinct values begin; the last is open."""
MEN: Final = frozenset(("1", "m", "mies", "man", "male"))
WOMEN: Final = frozenset(("2", "n", "k", "f", "nainen", "kvinna", "female"))
"""What a sex column says; anything else is not compared."""
_YEAR: Final = 10_000
"""One year in ``yyyymmdd`` integers."""


def columns(found: Examined, flaws: Mapping[str, Coded], tally: Tally, rows: Count) -> list[dict[str, Any]]:
    """Each declared column: empty rows, how many distinct values, and rows by reason that keep back or cost links.

    Of a restriction mark neither is told: where a register marks the restricted alone, its empty rows would count them.
    """
    listed = []
    for field in found.register.columns:
        column = found.columns[field.name]
        plain = field.meaning != "restricted"
        empty = tally.count(int((~column.present).sum()) if plain else 0)
        broken = {reason: tally.count(int(mask.sum())) for reason, mask in found.faults.get(field.name, {}).items() if plain}
        weak = by_reason(flaws[field.name], tally) if field.name in flaws else {}
        tally.within(rows, [empty, *(count for reason, count in broken.items() if reason != "missing")])
        padded = {"padded": tally.count(int(zeros_put_back(found, field).sum()))} if field.meaning == "postcode" else {}
        tally.within(rows, [empty, *weak.values(), *padded.values()])
        listed.append({
            "column": field.name,
            "meaning": field.meaning,
            "leaves": field.leaves,
            "required": field.required,
            "empty": empty if plain else None,
            "distinct": band(len(column.texts)) if plain else None,
            "kept_back": broken,
            "flawed": weak,
            **padded,
            **({} if plain else {"all_restricted": all_restricted(column)}),
        })  # fmt: skip
    return listed


def all_restricted(column: Coded) -> bool:
    """Whether every row of a restriction mark is filled and none of them says no: then its words are not those that are known.

    One row that says no, or nothing, is enough to be silent: a register that marks the restricted alone is in order, and a remark
    would tell that it has some.
    """
    return len(column) > 0 and bool(column.present.all()) and not any(clean(text) in NOT_RESTRICTED for text in column.values)


def zeros_put_back(found: Examined, field: Field) -> Booleans:
    """The rows whose postcode in *field* lost its leading zeros on the way, which are put back."""
    return found.columns[field.name].holds(lost_zeros) if field.meaning == "postcode" else np.zeros(found.rows, dtype=np.bool_)


def band(number: int) -> str:
    """*number* of distinct values as a band: ``0``, ``1``, ``2-9``, ``10-99``... ``100000+``."""
    if number < 2:
        return str(number)
    for low, high in itertools.pairwise(BANDS):
        if number < high:
            return f"{max(low, 2)}-{high - 1}"
    return f"{BANDS[-1]}+"


def by_reason(reasons: Coded, tally: Tally) -> dict[str, Count]:
    """Rows by reason, most first."""
    rows = np.bincount(reasons.codes[reasons.present], minlength=len(reasons.values)).tolist()
    ordered = sorted(zip(reasons.values, rows, strict=True), key=lambda pair: (-pair[1], pair[0]))
    return {reason: tally.count(number) for reason, number in ordered}


def codes(found: Examined, flaws: Mapping[str, Coded], local: Local, tally: Tally, rows: Count) -> list[dict[str, Any]]:
    """Each column of personal identity codes: none, by reason of rejection, artificial, and changed since by the steward's list.

    How many have changed is told from the floor on only; none and few look the same.  Nobody lacks a relative's code.
    """
    listed = []
    changed = _changed(local)
    for field in found.register.columns:
        if field.meaning not in CODE_MEANINGS:
            continue
        judged, own = found.codes[field.meaning], field.meaning == "hetu"
        rejected = by_reason(flaws[field.name], tally) if field.name in flaws else {}
        several = rejected.pop("code_of_several", tally.count(0))  # valid, so it may be artificial besides
        none = tally.count(int((~found.columns[field.name].present).sum()))
        artificial = tally.count(int(hetu_columns.artificial(judged.numbers).sum()))
        real = tally.within(rows, [none, *rejected.values(), artificial])
        one: dict[str, Any] = {"column": field.name, "meaning": field.meaning, "rejected": rejected, "artificial": artificial}
        if own:
            one |= {"missing": none, "of_several": several}
            tally.within(rows, [none, *rejected.values(), several])
        if own and len(changed):
            moved = int(np.isin(judged.numbers, changed).sum())
            one["changed"] = tally.count(moved, zero_told=False)
            if moved <= real.exact:
                tally.within(real, [one["changed"]])
        listed.append(one)
    return listed


def contradictions(found: Examined, tally: Tally, rows: Count) -> dict[str, Count]:
    """Rows whose birth date or sex is not the code's: a check of data quality, nothing else; sex is never taken from a code."""
    if "hetu" not in found.codes:
        return {}
    counts: dict[str, Count] = {}
    if found.register.by_meaning("birth_date"):
        year, day = birth_dates_that_differ(found)
        counts |= {"birth_year_differs": tally.count(int(year.sum())), "birth_day_differs": tally.count(int(day.sum()))}
        tally.within(rows, list(counts.values()))
    if found.register.by_meaning("sex"):
        counts["sex_differs"] = tally.count(int(sexes_that_differ(found).sum()))
        tally.within(rows, [counts["sex_differs"]])
    return counts


def birth_dates_that_differ(found: Examined) -> tuple[Booleans, Booleans]:
    """Rows whose written birth date is of another year than the code's, and those of the same year and another day."""
    written = found.written("birth_date").map(iso_date)
    days = np.array([*(int(day.replace("-", "")) for day in written.values), 0], dtype=np.int64)[written.codes]
    said = hetu_columns.born(found.own.numbers)
    both = (days > 0) & (said > 0)
    year = both & (days // _YEAR != said // _YEAR)
    return year, both & ~year & (days != said)


def sexes_that_differ(found: Examined) -> Booleans:
    """Rows whose sex column says another sex than the code: a check of data quality, nothing else."""
    sex, odd = found.written("sex").map(clean), found.own.numbers % 2 == 1
    wrong: Booleans = found.own.valid & ((sex.holds(MEN.__contains__) & ~odd) | (sex.holds(WOMEN.__contains__) & odd))
    return wrong


def _changed(local: Local) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """The codes that the steward's history calls old, as numbers."""
    parsed = (parse(old, today=local.today) for old in local.history)
    return np.array([hetu_columns.number_of(old.code) for old in parsed if isinstance(old, Hetu)], dtype=np.int64)
