"""The people of the region, as they truly are: one array entry a person.

What a register says of them, with its errors, is made from this by that register's own file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sauma.demo import hetu, homes, names, relations
from sauma.demo.households import ALONE, CHILD, COUPLE, PARTNER, Households, households
from sauma.demo.relations import ADULT, NOBODY, Tie
from sauma.demo.tables import AS_OF, YEAR_DAYS, Days, Flags, Numbers, Reals, Text, ages, among, digits, rates, some, spelled, stream, table

__all__ = ["ADULT", "NOBODY", "People", "people"]
FIRST_OF_JANUARY_MAX = 240
"""How many people of one year and sex may be born on 1 January: the rest of the codes is for newcomers and former codes."""
_PHONES = 10_000_000


@dataclass(frozen=True, slots=True, repr=False)
class People:
    """Everyone in the region; one entry a person but for ``home``; persons are numbered by their place, from 0.

    ``first``, ``second`` (guardians) and ``married`` are relations with their dates; ``former_hetu`` and
    ``former_surname`` are empty unless they changed.  ``newcomer`` and ``moved_away`` are not in the population
    register; ``elsewhere`` are registered in a home that they have left.  ``housed`` is False for those who live in no
    dwelling.  ``phone`` is a number of one's own, ``former_phone`` the one before it.  ``active`` is how given a person
    is to libraries, sports and associations, and ``helped`` how much to services and those who point to them, 0 to 1.
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
    moved_in: Days
    elsewhere: Flags
    restricted: Flags
    first: Tie
    second: Tie
    married: Tie
    newcomer: Flags
    moved_away: Flags
    phone: Text
    former_phone: Text
    active: Reals
    helped: Reals

    def __len__(self) -> int:
        return len(self.born)

    @property
    def guardian_1(self) -> Numbers:
        """First guardian, of those under 18; person numbers or ``NOBODY``."""
        return self.first.who

    @property
    def guardian_2(self) -> Numbers:
        """Second guardian, at home or elsewhere."""
        return self.second.who

    @property
    def spouse(self) -> Numbers:
        """Husband or wife of the married."""
        return self.married.who

    @property
    def housed(self) -> Flags:
        """Who lives in a dwelling."""
        return ~self.home.poste_restante[self.household]

    def member(self, part: int) -> Numbers:
        """The person number of each household's member with that *part*, ``NOBODY`` where there is none."""
        return relations.members(self.household, self.part, len(self.home.dwelling), part)

    @property
    def migrant(self) -> Flags:
        """Whose first language is none of those spoken in Finland of old."""
        return ~among(self.culture, ("fi", "sv", "se"))


def people(persons: int, seed: int) -> People:
    """*persons* people of the region; the same people for the same *seed*."""
    rate, register, rng = rates("region"), rates("population"), stream(seed, "people")
    homesteads = households(persons, stream(seed, "households"))
    household, number = homesteads.household, len(homesteads.kind)
    home = homes.homes(homesteads, stream(seed, "homes"))
    culture, abroad = _cultures(homesteads, home, rng)
    born = _first_of_january(homesteads.born, homesteads.male, some(rng, persons, rate["born_1_january"], abroad))
    named = names.name(homesteads, culture, stream(seed, "names"), alone_former=rate["former_surname_alone"])
    newcomer = some(rng, number, register["newcomer"])[household]
    late = newcomer & some(rng, persons, rate["late_code"])
    code, former = _codes(homesteads, born, late, some(rng, persons, rate["changed_code"]))
    tied = relations.relations(homesteads, born, ages(born), stream(seed, "relations"))
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
        moved_in=_moves(homesteads, born, stream(seed, "moves")),
        elsewhere=some(rng, persons, register["registered_elsewhere"], _without_ties(homesteads)),
        restricted=some(rng, number, rate["restricted_household"])[household],
        first=tied.first,
        second=tied.second,
        married=tied.spouse,
        newcomer=newcomer,
        moved_away=some(rng, number, register["moved_away"])[household] & ~newcomer,
        phone=_phones(np.arange(persons), seed),
        former_phone=_phones(np.arange(persons, 2 * persons), seed),
        active=stream(seed, "active").random(persons),
        helped=stream(seed, "helped").random(persons),
    )


