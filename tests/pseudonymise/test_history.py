"""Changed personal identity codes: chains of any length, circles, and what a record and an opt-out under any of them mean."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from privacy.pseudonymise.coded import from_arrow
from privacy.pseudonymise.codes import opted_out, read_codes
from privacy.pseudonymise.hetu import compose
from privacy.pseudonymise.history import History, in_force, read_history

TODAY = date(2026, 3, 1)
CODES = [compose(date(1990, 1, 1 + number % 28), 900 + number, "-") for number in range(60)]
codes = st.sampled_from(CODES)
"""Codes in force and former ones of people who do not exist."""


def chain_of(length: int) -> dict[str, str]:
    return dict(pairwise(CODES[: length + 1]))


def slow_current(code: str, change: dict[str, str]) -> str:
    """Step by step; a code whose changes come to a circle stays."""
    seen, at = [code], code
    while at in change:
        at = change[at]
        if at in seen:
            return code
        seen.append(at)
    return at


@given(st.dictionaries(codes, codes, max_size=40))
def test_every_code_becomes_what_step_by_step_it_became(change: dict[str, str]) -> None:
    change = {old: new for old, new in change.items() if old != new}
    history = read_history(change, today=TODAY)
    for code in CODES:
        assert history.current(code) == slow_current(code, change)
        assert history.current(history.current(code)) == history.current(code)
        before = history.previous(code)
        assert not before or (change[before] == history.current(code) and history.current(before) == history.current(code))


@given(st.dictionaries(codes, codes, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_the_pairs_does_not_matter(change: dict[str, str], order: object) -> None:
    pairs = list(change.items())
    order.shuffle(pairs)
    assert read_history(dict(pairs), today=TODAY) == read_history(change, today=TODAY)


def test_a_chain_of_fifty_changes_ends_at_the_code_in_force() -> None:
    history = read_history(chain_of(50), today=TODAY)
    assert {history.current(code) for code in CODES[:51]} == {CODES[50]}
    assert {history.previous(code) for code in CODES[:51]} == {CODES[49]}


def test_ten_thousand_changes_in_a_row_are_followed_in_one_walk() -> None:
    change = {str(number): str(number + 1) for number in range(10_000)}
    assert set(in_force(change).values()) == {"10000"}
    assert in_force(change | {"10000": "0"}) == {}


def test_a_circle_changes_nobody() -> None:
    circle = {CODES[0]: CODES[1], CODES[1]: CODES[2], CODES[2]: CODES[0], CODES[3]: CODES[0], CODES[4]: CODES[5]}
    history = read_history(circle, today=TODAY)
    assert [history.current(code) for code in CODES[:6]] == [*CODES[:4], CODES[5], CODES[5]]
    assert history.previous(CODES[0]) == ""


def test_spelling_does_not_matter_and_what_is_no_code_changes_nothing() -> None:
    history = read_history({f" {CODES[0].lower()} ": CODES[1].replace("-", "\u2013"), "unknown": CODES[2], CODES[2]: ""}, today=TODAY)
    assert history == read_history({CODES[0]: CODES[1]}, today=TODAY)
    assert history.successor == {CODES[0]: CODES[1]}


def test_records_under_old_and_new_codes_are_one_person_with_both_codes() -> None:
    column = from_arrow(pa.array([CODES[0], CODES[1].lower(), CODES[2], CODES[9], None]))
    judged = read_codes(column, read_history(chain_of(2), today=TODAY), today=TODAY, register="a")
    assert judged.current.to_arrow().to_pylist() == [CODES[2], CODES[2], CODES[2], CODES[9], None]
    assert judged.previous.to_arrow().to_pylist() == [CODES[1], CODES[1], CODES[1], None, None]


def test_changed_and_opted_out_codes_are_counted_nowhere() -> None:
    column = from_arrow(pa.array([CODES[0], CODES[1], CODES[2]]))
    with_history = read_codes(column, read_history(chain_of(2), today=TODAY), today=TODAY, register="a")
    without = read_codes(column, History({}, {}), today=TODAY, register="a")
    assert with_history.reasons == without.reasons == {}
    assert CODES[0] not in repr(read_history(chain_of(2), today=TODAY)) + repr(with_history)


@given(st.integers(0, 5), st.integers(0, 5))
def test_who_opts_out_under_any_of_its_codes_is_out_under_all_of_them(listed: int, written: int) -> None:
    history = read_history(chain_of(5), today=TODAY)
    column = from_arrow(pa.array([CODES[written], CODES[20]]))
    judged = read_codes(column, history, today=TODAY, register="a")
    out = opted_out(judged.numbers, frozenset({f" {CODES[listed].lower()}\u200b"}), history, today=TODAY)
    assert np.array_equal(out, [True, False])
