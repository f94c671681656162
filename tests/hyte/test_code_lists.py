"""The dated lists agree with their published sums and with themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyte.code_lists import CODE_LISTS, MUNICIPALITY, code_list, title_of
from hyte.dimensions import DIMENSIONS, dimension_of
from hyte.municipalities import POPULATION_ON, WEST_UUSIMAA, official_code


def test_the_county_is_the_sum_of_its_municipalities() -> None:
    assert len(WEST_UUSIMAA) == 10
    assert sum(town.population for town in WEST_UUSIMAA) == 486_346  # Statistics Finland, 31 December 2022
    assert POPULATION_ON.year == 2022


def test_codes_are_official_and_sorted() -> None:
    codes = [town.code for town in WEST_UUSIMAA]
    assert codes == sorted(set(codes))
    assert all(official_code(code) == code for code in codes)


@pytest.mark.parametrize(
    ("text", "expect"),
    [("49", "049"), ("049", "049"), ("KU049", "049"), (" 927 ", "927"), ("4900", None), ("", None), ("Espoo", None), ("²", None)],
)
def test_official_code(text: str, expect: str | None) -> None:
    assert official_code(text) == expect


@given(st.integers(0, 999))
def test_a_number_that_lost_its_zeros_gets_them_back(number: int) -> None:
    assert official_code(str(number)) == f"{number:03d}"


def test_every_title_is_there_in_three_languages() -> None:
    titles = [title for known in CODE_LISTS for title in known.titles.values()] + [dimension.title for dimension in DIMENSIONS]
    assert all(title.fi and title.sv and title.en for title in titles)


def test_titles_are_found_by_dimension_then_among_the_reserved_codes() -> None:
    assert title_of("municipality", "149").sv == "Ingå"  # type: ignore[union-attr]  # it is there
    assert title_of("municipality", "total").fi == "Yhteensä"  # type: ignore[union-attr]  # it is there
    assert title_of("age", "149") is None
    assert code_list("municipality") is MUNICIPALITY
    assert code_list("shoe_size") is None


def test_the_eight_dimensions() -> None:
    assert len(DIMENSIONS) == 8
    assert len({dimension.id for dimension in DIMENSIONS}) == 8
    assert dimension_of("health") is DIMENSIONS[1]
    assert dimension_of("wealth") is None