def _cultures(homesteads: Households, home: homes.Homes, rng: np.random.Generator) -> tuple[Text, Flags]:
    """The culture of names and language of each person, and whether it was born abroad."""
    persons, places = len(homesteads.household), table("places.toml")
    others, sami = places["other_languages"], places["sami"]

    def draw(swedish: Reals, other: Reals) -> Text:
        chance = rng.random(len(swedish))
        foreign = rng.choice(np.array(list(others), dtype=object), size=len(swedish), p=list(others.values()))
        native = np.select([chance < other + swedish, chance > 1 - sami], ["sv", "se"], "fi").astype(object)
        return np.where(chance < other, foreign, native).astype(object)

    culture = draw(home.swedish, home.other)[homesteads.household]
    mixed = (homesteads.part == PARTNER) & (rng.random(persons) < 0.10)
    culture[mixed] = draw(home.swedish, home.other)[homesteads.household[mixed]]
    native = among(culture, ("fi", "sv", "se"))
    share = np.where(native, 0.02, np.where(homesteads.part == CHILD, 0.35, 0.92))
    return culture, rng.random(persons) < share


def _first_of_january(born: Days, male: Flags, chosen: Flags) -> Days:
    """*born*, with the chosen moved to 1 January of their year, as long as there are codes for them."""
    first = born.astype("datetime64[Y]").astype("datetime64[D]")
    moving = chosen & (born != first)
    group = born.astype("datetime64[Y]").astype(np.int64) * 2 + male
    already = np.bincount(group[born == first] - group.min(), minlength=int(np.ptp(group)) + 1)
    place = np.full(len(born), FIRST_OF_JANUARY_MAX)
    place[moving] = hetu.rank(group[moving]) + already[group[moving] - group.min()]
    moved: Days = np.where(place < FIRST_OF_JANUARY_MAX, first, born)
    return moved


def _codes(homesteads: Households, born: Days, late: Flags, changed: Flags) -> tuple[Text, Text]:
    """Current codes, and former ones of those whose code changed: half of them for a corrected birth date."""
    male = homesteads.male
    changed[np.flatnonzero(homesteads.part == CHILD)[:1]] = True  # however small the region, somebody's code has changed
    whose = np.flatnonzero(changed)
    corrected = np.arange(len(whose)) % 2 == 1
    earlier = np.where(corrected, born[whose] - np.timedelta64(31, "D"), born[whose])
    every = hetu.codes(np.r_[born, earlier], np.r_[male, male[whose]], np.r_[late, np.zeros(len(whose), dtype=bool)])
    former = np.full(len(born), "", dtype=object)
    former[whose] = every[len(born) :]
    return every[: len(born)], former


def _moves(homesteads: Households, born: Days, rng: np.random.Generator) -> Days:
    """When each person moved to its home: its household's day, or its birth."""
    years = rng.exponential(7.0, len(homesteads.kind)).clip(0.02, 40)
    day = np.datetime64(AS_OF, "D") - (years * YEAR_DAYS).astype(np.int64).astype("timedelta64[D]")
    moved: Days = np.maximum(day[homesteads.household], born)
    return moved


def _without_ties(homesteads: Households) -> Flags:
    """Who may well be registered where it no longer lives: unmarried partners without children, people sharing a home."""
    household = homesteads.household
    partner = (homesteads.part == PARTNER) & (homesteads.kind[household] == COUPLE) & ~homesteads.married[household]
    flags: Flags = partner | ~np.isin(homesteads.kind[household], (ALONE, COUPLE)) & (homesteads.part > CHILD)
    return flags


def _phones(index: Numbers, seed: int) -> Text:
    """Distinct numbers of the old NMT network's code, which no operator gives to anybody: ten digits, shape (n,)."""
    return spelled(digits(490_000_000 + (index * 7_129_639 + seed * 31_337) % _PHONES, 10))
