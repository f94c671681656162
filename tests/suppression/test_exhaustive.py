"""Small linked tables against an attacker who enumerates every table that could be."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from region import People, atoms, count, dimension, finest, protect, request, rules, table, told
from slow_attacker import exists, in_span, least_possible

from privacy.protect.gate import Refusal
from privacy.tabulate.cells import cell_space

THRESHOLD = 3
A, B, C = ("a0", "a1", "a2"), ("b0", "b1"), ("c0", "c1")


def shapes():
    a, b, c = dimension("a", A), dimension("b", B), dimension("c", C)
    split = dimension("a", A, groups={"low": ("a0", "a1"), "high": ("a2", "unknown")})
    return {
        "one": [table("t", [a, b])],
        "hierarchy": [table("t", [split, b])],
        "linked": [table("t", [a, b]), table("u", [a, c])],
        "three": [table("t", [a]), table("u", [b]), table("v", [dimension("c", C), dimension("b", B, total=False)])],
        "shifted": [
            table("t", [dimension("a", A, groups={"x": ("a0", "a1")}, total=False)]),
            table("u", [dimension("a", A, groups={"y": ("a1", "a2")})]),
        ],
    }


@st.composite
def people(draw) -> People:
    size = draw(st.integers(1, 24))
    codes = {
        name: np.array(draw(st.lists(st.integers(0, top), min_size=size, max_size=size))) for name, top in (("a", 2), ("b", 1), ("c", 1))
    }
    same = draw(st.booleans())
    family = np.arange(size) if same else np.array(draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size)))
    return People(codes, family)


def store(folk: People, tables, shown_of):
    """Every cell of every table over the atoms, as sets: (members, count, families, shown)."""
    patterns = atoms(folk, tables)
    cells = []
    for column, of in enumerate(tables):
        space, counted = cell_space(of), count(folk, of)
        for cell in range(space.size):
            inside = set(space.membership.indices[space.membership.indptr[cell] : space.membership.indptr[cell + 1]].tolist())
            members = frozenset(int(row) for row in np.flatnonzero(np.isin(patterns.cells[:, column], list(inside))))
            cells.append((members, int(counted.units[cell]), int(counted.families[cell]), shown_of[of.id][cell] is not None))
    return patterns, cells


def attack(folk: People, tables, shown_of, least_families: int) -> None:
    """Enumerate, and hold every primary cell to its band."""
    patterns, cells = store(folk, tables, shown_of)
    told_rows = [(members, value) for members, value, _, shown in cells if shown and members]
    hidden = [members for members, _, _, shown in cells if not shown]
    assert all(members for members in hidden), "an empty cell was hidden where zeros are published"
    primary = {members for members, value, units, _ in cells if value > 0 and (value < THRESHOLD or units < least_families)}
    assert not primary & {members for members, _ in told_rows}, "a primary cell was shown"
    large = 10**6
    bounds = [(members, value, value) for members, value in dict.fromkeys(told_rows)]
    bounds += [(members, 1, large) for members in dict.fromkeys(hidden)]
    size = len(patterns.units)
    for members in primary:
        low = least_possible(members, hidden)
        assert exists(size, [*bounds, (members, 0, low)], THRESHOLD), f"a primary cell cannot be {low}"
        assert exists(size, [*bounds, (members, THRESHOLD, large)], THRESHOLD), f"a primary cell cannot be {THRESHOLD}"


@pytest.mark.parametrize("name", sorted(shapes()))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(folk=people(), least=st.integers(1, 2))
def test_no_primary_cell_is_narrower_than_its_band(name: str, folk: People, least: int) -> None:
    asked = request(shapes()[name])
    protected = protect(folk, asked, classes={"internal": rules(persons=THRESHOLD, families=least)})
    assert not isinstance(protected, Refusal)
    shown_of = {each.table.id: [cell.value for cell in each.cells] for each in protected}
    for each in protected:
        units = count(folk, each.table).units
        assert all(cell.value is None or cell.value == value for cell, value in zip(each.cells, units, strict=True))
        assert all(cell.value == 0 for cell, value in zip(each.cells, units, strict=True) if value == 0)
    attack(folk, asked.table, shown_of, least)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(folk=people(), order=st.permutations(["t", "u"]))
def test_what_was_told_first_does_not_break_what_is_told_next(folk: People, order: list[str]) -> None:
    tables = {each.id: each for each in shapes()["linked"]}
    published, shown_of, out = [], {}, []
    for name in order:
        asked = request([tables[name]])
        protected = protect(folk, asked, published=published, classes={"internal": rules(persons=THRESHOLD, families=1)})
        if isinstance(protected, Refusal):
            assert set(protected.tables) <= set(tables)
            continue
        published.append(told(protected[0], asked))
        shown_of[name] = [cell.value for cell in protected[0].cells]
        out.append(tables[name])
    attack(folk, out, shown_of, 1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(folk=people())
def test_no_hidden_primary_cell_lies_in_the_span_of_what_is_shown(folk: People) -> None:
    asked = request(shapes()["linked"])
    protected = protect(folk, asked, classes={"internal": rules(persons=THRESHOLD, families=1)})
    assert not isinstance(protected, Refusal)
    patterns, cells = store(folk, asked.table, {each.table.id: [cell.value for cell in each.cells] for each in protected})
    size = len(patterns.units)
    rows = [[int(atom in members) for atom in range(size)] for members, _, _, shown in cells if shown and members]
    for members, value, _, shown in cells:
        if not shown and 0 < value < THRESHOLD:
            assert not in_span([int(atom in members) for atom in range(size)], rows)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(folk=people())
def test_a_family_that_is_alone_in_a_cell_works_out_no_other(folk: People) -> None:
    asked = request(shapes()["linked"])
    protected = protect(folk, asked, classes={"internal": rules(persons=THRESHOLD, families=1)})
    assert not isinstance(protected, Refusal)
    patterns, cells = store(folk, asked.table, {each.table.id: [cell.value for cell in each.cells] for each in protected})
    size = len(patterns.units)

    def vector(members: frozenset[int]) -> list[int]:
        return [int(atom in members) for atom in range(size)]

    rows = [vector(members) for members, _, _, shown in cells if shown and members]
    primary = {(members, units) for members, value, units, shown in cells if not shown and 0 < value < THRESHOLD}
    for (lone, units), (other, _) in itertools.permutations(sorted(primary, key=str), 2):
        if units == 1 and lone != other and not lone <= other:
            assert not in_span(vector(other), [*rows, vector(lone)])


def test_the_enumerating_attacker_wins_against_primary_suppression_alone() -> None:
    folk = People({"a": np.repeat([0, 0, 1, 1], [2, 9, 8, 7]), "b": np.repeat([0, 1, 0, 1], [2, 9, 8, 7])}, np.arange(26))
    of = table("t", [dimension("a", A), dimension("b", B)])
    units = count(folk, of).units
    shown = [int(value) if value == 0 or value >= THRESHOLD else None for value in units]
    with pytest.raises(AssertionError, match="primary cell cannot be"):
        attack(folk, [of], {"t": shown}, 1)
    assert finest(folk, of).shape == (26,)


def whole(folk: People, of, protected) -> tuple[list[tuple[frozenset[int], int, bool]], list[str]]:
    """Every cell of one table over all its finest cells, empty ones too: (members, count, shown), and the cells' codes of b."""
    space, units = cell_space(of), count(folk, of).units
    cells = []
    for cell in range(space.size):
        members = frozenset(space.membership.indices[space.membership.indptr[cell] : space.membership.indptr[cell + 1]].tolist())
        cells.append((members, int(units[cell]), protected.cells[cell].value is not None))
    return cells, [key[1] for key in space.keys]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(folk=people())
