"""Personal identity codes: vectors, properties, and python-stdnum as the differential oracle."""

from __future__ import annotations

import json
import string
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.exceptions import ValidationError
from stdnum.fi import hetu as oracle

from privacy.pseudonymise.hetu import (
    CENTURIES,
    CONTROL_CHARACTERS,
    MAX_AGE_YEARS,
    REASONS,
    Hetu,
    Rejection,
    age_on,
    compose,
    control_character,
    parse,
)

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "hetu.json").read_text(encoding="utf-8"))["cases"]
TODAY = date(2026, 3, 1)

births = st.dates(date(1912, 1, 1), TODAY)
artificial_numbers = st.integers(900, 999)


@st.composite
def artificial_codes(draw: st.DrawFn) -> str:
    birth = draw(births)
    signs = [sign for sign, century in CENTURIES.items() if century == birth.year // 100 * 100]
    return compose(birth, draw(artificial_numbers), draw(st.sampled_from(signs)))


@st.composite
def near_codes(draw: st.DrawFn) -> str:
    """Eleven characters that are nearly a code: any digits, any sign or letter, any control character."""
    digits = draw(st.text(string.digits, min_size=6, max_size=6))
    tail = draw(st.text(string.digits, min_size=3, max_size=3))
    right = control_character(digits + tail)
    control = draw(st.one_of(st.just(right), st.sampled_from(string.ascii_uppercase + string.digits)))
    return digits + draw(st.sampled_from("+-ABCDEFUVWXYGHZ0/ ")) + tail + control


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_vector(case: dict) -> None:
    found = parse(case["text"], today=date.fromisoformat(case["today"]))
    if "fails" in case:
        assert found == Rejection(case["fails"])
    else:
        expect = case["expect"]
        assert found == Hetu(expect["code"], date.fromisoformat(expect["birth_date"]), expect["artificial"])


def test_vectors_show_every_reason() -> None:
    assert {case["fails"] for case in CASES if "fails" in case} == set(REASONS)


@given(artificial_codes())
def test_what_is_composed_is_read_back(code: str) -> None:
    found = parse(code, today=TODAY)
    assert isinstance(found, Hetu)
    assert (found.code, found.artificial) == (code, True)
    assert compose(found.birth_date, int(code[7:10]), code[6]) == code


@given(near_codes())
def test_agrees_with_stdnum_but_for_the_future_and_great_age(text: str) -> None:
    found = parse(text, today=TODAY)
    try:
        oracle.validate(text, allow_temporary=True)
        valid = True
    except ValidationError:
        valid = False
    if isinstance(found, Rejection) and found.reason in ("future_birth", "too_old"):
        assert valid
    else:
        assert valid == isinstance(found, Hetu)


@given(artificial_codes(), st.integers(0, 8), st.sampled_from(string.digits))
def test_one_wrong_digit_is_always_caught(code: str, place: int, digit: str) -> None:
    at = place if place < 6 else place + 1
    wrong = code[:at] + digit + code[at + 1 :]
    if wrong != code:
        assert isinstance(parse(wrong, today=TODAY), Rejection)


@given(artificial_codes())
def test_the_sign_is_part_of_the_identity_and_never_guessed(code: str) -> None:
    others = {parse(code[:6] + sign + code[7:], today=TODAY) for sign, century in CENTURIES.items() if century == CENTURIES[code[6]]}
    assert len({other.code for other in others if isinstance(other, Hetu)}) == len(others)
    signless = parse(code[:6] + code[7:], today=TODAY)
    assert signless == Rejection("sign_missing")
    assert signless.ambiguous


@given(artificial_codes(), st.sampled_from("-\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"), st.sampled_from(["", " ", "\t", "\n"]))
def test_spelling_does_not_matter(code: str, dash: str, space: str) -> None:
    assert parse(space + code.lower().replace("-", dash) + space, today=TODAY) == parse(code, today=TODAY)


@given(st.text(max_size=60))
def test_any_text_is_judged(text: str) -> None:
    found = parse(text, today=TODAY)
    assert isinstance(found, Hetu) or found.reason in REASONS


@given(births, artificial_numbers)
def test_no_birth_ahead_and_nobody_too_old(birth: date, number: int) -> None:
    sign = "-" if birth.year < 2000 else "A"
    code = compose(birth, number, sign)
    assert parse(code, today=birth - timedelta(1)) == Rejection("future_birth")
    assert isinstance(parse(code, today=birth), Hetu)
    much_later = date(birth.year + MAX_AGE_YEARS + 1, 1, 1) + timedelta(366)
    assert parse(code, today=much_later) == Rejection("too_old")


def test_age_counts_full_years() -> None:
    assert age_on(date(2026, 2, 28), date(2008, 3, 1)) == 17
    assert age_on(date(2026, 3, 1), date(2008, 3, 1)) == 18
    assert age_on(date(2025, 2, 28), date(2004, 2, 29)) == 20


def test_compose_refuses_what_no_code_can_be() -> None:
    for number, sign in ((1, "-"), (1000, "-"), (999, "A"), (999, "G")):
        with pytest.raises(ValueError):
            compose(date(1990, 1, 1), number, sign)


def test_no_repr_shows_the_code() -> None:
    found = parse(compose(date(1990, 1, 1), 999, "-"), today=TODAY)
    assert "010190" not in repr(found)
    assert "1990" not in repr(found)


def test_table_is_the_official_one() -> None:
    assert len(CONTROL_CHARACTERS) == 31
    assert not set("GIOQZ") & set(CONTROL_CHARACTERS)
