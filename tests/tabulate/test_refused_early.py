"""What would put everybody in ``unknown`` is refused before anything is counted or paid, and the message says what there is."""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tabulate_world import agreement, one_table, request, table

from hyte.filling import filled
from privacy.tabulate.plans import plan
from privacy.tabulate.rules import in_words
from schemas.contract import load_toml, parse
from schemas.errors import InputError, UsageError
from schemas.request import Request

DOCS = Path(__file__).resolve().parents[2] / "docs" / "requests.md"
AGE = "2026 - population.birth_year"


def dimension(value: str, *codes: str, **more: Any) -> dict[str, Any]:
    return {"name": "d", "value": value, "codes": list(codes), **more}


@pytest.mark.parametrize(
    ("value", "codes", "said"),
    [
        (AGE, ("7-15", "16-28"), "a whole number, and never 7-15, 16-28"),
        (AGE, ("7", "049"), "never 049"),
        ("exists(youth)", ("yes", "no"), "true or false, and never yes, no"),
        ("CASE WHEN population.sex = 'female' THEN 'woman' END", ("female", "male"), "gives none of its codes"),
    ],
)
def test_codes_that_a_value_never_gives_are_refused(value: str, codes: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match="S3303") as refused:
        one_table(table("t", [dimension(value, *codes)], kind="DP", epsilon="1"))
    assert said in refused.value.reason
    assert refused.value.place == "table t, dimension d"
    assert "docs/requests.md" in refused.value.hint


@pytest.mark.parametrize(("value", "codes"), [(AGE, ("0", "17")), ("exists(youth)", ("true",)), ("population.sex", ("x", "y"))])
def test_codes_that_a_value_may_give_are_not(value: str, codes: tuple[str, ...]) -> None:
    assert one_table(table("t", [dimension(value, *codes)])).never == {}


def test_a_plan_names_the_codes_that_cannot_occur() -> None:
    rule = {"name": "r", "case": [{"when": "population.sex = 'female'", "then": "woman"}], "otherwise": "other"}
    asked = dimension("CASE WHEN population.sex IS NULL THEN 'none' ELSE r END", "woman", "other", "none", "man")
    assert one_table(table("t", [asked]), derived=[rule]).never == {"d": ("man",)}


def test_an_unknown_register_is_told_with_the_table_and_those_there_are() -> None:
    with pytest.raises(UsageError, match="S2005") as refused:
        one_table(table("t", [dimension("exists(yuoth)", "true")]))
    assert (refused.value.place, refused.value.hint) == ("table t, d", "registers: population, youth, health")
    with pytest.raises(InputError) as column:
        one_table(table("t", [dimension("min(youth.note)", "a")]))
    assert column.value.hint == "columns that leave: kind, visits"


def test_rules_are_told_in_words() -> None:
    rule = {"name": "r", "case": [{"when": "population.sex  =\n 'female'", "then": "woman"}], "otherwise": "other"}
    asked = request([table("t", [dimension("r", "woman", "other")], where="exists(youth)")], [rule, {**rule, "name": "unused"}])
    assert in_words(asked.derived, asked.table[0]) == (
        ("only", "exists(youth)"),
        ("d", "r"),
        ("r", "woman where population.sex = 'female'; else other"),
    )


def test_the_documented_age_bands_are_ones_that_can_be_asked() -> None:
    blocks = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)]
    (ages,) = (block for block in blocks if block.get("code_list", [{}])[0].get("id") == "school_ages")
    document = json.loads(json.dumps({**request([table("t", [dimension("population.sex", "x")])]).canonical()}))
    document["table"][0]["dimensions"] = ages["table"][0]["dimensions"] if isinstance(ages["table"], list) else ages["table"]["dimensions"]
    made = filled(parse(Request, {**document, "code_list": ages["code_list"]}, place="docs"), datetime.date(2025, 12, 31), place="docs")
    (of,) = made.table[0].dimensions
    assert of.domain == ("7-15", "16-28", "29+", "unknown")
    assert dict(of.coarser) == {"phase": {"young": ("7-15", "16-28")}}
    changed = json.loads(made.model_dump_json().replace("population.syntymaaika", "population.birth_year"))
    assert plan(parse(Request, changed, place="docs"), "t", agreement(), vintage="a" * 64).never == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code_list": "shoes"}, "there are municipality, age_5, age_life, sex"),
        ({"code_list": "municipality", "codes": ["999"]}, "'codes' names one that code list municipality does not have; it has 049"),
        ({"code_list": "municipality", "list_levels": ["town"]}, "it has subregion, county, country"),
        ({"code_list": "municipality", "bands": [7, 16]}, "no bands: its value must give its codes"),
        ({"code_list": "age_5", "bands": [7, 16]}, "has bands = [0, 5, 10"),
        ({"code_list": "age_5", "codes": ["0-4"]}, "leave it out"),
    ],
)
def test_a_code_list_that_does_not_fit_says_what_there_is(change: dict[str, Any], said: str) -> None:
    document = request([table("t", [dimension("population.sex", "x")])]).canonical()
    document["table"][0]["dimensions"] = [{"name": "d", "title": {"fi": "d"}, "value": "population.sex", **change}]
    with pytest.raises(InputError, match="S3305") as refused:
        filled(parse(Request, document, place="r"), datetime.date(2025, 12, 31), place="r")
    assert said in refused.value.reason
    assert "table t, dimension d" in refused.value.place


def test_toml_of_a_request_is_still_toml() -> None:
    assert load_toml(b'[purpose]\nfi = "p"\n', place="r") == {"purpose": {"fi": "p"}}
