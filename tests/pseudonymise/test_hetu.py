"""Personal identity codes: vectors, properties, and python-stdnum as the differential oracle."""

from __future__ import annotations

import json
import string
import unicodedata
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.exceptions import ValidationError
from stdnum.fi import hetu as oracle
from stdnum.util import clean as stdnum_clean

from privacy.pseudonymise.hetu import (
    CENTURIES,
    CONTROL_CHARACTERS,
    MAX_AGE_YEARS,
    REASONS,
    Hetu,
    Rejection,
    age_on,
    assemble,
    compose,
    control_character,
    parse,
    whole,
)
from privacy.pseudonymise.identifiers import another
from privacy.pseudonymise.letters import DASHES

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "hetu.json").read_text(encoding="utf-8"))
CASES = VECTORS["cases"]
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


LOOK_ALIKES = {
    **{digit: (chr(0xFF10 + int(digit)), chr(0x660 + int(digit)), chr(0x1D7CE + int(digit))) for digit in string.digits},
    "-": (
        "\u2010",
        "\u2011",
        "\u2013",
        "\u2014",
        "\u2015",
        "\u2212",
        "\ufe58",
        "\ufe63",
        "\uff0d",
        "\u207b",
        "\u00af",
        "\u2043",
        "\u00ad",
        "\u05be",
    ),
    **{letter: (letter.lower(), chr(ord(letter) + 0xFEE0)) for letter in string.ascii_uppercase},
}
AROUND = ("", " ", "\t", "\r\n", "\u00a0", "\u202f", "\u200b", "\ufeff", "\u200d \u200b", "\u00ad", " " * 30, "'")


@st.composite
def odd_writings(draw: st.DrawFn) -> str:
    """A code with some characters in the forms that spreadsheets, pages and other scripts have for them."""
    code = draw(artificial_codes())
    letters = [draw(st.sampled_from((letter, letter, letter, *LOOK_ALIKES.get(letter, ())))) for letter in code]
    return draw(st.sampled_from(AROUND)) + "".join(letters) + draw(st.sampled_from(AROUND))


def difference(text: str, today: date) -> str:
    """Why we and python-stdnum judge *text* differently, a key of the vectors' ``differences``; empty if we agree."""
    found = parse(text, today=today)
    try:
        oracle.validate(text, allow_temporary=True)
        valid = True
    except ValidationError:
        valid = False
    if valid == isinstance(found, Hetu):
        return ""
    if isinstance(found, Hetu):
        return _accepted(text)
    return {"future_birth": "future", "too_old": "great age"}.get(found.reason) or _refused(text)


def _accepted(text: str) -> str:
    """Why only we accept *text*."""
    if text.strip() != text.strip().strip("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"):
        return "invisible"
    if "\ufe58" in text:
        return "our small em dash"
    return "compatibility" if unicodedata.normalize("NFKC", text) != text else "unexplained"


def _refused(text: str) -> str:
    """Why only python-stdnum accepts *text*."""
    if len(text) > 40:
        return "too long"
    if any(letter.isdecimal() and not letter.isascii() for letter in unicodedata.normalize("NFKC", text)):
        return "other digits"
    return "other dash" if any(stdnum_clean(letter) == "-" and letter not in DASHES for letter in text) else "unexplained"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_vector(case: dict) -> None:
    found = parse(case["text"], today=date.fromisoformat(case["today"]))
    if "fails" in case:
        assert found == Rejection(case["fails"])
    else:
        expect = case["expect"]
        assert found == Hetu(expect["code"], date.fromisoformat(expect["birth_date"]), expect["artificial"])


def test_vectors_show_every_reason_and_what_barely_has_it_not() -> None:
    assert {case["fails"] for case in CASES if "fails" in case} == set(REASONS)
    accepted = [case["text"] for case in CASES if "expect" in case]
    near = {reason: [text for text in accepted if _near(text, reason)] for reason in REASONS if reason not in _FAR}
    assert all(near.values()), near


