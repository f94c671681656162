"""Who is whose guardian and who is married to whom, since when, and what has ended.

Most children have two guardians at home.  In blended families the eldest child, or every child, has one guardian at
home and another elsewhere; single parents' children often have a second home.  A guardian elsewhere may himself live
with a new family, so that one person is in two families by guardianship.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sauma.demo.hetu import rank
from sauma.demo.households import ALONE, CHILD, COUPLE, COUPLE_WITH_CHILDREN, HEAD, PARTNER, SINGLE_PARENT, Households
from sauma.demo.tables import AS_OF, YEAR_DAYS, Days, Flags, Numbers, Text, rates, some

NOBODY = -1
ADULT = 18
GROWN_UP_TO = 20
"""Until this age the register still shows who the guardians of a child at home were."""
_DAY = np.datetime64(AS_OF, "D")
_NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True, repr=False)
class Tie:
    """One kind of relation, one entry a person: ``who`` in force, else ``past``; since when, and until when if past.

    ``who`` and ``past`` are person numbers or ``NOBODY``, never both.  A date without a person is a relation to
    somebody who has no personal identity code and is in no register.
    """

    who: Numbers
    past: Numbers
    since: Days
    until: Days


@dataclass(frozen=True, slots=True, repr=False)
class Relations:
    """The guardians of each minor and the spouse of each married person."""

    first: Tie
    second: Tie
    spouse: Tie


def relations(homesteads: Households, born: Days, age: Numbers, rng: np.random.Generator) -> Relations:
    """Every relation of the region's people."""
    rate, household = rates("region"), homesteads.household
    head, partner = member(homesteads, HEAD), member(homesteads, PARTNER)
    blended = some(rng, len(head), rate["blended"], (homesteads.kind == COUPLE_WITH_CHILDREN) & (partner >= 0))
    elsewhere = _parents_elsewhere(homesteads, age, blended, rng)
    children = np.flatnonzero(homesteads.part == CHILD)
    home = household[children]
    own = blended[home] & ((rank(home) == 0) | (rng.random(len(head)) < 0.4)[home])
    of_partner = own & (rng.random(len(head)) < 0.25)[home] & (age[partner[home]] - age[children] >= ADULT)
    first, second = (np.full(len(household), NOBODY) for _ in range(2))
    first[children] = np.where(of_partner, partner[home], head[home])
    second[children] = np.where(own | (partner[home] < 0), np.where(of_partner, NOBODY, elsewhere[home]), partner[home])
    ended = some(rng, len(household), rate["guardianship_ended"], (second >= 0) & (household[second] != household) & (age < ADULT))
    late = some(rng, len(household), rate["guardianship_late"], (second >= 0) & ~ended)
    abroad = some(rng, len(household), rate["guardian_abroad"], (first >= 0) & (second < 0))
    return Relations(
        first=_guardian(first, born, age, np.zeros(len(born), dtype=bool), born),
        second=_guardian(second, born, age, ended, _later(born, late, rng), named_only=abroad),
        spouse=_spouses(homesteads, born, elsewhere, rng),
    )


def member(homesteads: Households, part: int) -> Numbers:
    """The person number of each household's member with that *part*, -1 where there is none."""
    return members(homesteads.household, homesteads.part, len(homesteads.kind), part)


def members(household: Numbers, parts: Numbers, households: int, part: int) -> Numbers:
    """The person number of the member with that *part* of each of the *households*, -1 where there is none."""
    whose = np.full(households, NOBODY, dtype=np.int64)
    here = np.flatnonzero(parts == part)
    whose[household[here]] = here
    return whose


