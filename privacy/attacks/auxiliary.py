"""The list an attacker has: some of the register's own people, as another source writes them down, and no key.

The rates are assumptions about a list that somebody else keeps of the same people (a leaked customer list, a club's members): they
are declared here, and nothing else is.  A list without errors is the worst case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from privacy.pseudonymise.coded import Booleans, Coded, Integers, together
from privacy.pseudonymise.columns import iso_date
from schemas.register import Meaning

MONTHS: Final = 12
DATE_PARTS: Final = 3
LETTERS: Final = "aeioulnstrkmpäöhv"
NAME_TYPO: Final = 0.02
"""One letter left out, doubled, replaced or exchanged with the next: a name in fifty, given names and surnames alike."""
DATE_WRONG: Final = 0.01
"""Another day of the month, or day and month exchanged."""
ADDRESS_STALE: Final = 0.06
"""The whole address is one that somebody else has."""
PHONE_CHANGED: Final = 0.10
FIELD_MISSING: Final = 0.02
"""Of names of former times, addresses and telephone numbers."""

_ADDRESS: Final[tuple[Meaning, ...]] = ("street", "street_number", "postcode", "locality", "area", "municipality", "dwelling")
_SOMETIMES: Final[tuple[Meaning, ...]] = ("former_surname", "street", "postcode", "locality", "area", "phone")


def overlap(count: int, share: float, rng: np.random.Generator) -> Integers:
    """Who of *count* people is on the list, in order: the *share* of them, rounded, at least one."""
    return np.sort(rng.permutation(count)[: max(1, round(count * share))])


def with_errors(fields: Mapping[Meaning, Coded], rng: np.random.Generator) -> dict[Meaning, Coded]:
    """*fields* as the attacker's list has them."""
    count = len(next(iter(fields.values()))) if fields else 0
    found = dict(fields)
    for name in ("given_names", "surname"):
        if name in found:
            found[name] = _changed(found[name], rng.random(count) < NAME_TYPO, lambda text: _typing_error(text, rng))
    if "birth_date" in found:
        found["birth_date"] = _changed(found["birth_date"], rng.random(count) < DATE_WRONG, lambda text: _other_day(text, rng))
    stale, other = rng.random(count) < ADDRESS_STALE, rng.permutation(count)
    for name in _ADDRESS:
        if name in found:
            found[name] = _from_others(found[name], stale, other)
    if "phone" in found:
        found["phone"] = _from_others(found["phone"], rng.random(count) < PHONE_CHANGED, other)
    for name in _SOMETIMES:
        if name in found:
            found[name] = found[name].only(rng.random(count) >= FIELD_MISSING)
    return found


def _changed(column: Coded, chosen: Booleans, change: Callable[[str], str]) -> Coded:
    """The column with *change* applied to the *chosen* rows, once for each distinct text."""
    return column.only(chosen).map(change).otherwise(column)


def _from_others(column: Coded, chosen: Booleans, other: Integers) -> Coded:
    """The column with the texts of *other* rows in the *chosen* ones."""
    mine, theirs = together(column, column.take(other))
    return Coded(np.where(chosen, theirs.codes, mine.codes), mine.texts).take(np.arange(len(column)))


def _typing_error(text: str, rng: np.random.Generator) -> str:
    if len(text) < 3:
        return text
    at, kind = int(rng.integers(1, len(text) - 1)), int(rng.integers(4))
    letter = LETTERS[int(rng.integers(len(LETTERS)))]
    ways = (text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:], text[:at] + letter + text[at + 1 :])
    return (*ways, text[:at] + text[at + 1] + text[at] + text[at + 2 :])[kind]


def _other_day(text: str, rng: np.random.Generator) -> str:
    parts = iso_date(text).split("-")
    if len(parts) != DATE_PARTS:
        return text
    year, month, day = parts
    if int(day) <= MONTHS and month != day and rng.random() < 0.5:
        return f"{year}-{day}-{month}"
    return f"{year}-{month}-{int(rng.integers(1, 29)):02d}"


def drawn(seed: bytes) -> np.random.Generator:
    """A generator from *seed*, at least eight bytes: everything that is drawn for one attack comes from it."""
    return np.random.default_rng(np.frombuffer(seed[: len(seed) // 8 * 8], dtype=np.uint64))
