"""Hypothesis strategies: persons in families with rows, and well-typed expressions as text."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tabulate_world import Person

NULLABLE = {
    "sex": st.sampled_from(["female", "male", "other", None]),
    "birth_year": st.one_of(st.none(), st.integers(1990, 2026)),
    "municipality": st.sampled_from(["049", "235", "257", "999", None]),
    "language": st.sampled_from(["fi", "sv", "so", "it's", None]),
}


@st.composite
def persons(draw: Any, most: int = 14) -> list[Person]:
    found = []
    for study in range(draw(st.integers(1, most))):
        unit = draw(st.integers(0, 4))
        family = draw(st.sampled_from([None, 2 * unit, 2 * unit + 1]))
        rows: dict[str, list[dict[str, Any]]] = {}
        if draw(st.integers(0, 4)):
            rows["population"] = [{name: draw(strategy) for name, strategy in NULLABLE.items()}]
        events = st.fixed_dictionaries({"kind": st.sampled_from(["a", "b", None]), "visits": st.one_of(st.none(), st.integers(-3, 9))})
        rows["youth"] = draw(st.lists(events, max_size=3))
        rows = {register: listed for register, listed in rows.items() if listed}
        found.append(Person(study, unit, family, rows or {"health": [{"month": "2025-01"}]}))
    return found


def integers(depth: int) -> st.SearchStrategy[str]:
    simple = st.sampled_from(
        ["population.birth_year", "count(youth)", "sum(youth.visits)", "min(youth.visits)", "max(youth.visits * 2)", "7", "2000", "-3"]
    )
    if depth == 0:
        return simple
    pair = st.tuples(integers(depth - 1), st.sampled_from(["+", "-", "*"]), st.sampled_from(["2", "3", "count(youth, youth.kind = 'a')"]))
    case = st.tuples(truths(depth - 1), integers(depth - 1), integers(depth - 1))
    return simple | pair.map(lambda p: f"({p[0]} {p[1]} {p[2]})") | case.map(lambda c: f"case when {c[0]} then {c[1]} else {c[2]} end")


def truths(depth: int) -> st.SearchStrategy[str]:
    simple = st.sampled_from(
        [
            "population.sex = 'female'",
            "population.language in ('fi', 'it''s')",
            "population.municipality is null",
            "exists(youth)",
            "exists(youth, youth.visits > 2 or youth.kind is null)",
            "population.birth_year between 2000 and 2010",
            "not population.language <> 'fi'",
            "true",
        ]
    )
    if depth == 0:
        return simple
    comparison = st.tuples(integers(depth - 1), st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), integers(depth - 1)).map(
        lambda c: f"({c[0]} {c[1]} {c[2]})"
    )
    logic = st.tuples(truths(depth - 1), st.sampled_from(["and", "or"]), truths(depth - 1)).map(lambda c: f"({c[0]} {c[1]} {c[2]})")
    return simple | comparison | logic | truths(depth - 1).map(lambda inner: f"not ({inner})")


def family_truths(depth: int) -> st.SearchStrategy[str]:
    inner = truths(1)
    simple = (
        inner.map(lambda text: f"any({text})") | inner.map(lambda text: f"all({text})") | inner.map(lambda text: f"members({text}) >= 2")
    )
    simple |= st.sampled_from(["min(population.birth_year) < 2005", "sum(count(youth)) > 2", "max(population.municipality) = '235'"])
    if depth == 0:
        return simple
    return simple | st.tuples(family_truths(depth - 1), st.sampled_from(["and", "or"]), family_truths(depth - 1)).map(
        lambda c: f"({c[0]}) {c[1]} ({c[2]})"
    )
