"""What an officer's machine finds in exact tables without any data."""

from __future__ import annotations

from typing import Any

import pytest

from privacy.tabulate.cells import cell_space
from sauma.rechecking import exact, noisy, strange
from schemas.contract import parse
from schemas.release import RelationCell
from schemas.request import Table

LEAST = 5
DOCUMENT: dict[str, Any] = {
    "id": "grid",
    "title": {"fi": "x"},
    "kind": "EXACT",
    "unit": "person",
    "dimensions": [
        {"name": "area", "title": {"fi": "x"}, "value": "population.kotikunta", "codes": ["a", "b"]},
        {"name": "sex", "title": {"fi": "x"}, "value": "population.sukupuoli", "codes": ["m", "f"]},
    ],
}
TABLE = parse(Table, DOCUMENT, place="test")
FINEST = {("a", "m"): 3, ("a", "f"): 7, ("b", "m"): 6, ("b", "f"): 9}


def cells(*hidden: tuple[str, str], changed: dict[tuple[str, str], int] | None = None) -> list[RelationCell]:
    """The table with *hidden* cells; a figure can be *changed*."""
    found = []
    for key in cell_space(TABLE).keys:
        count = sum(n for (area, sex), n in FINEST.items() if key[0] in (area, "total") and key[1] in (sex, "total"))
        value = (changed or {}).get((key[0], key[1]), count)
        found.append(RelationCell(key=key, value=None if key in hidden else value))
    return found


def test_a_small_cell_hidden_alone_follows_from_its_margins() -> None:
    assert "follows" in exact(TABLE, cells(("a", "m")), LEAST)
    assert "follows" in exact(TABLE, cells(("a", "m"), ("a", "total")), LEAST)


def test_a_closed_ring_of_hidden_cells_gives_nothing_away() -> None:
    assert exact(TABLE, cells(("a", "m"), ("a", "f"), ("b", "m"), ("b", "f")), LEAST) == ""


def test_a_large_count_may_follow() -> None:
    assert exact(TABLE, cells(("a", "f")), LEAST) == ""


def test_figures_that_contradict_each_other_are_seen() -> None:
    assert "contradict" in exact(TABLE, cells(changed={("a", "total"): 11}), LEAST)
    assert "contradict" in exact(TABLE, cells(("a", "m"), ("a", "f"), ("b", "m"), ("b", "f"), changed={("total", "total"): 26}), LEAST)


@pytest.mark.parametrize("change", ["missing", "twice", "strange"])
def test_other_cells_than_asked(change: str) -> None:
    found = cells()
    found = {"missing": found[1:], "twice": [*found, found[0]], "strange": [RelationCell(key=("c", "m"), value=9), *found[1:]]}[change]
    assert strange(TABLE, cells()) == ""
    assert "other cells" in strange(TABLE, found)


def test_noised_cells_have_intervals_and_reach_the_minimum() -> None:
    def cell(value: int | None, lower: int | None, upper: int | None) -> list[RelationCell]:
        return [RelationCell(key=("a", "m"), value=value, lower=lower, upper=upper)]

    assert noisy(TABLE, cell(7, 2, 12), LEAST) == ""
    assert noisy(TABLE, cell(None, None, None), LEAST) == ""
    for wrong in (cell(4, 1, 9), cell(7, 7, 7), cell(7, 8, 9), cell(7, None, None), cell(None, 1, 2)):
        assert noisy(TABLE, wrong, LEAST) != ""
