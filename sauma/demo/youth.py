"""Youth work: a few per cent of those aged 13-28, several visits each, by name and birth date alone.

Names are what the young people call themselves, written down in a hurry; there is no personal identity code.
"""

from __future__ import annotations

import numpy as np

from sauma.demo import faults
from sauma.demo.education import mark, names
from sauma.demo.extract import Extract, finnish, iso
from sauma.demo.people import People
from sauma.demo.tables import AS_OF, Flags, Numbers, Text, rates, some, stream

REGISTER = "youth_work"
ACTIVITIES = (("nuorisotila", "ryhma", "etsiva", "leiri", "digi"), (0.52, 0.18, 0.14, 0.06, 0.10))
"""Kinds of youth work (open house, group, outreach, camp, online) and their shares of visits."""


def extract(region: People, seed: int) -> Extract:
    """Visits of 2025."""
    rate, rng = rates(REGISTER), stream(seed, REGISTER)
    chance = np.select([(region.age >= 13) & (region.age < 18), (region.age >= 18) & (region.age <= 28)], [0.11, 0.05], 0.0)
    clients = np.flatnonzero(rng.random(len(region)) < chance)
    cards = np.r_[clients, clients[some(rng, len(clients), rate["duplicate"])]]
    found: dict[str, Flags] = {"duplicate": np.arange(len(cards)) >= len(clients)}
    columns = {
        **names(region, cards, found, rng, REGISTER),
        "syntymaaika": finnish(faults.wrong_dates(iso(region.born[cards]), mark(found, "birth_date_wrong", rng, REGISTER), rng)),
        "sukupuoli": np.where(mark(found, "sex_missing", rng, REGISTER), "", np.where(region.male[cards], "M", "N")).astype(object),
        "postinumero": _postcodes(region, cards, found, rng),
    }
    row = np.repeat(np.arange(len(cards)), rng.geometric(0.18, len(cards)))
    visits = {
        "toiminta": np.array(ACTIVITIES[0], dtype=object)[rng.choice(len(ACTIVITIES[0]), size=len(row), p=ACTIVITIES[1])],
        "paivamaara": finnish(days_of_year(len(row), rng)),
    }
    return Extract(REGISTER, {**{name: values[row] for name, values in columns.items()}, **visits}, cards[row], cards, found).shuffled(rng)


def days_of_year(count: int, rng: np.random.Generator) -> Text:
    """Days of the year that the extracts cover, as ISO dates."""
    first = np.datetime64(AS_OF.replace(month=1, day=1), "D")
    return iso(first + rng.integers(0, 365, count).astype("timedelta64[D]"))


def _postcodes(region: People, cards: Numbers, found: dict[str, Flags], rng: np.random.Generator) -> Text:
    home, household = region.home, region.household[cards]
    stale = mark(found, "postcode_stale", rng, REGISTER)
    code = np.where(stale, rng.permutation(home.postcode)[np.arange(len(cards)) % len(home.postcode)], home.postcode[household])
    return np.where(mark(found, "postcode_missing", rng, REGISTER), "", code).astype(object)
