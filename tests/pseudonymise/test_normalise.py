"""Normalising: vectors and properties."""

from __future__ import annotations

import json
import unicodedata
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
import reference_names
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from privacy.pseudonymise import addresses, columns, damage, normalise, phones
from privacy.pseudonymise.letters import CYRILLIC, MONTHS, PARTICLES, SPELLINGS, UNDECOMPOSED

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "normalise.json").read_text(encoding="utf-8"))["cases"]
finnish = st.text("abcdefghijklmnopqrstuvwxyzåäöšžéüŋáđ", min_size=1, max_size=12)
surnames = finnish.filter(lambda name: name not in PARTICLES)


def call(function: str, text: str) -> object:
    for module in (normalise, addresses, columns, phones, damage):
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


COMMON = "".join(chr(code) for code in range(0x20, 0x250) if normalise._COMMON.fullmatch(chr(code)))


def test_the_short_way_of_common_letters_is_the_long_one_letter_by_letter() -> None:
    assert len(COMMON) > 110
    assert [normalise._folded(letter) for letter in COMMON] == [letter.lower() for letter in COMMON]


@given(st.text(COMMON, max_size=40))
def test_the_short_way_of_common_letters_is_the_long_one(text: str) -> None:
    assert normalise.clean(text) == " ".join(normalise._folded(text).split())


@given(st.text(max_size=40))
def test_case_spaces_and_composition_do_not_matter(text: str) -> None:
    expected = normalise.name_parts(text)
    assert normalise.name_parts(f"  {text}\t") == expected
    assert normalise.name_parts(unicodedata.normalize("NFD", text)) == expected


@given(finnish)
def test_upper_case_is_the_same_name(name: str) -> None:
    assert normalise.name_parts(name.upper()) == normalise.name_parts(name)


@given(st.text(st.one_of(st.characters(), st.characters(min_codepoint=0xC0, max_codepoint=0x4FF)), max_size=40))
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


@given(st.dates(min_value=date(1, 1, 1), max_value=date(9998, 12, 31)))
def test_every_way_of_writing_a_date_is_one_date(day: date) -> None:
    year, month, number = f"{day.year:04d}", day.month, day.day
    written = [
        f"{year}-{month:02d}-{number:02d}",
        f"{year}{month:02d}{number:02d}",
        f"{year}/{month:02d}/{number:02d}",
        f"{number}.{month}.{year}",
        f"{number:02d}/{month:02d}/{year}",
        f"{number}. {month}. {year}",
        f"{number:02d}.{month:02d}.{year} 0:00:00",
        f"{year}-{month:02d}-{number:02d}T00:00:00",
        *(f"{number}. {name} {year}" for name, of in MONTHS.items() if of == month),
    ]
    assert {normalise.calendar_date(text) for text in written} == {day}


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_a_year_of_two_digits_is_never_completed(day: date) -> None:
    for text in (f"{day.day}.{day.month}.{day:%y}", f"{day:%d%m%y}", f"{day:%y%m%d}"):
        assert normalise.date_parts(text) is None


@given(st.text(max_size=30) | st.text("0123456789 .-/", min_size=6, max_size=10) | st.dates().map(str))
def test_dates_of_any_text_are_digits_or_none(text: str) -> None:
    parts = normalise.date_parts(text)
    assert parts is None or [len(part) for part in parts] == [4, 2, 2]


@given(st.text("abcdefghijklmnopqrstuvwxyzåäöÅÄÖáŋčđŧéüõæøß -'", min_size=1, max_size=20))
def test_damaged_letters_are_found_and_whole_ones_are_not(text: str) -> None:
    assert damage.damage(text) == ""
    if not text.isascii():
        once = text.encode("utf-8").decode("latin-1")
        assert damage.damage(once) == "mojibake"
        assert damage.damage(once.encode("utf-8").decode("latin-1")) == "mojibake"


@given(st.text("äöåÄÖÅšžŠŽéü", min_size=1, max_size=6))
def test_utf8_read_as_windows_1252_is_found_with_and_without_its_holes(text: str) -> None:
    read = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode("utf-8"))
    assert damage.damage(f"Mak{read}la") == "mojibake"


@given(finnish, st.sampled_from("?\ufffd\x8f"), finnish)
def test_a_letter_that_was_lost_between_letters_is_missed(before: str, lost: str, after: str) -> None:
    assert damage.damage(f"{before}{lost}{after}") in ("letters_lost", "mojibake")  # bytes may make a letter by chance
    assert damage.damage(f"ma{lost}{after}") == "letters_lost"


@given(st.text(max_size=40))
def test_any_text_is_damaged_in_a_named_way_or_whole(text: str) -> None:
    assert damage.damage(text) in ("", "mojibake", "letters_lost")


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


@given(st.text(max_size=60) | st.text("0123456789 +()-/", max_size=20))
def test_a_phone_is_plus_and_digits_or_nothing_and_stays_what_it_is(text: str) -> None:
    found = phones.phone(text)
    assert not found or (found[0] == "+" and found[1:].isascii() and found[1:].isdigit() and 6 <= len(found) <= 16)
    assert phones.phone(found) == found