def _guardian(whose: Numbers, born: Days, age: Numbers, ended: Flags, since: Days, named_only: Flags | None = None) -> Tie:
    """Guardians of minors; those of grown-up children until they were 18, those that *ended* until half way to now."""
    grown = age >= ADULT
    past = (whose != NOBODY) & (ended | (grown & (age <= GROWN_UP_TO)))
    now = (whose != NOBODY) & ~ended & ~grown
    dated = past | now if named_only is None else past | now | (named_only & ~grown)
    until = np.where(grown, _birthday(born, ADULT), since + (_DAY - since) // 2)
    return Tie(
        who=np.where(now, whose, NOBODY),
        past=np.where(past, whose, NOBODY),
        since=np.where(dated, since, _NEVER),
        until=np.where(past, until, _NEVER),
    )


def _birthday(born: Days, years: int) -> Days:
    """The day somebody turned *years*, to within a few days at the end of a month."""
    months = born.astype("datetime64[M]")
    turned: Days = (months + 12 * years).astype("datetime64[D]") + (born - months.astype("datetime64[D]"))
    return turned


def _later(born: Days, chosen: Flags, rng: np.random.Generator) -> Days:
    """Birth dates, those of the *chosen* moved to some day in the first three years, not after today."""
    days = rng.integers(30, 3 * 365, len(born)).astype("timedelta64[D]")
    moved: Days = np.where(chosen, np.minimum(born + days, _DAY), born)
    return moved


def _spouses(homesteads: Households, born: Days, elsewhere: Numbers, rng: np.random.Generator) -> Tie:
    """Marriages, and ended ones: of single parents and the parent elsewhere, where that one has not married again."""
    persons = len(born)
    head, partner = member(homesteads, HEAD), member(homesteads, PARTNER)
    who, past = (np.full(persons, NOBODY) for _ in range(2))
    since, until = (np.full(persons, _NEVER) for _ in range(2))
    couples = np.flatnonzero(homesteads.married & (partner >= 0))
    _marry(who, since, head[couples], partner[couples], born, rng)
    apart = (homesteads.kind == SINGLE_PARENT) & (elsewhere != NOBODY)
    divorced = np.flatnonzero(some(rng, len(head), rates("region")["divorced"], apart))
    divorced = divorced[who[elsewhere[divorced]] == NOBODY]
    _marry(past, since, head[divorced], elsewhere[divorced], born, rng)
    for one in (head[divorced], elsewhere[divorced]):
        until[one] = since[one] + (_DAY - since[one]) * 2 // 3
    return Tie(who, past, since, until)


def _marry(who: Numbers, since: Days, one: Numbers, other: Numbers, born: Days, rng: np.random.Generator) -> None:
    """Enter the couples in *who* and a wedding day, after both came of age, in *since*."""
    of_age = np.maximum(born[one], born[other]) + np.timedelta64(int(ADULT * YEAR_DAYS) + 1, "D")
    span = np.maximum((_DAY - of_age).astype(np.int64), 1)
    day = np.minimum(of_age + (rng.random(len(one)) * span).astype(np.int64).astype("timedelta64[D]"), _DAY)
    who[one], who[other] = other, one
    since[one], since[other] = day, day


def _parents_elsewhere(homesteads: Households, age: Numbers, blended: Flags, rng: np.random.Generator) -> Numbers:
    """For each household with children of one guardian: somebody of the other sex, about as old, elsewhere; each but once."""
    rate, head = rates("region"), member(homesteads, HEAD)
    single = homesteads.kind == SINGLE_PARENT
    chosen = np.flatnonzero(some(rng, len(head), rate["two_homes"], single) | some(rng, len(head), rate["two_homes_blended"], blended))
    kind, household = homesteads.kind[homesteads.household], homesteads.household
    free = (kind == ALONE) | ((kind == COUPLE) & ~homesteads.married[household])
    free |= blended[household] & (homesteads.part == PARTNER)
    result = np.full(len(head), NOBODY)
    for male in (True, False):
        parents = chosen[homesteads.male[head[chosen]] == male]
        others = np.flatnonzero(free & (homesteads.male != male) & (age >= ADULT + 2))
        if not len(others):
            continue
        by_age = others[np.argsort(age[others], kind="stable")]
        place = np.searchsorted(age[by_age], age[head[parents]] + rng.integers(-4, 5, len(parents)))
        place = np.minimum(place + rng.integers(0, max(20, len(others) // 50), len(parents)), len(by_age) - 1)
        _, first = np.unique(place, return_index=True)
        found = by_age[place[first]]
        apart = household[found] != parents[first]
        result[parents[first][apart]] = found[apart]
    return result


def codes_of(codes: Text, whose: Numbers) -> Text:
    """The personal identity codes of *whose*, empty for nobody."""
    return np.where(whose == NOBODY, "", codes[np.maximum(whose, 0)]).astype(object)
