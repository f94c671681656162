"""Social and health services of the county: contacts of about half the people, by personal identity code alone."""

from __future__ import annotations

import numpy as np

from sauma.demo import faults
from sauma.demo.education import mark
from sauma.demo.extract import Extract
from sauma.demo.people import People
from sauma.demo.tables import Flags, Numbers, Text, rates, some, stream
from sauma.demo.youth import days_of_year

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


def extract(region: People, seed: int) -> Extract:
    """Contacts of 2025."""
    rng = stream(seed, REGISTER)
    chance = np.select([region.age < 7, region.age < 18, region.age < 30, region.age < 65], [0.85, 0.60, 0.38, 0.42], 0.75)
    # young people who came from abroad are met less often: the phenomenon that examples/young_people_outside finds
    chance = np.where(region.abroad & (region.age >= 16) & (region.age <= 28), chance * 0.4, chance)
    cards = np.flatnonzero(rng.random(len(region)) < chance)
    found: dict[str, Flags] = {"duplicate": np.zeros(len(cards), dtype=bool)}
    code = _codes(region, cards, found, rng)
    row = np.repeat(np.arange(len(cards)), rng.geometric(0.22, len(cards)))
    columns = {
        "henkilotunnus": code[row],
        "turvakielto": np.where(region.restricted[cards], "1", "0").astype(object)[row],
        "palvelu": _services(region.age[cards][row], rng),
        "paivamaara": days_of_year(len(row), rng),
        "tapa": np.where(rng.random(len(row)) < 0.3, "eta", "lahi").astype(object),
    }
    found.pop("duplicate")
    objected = cards[some(rng, len(cards), rates(REGISTER)["objected"])]
    beside = {"opt_out.csv": "hetu\r\n" + "".join(f"{region.hetu[who]}\r\n" for who in objected)}
    return Extract(REGISTER, columns, cards[row], cards, found, delimiter=",", encoding="utf-8", beside=beside).shuffled(rng)


def _codes(region: People, cards: Numbers, found: dict[str, Flags], rng: np.random.Generator) -> Text:
    code = region.hetu[cards]
    former = mark(found, "hetu_former", rng, REGISTER, region.former_hetu[cards] != "")
    code = np.where(former, region.former_hetu[cards], code).astype(object)
    children = (region.age[cards] >= 7) & (region.age[cards] <= 15)
    code = _of_another(region, cards, code, mark(found, "hetu_of_another", rng, REGISTER, children), rng)
    code = faults.wrong_control(code, mark(found, "hetu_wrong_control", rng, REGISTER), rng)
    code = faults.untidy(code, mark(found, "hetu_untidy", rng, REGISTER), rng)
    return np.where(mark(found, "hetu_missing", rng, REGISTER), "", code).astype(object)


def _of_another(region: People, cards: Numbers, code: Text, chosen: Flags, rng: np.random.Generator) -> Text:
    """The code of a schoolchild of the same age in place of the chosen ones' own: one temporary code, two persons."""
    out = code.copy()
    for card in np.flatnonzero(chosen):
        alike = np.flatnonzero((region.age == region.age[cards[card]]) & (np.arange(len(region)) != cards[card]))
        if len(alike):
            out[card] = region.hetu[rng.choice(alike)]
    return out


def _services(age: Numbers, rng: np.random.Generator) -> Text:
    """A service for each contact, by age and weight."""
    weight = np.array([np.where((age >= first) & (age <= last), load, 0.0) for _, first, last, load in SERVICES])
    bounds = np.cumsum(weight, axis=0)
    place = (rng.random(len(age)) * bounds[-1] >= bounds).sum(axis=0)
    services: Text = np.array([service for service, _, _, _ in SERVICES], dtype=object)[place]
    return services
