"""Regular home care of the county: clients of 65 and over by half-year, assessed with RAI only in part.

How large that part is differs by municipality, so that areas compare only with their coverage beside them.
"""

from __future__ import annotations

import numpy as np

from sauma.demo.cards import Cards, days_between
from sauma.demo.extract import Extract
from sauma.demo.people import People
from sauma.demo.tables import AS_OF, Numbers, Reals, Text, iso, numerals

REGISTER = "home_care"
_ORDER = ("henkilotunnus", "turvakielto", "puolivuosi", "kaynnit_viikossa", "asiakkuus_alkaen", "rai_maple", "rai_adlh")
IDLE = 3
"""How much likelier home care is for the least active than on average; it falls with the square, to nothing for the most active.

The phenomenon that ``examples/older_people`` finds: a planted association, not a claim about effects.
"""


def extract(region: People, seed: int) -> Extract:
    """Clients of 2025."""
    cards = Cards(region, seed, REGISTER)
    rng, age = cards.rng, region.age
    chance = np.select([age < 65, age < 75, age < 85], [0.0, 0.025, 0.11], 0.33) * IDLE * (1 - region.active) ** 2
    cards.issue(np.flatnonzero(rng.random(len(region)) < chance))
    count = len(cards.who)
    need = np.clip(rng.normal(2.2 + (age[cards.who] - 75) / 20, 1.1, count), 0.5, 5.4)
    columns = {
        "henkilotunnus": cards.code(),
        "turvakielto": cards.restricted(),
        "asiakkuus_alkaen": iso(np.minimum(days_between(AS_OF.year - 6, count, AS_OF.year, rng), np.datetime64(f"{AS_OF.year}-06-30"))),
        **_assessment(region, cards, need),
    }
    row = np.repeat(np.arange(count), 2)
    half = np.tile([1, 2], count)
    kept = (half == 2) | (rng.random(len(row)) < 0.85)
    row, half = row[kept], half[kept]
    rows = {"puolivuosi": numerals(half), "kaynnit_viikossa": numerals(np.clip(rng.poisson(need[row] ** 2) + 1, 1, 60))}
    return cards.extract(columns, row, rows, _ORDER)


def _assessment(region: People, cards: Cards, need: Reals) -> dict[str, Text]:
    """RAI's MAPLe and ADL scales of those assessed; coverage is the municipality's."""
    coverage = region.home.assessed[region.household[cards.who]]
    assessed = cards.rng.random(len(cards.who)) < coverage
    maple: Numbers = np.clip(np.rint(need), 1, 5).astype(np.int64)
    limits = np.clip(np.rint(need * 1.3 - 1.5 + cards.rng.normal(0, 0.7, len(need))), 0, 6).astype(np.int64)
    return {
        "rai_maple": np.where(assessed, numerals(maple), "").astype(object),
        "rai_adlh": np.where(assessed, numerals(limits), "").astype(object),
    }
