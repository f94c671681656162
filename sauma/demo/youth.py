"""Youth work: a few per cent of those aged 13-28, several visits each, by name and birth date alone.

Names are what the young people call themselves, written down in a hurry; there is no personal identity code.  Cards
are kept for four years.
"""

from __future__ import annotations

import numpy as np

from sauma.demo.cards import Cards, days_between
from sauma.demo.extract import Extract
from sauma.demo.people import People
from sauma.demo.tables import AS_OF, finnish

REGISTER = "youth_work"
FIRST_YEAR = AS_OF.year - 3
ACTIVITIES = (("nuorisotila", "ryhma", "etsiva", "leiri", "digi"), (0.52, 0.18, 0.14, 0.06, 0.10))
"""Kinds of youth work (open house, group, outreach, camp, online) and their shares of visits."""
_ORDER = ("etunimet", "sukunimi", "syntymaaika", "sukupuoli", "postinumero", "toiminta", "paivamaara", "puhelin")


def extract(region: People, seed: int) -> Extract:
    """Visits of four years: of most clients in the last, of some in an earlier one only."""
    cards = Cards(region, seed, REGISTER)
    rng, age = cards.rng, region.age
    chance = np.select([(age >= 13) & (age < 18), (age >= 18) & (age <= 28)], [0.11, 0.06], 0.0)
    cards.issue(np.flatnonzero(rng.random(len(region)) < chance))
    columns = {
        **cards.names(),
        "syntymaaika": finnish(cards.born()),
        "sukupuoli": cards.sex(),
        "postinumero": cards.postcode(),
        "puhelin": cards.phone(),
    }
    row = np.repeat(np.arange(len(cards.who)), rng.geometric(0.18, len(cards.who)))
    # years back: none for four clients in five; nobody came before turning eleven
    back = np.minimum(rng.choice(4, size=len(cards.who), p=(0.80, 0.10, 0.06, 0.04)), region.age[cards.who] - 12)[row]
    day = days_between(AS_OF.year, len(row), AS_OF.year, rng) - (back * 365).astype("timedelta64[D]")
    kind = rng.choice(len(ACTIVITIES[0]), size=len(row), p=ACTIVITIES[1])
    rows = {"toiminta": np.array(ACTIVITIES[0], dtype=object)[kind], "paivamaara": finnish(day)}
    return cards.extract(columns, row, rows, _ORDER)
