"""Library cards and sports bookings: visits by service and year; one card in five was made without an identity code.

Cards unused for five years are removed, so that the register looks back further than the others.
"""

from __future__ import annotations

import numpy as np

from sauma.demo.cards import Cards
from sauma.demo.extract import Extract
from sauma.demo.people import People
from sauma.demo.tables import AS_OF, Numbers, iso, numerals

REGISTER = "library_sports"
YEARS = np.arange(AS_OF.year - 4, AS_OF.year + 1)
SERVICES = (("kirjasto", 3, 0.80), ("uimahalli", 4, 0.28), ("kuntosali", 15, 0.15), ("liikuntaryhma", 18, 0.10), ("kulttuuri", 5, 0.12))
"""Service, the age from which it is used, and the share of cards that use it."""
_ORDER = (
    "henkilotunnus", "etunimet", "sukunimi", "syntymaaika", "katunimi", "katunumero", "postinumero", "postitoimipaikka", "turvakielto",
    "puhelin", "palvelu", "vuosi", "kaynnit",
)  # fmt: skip


def extract(region: People, seed: int) -> Extract:
    """Cards used in the last five years."""
    cards = Cards(region, seed, REGISTER)
    rng, age = cards.rng, region.age
    chance = np.select([age < 5, age < 16, age < 65, age < 85], [0.0, 0.64, 0.42, 0.45], 0.18)
    cards.issue(np.flatnonzero(rng.random(len(region)) < chance * (0.5 + region.active)))
    columns = {
        "henkilotunnus": cards.code(),
        **cards.names(),
        "syntymaaika": iso(cards.born()),
        **cards.address(),
        "turvakielto": cards.restricted(),
        "puhelin": cards.phone(),
    }
    row, service, year = _use(region, cards.who, rng)
    rows = {
        "palvelu": np.array([name for name, _, _ in SERVICES], dtype=object)[service],
        "vuosi": numerals(YEARS[year]),
        "kaynnit": numerals(np.minimum(rng.geometric(0.12, len(row)), 400)),
    }
    return cards.extract(columns, row, rows, _ORDER)


def _use(region: People, who: Numbers, rng: np.random.Generator) -> tuple[Numbers, Numbers, Numbers]:
    """Card, service and year of each row: every card has one at least, none from before its holder was old enough."""
    shape = (len(who), len(SERVICES), len(YEARS))
    share = np.array([share for _, _, share in SERVICES])
    uses = rng.random(shape[:2]) < share
    uses[~uses.any(axis=1), 0] = True
    in_year = uses[:, :, None] & (rng.random(shape) < np.linspace(0.35, 0.75, len(YEARS)))
    first = np.array([first for _, first, _ in SERVICES])
    old_enough = region.age[who][:, None, None] - (AS_OF.year - YEARS)[None, None, :] >= first[None, :, None]
    in_year &= old_enough
    # a card without any use left would have been removed: it was used at the library in the last year
    in_year[~in_year.any(axis=(1, 2)), 0, -1] = True
    card, service, year = np.nonzero(in_year)
    return card, service, year
