"""What to mend in the source, most gain first.

The gain of a fix is counted in linkable rows: the sum, over the rows of the persons it concerns, of the chance of being linked once it
is done less the chance now (:data:`~privacy.pseudonymise.check.linking.CHANCES`).  A row that is kept back has no chance now, whatever
keeps it; it comes back by a fix that takes away all its faults.  Each fix is judged alone, and it gives each person what he or she
lacks and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from privacy.pseudonymise.check.columns import birth_dates_that_differ
from privacy.pseudonymise.check.counts import Count, Tally, least
from privacy.pseudonymise.check.examined import Examined
from privacy.pseudonymise.check.flaws import SHIFTED, code_of_several
from privacy.pseudonymise.check.linking import PERMILLE, Holdings
from privacy.pseudonymise.check.mixing import scattered
from privacy.pseudonymise.coded import Booleans, Coded, empty
from privacy.pseudonymise.normalise import name_parts
from schemas.register import Field, Meaning

FIXES_SHOWN: Final = 5
_HELD_BY: Final[dict[Meaning, str]] = {
    "given_names": "given",
    "surname": "surname",
    "birth_date": "birth_date",
    "postcode": "address",
    "street": "address",
    "phone": "phone",
}
"""The holding that a mended value of a meaning gives."""
_TWO_NAMES: Final = 2
_NAMES: Final = ("given_letters", "surname_letters", "birth_date")


@dataclass(frozen=True, slots=True, repr=False)
class Fix:
    """One thing to mend: its kind and the columns, the rows to mend, the persons it concerns, and what they would hold.

    ``rows``: shape (rows,); ``persons``: shape (persons,).  A row that only faults in ``columns`` keep back comes back.
    """

    kind: str
    columns: tuple[str, ...]
    reason: str
    rows: Booleans
    persons: Booleans
    after: Holdings


@dataclass(frozen=True, slots=True, repr=False)
class Worth:
    """A fix that gains something, and what it gains for each person in thousandths of a row; shape (persons,)."""

    fix: Fix
    gain: npt.NDArray[np.int64]


def worthwhile(found: Examined, flaws: Mapping[str, Coded], held: Holdings) -> Iterator[Worth]:
    """Every fix that would gain something, in the order that decides between equals."""
    matched = found.register.match_tokens
    leaving = np.bincount(found.person[found.whole], minlength=found.persons)
    now, number = held.chances(matched=matched) * leaving, _faults_by_row(found)
    for fix in (*_kept_back(found, flaws, held), *_codes(found, flaws, held), *_values(found, flaws, held)):
        back = np.bincount(found.person[_back(found, fix, number)], minlength=found.persons)
        then = fix.after.chances(matched=matched) * (leaving + back)
        gain = np.where(fix.persons, np.maximum(then - now, 0), 0)
        if gain.any():
            yield Worth(fix, gain)


def fixes(found: Examined, worth: Iterable[Worth], held: Holdings, twice: Booleans, tally: Tally, persons: Count) -> list[dict[str, Any]]:
    """Each fix of *worth*: persons concerned and rows gained, not yet ranked; *twice*: :func:`duplicates`."""
    listed = []
    for fix, gain in ((each.fix, each.gain) for each in worth):
        concerned, gained = tally.count(int((gain > 0).sum())), tally.count(-(-int(gain.sum()) // PERMILLE))
        tally.within(persons, [concerned])
        listed.append({"fix": fix.kind, "columns": list(fix.columns), "reason": fix.reason, "persons": concerned, "gain": gained})
    return [*listed, *_duplicates(found, twice & ~found.lost, held, tally, persons)]


def ranked(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The five fixes, as shown, that gain most; persons concerned decide between equals, then the order they were found in."""
    return sorted(listed, key=lambda fix: (-least(fix["gain"]), -least(fix["persons"])))[:FIXES_SHOWN]


def duplicates(found: Examined) -> Booleans:
    """Persons without a code who agree in all names and the birth date with another one; of such a group one is left out."""
    known = np.flatnonzero(np.logical_and.reduce([found.derived[name].present for name in _NAMES]))
    same = np.zeros(found.persons, dtype=np.bool_)
    if len(known):
        mixed = [
            scattered(found.derived[name].codes[known], place) for place, name in enumerate((*_NAMES, "given_2", "given_3", "given_4"))
        ]
        who, coded = np.bitwise_xor.reduce(mixed), found.own.valid[found.shown][known]
        order = np.lexsort((~coded, who))  # a person with a code first
        later = np.zeros(len(known), dtype=np.bool_)
        later[order[1:]] = who[order[1:]] == who[order[:-1]]
        same[known[later & ~coded]] = True
    return same


def _kept_back(found: Examined, flaws: Mapping[str, Coded], held: Holdings) -> Iterator[Fix]:
    """Rows kept back by a value that is no flaw of an identity field too: mended, they come back with what the person holds."""
    for field in found.register.columns:
        told = flaws[field.name].present if field.name in flaws and _mended_elsewhere(field) else np.zeros(found.rows, dtype=np.bool_)
        for reason, rows in found.faults.get(field.name, {}).items():
            rest = rows & ~told
            if not (reason == "missing" and _mended_elsewhere(field) and field.meaning != "street"):
                yield Fix("row_kept_back", (field.name,), reason, rest, found.any_row(rest), held)


