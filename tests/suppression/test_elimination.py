"""Modular elimination and the attacker's equations against textbook elimination over the rationals."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from region import atoms, dimension, municipalities, table
from slow_attacker import in_span, span_rank

from privacy.protect.forms import Form, equations
from privacy.protect.implied import Search
from privacy.protect.knowledge import bits, gather
from privacy.protect.secondary import Elimination, eliminate


@st.composite
def matrices(draw) -> np.ndarray:
    rows, width = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    return np.array(
        draw(st.lists(st.lists(st.integers(0, 1), min_size=width, max_size=width), min_size=rows, max_size=rows)), dtype=np.int64
    )


@settings(max_examples=300, deadline=None)
@given(matrices())
def test_a_vector_is_left_over_exactly_when_it_is_outside_the_span(matrix: np.ndarray) -> None:
    known = Elimination.over(matrix.shape[1])
    for row in matrix[:-1]:
        rest = known.rest(row[None, :])[0]
        if rest.any():
            known.learn(rest)
    assert len(known.pivots) == span_rank(matrix[:-1].tolist())
    assert (not known.rest(matrix[-1:]).any()) == in_span(matrix[-1].tolist(), matrix[:-1].tolist())


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), hidden=st.lists(st.booleans(), min_size=40, max_size=40))
def test_equations_say_exactly_what_the_known_cells_say(seed: int, hidden: list[bool]) -> None:
    people = municipalities(30, seed, places=3, bands=2)
    groups = {"north": ("p0", "p1"), "south": ("p2", "unknown")}
    tables = [table("t", [dimension("place", ("p0", "p1", "p2"), groups=groups), dimension("sex", ("m", "f"))])]
    patterns = atoms(people, tables)
    knowledge = gather(tables, patterns.cells, patterns.units)
    known = ~np.resize(np.array(hidden), len(knowledge.masks))
    cells = knowledge.incidence[np.flatnonzero(known)].toarray().tolist()
    written = equations(knowledge, known)
    rows = knowledge.rows([each.mask for each in written]).toarray().tolist()
    assert all(knowledge.count(each.mask) == each.value for each in written)
    assert span_rank(cells) == span_rank(rows) == span_rank(cells + rows)
    for mask in Search(knowledge, 5).find(written) or ():
        assert 0 < knowledge.count(mask) < 5
        assert in_span(knowledge.rows([mask]).toarray()[0].tolist(), rows)


def line(counts: list[int]):
    """One line of cells ``a0``, ``a1``.. under a total."""
    codes = tuple(f"a{place}" for place in range(len(counts)))
    of = table("t", [dimension("a", codes)])
    return gather([of], np.arange(len(counts))[:, None], np.array(counts))


def test_a_lone_family_and_its_only_hidden_neighbour_are_parted() -> None:
    """Two hidden under a known total: the family that is alone in one subtracts itself and has the other."""
    knowledge = line([1, 2, 30, 40])
    size = len(knowledge.units)
    masks = [bits(np.array([place]), size) for place in range(size)]
    known = np.array([mask not in masks[:2] for mask in knowledge.masks])
    cost = np.arange(len(known), dtype=np.float64)
    for lone, given_away in ((True, True), (False, False)):
        forms = [Form(masks[0], 1, 3, lone), Form(masks[1], 1, 3)]
        nothing = np.zeros(len(known), dtype=np.bool_)
        assert bool(eliminate(knowledge, known, nothing, forms, equations(knowledge, known), cost).told) == given_away
    parted = eliminate(knowledge, known, known, [Form(masks[0], 1, 3, lone=True), forms[1]], equations(knowledge, known), cost)
    assert len(parted.hide) == 1
    assert not parted.told
