"""What to mend in the source, most gain first.

The gain of a fix is the sum, over the persons it concerns, of the chance of being linked once it is done less the chance now
(:data:`~privacy.pseudonymise.check.linking.CHANCES`); a person of whom no row would leave has no chance now.  Each fix is judged
alone, and it gives each person what he or she lacks and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from privacy.pseudonymise.check.counts import Count, Tally, least
from privacy.pseudonymise.check.examined import Examined
from privacy.pseudonymise.check.flaws import SHIFTED
from privacy.pseudonymise.check.linking import PERMILLE, Holdings
from privacy.pseudonymise.check.mixing import scattered
from privacy.pseudonymise.coded import Booleans, Coded, empty
from privacy.pseudonymise.normalise import name_parts
from schemas.register import Meaning

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
    """One thing to mend: its kind, the columns, the persons it concerns, and what they would hold; shape (persons,)."""

    kind: str
    columns: tuple[str, ...]
    reason: str
    persons: Booleans
    after: Holdings
    back: tuple[str, ...] = ()
    """The column whose faults it takes away: persons of whom a row was kept back for it alone come back."""


def fixes(
    found: Examined, flaws: Mapping[str, Coded], held: Holdings, twice: Booleans, tally: Tally, persons: Count
) -> list[dict[str, Any]]:
    """Every fix that would gain something: persons concerned and persons gained, not yet ranked; *twice*: :func:`duplicates`."""
    matched = found.register.match_tokens
    now, number = np.where(found.lost, 0, held.chances(matched=matched)), _faults_by_row(found)
    listed = []
    for fix in (*_codes(found, flaws, held), *_values(found, flaws, held), *_kept_back(found, held)):
        then = fix.after.chances(matched=matched)
        gain = np.where(fix.persons & (~found.lost | _back(found, fix.back, number)), np.maximum(then - now, 0), 0)
        if not gain.any():
            continue
        concerned, gained = tally.count(int((gain > 0).sum())), tally.count(-(-int(gain.sum()) // PERMILLE))
        tally.within(persons, [concerned])
        listed.append({"fix": fix.kind, "columns": list(fix.columns), "reason": fix.reason, "persons": concerned, "gain": gained})
    return [*listed, *_duplicates(found, twice & ~found.lost, now, tally, persons)]


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


def _codes(found: Examined, flaws: Mapping[str, Coded], held: Holdings) -> Iterator[Fix]:
    """The person's own code: absent, rejected, artificial, or of another birth year than the row says."""
    field = found.register.by_meaning("hetu")
    if field is None:
        return
    mended = held.but(code=np.ones_like(held.code), contradictory=np.zeros_like(held.code))
    none = ~found.own.valid[found.shown]
    reasons = flaws.get(field.name, empty(found.rows))
    missing = found.any_row(~found.columns[field.name].present) & none
    yield Fix("code_missing", (field.name,), "missing", missing, mended, (field.name,))
    for code, reason in enumerate(reasons.values):
        yield Fix("code_rejected", (field.name,), reason, found.any_row(reasons.codes == code) & none, mended)
    yield Fix("code_artificial", (field.name,), "artificial", ~none & ~held.code, mended)
    columns = (field.name, *(birth.name for birth in [found.register.by_meaning("birth_date")] if birth))
    yield Fix("birth_year_differs", columns, "birth_year_differs", held.contradictory, mended)


def _values(found: Examined, flaws: Mapping[str, Coded], held: Holdings) -> Iterator[Fix]:
    """Names, birth dates, addresses and numbers that are empty or of no use."""
    shifted = np.zeros(found.rows, dtype=np.bool_)
    columns: list[str] = []
    together = _in_one_column(found)
    named = tuple(field.name for meaning in ("given_names", "surname") if (field := found.register.by_meaning(meaning)))
    whole = np.ones_like(held.code)
    if together.any():
        yield Fix("names_in_one_column", named, "names_in_one_column", together, held.but(given=whole, surname=whole))
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
                yield Fix("value_flawed", (field.name,), reason, found.any_row(rows), mended, (field.name,))
        if meaning != "street":
            yield Fix("value_missing", (field.name,), "missing", ~found.of_person(meaning).present & ~together, mended, (field.name,))
    if columns:
        mended = held.but(given=whole, surname=whole, birth_date=whole)
        yield Fix("columns_shifted", tuple(columns), "shifted", found.any_row(shifted), mended, tuple(columns))


def _kept_back(found: Examined, held: Holdings) -> Iterator[Fix]:
    """Rows kept back by another column's fault alone: mended, the person comes back with what the row holds."""
    for field in found.register.columns:
        for reason, rows in found.faults.get(field.name, {}).items():
            if field.meaning in _HELD_BY or field.meaning == "hetu":
                continue
            yield Fix("row_kept_back", (field.name,), reason, found.any_row(rows) & found.lost, held, (field.name,))


def _duplicates(found: Examined, surplus: Booleans, now: npt.NDArray[np.int64], tally: Tally, persons: Count) -> list[dict[str, Any]]:
    """Surplus records of one person: where a register holds everybody once, each is a record that links to nobody."""
    gain = -(-int(now[surplus].sum()) // PERMILLE)
    if not found.register.one_record_per_person or not surplus.any():
        return []
    concerned, gained = tally.count(int(surplus.sum())), tally.count(gain)
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


def _back(found: Examined, columns: tuple[str, ...], number: npt.NDArray[np.int64]) -> Booleans:
    """Persons of whom a row would leave if the faults of *columns* were gone; ``number``: how many columns keep each row back."""
    gone = np.zeros(found.rows, dtype=np.int64)
    for name in columns:
        if name in found.faults:
            gone += np.logical_or.reduce(list(found.faults[name].values()))
    return found.any_row(number == gone)
