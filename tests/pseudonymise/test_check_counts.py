"""What is shown of counts: nothing under the floor, and nothing under the floor by subtraction either."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from privacy.pseudonymise.check.counts import ENDLESS, Count, Rounding, Tally, least, per_cent, resolved

FLOOR = 5


def reach(tally: Tally, rounding: Rounding) -> dict[Count, tuple[int, int]]:
    """The slow attack: the least and the most that each hidden count can be, by linear programming over everything that is shown."""
    place = {count: number for number, count in enumerate(tally.counts)}
    ties = np.zeros((len(tally.ties), len(place)))
    for row, (total, parts) in enumerate(tally.ties):
        ties[row, place[total]] -= 1
        for part in parts:
            ties[row, place[part]] += 1
    bounds = [(low, None if high == ENDLESS else high) for low, high in map(rounding.interval, tally.counts)]
    found = {}
    for count, number in place.items():
        if 0 < count.exact < rounding.floor:
            aim = np.zeros(len(place))
            aim[number] = 1
            ends = [linprog(sign * aim, A_eq=ties, b_eq=np.zeros(len(ties)), bounds=bounds) if len(ties) else None for sign in (1, -1)]
            if all(end is not None and end.status == 0 for end in ends):
                found[count] = (math.ceil(ends[0].fun - 1e-6), math.floor(-ends[1].fun + 1e-6))
    return found


@st.composite
def pages(draw: st.DrawFn) -> Tally:
    """A page of tables over one total, some of whose parts are split again: like the tables of a check."""
    tally = Tally()
    numbers = st.one_of(st.integers(0, 9), st.integers(0, 60))
    parts = draw(st.lists(numbers, min_size=1, max_size=7))
    total = tally.count(sum(parts))
    first = [tally.count(part) for part in parts]
    tally.sums(total, first)
    for part in draw(st.lists(st.sampled_from(first), max_size=2, unique=True)):
        cut = draw(st.integers(0, part.exact))
        tally.sums(part, [tally.count(cut), tally.count(part.exact - cut)])
    for _ in range(draw(st.integers(0, 3))):
        shown, left = [], total.exact
        for _ in range(draw(st.integers(1, 4))):
            shown.append(tally.count(draw(st.integers(0, left))))
            left -= shown[-1].exact
        tally.within(total, shown)
    return tally


@settings(max_examples=60, deadline=None)
@given(tally=pages())
def test_no_count_under_the_floor_can_be_worked_out_from_all_that_is_shown(tally: Tally) -> None:
    rounding = tally.rounding(FLOOR)
    for low, high in reach(tally, rounding).values():
        assert high > low


@settings(max_examples=60, deadline=None)
@given(tally=pages())
def test_what_the_audit_knows_holds_and_is_no_more_than_the_slow_attack_finds(tally: Tally) -> None:
    rounding = Rounding(FLOOR, FLOOR)
    known = tally.narrowed(rounding)
    assert all(low <= count.exact <= high for count, (low, high) in known.items())
    assert all(known[count][0] <= low and high <= known[count][1] for count, (low, high) in reach(tally, rounding).items())


@given(st.integers(0, 10**7), st.integers(2, 50), st.integers(0, 5))
def test_a_count_is_hidden_or_rounded_down(exact: int, floor: int, doublings: int) -> None:
    rounding, count = Rounding(floor, floor << doublings), Count(exact)
    shown = rounding.shown(count)
    if exact == 0:
        assert shown == 0
    elif exact < floor:
        assert shown == f"<{floor}"
    else:
        assert isinstance(shown, int)
        assert floor <= shown <= exact < shown + rounding.base
    low, high = rounding.interval(count)
    assert low <= exact <= high


def test_the_corner_that_rounding_alone_leaves_open_is_shut_by_a_coarser_base() -> None:
    tally = Tally()
    parts = [tally.count(number) for number in (9, 9, 9, 9, 4)]
    tally.sums(tally.count(40), parts)
    assert tally.narrowed(Rounding(FLOOR, 5))[parts[4]] == (4, 4), "8 x 5 shown, 4 x 5 shown: the last one can only be four"
    assert tally.rounding(FLOOR).base == 20, "at ten, four times nine is still told exactly"


def test_an_extract_of_four_does_not_tell_none_from_few() -> None:
    tally = Tally()
    parts = [tally.count(number) for number in (1, 1, 1, 1, 0)]
    tally.sums(tally.count(4), parts)
    rounding = tally.rounding(FLOOR)
    assert not rounding.zeros_told
    assert resolved({"parts": parts}, rounding) == {"parts": ["<5"] * 5}


def test_a_count_that_hides_zero_looks_like_few() -> None:
    rounding = Rounding(FLOOR, FLOOR)
    assert rounding.shown(Count(0, zero_told=False)) == rounding.shown(Count(3)) == "<5"
    assert rounding.shown(Count(7, zero_told=False)) == 5


def test_a_tie_that_does_not_hold_is_refused() -> None:
    tally = Tally()
    with pytest.raises(ValueError, match="total"):
        tally.sums(tally.count(4), [tally.count(3)])
    with pytest.raises(ValueError, match="negative"):
        tally.within(tally.count(4), [tally.count(5)])


def test_shares_are_made_of_what_is_shown() -> None:
    assert per_cent("<5", 100) == 0
    assert per_cent(45, "<5") == 0
    assert per_cent(1_240, 2_480) == 50
    assert least("<5") == 0