PIECES = (
    "0",
    "00",
    "+",
    "358",
    "+358",
    "(0)",
    "3",
    "5",
    "8",
    "1",
    "0000000",
    "12345678",
    " ",
    "-",
    ".",
    "(",
    ")",
    "/",
    " tai ",
    "é",
    "٣",
    "\n",
)
NEARLY_NUMBERS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.lists(NEARLY_NUMBERS | st.text(min_size=1, max_size=30), max_size=40), st.integers(0, 5))
def test_many_numbers_at_once_are_as_each_alone(texts: list[str], sliced: int) -> None:
    assert phones.phones(pa.array(texts, pa.string()).slice(sliced)).to_pylist() == [phones.phone(text) for text in texts[sliced:]]


def test_more_numbers_than_a_block_holds() -> None:
    texts = [f"0{number}" for number in range(40_000_000, 40_000_000 + 2 * phones.BLOCK + 3)]
    assert phones.phones(pa.array(texts)).to_pylist() == [phones.phone(text) for text in texts]


def test_every_letter_that_a_table_names_folds_to_plain_ones() -> None:
    for code in range(0xC0, 0x250):
        folded = normalise.fold("".join(normalise.name_parts(chr(code))))
        assert folded.isascii() or not folded or not {*unicodedata.normalize("NFD", chr(code).casefold())} & {*UNDECOMPOSED, *CYRILLIC}


@given(st.lists(finnish, min_size=1, max_size=4), st.sampled_from([" ", "-", ", ", ",", " / ", "\u2013", ".", "; ", " & "]))
def test_whatever_divides_given_names_they_are_the_same(names: list[str], divider: str) -> None:
    assert normalise.given_names(divider.join(names).upper()) == normalise.given_names(" ".join(names))


@given(finnish, finnish)
def test_sound_of_one_name_in_every_alphabetical_costume(one: str, other: str) -> None:
    together = normalise.sound(one + other)
    assert normalise.sound(normalise.fold(one + other)) == together
    doubled = "".join(letter * 2 if letter in "lmnrs" else letter for letter in normalise.fold(one + other))
    assert doubled in SPELLINGS or one + other in SPELLINGS or normalise.sound(doubled) == normalise.sound(normalise.fold(one + other))


@given(
    st.integers(1, 999), st.sampled_from(["", "a", "b"]), st.integers(1, 999), st.sampled_from(["as", "as.", "bst", "lgh", "asunto", ""])
)
def test_house_and_flat_are_alone_however_they_are_written(house: int, stairs: str, flat: int, word: str) -> None:
    written = addresses.street_number(f"{house} {stairs.upper()} {word} {flat}")
    assert written == f"{house}{stairs or '-'}{flat}"
    assert addresses.street_number(f"{house:03d}{stairs} {flat:03d}") == written
    assert addresses.street_number(written) == written


@given(st.integers(1, 99_999))
def test_a_postcode_is_one_whatever_stands_around_it(number: int) -> None:
    five = f"{number:05d}"
    for text in (five, f"FI-{five}", f"{five} ESPOO", f" {five} "):
        assert addresses.postcode(text) == five
    if len(str(number)) in (3, 4):
        assert addresses.postcode(str(number)) == five


@given(st.sampled_from(sorted(addresses.LOCALITIES.items())))
def test_a_locality_is_one_in_either_language_and_in_both(names: tuple[str, str]) -> None:
    other, finnish_name = names
    assert {addresses.locality(text) for text in (other, finnish_name, f"{finnish_name}/{other}", f"{other} - {finnish_name}".upper())} == {
        finnish_name
    }


@pytest.mark.parametrize("case", [case for case in CASES if case["function"] in ("fold", "sound", "surnames", "name_parts", "given_names")])
def test_the_page_alone_gives_every_name_its_forms(case: dict) -> None:
    function = {"name_parts": "parts", "given_names": "parts"}.get(case["function"], case["function"])
    found = getattr(reference_names, function)(case["input"])
    assert found == case["expect"] if "expect" in case else found != case["fails"]


written = st.text(st.one_of(st.characters(), st.characters(max_codepoint=0x4FF), st.sampled_from(" -'.")), max_size=30)


@given(written)
def test_the_page_alone_gives_any_text_its_forms(text: str) -> None:
    assert reference_names.clean(text) == normalise.clean(text)
    assert reference_names.parts(text) == list(normalise.name_parts(text))
    assert reference_names.surnames(text) == list(normalise.surnames(text))


@given(
    st.one_of(
        finnish,
        st.sampled_from(sorted(SPELLINGS)),
        st.text("".join(CYRILLIC), max_size=12),
        st.text("abcdefghijklmnopqrstuvwxyz", max_size=12),
    )
)
def test_the_page_alone_gives_any_name_its_sound(name: str) -> None:
    assert reference_names.fold(name) == normalise.fold(name)
    assert reference_names.sound(name) == normalise.sound(name)


def test_the_page_shows_the_tables_that_are_used() -> None:
    assert reference_names.table("localities") == addresses.LOCALITIES
    assert reference_names.table("abbreviations") == dict(addresses.ABBREVIATIONS)
    months = reference_names.PAGE.partition("```months\n")[2].partition("```")[0].splitlines()
    assert {name: number for number, line in enumerate(months, 1) for name in line.split()} == MONTHS
    assert reference_names.PARTICLES == PARTICLES
    assert {spelling: line[0] for line in reference_names.SPELLINGS for spelling in line} == SPELLINGS
    for pattern in (addresses._POSTE_RESTANTE, addresses._BOX, addresses._NO_HOME):
        assert f"  {pattern.pattern}\n" in reference_names.PAGE
