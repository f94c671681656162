"""The language: what it has, what it refuses, and that the engine agrees with a slow evaluation of the same text."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import family_truths, integers, persons, truths
from tabulate_world import SEX, Person, Reference, agreement, engine, one_table, position, table

from privacy.tabulate.counts import classify
from privacy.tabulate.expressions import parse
from schemas.errors import InputError

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "expressions.json").read_text(encoding="utf-8"))["cases"]
SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def plan_where(text: str, unit: str = "person"):
    return one_table(table("t", [{**SEX, "value": SEX["value"] if unit == "person" else "max(population.sex)"}], where=text, unit=unit))


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_vectors(case: dict) -> None:
    if "fails" not in case:
        assert plan_where(case["text"], case.get("unit", "person")).steps
        return
    with pytest.raises(InputError) as refused:
        plan_where(case["text"], case.get("unit", "person"))
    assert refused.value.code == case["fails"]
    assert refused.value.__context__ is None


@given(st.text(max_size=60))
def test_only_our_error_escapes(text: str) -> None:
    try:
        parse(text, place="x")
    except InputError as refused:
        assert refused.code == "S3302"
        assert refused.__context__ is None


@SETTINGS
@given(people=persons(), value=integers(2), where=truths(2))
def test_the_engine_agrees_with_the_reference_about_persons(people: list[Person], value: str, where: str) -> None:
    of = table("t", [{"name": "v", "value": value, "bands": [0, 1, 5, 2000, 2010]}], where=where)
    try:
        made = one_table(of)
    except InputError as refused:
        assert "too large" in refused.reason  # a product of data that could overflow is refused when it is read
        return
    reference, counted = Reference(people), {}
    for person in people:
        if "population" in person.rows and reference.person(parse(where, place="x"), person) is True:
            counted[person.study] = position(made.table, [reference.person(parse(value, place="x"), person)])
    assert cells(made, people) == sorted(counted.values())


@SETTINGS
@given(people=persons(), value=family_truths(1), where=family_truths(1))
def test_the_engine_agrees_with_the_reference_about_families(people: list[Person], value: str, where: str) -> None:
    made = one_table(table("t", [{"name": "v", "value": value, "codes": ["true", "false"]}], where=where, unit="family"))
    reference, counted = Reference(people), []
    for family in {person.family for person in people if person.family is not None}:
        members = [person for person in people if person.family == family]
        based = any("population" in member.rows for member in members)
        if based and reference.family(parse(where, place="x"), members) is True:
            counted.append(position(made.table, [reference.family(parse(value, place="x"), members)]))
    assert cells(made, people) == sorted(counted)


def cells(made, people: list[Person]) -> list[int]:
    running = engine(people)
    classify(running, [made])
    found: pa.Table = running.fetch(made.output, rows_max=1000)
    return sorted(found["cell"].to_pylist())


def test_integers_from_data_cannot_overflow() -> None:
    huge = [Person(0, 0, None, {"population": [{"sex": "female"}], "youth": [{"kind": "a", "visits": 2**63 - 1}] * 3})]
    made = one_table(table("t", [{"name": "v", "value": "sum(youth.visits * 2) * 1000", "bands": [0, 1]}]))
    assert cells(made, huge) == [1]
    assert agreement().register_of("youth").by_meaning("hetu") is None
