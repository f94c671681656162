"""Cohabiting couples, inferred by the steward, because the linker must see neither sex nor age.

The rule of Statistics Finland for couples without common children: two adults of different sex in one dwelling, less than
16 years apart, not known to be related, and no other such pair there.  Couples with a common child need no inference: the
linker sees both as the child's guardians.  Source: stat.fi, concept *family*.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from privacy.pseudonymise.coded import MISSING, Booleans, Coded, Integers, together
from schemas.contract import IsoDate

ADULT_YEARS: Final = 18
AGE_GAP_YEARS: Final = 16
MAX_ADULTS: Final = 20
"""A dwelling with more adults is an institution and has no inferred couples."""
_YEAR: Final = 10_000
"""One year in ``yyyymmdd`` integers: differences in full years are differences divided by this, rounded down."""


class Residents(NamedTuple):
    """What the rule looks at, one value a person; ``own``, ``partner``, ``guardians`` and ``kin`` are personal identity codes.

    ``guardians`` are a minor's on the day; ``kin`` are all declared ever, an adult's too: they say who is related.
    """

    dwelling: Coded
    sex: Coded
    birth_date: Coded
    own: Coded
    partner: Coded
    guardians: tuple[Coded, Coded]
    kin: tuple[Coded, Coded]


def cohabiting(residents: Residents, day: IsoDate) -> Integers:
    """Each person's inferred cohabiting partner on *day* as a person number, -1 for none; shape (n,)."""
    born = _yyyymmdd(residents.birth_date)
    free = _free(residents, born, day)
    people = pd.DataFrame({"person": np.flatnonzero(free), "dwelling": residents.dwelling.codes[free]})
    people = people[people.groupby("dwelling")["person"].transform("size").between(2, MAX_ADULTS)]
    pairs = people.merge(people, on="dwelling", suffixes=("_a", "_b"))
    a, b = pairs["person_a"].to_numpy(np.int64), pairs["person_b"].to_numpy(np.int64)
    fits = (a < b) & (residents.sex.codes[a] != residents.sex.codes[b]) & (np.abs(born[a] - born[b]) < AGE_GAP_YEARS * _YEAR)
    pairs = pairs[fits & ~_related(residents, a, b)]
    only = pairs[pairs.groupby("dwelling")["person_a"].transform("size") == 1]
    one, other = only["person_a"].to_numpy(np.int64), only["person_b"].to_numpy(np.int64)
    found = np.full(len(free), MISSING, dtype=np.int64)
    found[one], found[other] = other, one
    return found


def _free(residents: Residents, born: Integers, day: IsoDate) -> Booleans:
    """Adults with a code, a dwelling and a sex, whom nobody's record calls a spouse or a parent of a common child."""
    today = day.year * _YEAR + day.month * 100 + day.day
    known = residents.dwelling.present & residents.sex.present & residents.own.present & (born > 0)
    spouses = set(residents.partner.values)
    parents = _with_common_child(residents)
    taken = residents.partner.present | residents.own.holds((spouses | parents).__contains__)
    free: Booleans = known & ~taken & (today - born >= ADULT_YEARS * _YEAR)
    return free


def _with_common_child(residents: Residents) -> set[str]:
    """Codes of the guardians of one child who live in one dwelling: a couple that the linker sees by itself."""
    own, first, second = together(residents.own, *residents.guardians)
    home = np.full(len(own.values) + 1, MISSING, dtype=np.int64)
    home[own.codes[own.present]] = residents.dwelling.codes[own.present]
    home[MISSING] = MISSING
    shared = np.flatnonzero((home[first.codes] != MISSING) & (home[first.codes] == home[second.codes]))
    return set(first.take(shared).values) | set(second.take(shared).values)


def _related(residents: Residents, a: Integers, b: Integers) -> Booleans:
    """Whether one of the pair is the other's guardian, or they share one."""
    own, *guardians = together(residents.own, *residents.kin)
    related = np.zeros(len(a), dtype=np.bool_)
    for mine in guardians:
        related |= mine.present[a] & (mine.codes[a] == own.codes[b])
        related |= mine.present[b] & (mine.codes[b] == own.codes[a])
        for theirs in guardians:
            related |= mine.present[a] & (mine.codes[a] == theirs.codes[b])
    return related


def _yyyymmdd(birth_date: Coded) -> Integers:
    """ISO birth dates as integers, 0 where there is none; shape (n,)."""
    numbers = np.array([*(int(value.replace("-", "")) for value in birth_date.values), 0], dtype=np.int64)
    born: Integers = numbers[birth_date.codes]
    return born
