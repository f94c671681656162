"""Shares in per cent, services two by two, and one question by four definitions side by side."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from sauma.report.compared import sensitivities, side_by_side, totals, two_by_two
from sauma.report.figures import chart, grid, number, of_measure
from sauma.report.page import decimals
from sauma.report.published import PublishedTable, Reading, _readings
from schemas.agreement import DEFINITIONS
from schemas.release import RelationCell, ReleasedTable
from schemas.request import Table

ZERO = "0" * 64


def of(document: dict[str, Any], cells: dict[tuple[str, ...], int | None], family: str | None = None) -> PublishedTable:
    made = Table.model_validate_json(json.dumps({"title": {"fi": "t"}, **document}))
    told = tuple(
        RelationCell(key=key, value=value, **({"lower": 0, "upper": 900} if value and made.kind == "DP" else {}))
        for key, value in cells.items()
    )
    protection = ReleasedTable.model_validate(
        {"id": made.id, "kind": made.kind, "unit": made.unit, "family": family, "plan": ZERO, "relations": ZERO, "salt": "0" * 32,
         "cells": len(cells), "hidden": 0, "epsilon": made.epsilon}
    )  # fmt: skip
    return PublishedTable(made, protection, _readings(made, (), told))


SEX = {"name": "sex", "title": {"fi": "Sukupuoli"}, "value": "p.s", "codes": ["female", "male"]}
TOWN = {"name": "municipality", "title": {"fi": "Kunta"}, "value": "p.m", "codes": ["049", "149"]}


def test_a_share_is_read_in_per_cent_without_the_dimension_it_is_of() -> None:
    share = {"id": "women", "kind": "share", "title": {"fi": "Naisia"}, "dimension": "sex", "codes": ["female"]}
    cells = {
        (town, sex): value
        for town, values in {"049": (30, 20, 0, 50), "149": (None, 5, 0, 12), "unknown": (0, 0, 0, 0), "total": (37, 25, 0, 62)}.items()
        for sex, value in zip(("female", "male", "unknown", "total"), values, strict=True)
    }
    shown = of({"id": "t", "kind": "EXACT", "unit": "person", "dimensions": [TOWN, SEX], "measures": [share]}, cells)
    found = grid(shown, "fi", "women")
    assert found.stubs == ()
    assert found.heads == ("Yhteensä", "Espoo", "Inkoo", "Tuntematon")
    ((_, written),) = found.rows
    assert [cell.text for cell in written] == ["59,7\N{NO-BREAK SPACE}%", "60,0\N{NO-BREAK SPACE}%", "..", "\N{EN DASH}"]
    assert written[3].aloud == "ei ketään, josta laskea"
    assert chart(shown, "fi", "women") is not None
    assert number(Fraction(597, 1000), "en", of_measure(shown, "women")) == "59.7%"


def test_services_two_by_two_are_a_square_that_reads_the_same_both_ways() -> None:
    services = [{"id": name, "title": {"fi": name.title()}, "when": "true"} for name in ("a", "b", "c")]
    cells = {("a",): 40, ("b",): 30, ("c",): 20, ("a+b",): 11, ("a+c",): None, ("b+c",): 9, ("unknown",): 0, ("total",): 70}
    used = {"name": "used", "title": {"fi": "Palvelut"}, "services": services}
    shown = of({"id": "t", "kind": "EXACT", "unit": "person", "dimensions": [used]}, cells)
    square = two_by_two(shown, "fi")
    assert square is not None
    assert [[cell.text for cell in row] for _, row in square.rows] == [["40", "11", ".."], ["11", "30", "9"], ["..", "9", "20"]]
    assert [row.label for row in chart(shown, "fi").bars] == ["A", "B", "C", "Tuntematon"]  # type: ignore[union-attr]  # it is there
    assert grid(shown, "fi").heads[:5] == ("Yhteensä", "A", "B", "C", "A ja B")
    assert two_by_two(of({"id": "t", "kind": "EXACT", "unit": "person", "dimensions": [SEX]}, {("total",): 1}), "fi") is None


def families(name: str, family: str | None, counts: tuple[int | None, ...], **more: Any) -> PublishedTable:
    size = {"name": "children", "title": {"fi": "Lapsia"}, "value": "members(true)", "bands": [1, 2]}
    document = {"id": name, "kind": "DP", "unit": "family", "epsilon": "0.5", "dimensions": [size], **more}
    cells = dict(zip((("1",), ("2+",), ("unknown",), ("total",)), counts, strict=True))
    return of({**document, **({"family": family} if family else {})}, cells, family or "dwelling")


def test_tables_that_differ_in_the_definition_alone_stand_side_by_side() -> None:
    tables = [families(f"f{number}", family, (100 - number, 50, None, 150 - number)) for number, family in enumerate(reversed(DEFINITIONS))]
    other = families("g", "service", (1, 2, 3, 6), where="true")
    (group,) = sensitivities([*tables, other])
    assert [each.protection.family for each in group] == list(DEFINITIONS)
    found = side_by_side(group, "en")
    assert found.heads == (
        "dwelling families",
        "guardianship families",
        "guardians and children in one dwelling",
        "families as a service declares them",
    )
    rows = {stub: [cell.text for cell in cells] for stub, cells in found.rows}
    assert [text.split(" ")[0] for text in rows["Total",]] == ["147", "148", "149", "150"]
    assert rows["Unknown",] == [".."] * 4
    drawn = totals(group, "en")
    assert drawn is not None
    assert len(drawn.bars) == 4
    assert drawn.start > 230  # long names have room


@pytest.mark.parametrize("other", [{"where": "true"}, {"epsilon": "1"}, {"contribution": 2}])
def test_a_second_difference_keeps_tables_apart(other: dict[str, Any]) -> None:
    assert sensitivities([families("f", None, (1, 2, 3, 6)), families("g", "guardianship", (1, 2, 3, 6), **other)]) == []


def test_decimals_are_written_as_people_read_them() -> None:
    assert decimals(Fraction(12345, 10), 2, "fi") == "1\N{NO-BREAK SPACE}234,50"
    assert decimals(Fraction(-5, 2), 1, "en") == "\N{MINUS SIGN}2.5"
    assert decimals(Fraction(1, 3), 0, "sv") == "0"
    assert Reading(None, status="suppressed").value is None