def test_hidden_zeros_could_be_anything_from_none_to_the_threshold(folk: People) -> None:
    of = table("t", [dimension("a", A[:2]), dimension("b", B)])
    folk.codes["a"] = np.minimum(folk.codes["a"], 1)
    protected = protect(folk, request([of]), classes={"internal": rules(persons=THRESHOLD, families=1, zeros="suppressed")})
    assert not isinstance(protected, Refusal)
    cells, _ = whole(folk, of, protected[0])
    bounds = [(members, value, value) for members, value, shown in cells if shown]
    for members, value, shown in cells:
        if value < THRESHOLD:
            assert not shown
            assert exists(cell_space(of).finest_size, [*bounds, (members, 0, 0)], THRESHOLD)
            assert exists(cell_space(of).finest_size, [*bounds, (members, THRESHOLD, 10**6)], THRESHOLD)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(folk=people())
def test_no_group_is_told_to_be_all_alike(folk: People) -> None:
    of = table("t", [dimension("a", A), dimension("b", B, disclosive=("b0",))])
    protected = protect(folk, request([of]), classes={"internal": rules(persons=THRESHOLD, families=1)})
    assert not isinstance(protected, Refusal)
    cells, codes = whole(folk, of, protected[0])
    space = cell_space(of)
    bounds = [(members, value, value) for members, value, shown in cells if shown]
    bounds += [(members, 1, 10**6) for (members, _, shown), code in zip(cells, codes, strict=True) if not shown and code in ("b0", "total")]
    by_key = dict(zip(space.keys, cells, strict=True))
    for place in (*A, "unknown", "total"):
        rest = by_key[(place, "b1")][0] | by_key[(place, "unknown")][0]
        others = by_key[(place, "b1")][1] + by_key[(place, "unknown")][1]
        if by_key[(place, "b0")][1] > 0 and others <= 1:
            assert exists(space.finest_size, [*bounds, (rest, THRESHOLD, 10**6)], THRESHOLD)
