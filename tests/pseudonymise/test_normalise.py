"""Normalising: vectors and properties."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from privacy.pseudonymise import addresses, columns, normalise, phones
from privacy.pseudonymise.letters import PARTICLES, SPELLINGS

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "normalise.json").read_text(encoding="utf-8"))["cases"]
finnish = st.text("abcdefghijklmnopqrstuvwxyzåäöšžéüŋáđ", min_size=1, max_size=12)
surnames = finnish.filter(lambda name: name not in PARTICLES)


def call(function: str, text: str) -> object:
    for module in (normalise, addresses, columns, phones):
        if hasattr(module, function):
            found = getattr(module, function)(text)
            return list(found) if isinstance(found, tuple) else found
    raise AssertionError(function)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_vector(case: dict) -> None:
    found = call(case["function"], case["input"])
    if case["function"] == "calendar_date":
        assert found is None
        assert case["fails"] == "not_a_date"
    elif "fails" in case:
        assert found != case["fails"]
    else:
        assert found == case["expect"]


def test_paivi_in_every_spelling_is_one_name_and_pivi_another() -> None:
    spellings = ["Päivi", "PÄIVI ", " päivi", unicodedata.normalize("NFD", "Päivi"), "P\u00e4ivi\u200b"]
    for form in (normalise.name_parts, lambda text: normalise.fold("".join(normalise.name_parts(text)))):
        assert len({form(text) for text in spellings}) == 1
        assert form("Pivi") != form("Päivi")
    assert normalise.name_parts("Paivi") != normalise.name_parts("Päivi")
    assert normalise.fold("paivi") == normalise.fold("päivi")


@given(st.text(max_size=60))
def test_clean_is_idempotent_and_nfc(text: str) -> None:
    once = normalise.clean(text)
    assert normalise.clean(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(st.text(max_size=40))
def test_case_spaces_and_composition_do_not_matter(text: str) -> None:
    expected = normalise.name_parts(text)
    assert normalise.name_parts(f"  {text}\t") == expected
    assert normalise.name_parts(unicodedata.normalize("NFD", text)) == expected


@given(finnish)
def test_upper_case_is_the_same_name(name: str) -> None:
    assert normalise.name_parts(name.upper()) == normalise.name_parts(name)


@given(st.text(max_size=40))
def test_fold_is_idempotent(text: str) -> None:
    folded = normalise.fold("".join(normalise.name_parts(text)))
    assert normalise.fold(folded) == folded


@given(surnames, surnames, st.sampled_from(["-", " ", "\u2013", " - "]))
def test_double_surnames_are_equal_in_either_order(one: str, other: str, joint: str) -> None:
    assert normalise.surnames(one + joint + other) == normalise.surnames(f"{other.upper()}-{one}")


@given(surnames, st.sampled_from(sorted(PARTICLES)))
def test_particles_do_not_matter(name: str, particle: str) -> None:
    assert normalise.surnames(f"{particle} {name}") == normalise.surnames(name)
    assert normalise.surnames(particle) == (particle,)


@given(finnish, st.sampled_from("'`´’ʼ‘"), st.integers(1, 11))
def test_apostrophes_do_not_matter(name: str, apostrophe: str, at: int) -> None:
    assume(at < len(name))
    assert normalise.name_parts(name[:at] + apostrophe + name[at:]) == normalise.name_parts(name)


@given(finnish)
def test_sound_never_distinguishes_what_fold_does_not(name: str) -> None:
    assert normalise.sound(name) == normalise.sound(normalise.fold(name))


def test_spellings_of_one_name_sound_alike() -> None:
    for spelling, name in SPELLINGS.items():
        assert normalise.sound(spelling) == normalise.sound(name)


@given(st.dates())
def test_every_way_of_writing_a_date_is_one_date(day: object) -> None:
    year, month, number = day.year, day.month, day.day
    written = [
        f"{year:04d}-{month:02d}-{number:02d}",
        f"{year:04d}{month:02d}{number:02d}",
        f"{number}.{month}.{year:04d}",
        f"{number:02d}/{month:02d}/{year:04d}",
    ]
    assert {normalise.calendar_date(text) for text in written} == {day}


@given(st.text(max_size=30))
def test_dates_of_any_text_are_digits_or_none(text: str) -> None:
    parts = normalise.date_parts(text)
    assert parts is None or [len(part) for part in parts] == [4, 2, 2]


@given(st.text("abcdefghijklmnopqrstuvwxyzåäöÅÄÖ -", min_size=1, max_size=20))
def test_damaged_letters_are_found_and_whole_ones_are_not(text: str) -> None:
    assert not normalise.mojibake(text)
    if not text.isascii():
        assert normalise.mojibake(text.encode("utf-8").decode("latin-1"))


@given(st.text(max_size=80))
def test_no_text_breaks_an_address_function(text: str) -> None:
    for function in (addresses.street, addresses.number_within, addresses.street_number, addresses.postcode, addresses.locality):
        assert isinstance(function(text), str)
    assert addresses.nowhere(text) in (True, False)


@given(st.from_regex(r"[1-9][0-9]{6,9}", fullmatch=True).filter(lambda number: not number.startswith("358") and len(set(number)) > 1))
def test_a_finnish_number_is_one_in_every_writing(number: str) -> None:
    spaced = " ".join((number[:2], number[2:5], number[5:]))
    written = [
        f"0{number}",
        number,
        f"+358{number}",
        f"00358 {spaced}",
        f"+358 (0){spaced}",
        f"0{number[:2]}-{number[2:]}",
        f"(0{number[:2]}) {number[2:]}",
    ]
    assert {phones.phone(text) for text in written} == {f"+358{number}"}


@given(st.text(max_size=60))
def test_a_phone_is_plus_and_digits_or_nothing_and_stays_what_it_is(text: str) -> None:
    found = phones.phone(text)
    assert not found or (found[0] == "+" and found[1:].isascii() and found[1:].isdigit() and 6 <= len(found) <= 16)
    assert phones.phone(found) == found
