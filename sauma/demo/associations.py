"""An association's activities: participants by name and phone, many without a birth date, none with an identity code."""

from __future__ import annotations

import numpy as np

from sauma.demo import daycare
from sauma.demo.cards import Cards, days_between
from sauma.demo.extract import Extract
from sauma.demo.people import NOBODY, People
from sauma.demo.tables import AS_OF, Flags, Reals, iso, numerals

REGISTER = "ngo_activities"
_ORDER = ("etunimet", "sukunimi", "puhelin", "syntymaaika", "postinumero", "toiminta", "kerrat", "viimeksi")
CAFE = (0.15, 0.05)
"""How likely a parent of small children is to come to a family café: with none of them in day care, and with one.

The phenomenon that ``examples/families_with_children`` finds: planted, and no claim about any real families.
"""
ACTIVITIES = ("perhekahvila", "vertaisryhma", "liikuntaryhma", "ystavatoiminta", "kurssi", "ruoka_apu")


def extract(region: People, seed: int) -> Extract:
    """Participants of 2025 who agreed to be counted: a row for each kind of activity."""
    cards = Cards(region, seed, REGISTER)
    rng = cards.rng
    chance = _interest(region, seed)
    cards.issue(np.flatnonzero(rng.random(len(region)) < np.minimum(chance.sum(axis=1), 0.5)))
    dated = iso(cards.born())
    asked: Flags = dated != ""
    columns = {
        **cards.names(),
        "puhelin": cards.phone({"phone_missing_with_birth_date": asked, "phone_missing_alone": ~asked}),
        "syntymaaika": dated,
        "postinumero": cards.postcode(),
    }
    count, mine = len(cards.who), chance[cards.who]
    bounds = np.cumsum(mine / mine.sum(axis=1, keepdims=True), axis=1)
    first = (rng.random(count)[:, None] >= bounds[:, :-1]).sum(axis=1)
    more = np.flatnonzero(rng.random(count) < 0.2)
    second = (first[more] + rng.integers(1, len(ACTIVITIES), len(more))) % len(ACTIVITIES)
    row, kind = np.r_[np.arange(count), more], np.r_[first, second]
    rows = {
        "toiminta": np.array(ACTIVITIES, dtype=object)[kind],
        "kerrat": numerals(np.minimum(rng.geometric(0.2, len(row)), 200)),
        "viimeksi": iso(days_between(AS_OF.year, len(row), AS_OF.year, rng)),
    }
    return cards.extract(columns, row, rows, _ORDER)


def _interest(region: People, seed: int) -> Reals:
    """How likely each person is to take part in each activity, shape (persons, activities)."""
    age, adult = region.age, region.age >= 18
    old, migrant = age >= 65, region.migrant & adult
    columns = (
        _family_cafe(region, seed),
        np.where(adult, 0.008, 0.0),
        np.where(old, 0.03, np.where(adult, 0.004, 0.0)),
        np.where(age >= 75, 0.02, 0.0),
        np.where(migrant, 0.03, np.where(adult, 0.004, 0.0)),
        np.where(adult, 0.006, 0.0),
    )
    # those who go to libraries, and those whom services know, come more often
    chance: Reals = np.column_stack(columns) * ((0.4 + 1.2 * region.active) * (0.2 + 1.6 * region.helped))[:, None]
    return chance


def _family_cafe(region: People, seed: int) -> Reals:
    """How likely each person is to come to a family café, shape (persons,): see ``CAFE``."""
    small = np.flatnonzero((region.age < 7) & (region.guardian_1 != NOBODY))
    chance = np.zeros(len(region))
    chance[region.guardian_1[small]] = CAFE[0]
    chance[region.guardian_1[daycare.declared(region, seed).child]] = CAFE[1]
    return chance
