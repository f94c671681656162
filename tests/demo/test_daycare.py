"""Families as day care declares them: how they disagree with the true ones, and which record is a child's one family."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sauma.demo import daycare
from sauma.demo.daycare import Declared
from sauma.demo.people import NOBODY
from sauma.demo.region import Region
from sauma.demo.tables import AS_OF, rates
from sauma.demo.truth import families

DAY = np.datetime64(AS_OF, "D")
FALSE_ALARM = 1e-7


@pytest.fixture(scope="session")
def told(large: Region) -> Declared:
    return daycare.declared(large.people, large.seed)


def records(*rows: tuple[int, int, int, str, str]) -> Declared:
    child, head, partner = (np.array([row[place] for row in rows]) for place in range(3))
    since, until = (np.array([row[place] for row in rows], dtype="datetime64[D]") for place in (3, 4))
    return Declared(child, head, partner, since, until)


def test_the_latest_begun_record_that_holds_is_the_family() -> None:
    made = records(
        (1, 10, 11, "2023-01-01", "NaT"),
        (1, 20, -1, "2024-01-01", "NaT"),  # the later one wins
        (2, 10, 11, "2023-01-01", "2025-06-30"),  # ended
        (2, 10, -1, "2025-07-01", "NaT"),
        (3, 30, -1, "2026-01-01", "NaT"),  # not yet
        (4, 40, -1, "2025-01-01", "2025-12-31"),  # the last day is included
    )
    assert made.now().tolist() == [False, True, False, True, False, True]


def test_every_child_has_one_family_at_most(told: Declared) -> None:
    assert len(set(told.child[told.now()].tolist())) == told.now().sum()


def test_heads_are_guardians_and_days_in_order(large: Region, told: Declared) -> None:
    people = large.people
    mine = (told.head == people.guardian_1[told.child]) | (told.head == people.guardian_2[told.child])
    assert np.all(mine)
    assert np.all(told.since <= DAY)
    ended = ~np.isnat(told.until)
    assert ended.any()
    assert np.all(told.since[ended] <= told.until[ended])
    assert np.all(told.partner != told.head)
    assert np.all(told.partner != told.child)


def test_some_children_are_under_two_heads_that_live_apart(large: Region, told: Declared) -> None:
    children, count = np.unique(told.child, return_counts=True)
    twice = children[count > 1]
    heads = {child: set(told.head[told.child == child].tolist()) for child in twice.tolist()}
    apart = [child for child, each in heads.items() if len(each) == 2]
    assert apart
    people = large.people
    assert all(len({int(people.household[head]) for head in heads[child]}) == 2 for child in apart)
    since = [set(told.since[told.child == child].astype(str).tolist()) for child in apart]
    assert all(len(days) == 2 for days in since)


def test_families_disagree_with_homes_as_often_as_declared(large: Region, told: Declared) -> None:
    people, rate = large.people, rates("early_education")
    first = np.unique(told.child, return_index=True)[1]
    head, partner = told.head[first], told.partner[first]
    one, other = people.member(0)[people.household[head]], people.member(1)[people.household[head]]
    at_home = np.where(one == head, other, one)
    couple = at_home != NOBODY
    homes = np.unique(people.household[head][couple], return_index=True)[1]
    untold = int((partner[couple][homes] == NOBODY).sum())
    assert stats.binomtest(untold, len(homes), rate["family_partner_not_told"]).pvalue > FALSE_ALARM
    elsewhere = (partner != NOBODY) & ~couple
    assert elsewhere.any()
    assert np.all(people.household[partner[elsewhere]] != people.household[head[elsewhere]])


def test_the_register_says_what_was_declared(large: Region, told: Declared) -> None:
    people = large.people
    extract = next(extract for extract in large.extracts if extract.register == "early_education")
    assert len(extract.person) == len(told.child)
    assert sorted(extract.person.tolist()) == sorted(told.child.tolist())
    named = extract.columns["paamies"]
    assert set(named) <= {*people.hetu[told.head], ""}
    lost = int((named == "").sum())
    assert stats.binomtest(lost, len(named), rates("early_education")["head_without_code"]).pvalue > FALSE_ALARM


def test_the_true_service_family_is_head_partner_and_children(large: Region, told: Declared) -> None:
    family, person = dict(families(large.people, large.seed))["service"]
    wanted: dict[int, set[int]] = {}
    for child, head, partner in zip(*(column[told.now()].tolist() for column in (told.child, told.head, told.partner)), strict=True):
        wanted.setdefault(head, set()).update({head, child} | ({partner} - {NOBODY}))
    made: dict[int, set[int]] = {}
    for number, member in zip(family.tolist(), person.tolist(), strict=True):
        made.setdefault(number, set()).add(member)
    assert made == wanted
