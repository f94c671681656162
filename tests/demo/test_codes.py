"""Artificial personal identity codes against a slow, obvious reading of the rules."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.fi import hetu as reference

from sauma.demo.hetu import PER_DAY, PER_SIGN, codes, rank
from sauma.demo.households import households
from sauma.demo.people import FIRST_OF_JANUARY_MAX, _first_of_january
from sauma.demo.tables import stream

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


@given(st.lists(st.integers(-3, 3), max_size=60))
@settings(max_examples=40, deadline=None)
def test_rank_counts_within_each_value(group: list[int]) -> None:
    assert rank(np.array(group, dtype=np.int64)).tolist() == [group[:place].count(value) for place, value in enumerate(group)]


@pytest.mark.parametrize("persons", [500_000, 5_600_000])
def test_there_are_codes_for_a_region_and_for_the_whole_country(persons: int) -> None:
    """Births of one day and sex are Poisson: the mean of the fullest year and six standard deviations must fit.

    Beyond six lie one in 10**9 of some 75,000 days and sexes.  Late codes begin at the next sign, one in 200 people.
    """
    sample = 200_000
    made = households(sample, stream(3, "households"))
    year = made.born.astype("datetime64[Y]").astype(np.int64) * 2 + made.male
    mean = np.unique(year, return_counts=True)[1].max() / 365 * persons / sample
    assert PER_DAY == 300
    assert -(-(mean + 6 * np.sqrt(mean)) // PER_SIGN) * PER_SIGN + mean / 10 < PER_DAY
    # on 1 January people are let in only as long as there is room for those who come later
    assert FIRST_OF_JANUARY_MAX // PER_SIGN * PER_SIGN + PER_SIGN + mean / 10 < PER_DAY


def test_no_more_people_are_born_on_the_first_of_january_than_have_codes() -> None:
    born = np.array(["1990-01-01"] * 200 + ["1990-05-05"] * 500, dtype="datetime64[D]")
    moved = _first_of_january(born, np.zeros(700, dtype=bool), np.ones(700, dtype=bool))
    assert (moved == np.datetime64("1990-01-01")).sum() == FIRST_OF_JANUARY_MAX
    there = moved == np.datetime64("1990-01-01")
    late = np.arange(FIRST_OF_JANUARY_MAX) % 100 == 0
    assert len(set(codes(moved[there], np.zeros(FIRST_OF_JANUARY_MAX, dtype=bool), late))) == FIRST_OF_JANUARY_MAX
