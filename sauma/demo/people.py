"""The people of the region, as they truly are: one array entry a person.

What a register says of them, with its errors, is made from this by that register's own file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sauma.demo import hetu, homes, names
from sauma.demo.households import ALONE, CHILD, HEAD, PARTNER, SINGLE_PARENT, Households, households
from sauma.demo.tables import Days, Flags, Numbers, Reals, Text, ages, rates, some, stream, table

NOBODY = -1
ADULT = 18


@dataclass(frozen=True, slots=True, repr=False)
class People:
    """Everyone in the region; one entry a person but for ``home``; persons are numbered by their place, from 0.

    ``guardian_1``, ``guardian_2`` (of those under 18) and ``spouse`` (of the married) are person numbers or
    ``NOBODY``; ``former_hetu`` and ``former_surname``
    are empty unless they changed.  ``newcomer`` and ``moved_away`` are not in the population register.
    """

    born: Days
    age: Numbers
    male: Flags
    culture: Text
    abroad: Flags
    household: Numbers
    part: Numbers
    given: Text
    call: Text
    surname: Text
    former_surname: Text
    hetu: Text
    former_hetu: Text
    home: homes.Homes
    restricted: Flags
    guardian_1: Numbers
    guardian_2: Numbers
    spouse: Numbers
    newcomer: Flags
    moved_away: Flags

    def __len__(self) -> int:
        return len(self.born)


def people(persons: int, seed: int) -> People:
    """*persons* people of the region; the same people for the same *seed*."""
    rate, register, rng = rates("region"), rates("population"), stream(seed, "people")
    homesteads = households(persons, stream(seed, "households"))
    household, number = homesteads.household, len(homesteads.kind)
    home = homes.homes(homesteads, stream(seed, "homes"))
    culture, abroad = _cultures(homesteads, home, rng)
    born = _first_of_january(homesteads.born, some(rng, persons, rate["born_1_january"], abroad))
    named = names.name(homesteads, culture, stream(seed, "names"), alone_former=rate["former_surname_alone"])
    newcomer = some(rng, number, register["newcomer"])[household]
    changed = some(rng, persons, rate["changed_code"])
    changed[np.flatnonzero(homesteads.part == CHILD)[:1]] = True  # however small the region, somebody's code has changed
    code, former = _codes(born, homesteads.male, newcomer & some(rng, persons, rate["late_code"]), changed)
    guardian_1, guardian_2, spouse = _relations(homesteads, ages(born), rng, two_homes=rate["two_homes"])
    return People(
        born=born,
        age=ages(born),
        male=homesteads.male,
        culture=culture,
        abroad=abroad,
        household=household,
        part=homesteads.part,
        given=named.given,
        call=named.call,
        surname=named.surname,
        former_surname=named.former_surname,
        hetu=code,
        former_hetu=former,
        home=home,
        restricted=some(rng, number, rate["restricted_household"])[household],
        guardian_1=guardian_1,
        guardian_2=guardian_2,
        spouse=spouse,
        newcomer=newcomer,
        moved_away=some(rng, number, register["moved_away"])[household] & ~newcomer,
    )


def _cultures(homesteads: Households, home: homes.Homes, rng: np.random.Generator) -> tuple[Text, Flags]:
    """The culture of names and language of each person, and whether it was born abroad."""
    persons = len(homesteads.household)
    others = table("places.toml")["other_languages"]

    def draw(swedish: Reals, other: Reals) -> Text:
        chance = rng.random(len(swedish))
        foreign = rng.choice(np.array(list(others), dtype=object), size=len(swedish), p=list(others.values()))
        return np.where(chance < other, foreign, np.where(chance < other + swedish, "sv", "fi")).astype(object)

    culture = draw(home.swedish, home.other)[homesteads.household]
    mixed = (homesteads.part == PARTNER) & (rng.random(persons) < 0.10)
    culture[mixed] = draw(home.swedish, home.other)[homesteads.household[mixed]]
    migrant = ~np.isin(culture.astype(str), ("fi", "sv"))
    share = np.where(migrant, np.where(homesteads.part == CHILD, 0.35, 0.92), 0.02)
    return culture, rng.random(persons) < share


def _first_of_january(born: Days, chosen: Flags) -> Days:
    """*born*, with the chosen moved to 1 January of their year."""
    moved: Days = np.where(chosen, born.astype("datetime64[Y]").astype("datetime64[D]"), born)
    return moved


def _codes(born: Days, male: Flags, late: Flags, changed: Flags) -> tuple[Text, Text]:
    """Current codes, and former ones of those whose code changed: half of them for a corrected birth date."""
    whose = np.flatnonzero(changed)
    corrected = np.arange(len(whose)) % 2 == 1
    earlier = np.where(corrected, born[whose] - np.timedelta64(31, "D"), born[whose])
    every = hetu.codes(np.r_[born, earlier], np.r_[male, male[whose]], np.r_[late, np.zeros(len(whose), dtype=bool)])
    former = np.full(len(born), "", dtype=object)
    former[whose] = every[len(born) :]
    return every[: len(born)], former


def _relations(homesteads: Households, age: Numbers, rng: np.random.Generator, *, two_homes: float) -> tuple[Numbers, Numbers, Numbers]:
    """First and second guardian of minors, and the spouse of the married; person numbers or ``NOBODY``."""
    household = homesteads.household
    head, partner = names.member(homesteads, HEAD), names.member(homesteads, PARTNER)
    elsewhere = _parents_elsewhere(homesteads, age, rng, two_homes=two_homes)
    stepparent = rng.random(len(head)) < 0.05
    second = np.where((partner >= 0) & ~stepparent, partner, elsewhere)
    minor = (homesteads.part == CHILD) & (age < ADULT)
    spouse = np.full(len(household), NOBODY)
    couples = np.flatnonzero(homesteads.married & (partner >= 0))
    spouse[head[couples]], spouse[partner[couples]] = partner[couples], head[couples]
    return np.where(minor, head[household], NOBODY), np.where(minor, second[household], NOBODY), spouse


def _parents_elsewhere(homesteads: Households, age: Numbers, rng: np.random.Generator, *, two_homes: float) -> Numbers:
    """For single parents with two homes: somebody of the other sex, about as old, who lives alone; each but once."""
    head = names.member(homesteads, HEAD)
    chosen = np.flatnonzero((homesteads.kind == SINGLE_PARENT) & (rng.random(len(head)) < two_homes))
    result = np.full(len(head), NOBODY)
    for male in (True, False):
        parents = chosen[homesteads.male[head[chosen]] == male]
        alone = np.flatnonzero((homesteads.kind[homesteads.household] == ALONE) & (homesteads.male != male) & (age >= ADULT + 2))
        if not len(alone):
            continue
        by_age = alone[np.argsort(age[alone], kind="stable")]
        place = np.searchsorted(age[by_age], age[head[parents]] + rng.integers(-4, 5, len(parents)))
        place = np.minimum(place + rng.integers(0, 20, len(parents)), len(by_age) - 1)
        _, first = np.unique(place, return_index=True)
        result[parents[first]] = by_age[place[first]]
    return result
