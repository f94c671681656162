"""Cohabiting couples, inferred by the steward, because the linker must see neither sex nor age.

The rule of Statistics Finland for couples without common children: two adults of different sex in one dwelling, less than
16 years apart, not known to be related, and no other such pair there.  Couples with a common child need no inference: the
linker sees both as the child's guardians.  Source: stat.fi, concept *family*.

The rule looks at a whole extract, which comes in parts: of each person only a few numbers are kept until all have come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from privacy.pseudonymise.coded import MISSING, Booleans, Integers
from privacy.pseudonymise.hetu_columns import Numbers
from schemas.contract import IsoDate

ADULT_YEARS: Final = 18
AGE_GAP_YEARS: Final = 16
MAX_ADULTS: Final = 20
"""A dwelling with more adults is an institution and has no inferred couples."""
_YEAR: Final = 10_000
"""One year in ``yyyymmdd`` integers: differences in full years are differences divided by this, rounded down."""
_TOGETHER: Final = 1 << 21
"""About so many adults are paired at once."""


class Residents(NamedTuple):
    """What the rule looks at, one value a person; codes are numbers, ``dwelling`` and ``sex`` numbers that are equal where they are.

    ``birth_date`` is ``yyyymmdd``, 0 for none; everywhere else ``MISSING`` is none.  ``guardians`` are a minor's on the
    day; ``kin`` are all declared ever, an adult's too: they say who is related.
    """

    dwelling: Integers
    sex: Integers
    birth_date: Integers
    own: Numbers
    partner: Numbers
    guardians: tuple[Numbers, Numbers]
    kin: tuple[Numbers, Numbers]


@dataclass(slots=True, repr=False)
class Households:
    """The residents of an extract, part by part, and then the couples among them on *day*.

    Of everybody with a code the dwelling is kept; of adults who may be half of a couple also number, sex, birth date and kin.
    """

    day: IsoDate
    _count: int = 0
    _homes: list[Integers] = field(default_factory=list)
    _taken: list[Integers] = field(default_factory=list)
    _children: list[Integers] = field(default_factory=list)
    _adults: list[Integers] = field(default_factory=list)

    def add(self, part: Residents) -> None:
        """The next persons; they are numbered in the order in which they come."""
        persons = np.arange(self._count, self._count + len(part.own))
        self._count += len(persons)
        housed = (part.own != MISSING) & (part.dwelling != MISSING)
        self._homes.append(np.stack([part.own[housed], part.dwelling[housed]]))
        self._taken.append(np.unique(part.partner[part.partner != MISSING]))
        both = (part.guardians[0] != MISSING) & (part.guardians[1] != MISSING)
        self._children.append(np.stack([each[both] for each in part.guardians]))
        today = self.day.year * _YEAR + self.day.month * 100 + self.day.day
        adult = (part.birth_date > 0) & (today - part.birth_date >= ADULT_YEARS * _YEAR)
        free = adult & housed & (part.sex != MISSING) & (part.partner == MISSING)
        columns = (persons, part.dwelling, part.own, part.sex, part.birth_date, *part.kin)
        self._adults.append(np.stack([each[free] for each in columns]))

    def couples(self) -> tuple[Integers, Numbers]:
        """The persons who have an inferred partner, in order, and that partner's code; shape (couples x 2,) both."""
        adults = _joined(self._adults, 7)
        adults = adults[:, ~np.isin(adults[2], np.concatenate([*self._taken, *self._parents()]))]
        found = [_pairs(part) for part in _parts(adults[:, np.argsort(adults[1], kind="stable")])]
        a, b = (np.concatenate([np.empty((2, 0), dtype=np.int64), *ends], axis=1) for ends in zip(*found, strict=True))
        persons, partners = np.append(a[0], b[0]), np.append(b[1], a[1])
        order = np.argsort(persons)
        return persons[order], partners[order]

    def _parents(self) -> list[Numbers]:
        """Codes of the guardians of one child who live in one dwelling: a couple that the linker sees by itself."""
        homes, (one, other) = _joined(self._homes, 2), _joined(self._children, 2)
        homes = homes[:, np.argsort(homes[0])]
        shared = _home(homes, one)
        shared_home = (shared != MISSING) & (shared == _home(homes, other))
        return [np.unique(one[shared_home]), np.unique(other[shared_home])]


def cohabiting(residents: Residents, day: IsoDate) -> Integers:
    """Each of *residents*' inferred cohabiting partner's code on *day*, ``MISSING`` for none; shape (n,)."""
    households = Households(day)
    households.add(residents)
    persons, partners = households.couples()
    found = np.full(len(residents.own), MISSING, dtype=np.int64)
    found[persons] = partners
    return found


def _joined(parts: list[Integers], rows: int) -> Integers:
    return np.concatenate([np.empty((rows, 0), dtype=np.int64), *parts], axis=1)


def _home(homes: Integers, codes: Numbers) -> Integers:
    """The dwellings of the persons with *codes*, by sorted *homes*; ``MISSING`` where there is none."""
    place = np.minimum(np.searchsorted(homes[0], codes), max(homes.shape[1] - 1, 0))
    if not homes.shape[1]:
        return np.full(len(codes), MISSING, dtype=np.int64)
    found: Integers = np.where(homes[0][place] == codes, homes[1][place], MISSING)
    return found


def _parts(adults: Integers) -> list[Integers]:
    """*adults*, sorted by dwelling, in parts that no dwelling is divided between."""
    starts = np.flatnonzero(np.diff(adults[1], prepend=adults[1][:1] - 1))
    wanted = np.searchsorted(starts, np.arange(_TOGETHER, adults.shape[1], _TOGETHER))
    return [*np.split(adults, np.unique(starts[wanted[wanted < len(starts)]]), axis=1)]


def _pairs(adults: Integers) -> tuple[Integers, Integers]:
    """Both ends, person and code, of the one fitting pair of each dwelling that has exactly one; shape (2, pairs) each."""
    person, dwelling, own, sex, born, *kin = adults
    people = pd.DataFrame({"place": np.arange(len(person)), "dwelling": dwelling})
    people = people[people.groupby("dwelling")["place"].transform("size").between(2, MAX_ADULTS)]
    pairs = people.merge(people, on="dwelling", suffixes=("_a", "_b"))
    pairs = pairs[pairs["place_a"] < pairs["place_b"]]
    a, b = pairs["place_a"].to_numpy(np.int64), pairs["place_b"].to_numpy(np.int64)
    fits = (sex[a] != sex[b]) & (np.abs(born[a] - born[b]) < AGE_GAP_YEARS * _YEAR) & ~_related(own, kin, a, b)
    pairs = pairs[fits]
    only = pairs[pairs.groupby("dwelling")["place_a"].transform("size") == 1]
    one, other = only["place_a"].to_numpy(np.int64), only["place_b"].to_numpy(np.int64)
    return np.stack([person[one], own[one]]), np.stack([person[other], own[other]])


def _related(own: Numbers, kin: list[Numbers], a: Integers, b: Integers) -> Booleans:
    """Whether one of the pair is the other's guardian, or they share one."""
    related = np.zeros(len(a), dtype=np.bool_)
    for mine in kin:
        related |= (mine[a] == own[b]) | (mine[b] == own[a])
        for theirs in kin:
            related |= (mine[a] != MISSING) & (mine[a] == theirs[b])
    return related