def _mended_elsewhere(field: Field) -> bool:
    """Whether :func:`_codes` or :func:`_values` judges what is missing in *field* and its flaws."""
    return field.meaning in _HELD_BY or field.meaning == "hetu"


def _codes(found: Examined, flaws: Mapping[str, Coded], held: Holdings) -> Iterator[Fix]:
    """The person's own code: absent, rejected, artificial, many people's, or of another birth year than the row says."""
    field = found.register.by_meaning("hetu")
    if field is None:
        return
    mended = held.but(code=np.ones_like(held.code), contradictory=np.zeros_like(held.code))
    several = found.any_row(code_of_several(found))
    none = ~found.own.valid[found.shown] | several
    reasons = flaws.get(field.name, empty(found.rows))
    missing = ~found.columns[field.name].present
    yield Fix("code_missing", (field.name,), "missing", missing, found.any_row(missing) & none, mended)
    for code, reason in enumerate(reasons.values):
        rows = reasons.codes == code
        yield Fix("code_rejected", (field.name,), reason, rows, found.any_row(rows) & none, mended)
    artificial = ~none & ~held.code
    yield Fix("code_artificial", (field.name,), "artificial", artificial[found.person] & found.own.valid, artificial, mended)
    if held.contradictory.any():
        columns = (field.name, *(birth.name for birth in [found.register.by_meaning("birth_date")] if birth))
        yield Fix("birth_year_differs", columns, "birth_year_differs", birth_dates_that_differ(found)[0], held.contradictory, mended)


def _values(found: Examined, flaws: Mapping[str, Coded], held: Holdings) -> Iterator[Fix]:
    """Names, birth dates, addresses and numbers that are empty or of no use."""
    shifted = np.zeros(found.rows, dtype=np.bool_)
    columns: list[str] = []
    together = _in_one_column(found)
    named = tuple(field.name for meaning in ("given_names", "surname") if (field := found.register.by_meaning(meaning)))
    whole = np.ones_like(held.code)
    if together.any():
        rows = together[found.person] & ~np.logical_and.reduce([found.columns[name].present for name in named])
        yield Fix("names_in_one_column", named, "names_in_one_column", rows, together, held.but(given=whole, surname=whole))
    for meaning, holding in _HELD_BY.items():
        field = found.register.by_meaning(meaning)
        if field is None:
            continue
        mended = held.but(**{holding: whole})
        reasons = flaws.get(field.name, empty(found.rows))
        for code, reason in enumerate(reasons.values):
            rows = reasons.codes == code
            if reason in SHIFTED:
                shifted |= rows
                columns.append(field.name)
            elif reason != "nowhere_to_live":
                yield Fix("value_flawed", (field.name,), reason, rows, found.any_row(rows), mended)
        if meaning != "street":
            rows = ~found.columns[field.name].present
            kept = found.any_row(found.faults.get(field.name, {}).get("missing", np.zeros_like(rows)))
            lacking = (~found.of_person(meaning).present | kept) & ~together
            yield Fix("value_missing", (field.name,), "missing", rows, lacking, mended)
    if columns:
        mended = held.but(given=whole, surname=whole, birth_date=whole)
        yield Fix("columns_shifted", tuple(columns), "shifted", shifted, found.any_row(shifted), mended)


def _duplicates(found: Examined, surplus: Booleans, held: Holdings, tally: Tally, persons: Count) -> list[dict[str, Any]]:
    """Surplus records of one person: where a register holds everybody once, each is a record that links to nobody."""
    if not found.register.one_record_per_person or not surplus.any():
        return []
    rows = np.bincount(found.person[found.whole], minlength=found.persons)
    gain = (held.chances(matched=found.register.match_tokens) * rows)[surplus]
    concerned, gained = tally.count(int(surplus.sum())), tally.count(-(-int(gain.sum()) // PERMILLE))
    tally.within(persons, [concerned])
    meanings: tuple[Meaning, ...] = ("given_names", "surname", "birth_date")
    columns = [field.name for meaning in meanings if (field := found.register.by_meaning(meaning))]
    return [{"fix": "duplicates", "columns": columns, "reason": "duplicates", "persons": concerned, "gain": gained}]


def _in_one_column(found: Examined) -> Booleans:
    """Persons whose one name field is empty while the other holds two names or more."""
    if not found.register.by_meaning("given_names") or not found.register.by_meaning("surname"):
        return np.zeros(found.persons, dtype=np.bool_)
    given, surname = found.of_person("given_names"), found.of_person("surname")
    several = [column.holds(lambda text: len(name_parts(text)) >= _TWO_NAMES) for column in (given, surname)]
    one: Booleans = (several[0] & ~surname.present) | (several[1] & ~given.present)
    return one


def _faults_by_row(found: Examined) -> npt.NDArray[np.int64]:
    """How many columns keep each row back; shape (rows,)."""
    number = np.zeros(found.rows, dtype=np.int64)
    for reasons in found.faults.values():
        number += np.logical_or.reduce(list(reasons.values()))
    return number


def _back(found: Examined, fix: Fix, number: npt.NDArray[np.int64]) -> Booleans:
    """The rows of *fix* that would leave once it is done; ``number``: how many columns keep each row back."""
    gone = np.zeros(found.rows, dtype=np.int64)
    for name in fix.columns:
        if name in found.faults:
            gone += np.logical_or.reduce(list(found.faults[name].values()))
    back: Booleans = fix.rows & ~found.whole & (number == gone)
    return back
