"""What could link the persons of an extract, and the share of them that a register with the same people is expected to find.

Every person falls into the best of the classes below, each with the chance that a record of the same person elsewhere, itself with
gaps and typing errors, shares a token with it.  The chances are pair recalls of the standard profile on FEBRL 4 over the pairs whose
one record holds the fields (``docs/decisions/0018``); a code is taken to be right, and a telephone number's chance is assumed.  The
expected share is the sum of the chances over the persons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from privacy.pseudonymise import hetu_columns
from privacy.pseudonymise.check.columns import birth_dates_that_differ
from privacy.pseudonymise.check.counts import Count, Shown, Tally, least
from privacy.pseudonymise.check.examined import Examined
from privacy.pseudonymise.check.flaws import code_of_several, of_value
from privacy.pseudonymise.coded import MISSING, Booleans
from privacy.pseudonymise.normalise import calendar_date
from schemas.register import Meaning

PERMILLE: Final = 1000
CHANCES: Final = {
    "code": 1000,
    "names_birth_date_address": 970,
    "names_birth_date": 920,
    "birth_date_address": 920,
    "names_address": 850,
    "name_phone": 800,
    "contradictory": 0,
    "nothing": 0,
}
"""Permille, by class, best first.  ``contradictory``: the code and the written birth date name different years, so the linker sets
the pair apart."""


@dataclass(frozen=True, slots=True, repr=False)
class Holdings:
    """What each person's most complete row holds that can serve linkage; shape (persons,) each."""

    code: Booleans
    contradictory: Booleans
    given: Booleans
    surname: Booleans
    birth_date: Booleans
    address: Booleans
    phone: Booleans

    def classes(self, *, matched: bool) -> dict[str, Booleans]:
        """Each person's class; only codes link without match tokens (*matched*)."""
        names, born, placed = self.given & self.surname & matched, self.birth_date & matched, self.address & matched
        wanted = {
            "contradictory": self.code & self.contradictory,
            "code": self.code,
            "names_birth_date_address": names & born & placed,
            "names_birth_date": names & born,
            "birth_date_address": born & placed,
            "names_address": names & placed,
            "name_phone": self.given & self.phone & matched,
            "nothing": np.ones_like(self.code),
        }
        taken, found = np.zeros_like(self.code), {}
        for name, mask in wanted.items():
            found[name] = mask & ~taken
            taken |= mask
        return {name: found[name] for name in CHANCES}

    def chances(self, *, matched: bool) -> npt.NDArray[np.int64]:
        """Each person's chance of being linked, in permille; shape (persons,)."""
        chances = np.zeros(len(self.code), dtype=np.int64)
        for name, mask in self.classes(matched=matched).items():
            chances[mask] = CHANCES[name]
        return chances

    def but(self, **fields: Booleans) -> Holdings:
        """The same with *fields* mended."""
        return replace(self, **fields)


def holdings(found: Examined) -> Holdings:
    """What the persons of *found* hold."""
    derived, years = found.derived, np.zeros(found.persons, dtype=np.bool_)
    if "hetu" in found.codes and found.register.by_meaning("birth_date"):
        years = found.any_row(birth_dates_that_differ(found)[0])
    several = found.any_row(code_of_several(found))
    return Holdings(
        code=_joining(found) & ~several,
        contradictory=years & ~several,
        given=_sound(found, "given_names"),
        surname=_sound(found, "surname"),
        birth_date=derived["birth_date"].holds(lambda day: calendar_date(day) is not None) & ~_flawed(found, "birth_date", "time_zone"),
        address=derived["postcode"].present | derived["street"].present,
        phone=derived["phone"].present & ~_flawed(found, "phone", "spreadsheet_number"),
    )


def _joining(found: Examined) -> Booleans:
    """Which persons have a code that joins registers: an artificial one does only where the agreement says so."""
    numbers = found.own.numbers[found.shown]
    joining: Booleans = (numbers != MISSING) & (found.artificial_links | ~hetu_columns.artificial(numbers))
    return joining


def _sound(found: Examined, meaning: Meaning) -> Booleans:
    """Which persons have a value of *meaning* without a flaw."""
    return found.of_person(meaning).holds(lambda text: not of_value(meaning, text))


def _flawed(found: Examined, meaning: Meaning, reason: str) -> Booleans:
    """Which persons have a value of *meaning* that is read, and for *reason* read wrongly."""
    return found.of_person(meaning).holds(lambda text: of_value(meaning, text) == reason)


def linkability(found: Examined, held: Holdings, tally: Tally, leaving: Count) -> dict[str, Any]:
    """Persons who leave by what they hold, and by the best that links them."""
    left, matched = ~found.lost, found.register.match_tokens
    names = held.given & held.surname
    declared = {
        "code": ("hetu",),
        "names": ("given_names", "surname"),
        "birth_date": ("birth_date", "hetu"),
        "names_and_birth_date": ("given_names", "surname"),
        "address": ("postcode", "street"),
        "phone": ("phone",),
    }
    masks = {
        "code": held.code,
        "names": names,
        "birth_date": held.birth_date,
        "names_and_birth_date": names & held.birth_date,
        "address": held.address,
        "phone": held.phone,
    }
    meanings = {field.meaning for field in found.register.columns}
    holding = {name: tally.count(int((mask & left).sum())) for name, mask in masks.items() if meanings & set(declared[name])}
    for count in holding.values():
        tally.within(leaving, [count])
    classes = {name: tally.count(int((mask & left).sum())) for name, mask in held.classes(matched=matched).items()}
    tally.sums(leaving, list(classes.values()))
    return {"holding": holding, "best": classes, "chance_permille": dict(CHANCES), "matched": matched}


def expected(best: Mapping[str, Shown], persons: Shown) -> int | None:
    """The expected linkable share in per cent, from what is shown; None where too few are shown to say."""
    total = sum(least(count) for count in best.values())
    if not total or not least(persons):
        return None
    return round(100 * sum(CHANCES[name] * least(count) for name, count in best.items()) / (PERMILLE * total))
