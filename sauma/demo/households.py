"""Who lives with whom: persons living alone, couples, couples with children, single parents, people sharing a home.

A household's eldest child is drawn first and its parents' ages from the child's, so that children of every age are
about equally many and parents are of an age to have them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sauma.demo.tables import AS_OF, YEAR_DAYS, Days, Flags, Numbers, Reals

ALONE, COUPLE, COUPLE_WITH_CHILDREN, SINGLE_PARENT, SHARING = range(5)
SHARES = (0.44, 0.28, 0.18, 0.06, 0.04)
"""Shares of the kinds of household, in the order of the constants; roughly those of southern Finland."""
HEAD, PARTNER, CHILD, MATE = range(4)

_CHILDREN = ((1, 2, 3, 4, 5), (0.38, 0.42, 0.14, 0.04, 0.02))
_ADULT_AGES = {
    # pieces of (first age, last age, share) for kinds without children
    ALONE: ((18, 30, 0.26), (30, 50, 0.24), (50, 70, 0.25), (70, 90, 0.22), (90, 101, 0.03)),
    COUPLE: ((20, 35, 0.24), (35, 50, 0.12), (50, 70, 0.36), (70, 88, 0.28)),
    SHARING: ((18, 32, 1.0),),
}


@dataclass(frozen=True, slots=True)
class Households:
    """One entry a person: household number, part in it, birth date and sex.  One entry a household: ``kind, married``."""

    household: Numbers
    part: Numbers
    born: Days
    male: Flags
    kind: Numbers
    married: Flags


def households(persons: int, rng: np.random.Generator) -> Households:
    """Exactly *persons* people in households, sorted by household."""
    kind = rng.choice(5, size=persons, p=SHARES)
    eldest = rng.uniform(0, 20.5, persons) * YEAR_DAYS
    columns = [_heads(kind, eldest, rng)]
    columns += _children(kind, eldest, rng)
    columns += _partners(columns[0], kind, rng)
    columns += _mates(columns[0], kind, rng)
    household, part, age_days, male = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    order = np.lexsort((part, household))
    kept = order[: _whole_households(household[order], persons)]
    missing = persons - len(kept)
    household, part, age_days, male = household[kept], part[kept], age_days[kept], male[kept]
    number = int(household[-1]) + 1 if len(household) else 0
    kind = np.r_[kind[:number], np.full(missing, ALONE)]
    household = np.r_[household, np.arange(number, number + missing)]
    filler = _piecewise(ALONE, missing, rng)
    age_days = np.r_[age_days, filler]
    married = rng.random(len(kind)) < np.where(kind == COUPLE_WITH_CHILDREN, 0.70, 0.62)
    return Households(
        household=household,
        part=np.r_[part, np.full(missing, HEAD)],
        born=np.datetime64(AS_OF, "D") - age_days.astype("timedelta64[D]"),
        male=np.r_[male, rng.random(missing) < 0.5].astype(bool),
        kind=kind,
        married=married & np.isin(kind, (COUPLE, COUPLE_WITH_CHILDREN)),
    )


_Column = tuple[Numbers, Numbers, Numbers, Flags]


def _heads(kind: Numbers, eldest: Reals, rng: np.random.Generator) -> _Column:
    age = np.zeros(len(kind), dtype=np.int64)
    for each in (ALONE, COUPLE, SHARING):
        chosen = kind == each
        age[chosen] = _piecewise(each, int(chosen.sum()), rng)
    parents = np.isin(kind, (COUPLE_WITH_CHILDREN, SINGLE_PARENT))
    at_birth = np.clip(rng.normal(29.5, 4.8, len(kind)), 18.3, 43) * YEAR_DAYS
    age[parents] = (eldest + at_birth)[parents].astype(np.int64)
    share_male = np.select([kind == SINGLE_PARENT, kind == ALONE, parents], [0.18, 0.48, 0.0], 0.5)
    # in couples the head is the woman, except in the few couples of two men
    share_male = np.where(np.isin(kind, (COUPLE, COUPLE_WITH_CHILDREN)), 0.01, share_male)
    # women live longer: of those living alone in old age most are women
    share_male = np.where((kind == ALONE) & (age > 70 * YEAR_DAYS), 0.30, share_male)
    return np.arange(len(kind)), np.full(len(kind), HEAD), age, rng.random(len(kind)) < share_male


def _children(kind: Numbers, eldest: Reals, rng: np.random.Generator) -> list[_Column]:
    parents = np.flatnonzero(np.isin(kind, (COUPLE_WITH_CHILDREN, SINGLE_PARENT)))
    planned = rng.choice(_CHILDREN[0], size=len(parents), p=_CHILDREN[1])
    age = eldest[parents]
    columns = []
    for order in range(5):
        here = (planned > order) & (age >= 0)
        count = int(here.sum())
        columns.append((parents[here], np.full(count, CHILD), age[here].astype(np.int64), rng.random(count) < 0.51))
        twins = rng.random(len(parents)) < 0.015
        age = age - np.where(twins, 0, 330 + rng.exponential(620, len(parents)))
    return columns


def _partners(heads: _Column, kind: Numbers, rng: np.random.Generator) -> list[_Column]:
    household, _, head_age, head_male = heads
    couples = household[np.isin(kind, (COUPLE, COUPLE_WITH_CHILDREN))]
    gap = rng.normal(1.8, 3.6, len(couples)) * YEAR_DAYS
    age = _adult(head_age[couples] + gap)
    same_sex = rng.random(len(couples)) < 0.01
    male = np.where(same_sex, head_male[couples], ~head_male[couples])
    return [(couples, np.full(len(couples), PARTNER), age, male.astype(bool))]


def _mates(heads: _Column, kind: Numbers, rng: np.random.Generator) -> list[_Column]:
    household, _, head_age, head_male = heads
    sharing = household[kind == SHARING]
    columns = []
    for chance in (1.0, 0.4):
        here = sharing[rng.random(len(sharing)) < chance]
        age = _adult(head_age[here] + rng.normal(0, 2, len(here)) * YEAR_DAYS)
        # people who share a home without being a couple: of one sex, so that no rule takes them for a couple
        columns.append((here, np.full(len(here), MATE), age, head_male[here]))
    return columns


def _adult(age: Reals) -> Numbers:
    """Ages in days; those out of range are as far within it: cut off they would all share one birth date."""
    youngest, oldest = 18.1 * YEAR_DAYS, 100.9 * YEAR_DAYS
    within = np.where(age < youngest, 2 * youngest - age, np.where(age > oldest, 2 * oldest - age, age))
    days: Numbers = within.astype(np.int64)
    return days


def _piecewise(kind: int, count: int, rng: np.random.Generator) -> Numbers:
    pieces = _ADULT_AGES[kind]
    piece = rng.choice(len(pieces), size=count, p=[share for _, _, share in pieces])
    low = np.array([first for first, _, _ in pieces])[piece]
    high = np.array([last for _, last, _ in pieces])[piece]
    years: Numbers = (rng.uniform(low, high) * YEAR_DAYS).astype(np.int64)
    return years


def _whole_households(household: Numbers, persons: int) -> int:
    """How many of the first people to keep so that no household is cut and at most *persons* are kept."""
    if len(household) <= persons:
        return len(household)
    return int(np.searchsorted(household, household[persons], side="left"))