_FAR = ("missing", "partial", "sign_missing", "another_identifier", "wrong_length")
"""Reasons of texts that no other character in a place mends."""


def _near(text: str, reason: str) -> bool:
    """Whether some text that is rejected for *reason* is the accepted *text* but for a few characters."""
    rejected = [case["text"] for case in CASES if case.get("fails") == reason]
    return any(len(each) == len(text) and sum(a != b for a, b in zip(each, text, strict=True)) <= 4 for each in rejected)


@given(artificial_codes())
def test_what_is_composed_is_read_back(code: str) -> None:
    found = parse(code, today=TODAY)
    assert isinstance(found, Hetu)
    assert (found.code, found.artificial) == (code, True)
    assert compose(found.birth_date, int(code[7:10]), code[6]) == code


@given(near_codes())
def test_agrees_with_stdnum_but_for_the_future_and_great_age(text: str) -> None:
    assert difference(text, TODAY) in ("", "future", "great age")


@given(odd_writings())
def test_every_difference_from_stdnum_is_one_that_a_vector_explains(text: str) -> None:
    assert difference(text, TODAY) in ("", *VECTORS["differences"])


def test_vectors_name_each_difference_from_stdnum_and_no_other() -> None:
    for case in CASES:
        assert difference(case["text"], date.fromisoformat(case["today"])) == case.get("differs", ""), case["name"]
    assert {case["differs"] for case in CASES if "differs" in case} == set(VECTORS["differences"])


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


@given(st.text(max_size=60) | st.text("0123456789-+ABCXYZabx ", max_size=12) | artificial_codes())
def test_any_text_is_judged(text: str) -> None:
    """By a reason of the list, or as a code that is written as it was read."""
    found = parse(text, today=TODAY)
    if isinstance(found, Hetu):
        assert found.code == text.strip().upper()
        assert compose(found.birth_date, int(found.code[7:10]), found.code[6]) == found.code
    else:
        assert found.reason in REASONS


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


@given(artificial_codes())
def test_a_tail_with_its_sign_is_joined_to_the_birth_date(code: str) -> None:
    found = parse(code, today=TODAY)
    assert isinstance(found, Hetu)
    day = found.birth_date
    for written in (day.isoformat(), f"{day.day}.{day.month}.{day.year}"):
        assert parse(assemble(written, f" {code[6:].lower()} "), today=TODAY) == found
        assert parse(assemble(written, code[7:]), today=TODAY) == Rejection("sign_missing")
        assert assemble(written, code) == code


@given(artificial_codes(), st.sampled_from(["", "1990", "31.2.1990", "1.1.90"]))
def test_a_tail_without_its_day_is_partial(code: str, written: str) -> None:
    assert parse(assemble(written, code[6:]), today=TODAY) == Rejection("partial")


@given(artificial_codes())
def test_a_sign_of_another_century_than_the_birth_date_is_never_joined(code: str) -> None:
    found = parse(code, today=TODAY)
    assert isinstance(found, Hetu)
    day = found.birth_date
    other = f"{(day.year + 100 if day.year < 2000 else day.year - 100):04d}-{day:%m-%d}"
    assert parse(assemble(other, code[6:]), today=TODAY) == Rejection("partial")


@given(artificial_codes())
def test_a_whole_code_is_one_on_any_day(code: str) -> None:
    assert whole(code)
    assert whole("010190+950A")
    assert not whole(code[:-1])
    assert not whole(code[:6] + code[7:])


@given(st.text(max_size=40))
def test_no_text_breaks_the_search_for_other_identifiers(text: str) -> None:
    assert another(text) in (True, False)


@given(artificial_codes())
def test_a_code_is_never_taken_for_another_identifier_even_without_its_sign(code: str) -> None:
    assert not another(code)
    assert parse(code[:6] + code[7:], today=TODAY) == Rejection("sign_missing")
