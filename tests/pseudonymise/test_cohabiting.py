"""Cohabiting couples against a brute-force reading of the rule."""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import agreed, by_row, code, run

from privacy.pseudonymise.coded import MISSING
from privacy.pseudonymise.hetu import age_on
from privacy.pseudonymise.households import MAX_ADULTS, Households, Residents, cohabiting

DAY = date(2025, 12, 31)
ADULTS = ["1955-06-06", "1980-05-04", "1980-05-05", "1996-05-03", "1996-05-04", "2007-12-31"]
MINORS = ["2008-01-01", "2015-01-01"]


def full_years_apart(one: date, other: date) -> int:
    earlier, later = sorted((one, other))
    return age_on(later, earlier)


def obvious(people: list[dict[str, str]], day: date) -> list[int]:
    """The rule, person by person."""
    codes = {person["own"]: number for number, person in enumerate(people) if person.get("own")}
    guardians = [{person[name] for name in ("g1", "g2") if person.get(name)} for person in people]
    spouses = {person["partner"] for person in people if person.get("partner")}
    parents: set[str] = set()
    for person in people:
        pair = [person.get("g1"), person.get("g2")]
        homes = [people[codes[each]].get("home") if each in codes else None for each in pair]
        if all(homes) and homes[0] == homes[1]:
            parents |= {each for each in pair if each}

    def free(number: int) -> bool:
        person = people[number]
        known = all(person.get(name) for name in ("home", "sex", "born", "own"))
        taken = person.get("partner") or person.get("own") in spouses | parents
        return bool(known and not taken and age_on(day, date.fromisoformat(person["born"])) >= 18)

    found = [-1] * len(people)
    for home in {person["home"] for person in people if person.get("home")}:
        adults = [number for number, person in enumerate(people) if person.get("home") == home and free(number)]
        pairs = []
        for a, b in itertools.combinations(adults, 2):
            one, other = people[a], people[b]
            apart = full_years_apart(date.fromisoformat(one["born"]), date.fromisoformat(other["born"]))
            related = one["own"] in guardians[b] or other["own"] in guardians[a] or guardians[a] & guardians[b]
            if one["sex"] != other["sex"] and apart < 16 and not related:
                pairs.append((a, b))
        if len(pairs) == 1:
            ((a, b),) = pairs
            found[a], found[b] = b, a
    return found


def vectorised(people: list[dict[str, str]], day: date) -> list[int]:
    places = {code: place for place, code in enumerate(sorted({text for person in people for text in person.values()} - {""}))}

    def column(name: str) -> np.ndarray:
        return np.array([places.get(person.get(name) or "", MISSING) for person in people], dtype=np.int64)

    born = np.array([int((person.get("born") or "0").replace("-", "")) for person in people], dtype=np.int64)
    guardians = (column("g1"), column("g2"))
    own = column("own")
    residents = Residents(column("home"), column("sex"), born, own, column("partner"), guardians, guardians)
    cut = len(people) // 2
    parts = [Residents(*(tuple(half[start:end] for half in each) if isinstance(each, tuple) else each[start:end] for each in residents))
             for start, end in ((0, cut), (cut, len(people)))]  # fmt: skip
    households = Households(day)
    for part in parts:
        households.add(part)
    persons, partners = households.couples()
    whole = cohabiting(residents, day)
    assert whole[persons].tolist() == partners.tolist()
    assert (np.delete(whole, persons) == MISSING).all()
    return [own.tolist().index(partner) if partner != MISSING else -1 for partner in whole.tolist()]


@st.composite
def dwellers(draw: st.DrawFn) -> list[dict[str, str]]:
    count = draw(st.integers(1, 8))
    owns = [f"code{number}" for number in range(count)]
    maybe_code = st.sampled_from([*owns, "elsewhere", "", "", ""])
    return [
        {
            "own": own if draw(st.integers(0, 9)) else "",
            "home": draw(st.sampled_from(["a", "a", "b", ""])),
            "sex": draw(st.sampled_from(["1", "2", "2", ""])),
            "born": draw(st.sampled_from(ADULTS * 2 + MINORS + [""])),
            "partner": draw(maybe_code) if not draw(st.integers(0, 3)) else "",
            "g1": draw(maybe_code),
            "g2": draw(maybe_code),
        }
        for own in owns
    ]


@settings(deadline=None, max_examples=300)
@given(dwellers())
def test_as_the_obvious_reading(people: list[dict[str, str]]) -> None:
    found = vectorised(people, DAY)
    assert found == obvious(people, DAY)
    assert all(found[partner] == number for number, partner in enumerate(found) if partner >= 0)


def test_sixteen_years_are_too_many_and_a_day_less_is_not() -> None:
    def pair(younger: str) -> list[int]:
        return vectorised(
            [{"own": "a", "home": "x", "sex": "1", "born": "1980-05-04"}, {"own": "b", "home": "x", "sex": "2", "born": younger}], DAY
        )

    assert pair("1996-05-03") == [1, 0]
    assert pair("1996-05-04") == [-1, -1]


def test_adults_only_and_no_institutions() -> None:
    couple = [{"own": "a", "home": "x", "sex": "1", "born": "2000-01-01"}, {"own": "b", "home": "x", "sex": "2", "born": "2007-12-31"}]
    assert vectorised(couple, DAY) == [1, 0]
    assert vectorised(couple, date(2025, 12, 30)) == [-1, -1]
    women = [{"own": f"w{number}", "home": "x", "sex": "2", "born": "1950-01-01"} for number in range(MAX_ADULTS - 1)]
    assert vectorised(couple + women[:1], DAY)[:2] == [1, 0]
    assert set(vectorised(couple + women, DAY)) == {-1}


def test_an_inferred_couple_gets_each_others_tokens() -> None:
    home = {"dwelling": "900000759J1C003 "}
    he = home | {"hetu": code("1980-05-04"), "born": "1980-05-04", "sex": "1"}
    she = home | {"hetu": code("1982-05-04"), "born": "1982-05-04", "sex": "2"}
    one, other = by_row(run(agreed(), he, she))
    assert one is not None
    assert other is not None
    assert (one["partner"], other["partner"]) == (other["id_a"], one["id_a"])
    one, other = by_row(run(agreed(), he, she | {"restricted": "1"}))
    assert one is not None
    assert other is not None
    assert other["id_a"] != one["partner"]
    assert one["id_a"] != other["partner"]


def test_the_same_home_in_two_spellings_and_nowhere_is_no_home() -> None:
    def homes(*addresses: dict[str, str]) -> int:
        return len({row["dwelling"] for row in by_row(run(agreed(), *addresses)) if row})

    flat = {"street": "Töölönlahdenkatu", "number": "12 A 3", "postcode": "00100"}
    assert homes(flat, {"street": "TÖÖLÖNLAHDENK. 12 A as. 3", "postcode": "00100"}) == 1
    assert homes(flat, flat | {"number": "12 A 4"}) == 2
    nowhere = {"street": "Poste restante", "number": "1", "postcode": "00100"}
    assert homes(nowhere, nowhere) == 2
    assert homes(flat | {"postcode": ""}, flat | {"postcode": ""}) == 2
