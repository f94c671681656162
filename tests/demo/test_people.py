"""The synthetic people: families, homes and municipalities hang together."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from sauma.demo.households import CHILD, HEAD, PARTNER
from sauma.demo.people import NOBODY, People, people
from sauma.demo.region import Region
from sauma.demo.tables import AS_OF, ages, table
from sauma.demo.truth import families

SEED = 20261121


@pytest.fixture
def folk(large: Region) -> People:
    return large.people


@pytest.mark.parametrize("persons", [500, 777, 3001])
def test_exactly_as_many_people_as_asked_for(persons: int) -> None:
    made = people(persons, 3)
    assert len(made) == persons
    assert all(len(getattr(made, name)) == persons for name in ("hetu", "given", "surname", "household", "guardian_1", "newcomer"))
    assert set(made.household.tolist()) == set(range(len(made.home.dwelling)))


def test_a_hundred_thousand_people_have_codes_of_their_own() -> None:
    made = people(100_000, 5)
    former = made.former_hetu[made.former_hetu != ""]
    assert len(set(made.hetu) | set(former)) == 100_000 + len(former)


def test_municipalities_are_in_proportion(folk: People) -> None:
    shares = {entry["code"]: entry["population"] for entry in table("places.toml")["municipality"]}
    found = Counter(folk.home.municipality[folk.household])
    largest = max(Counter(folk.household.tolist()).values())
    assert len(shares) == 10
    for code, population in shares.items():
        # a household is never cut, so each edge may be off by half of one
        assert abs(found[code] - len(folk) * population / sum(shares.values())) <= largest


def test_codes_tell_birth_date_and_sex(folk: People) -> None:
    centuries = {**dict.fromkeys("+", 18), **dict.fromkeys("-YXWVU", 19), **dict.fromkeys("ABCDEF", 20)}
    for code, born, male in zip(folk.hetu, folk.born.astype(str), folk.male, strict=True):
        assert born == f"{centuries[code[6]]}{code[4:6]}-{code[2:4]}-{code[:2]}"
        assert (int(code[7:10]) % 2 == 1) == male


def test_ages_count_birthdays() -> None:
    days = np.array(["2007-12-31", "2008-01-01", "2008-12-31", "2009-01-01", "2025-12-31"], dtype="datetime64[D]")
    assert ages(days, AS_OF).tolist() == [18, 17, 17, 16, 0]


def test_ages_run_from_newborn_to_a_hundred_in_plausible_shares(folk: People) -> None:
    assert folk.age.min() == 0
    assert 95 <= folk.age.max() <= 101
    for first, last, low, high in ((0, 17, 0.17, 0.25), (18, 64, 0.55, 0.67), (65, 120, 0.13, 0.22)):
        assert low < np.mean((folk.age >= first) & (folk.age <= last)) < high
    by_year = np.bincount(folk.age[folk.age < 18])
    assert by_year.min() > 0.5 * by_year.max()


def test_guardians_are_adults_of_an_age_to_be_parents(folk: People) -> None:
    minors = np.flatnonzero((folk.part == CHILD) & (folk.age < 18))
    assert np.all(folk.guardian_1[minors] != NOBODY)
    assert np.all(folk.household[folk.guardian_1[minors]] == folk.household[minors])
    for guardian in (folk.guardian_1, folk.guardian_2):
        held = np.flatnonzero(guardian != NOBODY)
        assert np.all(folk.age[held] < 18)
        assert np.all(folk.age[guardian[held]] >= 18)
    mothers = folk.guardian_1[minors]
    assert np.all((folk.born[minors] - folk.born[mothers]).astype(int) > 17 * 365)
    both = minors[folk.guardian_2[minors] != NOBODY]
    assert np.all(folk.guardian_1[both] != folk.guardian_2[both])


def test_some_children_have_a_second_home(folk: People) -> None:
    other = folk.guardian_2
    elsewhere = (other != NOBODY) & (folk.household[np.maximum(other, 0)] != folk.household)
    assert 0 < elsewhere.sum() < np.mean(folk.age < 18) * len(folk) / 4


def test_spouses_have_each_other_and_one_home(folk: People) -> None:
    married = np.flatnonzero(folk.spouse != NOBODY)
    assert len(married) > len(folk) / 5
    assert np.all(folk.spouse[folk.spouse[married]] == married)
    assert np.all(folk.household[folk.spouse[married]] == folk.household[married])
    assert np.all(np.isin(folk.part[married], (HEAD, PARTNER)))


def test_dwellings_are_distinct_and_their_building_ids_check(folk: People) -> None:
    dwelling = folk.home.dwelling
    lived = dwelling[dwelling != ""]
    assert len(set(lived)) == len(lived)
    assert set(np.flatnonzero(dwelling == "")) == set(np.flatnonzero(folk.home.poste_restante))
    for each in lived[:500]:
        assert len(each) == 16
        assert each.endswith(" ")
        assert each[9] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(each[:9]) % 31]


def test_surnames_follow_the_ways_of_each_culture(folk: People) -> None:
    russian = set(table("names.toml")["ru"]["whole"])
    women = (folk.culture == "ru") & ~folk.male
    assert not russian & set(folk.surname[women])
    somali = np.flatnonzero((folk.culture == "so") & (folk.part == CHILD) & (folk.guardian_1 != NOBODY))
    shared = folk.surname[somali] == folk.surname[folk.guardian_1[somali]]
    assert len(somali) > 30
    assert shared.mean() < 0.5
    finnish = np.flatnonzero((folk.culture == "fi") & (folk.spouse != NOBODY))
    assert 0.55 < np.mean(folk.surname[finnish] == folk.surname[folk.spouse[finnish]]) < 0.85
    changed = folk.former_surname != ""
    assert np.all(folk.former_surname[changed] != folk.surname[changed])


def test_the_name_used_is_one_of_the_given_names_or_a_half_of_one(folk: People) -> None:
    for given, call in zip(folk.given, folk.call, strict=True):
        assert call in given.split(" ") or call in [name.split("-")[0] for name in given.split(" ")] or call in given


def test_languages_and_migration_are_in_the_declared_neighbourhood(folk: People) -> None:
    other = ~np.isin(folk.culture.astype(str), ("fi", "sv"))
    assert 0.12 < other.mean() < 0.20
    assert np.mean(folk.abroad & other) > 0.6 * other.mean()
    first = folk.abroad & other
    january = folk.born.astype(str).astype(object)
    share = np.mean([day.endswith("-01-01") for day in january[first]])
    assert share > 5 * np.mean([day.endswith("-01-01") for day in january[~first]])


def test_guardianships_and_marriages_have_days_in_order(folk: People) -> None:
    day = np.datetime64(AS_OF, "D")
    for tie in (folk.first, folk.second, folk.married):
        assert np.all((tie.who == NOBODY) | (tie.past == NOBODY))
        related = (tie.who != NOBODY) | (tie.past != NOBODY)
        assert not np.isnat(tie.since[related]).any()
        assert np.all(np.isnat(tie.until) == (tie.past == NOBODY))
        ended = tie.past != NOBODY
        assert ended.any()
        assert np.all(tie.since[ended] <= tie.until[ended])
        assert np.all(tie.until[ended] <= day)
        assert np.all(tie.since[related] <= day)


def test_grown_up_children_at_home_had_guardians_until_they_came_of_age(folk: People) -> None:
    grown = np.flatnonzero((folk.part == CHILD) & (folk.age >= 18))
    assert len(grown) > 50
    assert np.all(folk.first.past[grown] != NOBODY)
    assert np.all(ages(folk.born[grown], AS_OF) >= 18)
    years = (folk.first.until[grown] - folk.born[grown]).astype(int) / 365.2425
    assert np.all(np.abs(years - 18) < 0.01)


def test_some_guardians_are_named_only(folk: People) -> None:
    named_only = (folk.second.who == NOBODY) & (folk.second.past == NOBODY) & ~np.isnat(folk.second.since)
    assert named_only.any()
    assert np.all(folk.guardian_1[named_only] != NOBODY)


def test_blended_families_have_children_of_one_and_of_both(folk: People) -> None:
    partner = folk.member(PARTNER)
    child = np.flatnonzero((folk.part == CHILD) & (folk.age < 18) & (partner[folk.household] != NOBODY))
    own = folk.guardian_2[child] != partner[folk.household[child]]
    own &= folk.guardian_1[child] != partner[folk.household[child]]
    blended = set(folk.household[child[own]].tolist())
    common = set(folk.household[child[~own]].tolist())
    assert blended & common
    assert blended - common
    of_the_partner = folk.guardian_1[child] == partner[folk.household[child]]
    assert of_the_partner.any()


def test_a_person_may_be_guardian_in_two_families(folk: People) -> None:
    _, person = dict(families(folk, SEED))["guardianship"]
    minors = folk.age < 18
    held = Counter(person[~minors[person]].tolist())
    assert max(held.values()) >= 2
    assert set(Counter(person[minors[person]].tolist()).values()) == {1}


def test_phone_numbers_are_ten_digits_and_nobody_shares_one(folk: People) -> None:
    every = [*folk.phone, *folk.former_phone]
    assert len(set(every)) == len(every)
    assert all(number.startswith("049") and len(number) == 10 and number.isdigit() for number in every)


def test_sami_names_keep_their_letters_among_the_people(folk: People) -> None:
    sami = folk.culture == "se"
    assert 0 < sami.sum() < len(folk) / 200
    assert not folk.migrant[sami].any()


def slow_ties(folk: People, definition: str) -> list[tuple[int, int]]:
    """Every pair of a guardian and a minor, and for ``dwelling`` of a couple, one by one."""
    guardians = [(person, int(other)) for tie in (folk.guardian_1, folk.guardian_2) for person, other in enumerate(tie) if other != NOBODY]
    couples = []
    for head, partner in zip(folk.member(HEAD).tolist(), folk.member(PARTNER).tolist(), strict=True):
        gap = abs(int((folk.born[head] - folk.born[partner]).astype(int))) / 365.2425
        alike = folk.male[head] == folk.male[partner] or gap >= 16
        if partner != NOBODY and (folk.spouse[head] == partner or not alike):
            couples.append((head, partner))
    return guardians + (couples if definition == "dwelling" else [])


def slow_families(folk: People, definition: str) -> set[frozenset[int]]:
    """Families of people of one dwelling: each tie joins two families."""
    family: dict[int, set[int]] = {}
    for one, other in slow_ties(folk, definition):
        if folk.housed[one] and folk.household[one] == folk.household[other]:
            joint = family.get(one, {one}) | family.get(other, {other})
            family.update(dict.fromkeys(joint, joint))
    return {frozenset(members) for members in family.values()}


@pytest.mark.parametrize("definition", ["dwelling", "guardianship_dwelling"])
def test_families_of_one_dwelling_are_those_of_the_definition_read_aloud(definition: str) -> None:
    folk = people(4000, SEED)
    family, person = dict(families(folk, SEED))[definition]
    made: dict[int, set[int]] = {}
    for number, member in zip(family.tolist(), person.tolist(), strict=True):
        made.setdefault(number, set()).add(member)
    assert {frozenset(members) for members in made.values()} == slow_families(folk, definition)


def test_families_by_guardianship_are_those_of_the_definition_read_aloud() -> None:
    folk = people(4000, SEED)
    sets: dict[frozenset[int], set[int]] = {}
    for child in np.flatnonzero(folk.age < 18).tolist():
        guardians = frozenset({int(folk.guardian_1[child]), int(folk.guardian_2[child])} - {NOBODY})
        if guardians:
            sets.setdefault(guardians, set()).add(child)
    family, person = dict(families(folk, SEED))["guardianship"]
    made: dict[int, set[int]] = {}
    for number, member in zip(family.tolist(), person.tolist(), strict=True):
        made.setdefault(number, set()).add(member)
    assert {frozenset(members) for members in made.values()} == {guardians | children for guardians, children in sets.items()}


def test_families_by_each_definition_hang_together(folk: People) -> None:
    found = dict(families(folk, SEED))
    assert list(found) == ["household", "statistics_finland", "dwelling", "guardianship", "guardianship_dwelling", "service"]
    for definition, (family, person) in found.items():
        assert len({*zip(family.tolist(), person.tolist(), strict=True)}) == len(person), definition
        if definition not in ("guardianship", "service"):
            assert len(set(person.tolist())) == len(person), definition
        if definition != "household":
            assert min(Counter(family.tolist()).values()) >= 2, definition
    narrow, wide = set(found["guardianship_dwelling"][1].tolist()), set(found["dwelling"][1].tolist())
    assert narrow < wide
    grown = np.flatnonzero((folk.part == CHILD) & (folk.age >= 18))
    assert not set(grown.tolist()) & wide
    assert set(grown.tolist()) < set(found["statistics_finland"][1].tolist())
