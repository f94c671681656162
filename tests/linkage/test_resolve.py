"""Resolution and components against slow, obvious references."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.components import components
from linkage.resolve import MARGIN, resolve
from sauma.engine.duckdb import DuckDbEngine

WEIGHTS = (0, MARGIN // 2, MARGIN, 2 * MARGIN, 3 * MARGIN, 5 * MARGIN)


def slow_resolve(nodes, edges):
    """Merge, again and again, the best edge that is accepted and has no close rival."""
    person = {rec: rec for rec, _, _ in nodes}
    known = {rec: identified for rec, identified, _ in nodes}
    ones = {rec: bit for rec, _, bit in nodes}

    def members(p):
        return [rec for rec, q in person.items() if q == p]

    def conflict(p, q):
        return (any(known[r] for r in members(p)) and any(known[r] for r in members(q))) or bool(
            {ones[r] for r in members(p)} & {ones[r] for r in members(q)} - {0}
        )

    while True:
        between = {}
        for a, b, weight, accepted in edges:
            p, q = sorted((person[a], person[b]))
            if p != q and not conflict(p, q):
                old = between.get((p, q), (-(10**9), 0))
                between[p, q] = (max(old[0], weight), max(old[1], accepted))
        open_edges = []
        for (p, q), (weight, accepted) in between.items():
            rivals = [
                other
                for (x, y), (other, _) in between.items()
                if (x, y) != (p, q)
                for shared, mine in ((p, q), (q, p))
                if shared in (x, y) and conflict(mine, x if y == shared else y)
            ]
            if accepted and weight >= max(rivals, default=weight - MARGIN) + MARGIN:
                open_edges.append((-weight, p, q))
        if not open_edges:
            return person
        _, p, q = min(open_edges)
        person = {rec: p if label == q else label for rec, label in person.items()}


def partition(labels):
    groups = {}
    for rec, label in labels.items():
        groups.setdefault(label, set()).add(rec)
    return sorted(map(sorted, groups.values()))


@st.composite
def problems(draw):
    size = draw(st.integers(2, 9))
    nodes = [(rec, draw(st.integers(0, 1)), draw(st.sampled_from([0, 1, 2]))) for rec in range(1, size + 1)]
    pairs = draw(st.lists(st.sampled_from(list(itertools.combinations(range(1, size + 1), 2))), unique=True, max_size=14))
    return nodes, [(a, b, draw(st.sampled_from(WEIGHTS)), draw(st.integers(0, 1))) for a, b in pairs]


def fast_resolve(nodes, edges):
    engine = DuckDbEngine(threads=1)
    columns = [np.array([row[place] for row in nodes], dtype=np.int64) for place in range(3)]
    engine.load("nodes", pa.table({"rec": columns[0], "person": columns[0], "identified": columns[1], "bit": columns[2]}))
    names = ("a", "b", "weight", "accepted")
    engine.load("edges", pa.table({name: pa.array([edge[place] for edge in edges], pa.int64()) for place, name in enumerate(names)}))
    resolve(engine, "nodes", "edges", "r")
    found = engine.fetch("r_persons", rows_max=100)
    return dict(zip(found["rec"].to_pylist(), found["person"].to_pylist(), strict=True)), engine.fetch("r_ties", rows_max=1)["n"][0].as_py()


@settings(max_examples=60, deadline=None)
@given(problems())
def test_persons_never_hold_what_conflicts(problem):
    nodes, edges = problem
    labels, _ = fast_resolve(nodes, edges)
    for group in partition(labels):
        held = [node for node in nodes if node[0] in group]
        assert sum(identified for _, identified, _ in held) <= 1
        for bit in (1, 2):
            assert sum(one == bit for _, _, one in held) <= 1


@settings(max_examples=60, deadline=None)
@given(problems())
def test_resolution_is_the_greedy_one(problem):
    nodes, edges = problem
    one_to_one = [(rec, 0, 1 + (rec % 2)) for rec, _, _ in nodes]
    across = [edge for edge in edges if edge[0] % 2 != edge[1] % 2]
    assert partition(fast_resolve(one_to_one, across)[0]) == partition(slow_resolve(one_to_one, across))


def test_equal_rivals_stay_unlinked_and_are_counted():
    nodes = [(1, 0, 1), (2, 0, 2), (3, 0, 2)]
    labels, ties = fast_resolve(nodes, [(1, 2, 900, 1), (1, 3, 900, 1)])
    assert partition(labels) == [[1], [2], [3]]
    assert ties == 2
    labels, ties = fast_resolve(nodes, [(1, 2, 900, 1), (1, 3, 900 - MARGIN, 1)])
    assert partition(labels) == [[1, 2], [3]]
    assert ties == 0


def test_a_register_of_events_may_give_a_person_several_records():
    labels, _ = fast_resolve([(1, 1, 1), (2, 0, 0), (3, 0, 0)], [(1, 2, 900, 1), (1, 3, 900, 1)])
    assert partition(labels) == [[1, 2, 3]]


def test_a_person_whom_too_many_join_one_by_one_stays_as_far_as_it_came(monkeypatch):
    nodes = [(1, 1, 1), *((rec, 0, 0) for rec in range(2, 9))]
    edges = [(1, rec, 900 + 100 * rec, 1) for rec in range(2, 9)]
    assert partition(fast_resolve(nodes, edges)[0]) == [[1, 2, 3, 4, 5, 6, 7, 8]]
    monkeypatch.setattr("linkage.resolve.ROUNDS_MAX", 4)
    labels, left = fast_resolve(nodes, edges)
    assert partition(labels) == [[1, 6, 7, 8], [2], [3], [4], [5]]
    assert left == 4


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=14))
def test_components_are_what_walking_finds(edges):
    engine = DuckDbEngine(threads=1)
    engine.load("n", pa.table({"node": pa.array(range(1, 13), pa.int64())}))
    engine.load("e", pa.table({"a": pa.array([a for a, _ in edges], pa.int64()), "b": pa.array([b for _, b in edges], pa.int64())}))
    components(engine, "n", "e", "c")
    found = engine.fetch("c", rows_max=12)
    labels = dict(zip(found["node"].to_pylist(), found["label"].to_pylist(), strict=True))
    for node in range(1, 13):
        reached, frontier = {node}, {node}
        while frontier:
            frontier = {y for a, b in edges for x, y in ((a, b), (b, a)) if x in frontier} - reached
            reached |= frontier
        assert labels[node] == min(reached)
