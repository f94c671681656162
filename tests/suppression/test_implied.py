"""Small sums that only several figures together tell: found in full, against enumeration, and protected."""

from __future__ import annotations

import itertools

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from region import People, dimension, municipalities, protect, request, table, told
from slow_attacker import in_span

from privacy.protect import implied, suppression
from privacy.protect.forms import Equation
from privacy.protect.gate import Refusal
from privacy.protect.implied import Search
from privacy.protect.knowledge import Knowledge

MINIMUM = 5


def store(units: np.ndarray) -> Knowledge:
    """Atoms alone: the search reads nothing of the cells."""
    return Knowledge((), units, (), (), ())


def facts(matrix: np.ndarray, units: np.ndarray) -> list[Equation]:
    return [Equation(sum(1 << int(atom) for atom in np.flatnonzero(row)), int(row @ units)) for row in matrix if row.any()]


def chain(length: int) -> tuple[np.ndarray, np.ndarray]:
    """p1 + q1, q1 + q2, ..., q(length-1) + p2: the alternating sum of all is p1 + p2 = 4."""
    units = np.array([2, *(20 + place for place in range(length - 1)), 2])
    return np.eye(length, length + 1, dtype=np.int64) + np.eye(length, length + 1, 1, dtype=np.int64), units


@pytest.mark.parametrize("length", [3, 5])
def test_the_ends_of_an_odd_chain_are_found_whatever_the_order(length: int) -> None:
    matrix, units = chain(length)
    for order in itertools.permutations(range(length + 1)):
        places = list(order)
        found = Search(store(units[places]), MINIMUM).find(facts(matrix[:, places], units[places]))
        assert found == (1 << places.index(0) | 1 << places.index(length),)


def test_the_ends_of_an_even_chain_are_told_only_as_a_difference() -> None:
    matrix, units = chain(4)
    assert Search(store(units), MINIMUM).find(facts(matrix, units)) == ()


def windows(length: int, order: tuple[int, ...]) -> tuple[People, list]:
    """The chain as tables: each pair of neighbouring ages is the only group of a table of its own."""
    _, units = chain(length)
    place = list(order)
    people = People({"age": np.repeat([place[link] for link in range(length + 1)], units)}, np.arange(units.sum()))
    tables = []
    for link in range(length):
        people.codes[f"w{link}"] = np.where(np.isin(people.codes["age"], [place[link], place[link + 1]]), 0, 1)
        tables.append(table(f"t{link}", [dimension("w", ("in",), value=f"w{link}", total=False)]))
    return people, tables


def pairs_told(protected) -> list[int | None]:
    """What each table says of its pair."""
    return [next(cell.value for cell in each.cells if cell.key == ("in",)) for each in protected]


@pytest.mark.parametrize("length", [3, 5])
def test_a_chain_of_tables_is_broken(length: int) -> None:
    for order in itertools.islice(itertools.permutations(range(length + 1)), 0, None, 1 if length == 3 else 97):
        people, tables = windows(length, order)
        protected = protect(people, request(tables))
        assert not isinstance(protected, Refusal)
        assert None in pairs_told(protected)


def test_a_chain_that_a_later_request_would_close_is_not_closed() -> None:
    """Two links were told earlier; the third alone would tell the ends."""
    people, tables = windows(3, (0, 1, 2, 3))
    first = request(tables[:2])
    before = [told(each, first) for each in protect(people, first)]
    assert all(cell.value is not None for each in before for cell in each.cells if cell.key == ("in",))
    later = protect(people, request(tables[2:]), published=before)
    assert isinstance(later, Refusal) or pairs_told(later) == [None]


def test_three_tables_by_place_whose_alternating_sum_is_one_age_band() -> None:
    """T1 - T2 + T3 with bands 16-39, 17-65 and 40-66 by municipality tells those aged 16 or 66."""
    random = np.random.default_rng(11)
    size, places = 6000, 8
    ages = random.integers(0, 90, size)
    bands = {"t1": (16, 40), "t2": (17, 66), "t3": (40, 67)}
    codes = {name: np.where((ages >= low) & (ages < high), 0, 1) for name, (low, high) in bands.items()}
    place = random.choice(places, size, p=np.arange(1, places + 1) / 36)
    people = People({"place": place, **codes}, np.arange(size))
    names = tuple(f"p{number}" for number in range(places))
    tables = [table(name, [dimension("place", names), dimension("in", ("yes",), value=name, total=False)]) for name in bands]
    protected = protect(people, request(tables))
    assert not isinstance(protected, Refusal)
    shown = [{cell.key: cell.value for cell in each.cells} for each in protected]
    small = 0
    for number, name in enumerate(names):
        ends = int(((place == number) & np.isin(ages, [16, 66])).sum())
        small += 0 < ends < MINIMUM
        if 0 < ends < MINIMUM:
            assert None in [values[(name, "yes")] for values in shown]
    assert small


