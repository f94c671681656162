"""The dated lists agree with their published sums and with themselves."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyte.code_lists import CODE_LISTS, MUNICIPALITY, editions, title_of
from hyte.dimensions import DIMENSIONS, dimension_of
from hyte.filling import filled
from hyte.municipalities import POPULATION_ON, WEST_UUSIMAA, official_code
from schemas.contract import parse
from schemas.errors import InputError
from schemas.request import FORMAT, Request


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
    assert title_of("county", "HVA03").en.startswith("West")  # type: ignore[union-attr]  # it is there
    assert editions("municipality")[-1] is MUNICIPALITY
    assert editions("shoe_size") == ()


def test_the_eight_dimensions() -> None:
    assert len(DIMENSIONS) == 8
    assert len({dimension.id for dimension in DIMENSIONS}) == 8
    assert dimension_of("health") is DIMENSIONS[1]
    assert dimension_of("wealth") is None


def wanting(*dimensions: dict, lists: tuple[dict, ...] = (), measures: tuple[dict, ...] = ()) -> Request:
    of = {"id": "t", "title": {"fi": "t"}, "kind": "EXACT", "unit": "person", "dimensions": list(dimensions), "measures": list(measures)}
    whole = {"format": FORMAT, "title": {"fi": "r"}, "purpose": "p", "decision": "d", "audience": "internal", "base": "b"}
    return parse(Request, {**whole, "table": [of], "code_list": list(lists)}, place="r")


TOWN = {"name": "town", "title": {"fi": "k"}, "value": "p.m", "code_list": "municipality"}
DAY = datetime.date(2025, 12, 31)


def test_a_named_list_becomes_codes_levels_and_labels() -> None:
    (of,) = filled(wanting(TOWN), DAY, place="r").table
    (town,) = of.dimensions
    assert len(town.codes) == 10
    assert [level.name for level in town.levels] == ["subregion", "county", "country"]
    assert town.members["FI"] == town.members["HVA03"] == frozenset(town.codes)
    assert town.labels["HVA03"].en.startswith("West")
    (few,) = filled(wanting({**TOWN, "codes": ["049", "710"], "list_levels": ["county"]}), DAY, place="r").table[0].dimensions
    assert few.members["HVA03"] == {"049", "710"}
    assert [level.name for level in few.levels] == ["county"]
    (ages,) = filled(wanting({**TOWN, "code_list": "age_life"}), DAY, place="r").table[0].dimensions
    assert ages.members["0-17"] == {"0-6", "7-15", "16-17"}
    assert ages.bands[0] == 0


def test_the_edition_of_the_day_is_used_and_goes_into_the_request() -> None:
    before = filled(wanting(TOWN), datetime.date(2022, 12, 31), place="r")
    assert [level.name for level in before.table[0].dimensions[0].levels] == ["country"]
    assert [listed.valid_until for listed in before.code_list] == [datetime.date(2022, 12, 31)]
    plain = wanting({"name": "sex", "title": {"fi": "s"}, "value": "p.s", "codes": ["f"]})
    assert filled(plain, DAY, place="r") is plain


@pytest.mark.parametrize(
    ("day", "more"),
    [
        (datetime.date(2012, 12, 31), {}),
        (datetime.date(2027, 1, 1), {}),
        (DAY, {"code_list": "shoes"}),
        (DAY, {"codes": ["001"]}),
        (DAY, {"list_levels": ["shire"]}),
        (DAY, {"code_list": "age_5", "bands": [0, 7]}),
    ],
)
def test_a_list_that_does_not_hold_is_refused(day: datetime.date, more: dict) -> None:
    with pytest.raises(InputError, match="S3305"):
        filled(wanting({**TOWN, **more}), day, place="r")


def test_a_request_has_lists_of_its_own() -> None:
    codes = [{"code": "s1", "title": {"fi": "Koulu"}, "part_of": "c"}, {"code": "s2", "title": {"fi": "Toinen"}, "part_of": "c"}]
    level = [{"name": "school", "codes": codes}, {"name": "city", "codes": [{"code": "c", "title": {"fi": "Espoo"}}]}]
    schools = {"id": "school", "title": {"fi": "Koulut"}, "source": "the city", "valid_from": "2025-08-01", "level": level}
    share = {"id": "share", "kind": "share", "title": {"fi": "o"}, "dimension": "town", "codes": ["s1"], "of": ["c"]}
    asked = wanting({**TOWN, "code_list": "school"}, lists=(schools,), measures=(share,))
    (school,) = filled(asked, DAY, place="r").table[0].dimensions
    assert school.members["c"] == {"s1", "s2"}
    with pytest.raises(InputError, match="S3305"):
        filled(asked, datetime.date(2025, 7, 31), place="r")
    with pytest.raises(InputError, match="S3001"):  # a share of a code that the list does not have
        filled(wanting({**TOWN, "code_list": "school"}, lists=(schools,), measures=({**share, "codes": ["s3"]},)), DAY, place="r")


@pytest.mark.parametrize(
    "broken",
    [
        {"valid_until": "2025-07-31"},
        {"level": [{"name": "a", "codes": [{"code": "x", "title": {"fi": "x"}, "part_of": "y"}]}]},
        {"level": [{"name": "a", "codes": [{"code": "total", "title": {"fi": "x"}}]}]},
        {"bands": [0, 7]},
    ],
)
def test_a_list_that_contradicts_itself_is_refused(broken: dict) -> None:
    level = [{"name": "a", "codes": [{"code": "x", "title": {"fi": "x"}}]}]
    whole = {"id": "a", "title": {"fi": "a"}, "source": "s", "valid_from": "2025-08-01", "level": level}
    with pytest.raises(InputError, match="S3001"):
        wanting(TOWN, lists=({**whole, **broken},))
