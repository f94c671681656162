"""Families as day care knows them: each child's record names a head and the head's partner, from a day until a day.

They disagree with the population register as often as ``error_rates.toml`` declares: a partner who is not told, a
partner who lives elsewhere, a child with two homes under two heads, a family that has ended.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sauma.demo.households import CHILD, HEAD, PARTNER
from sauma.demo.people import ADULT, NOBODY, People
from sauma.demo.tables import AS_OF, Days, Flags, Numbers, rates, some, stream

REGISTER = "early_education"
_DAY = np.datetime64(AS_OF, "D")
_OPEN = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True, repr=False)
class Declared:
    """One entry a record: person numbers of child, head and partner (``NOBODY`` if none), and the days it holds."""

    child: Numbers
    head: Numbers
    partner: Numbers
    since: Days
    until: Days

    def now(self) -> Flags:
        """Which records hold on the day of the region and are the child's one family: the latest begun of those that hold."""
        holds = (self.since <= _DAY) & (np.isnat(self.until) | (self.until >= _DAY))
        order = np.lexsort((self.head, -self.since.astype(np.int64), ~holds, self.child))
        first = np.ones(len(order), dtype=bool)
        first[1:] = self.child[order][1:] != self.child[order][:-1]
        chosen = np.zeros(len(order), dtype=bool)
        chosen[order[first]] = True
        return chosen & holds


def declared(region: People, seed: int) -> Declared:
    """The records of every child in day care, in one order; the same for the same *seed*."""
    rng, rate = stream(seed, "daycare"), rates(REGISTER)
    child = _enrolled(region, rng)
    head = region.guardian_1[child]
    partner = _partners(region, child, head, rng)
    since = np.minimum(region.born[child] + rng.integers(300, 900, len(child)).astype("timedelta64[D]"), _DAY - np.timedelta64(20, "D"))
    base = Declared(child, head, partner, since, np.full(len(child), _OPEN))
    other = region.guardian_2[child]
    two = np.flatnonzero(some(rng, len(child), rate["family_two_heads"], _elsewhere(region, head, other)))
    moved = np.flatnonzero(some(rng, len(child), rate["family_ended"], partner != NOBODY))
    turn = since[moved] + (_DAY - since[moved]) // 2
    base.until[moved] = turn - np.timedelta64(1, "D")
    # the second head's record begins a little before or after the first's; never on the same day
    later = since[two] + np.where(rng.random(len(two)) < 0.5, 11, -11).astype("timedelta64[D]")
    return Declared(
        child=np.r_[child, child[two], child[moved]],
        head=np.r_[head, other[two], head[moved]],
        partner=np.r_[partner, np.full(len(two), NOBODY), np.full(len(moved), NOBODY)],
        since=np.r_[base.since, later, turn],
        until=np.r_[base.until, np.full(len(two) + len(moved), _OPEN)],
    )


def _enrolled(region: People, rng: np.random.Generator) -> Numbers:
    """Children of one to six whose household sends its children to day care; most do."""
    share = np.select([region.age < 1, region.age < 3, region.age < 7], [0.0, 0.62, 0.88], 0.0)
    sends = rng.random(int(region.household.max()) + 1)[region.household]
    return np.flatnonzero((region.part == CHILD) & (sends < share) & (region.guardian_1 != NOBODY))


def _partners(region: People, child: Numbers, head: Numbers, rng: np.random.Generator) -> Numbers:
    """The head's partner as declared: mostly the other adult at home; decided once a household."""
    rate, number = rates(REGISTER), len(region.home.dwelling)
    household = region.household[child]
    one, other = (region.member(part)[household] for part in (HEAD, PARTNER))
    at_home = np.where(one == head, other, one)
    alone = np.flatnonzero((np.bincount(region.household)[region.household] == 1) & region.housed & (region.age >= ADULT + 2))
    visitor = alone[rng.integers(0, len(alone), number)][household]
    untold = some(rng, number, rate["family_partner_not_told"])[household] & (at_home != NOBODY)
    visits = some(rng, number, rate["family_partner_elsewhere"])[household] & (at_home == NOBODY)
    visits &= region.male[visitor] != region.male[head]
    return np.where(untold, NOBODY, np.where(visits, visitor, at_home))


def _elsewhere(region: People, head: Numbers, other: Numbers) -> Flags:
    flags: Flags = (other != NOBODY) & (region.household[np.maximum(other, 0)] != region.household[head])
    return flags