@st.composite
def systems(draw) -> tuple[np.ndarray, np.ndarray]:
    rows, width = draw(st.integers(1, 5)), draw(st.integers(2, 7))
    matrix = draw(st.lists(st.lists(st.integers(0, 1), min_size=width, max_size=width), min_size=rows, max_size=rows))
    units = draw(st.lists(st.sampled_from([0, 1, 2, 3, 4, 9, 30]), min_size=width, max_size=width))
    return np.array(matrix, dtype=np.int64), np.array(units, dtype=np.int64)


@settings(max_examples=300, deadline=None)
@given(systems())
def test_the_search_ends_empty_exactly_when_enumeration_does(system: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, units = system
    rows = facts(matrix, units)
    found = Search(store(units), MINIMUM).find(rows)
    assert found is not None
    # What an equation shows to be empty is known to be empty, atom by atom.
    known = [row for row in matrix.tolist() if any(row)]
    known += [np.eye(len(units), dtype=int)[atom].tolist() for row in matrix if row @ units == 0 for atom in np.flatnonzero(row)]
    small = [
        vector for vector in itertools.product((0, 1), repeat=len(units))
        if known and 0 < np.dot(vector, units) < MINIMUM and in_span(list(vector), known)
    ]  # fmt: skip
    vectors = [tuple(mask >> atom & 1 for atom in range(len(units))) for mask in found]
    assert set(vectors) <= set(small)
    full = units > 0
    for vector in small:
        assert any((np.array(each)[full] <= np.array(vector)[full]).all() for each in vectors)


def test_what_was_told_as_such_is_beyond_protection_and_hides_nothing_else() -> None:
    units = np.array([2, 1, 30])
    rows = facts(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]]), units)
    assert Search(store(units), MINIMUM, frozenset({1})).find(rows) == (2,)


class Unfinished:
    """A solver that always runs out of time."""

    def __getattr__(self, name: str):
        return lambda *_: None

    def getModelStatus(self):
        return highspy.HighsModelStatus.kTimeLimit


def test_a_search_that_cannot_end_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    people, tables = windows(3, (0, 1, 2, 3))
    for name, value in (("COLUMNS_MAX", 1), ("new_solver", Unfinished)):
        with monkeypatch.context() as patched:
            patched.setattr(implied, name, value)
            assert isinstance(protect(people, request(tables)), Refusal)
    assert not suppression.Audit((), (), (), searched=False).safe


def test_an_audit_does_not_stop_at_the_first_sums_it_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, units = chain(3)
    monkeypatch.setattr(implied, "FOUND_MAX", 1)
    assert Search(store(units), MINIMUM).find(facts(matrix, units)) == (0b1001,)
    assert Search(store(units), MINIMUM, whole=True).find(facts(matrix, units)) is None


def test_what_was_ruled_out_stays_out_while_figures_are_hidden() -> None:
    """A search used again on fewer equations finds what a fresh one finds."""
    random = np.random.default_rng(3)
    for _ in range(40):
        matrix, units = random.integers(0, 2, (6, 9)), random.choice([0, 1, 2, 6, 20], 9)
        used = Search(store(units), MINIMUM)
        for kept in range(6, 0, -1):
            rows = facts(matrix[:kept], units)
            assert bool(used.find(rows)) == bool(Search(store(units), MINIMUM).find(rows))


def test_a_pattern_that_was_made_safe_has_no_small_sum_left() -> None:
    """Three linked tables of 2,000 people, audited by a fresh search."""
    people = municipalities(2000, seed=4)
    places, ages = tuple(f"{place:03d}" for place in range(10)), tuple(f"g{age}" for age in range(8))
    tables = [
        table("t", [dimension("place", places), dimension("age", ages)]),
        table("u", [dimension("place", places), dimension("trait", tuple("wxyz"))]),
        table("v", [dimension("age", ages), dimension("trait", tuple("wxyz"))]),
    ]
    protected = protect(people, request(tables))
    assert not isinstance(protected, Refusal)
    keys = np.stack([people.codes[name] for name in ("place", "age", "trait")], axis=1)
    patterns, units = np.unique(keys, axis=0, return_counts=True)
    columns, rows = {"t": (0, 1), "u": (0, 2), "v": (1, 2)}, []
    names = (places, ages, tuple("wxyz"))
    for of, each in zip(tables, protected, strict=True):
        for cell in each.cells:
            inside = np.ones(len(units), dtype=bool)
            for column, code in zip(columns[of.id], cell.key, strict=True):
                if code != "total":
                    inside &= patterns[:, column] == (names[column].index(code) if code in names[column] else -1)
            if cell.value is not None and inside.any():
                assert units[inside].sum() == cell.value
                rows.append(Equation(sum(1 << int(atom) for atom in np.flatnonzero(inside)), cell.value))
    assert Search(store(units), MINIMUM).find(rows) == ()
