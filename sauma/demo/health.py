"""Social and health services of the county: contacts of about half the people, nearly all with a personal identity code.

The client register has names, address and phone as the client last gave them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sauma.demo.cards import Cards, days_between
from sauma.demo.extract import Extract
from sauma.demo.people import People
from sauma.demo.tables import AS_OF, Numbers, Text, iso, some

REGISTER = "health_social"
SERVICES: tuple[tuple[str, int, int, float], ...] = (
    # service, first and last age, weight
    ("neuvola", 0, 6, 4.0),
    ("kouluterveys", 7, 17, 2.0),
    ("avosairaanhoito", 0, 120, 3.0),
    ("suun_terveys", 3, 120, 1.5),
    ("mielenterveys", 13, 70, 0.7),
    ("lapsiperhepalvelut", 0, 17, 0.5),
    ("aikuissosiaalityo", 18, 64, 0.4),
    ("kotihoito", 65, 120, 1.5),
)
_AGES = 121
_ORDER = (
    "henkilotunnus", "turvakielto", "palvelu", "paivamaara", "tapa", "etunimet", "sukunimi", "syntymaaika", "katunimi", "katunumero",
    "postinumero", "postitoimipaikka", "puhelin",
)  # fmt: skip


def extract(region: People, seed: int) -> Extract:
    """Contacts of 2025."""
    cards = Cards(region, seed, REGISTER)
    rng, age = cards.rng, region.age
    chance = np.select([age < 7, age < 18, age < 30, age < 65], [0.85, 0.60, 0.38, 0.42], 0.75)
    # young people who came from abroad are met less often: the phenomenon that examples/young_people_at_risk finds
    chance = np.where(region.abroad & (age >= 16) & (age <= 28), chance * 0.4, chance)
    cards.issue(np.flatnonzero(rng.random(len(region)) < np.minimum(chance * (0.6 + 0.8 * region.helped), 0.97)))
    columns = {
        "henkilotunnus": cards.code(),
        "turvakielto": cards.restricted(),
        **cards.names(),
        "syntymaaika": iso(cards.born()),
        **cards.address(),
        "puhelin": cards.phone(),
    }
    row = np.repeat(np.arange(len(cards.who)), rng.geometric(0.22, len(cards.who)))
    rows = {
        "palvelu": _services(age[cards.who][row], rng),
        "paivamaara": iso(days_between(AS_OF.year, len(row), AS_OF.year, rng)),
        "tapa": np.where(rng.random(len(row)) < 0.3, "eta", "lahi").astype(object),
    }
    objected = cards.who[some(rng, len(cards.who), cards.rate["objected"])]
    beside = {"opt_out.csv": "hetu\r\n" + "".join(region.hetu[objected] + "\r\n")}
    return replace(cards.extract(columns, row, rows, _ORDER), delimiter=",", encoding="utf-8", beside=beside)


def _services(age: Numbers, rng: np.random.Generator) -> Text:
    """A service for each contact, by age and weight."""
    years = np.arange(_AGES)
    weight = np.array([np.where((years >= first) & (years <= last), load, 0.0) for _, first, last, load in SERVICES])
    bounds = np.cumsum(weight, axis=0) / weight.sum(axis=0)
    # one search in the bounds of all ages laid end to end: age a has its own between a and a + 1
    place = np.searchsorted((bounds.T + years[:, None]).ravel(), age + rng.random(len(age)), side="right") - age * len(SERVICES)
    services: Text = np.array([service for service, _, _, _ in SERVICES], dtype=object)[np.minimum(place, len(SERVICES) - 1)]
    return services
