"""Pairs that share a token, by kind, against every pair looked at by hand."""

from __future__ import annotations

import itertools
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.candidates import KINDS, compare
from linkage.exact import spread
from linkage.inputs import families
from sauma.engine.duckdb import DuckDbEngine

FAMILIES, ONCE = 3, (1, 0, 0)
"""Of three registers the first holds a person once."""

RECORDS = st.tuples(
    st.integers(0, 2),  # register
    st.integers(0, 4),  # identity; a record without one is a person of its own
    st.booleans(),  # whether the identity is shared
    st.sets(st.tuples(st.integers(0, FAMILIES - 1), st.integers(0, 2)), max_size=4),  # tokens by family
)
Record = tuple[int, int, bool, set[tuple[int, int]]]


def world(records: list[Record]) -> DuckDbEngine:
    rows = [(rec, reg, who if known else 100 + rec, int(known)) for rec, (reg, who, known, _) in enumerate(records, 1)]
    nodes = {name: pa.array([row[at] for row in rows], pa.int64()) for at, name in enumerate(("rec", "reg", "person", "identified"))}
    nodes["one"] = pa.array([ONCE[reg] for _, reg, _, _ in rows], pa.int64())
    held = [(rec, reg, 1 << family, token) for rec, (reg, _, _, tokens) in enumerate(records, 1) for family, token in sorted(tokens)]
    engine = DuckDbEngine(threads=1)
    engine.load("nodes", pa.table(nodes))
    names = ("rec", "reg", "family", "token")
    engine.load("tokens", pa.table({name: pa.array([row[at] for row in held], pa.int64()) for at, name in enumerate(names)}))
    engine.run(spread("nodes"))
    return engine


def by_hand(records: list[Record], *, between: bool) -> dict[str, Counter[tuple[int, int, int]]]:
    """How many pairs of each kind there are, by registers and pattern."""
    holders: dict[int, set[int]] = {}
    for reg, who, known, _ in records:
        if known:
            holders.setdefault(who, set()).add(reg)
    found: dict[str, Counter[tuple[int, int, int]]] = {kind: Counter() for kind in KINDS}
    for (one, who, knows, mine), (other, whom, known, theirs) in itertools.combinations(records, 2):
        pattern = sum(1 << family for family in {family for family, _ in mine & theirs})
        same, both = knows and known and who == whom, knows and known
        if not pattern:
            continue
        if same:
            kind = "matches" if one != other else ""
        elif one == other and (ONCE[one] or both):
            kind = "strangers"
        elif not both:
            kind = "candidates"
        else:
            third = all(holders[each] - {one, other} for each in (who, whom))
            kind = "strangers" if between and third else ""
        if kind:
            found[kind][one, other, pattern] += 1
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORDS, max_size=12), st.booleans())
def test_each_pair_is_of_the_kind_that_reading_finds(records: list[Record], between: bool) -> None:
    engine = world(records)
    compare(engine, FAMILIES, between=between)
    expected = by_hand(records, between=between)
    for kind in KINDS:
        rows = engine.fetch(f"{kind}_counts", rows_max=1000).to_pylist()
        assert {(row["reg_a"], row["reg_b"], row["pattern"]): row["n"] for row in rows} == dict(expected[kind])
    pairs = engine.fetch("candidates", rows_max=1000).to_pylist()
    assert Counter((row["reg_a"], row["reg_b"], row["pattern"]) for row in pairs) == expected["candidates"]


def test_registers_without_tokens_have_no_pairs() -> None:
    engine = world([(0, 1, True, set()), (1, 1, True, set())])
    compare(engine, 0, between=True)
    assert all(engine.fetch(f"{kind}_counts", rows_max=1).num_rows == 0 for kind in KINDS)


def test_layouts_that_differ_are_refused() -> None:
    class Input:
        def __init__(self, *names: str) -> None:
            self.families = names

    assert families([]) == families([Input()]) == ()
    assert families([Input(), Input("a", "b"), Input("a", "b")]) == ("a", "b")
    with pytest.raises(ValueError, match="layouts differ"):
        families([Input("a"), Input("a", "b")])
