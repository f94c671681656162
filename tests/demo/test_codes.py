"""Artificial personal identity codes against a slow, obvious reading of the rules."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.fi import hetu as reference

from sauma.demo.hetu import codes

DAYS = st.dates(datetime.date(1899, 6, 1), datetime.date(2025, 12, 31))
PEOPLE = st.lists(st.tuples(DAYS, st.booleans(), st.booleans()), min_size=1, max_size=40)
CONTROL = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def made(people: list[tuple[datetime.date, bool, bool]]) -> list[str]:
    born = np.array([day for day, _, _ in people], dtype="datetime64[D]")
    return codes(born, np.array([male for _, male, _ in people]), np.array([late for _, _, late in people])).tolist()


def check(code: str, day: datetime.date, *, male: bool) -> None:
    assert len(code) == 11
    assert code[:6] == f"{day.day:02d}{day.month:02d}{day.year % 100:02d}"
    assert code[6] in {18: "+", 19: "-YXWVU", 20: "ABCDEF"}[day.year // 100]
    assert 900 <= int(code[7:10]) <= 999
    assert int(code[7:10]) % 2 == (1 if male else 0)
    assert code[10] == CONTROL[int(code[:6] + code[7:10]) % 31]


@given(PEOPLE)
@settings(max_examples=60, deadline=None)
def test_each_code_follows_the_rules_and_is_its_own(people: list[tuple[datetime.date, bool, bool]]) -> None:
    found = made(people)
    for code, (day, male, _) in zip(found, people, strict=True):
        check(code, day, male=male)
        assert reference.is_valid(code, allow_temporary=True)
        assert not reference.is_valid(code)
    if all(day.year >= 1900 for day, _, _ in people):
        assert len(set(found)) == len(found)


@given(DAYS.filter(lambda day: day.year >= 1900), st.booleans(), st.integers(51, 250))
@settings(max_examples=20, deadline=None)
def test_when_codes_of_a_day_run_out_the_next_sign_takes_over(day: datetime.date, male: bool, count: int) -> None:
    found = made([(day, male, False)] * count)
    assert len(set(found)) == count
    assert len({code[6] for code in found}) == -(-count // 50)


@given(DAYS.filter(lambda day: day.year >= 1900), st.booleans(), st.integers(1, 120))
@settings(max_examples=20, deadline=None)
def test_late_codes_bear_a_new_sign_and_stay_apart(day: datetime.date, male: bool, count: int) -> None:
    found = made([(day, male, place % 2 == 1) for place in range(count)])
    assert len(set(found)) == count
    assert all(code[6] not in "-A" for code in found[1::2])
    assert found[0][6] in "-A"


def test_more_people_than_codes_are_refused() -> None:
    with pytest.raises(ValueError, match="more people share a birth date"):
        made([(datetime.date(1990, 1, 1), True, False)] * 301)
