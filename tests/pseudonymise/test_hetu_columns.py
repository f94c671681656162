"""Codes by the column against codes one by one."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from privacy.pseudonymise import hetu, hetu_columns
from privacy.pseudonymise.coded import MISSING

TODAY = date(2026, 3, 1)
ORDINARY = st.builds(
    lambda day, number, sign, control: f"{day:%d%m}{day.year % 100:02d}{sign}{number:03d}{control}",
    st.dates(date(1805, 1, 1), date(2099, 12, 31)) | st.sampled_from([TODAY, date(1910, 3, 1), date(1911, 3, 1), date(1911, 3, 2)]),
    st.integers(0, 999) | st.integers(898, 902) | st.integers(0, 3),
    st.sampled_from("+-YXWVUABCDEFabcz/G\u2013"),
    st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcyz-ä"),
)
HOLDING = st.builds(
    lambda day, number, place: hetu.compose(day, number, [s for s, c in hetu.CENTURIES.items() if c == day.year // 100 * 100][place % 6]),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.integers(2, 999),
    st.integers(0, 5),
)
DIGITS = st.builds(
    lambda digits, sign, tail: digits + sign + tail,
    st.from_regex(r"[0-3][0-9][01][0-9][0-9]{2}", fullmatch=True),
    st.sampled_from("-A+B"),
    st.from_regex(r"[0-9]{3}[0-9A-Y]", fullmatch=True),
)
TEXTS = st.one_of(
    ORDINARY, HOLDING, HOLDING.map(str.lower), DIGITS, HOLDING.map(lambda code: f" {code}\u00a0"), st.text(max_size=13), st.none()
)


@settings(deadline=None, max_examples=300)
@given(st.lists(TEXTS, max_size=12), st.integers(0, 3))
@example(["290200A948W", "290201A948W", "29020-A948W", "131052-308T", "010190-000X", ""], 0)
@example(["010190-999W"] * 3, 1)
def test_a_column_is_judged_as_each_text_is(texts: list[str | None], before: int) -> None:
    column = pa.array([*["xxx"] * before, *texts], pa.string()).slice(before)
    found = hetu_columns.judge(column, today=TODAY)
    expected = [hetu.parse(text.strip() if text else "", today=TODAY) for text in texts]
    names = tuple(hetu.REASONS)
    assert [names[each] if each >= 0 else None for each in found.reasons.tolist()] == [
        each.reason if isinstance(each, hetu.Rejection) else None for each in expected
    ]
    holding = found.numbers != MISSING
    assert hetu_columns.texts_of(found.numbers[holding]).to_pylist() == [each.code for each in expected if isinstance(each, hetu.Hetu)]
    assert hetu_columns.artificial(found.numbers).tolist() == [isinstance(each, hetu.Hetu) and each.artificial for each in expected]
    assert hetu_columns.born(found.numbers).tolist() == [
        int(each.birth_date.strftime("%Y%m%d")) if isinstance(each, hetu.Hetu) else 0 for each in expected
    ]
    assert hetu_columns.coded(found.numbers).to_arrow().to_pylist() == [
        each.code if isinstance(each, hetu.Hetu) else None for each in expected
    ]


def test_every_reason_is_given() -> None:
    texts = ["", "12345", "010190", "010190999W", "010190/999W", "01019Ä-999W", "310290-999W", "010190-001X", "010190-9990", "010190F999W",
             "010190+999W", "010190-999W"]  # fmt: skip
    given_reasons = set(hetu_columns.judge(pa.array(texts), today=TODAY).counts())
    assert given_reasons >= set(hetu.REASONS) - {"another_identifier"}


def test_numbers_are_as_many_as_codes() -> None:
    day = [date(1999, 12, 31), date(2000, 1, 1), date(1987, 6, 5)]
    codes = [
        hetu.compose(each, number, sign)
        for each in day
        for number in (2, 3, 899, 900, 999)
        for sign in hetu.CENTURIES
        if hetu.CENTURIES[sign] == each.year // 100 * 100
    ]
    numbers = hetu_columns.judge(pa.array(codes), today=TODAY).numbers
    assert len(np.unique(numbers)) == len(codes)
    assert [hetu_columns.number_of(code) for code in codes] == numbers.tolist()
