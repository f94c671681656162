"""CLKs against clkhash itself, in its own environment, over schemas and rows that Hypothesis makes.

What clkhash takes is taken and equal to the last bit; what it refuses is refused.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from clk_cases import broken, cases, misfits, stricter
from clk_peer import Clkhash
from clk_strategies import schemas_and_rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.pseudonymise.clk.encoding import encode
from schemas.errors import InputError
from schemas.linkage_versions import load

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def peer() -> Iterator[Clkhash]:
    with Clkhash() as running:
        yield running


def ours(schema: Any, rows: list[list[str]], secret: str) -> list[str] | None:
    """Our CLKs in base64; None where we refuse."""
    try:
        read = load(json.dumps(schema).encode(), place="schema")
        columns = {each.identifier: pa.array([row[place] for row in rows], pa.string()) for place, each in enumerate(read.features)}
        return [base64.b64encode(row.tobytes()).decode() for row in encode(columns, read, secret.encode())]
    except InputError as refused:
        assert refused.code in ("S3110", "S3111")
        return None


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(schemas_and_rows(), st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20))
def test_what_clkhash_takes_is_equal(peer: Clkhash, drawn: tuple[Any, list[list[str]]], secret: str) -> None:
    answer = peer.ask(*drawn, secret)
    assert ours(*drawn, secret) == answer.get("clks"), answer


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(schemas_and_rows(), st.data())
def test_what_clkhash_refuses_is_refused(peer: Clkhash, drawn: tuple[Any, list[list[str]]], data: st.DataObject) -> None:
    """A value of the document is replaced or removed, or a value of the rows is replaced: nobody is more lenient than clkhash."""
    schema, rows = drawn
    if data.draw(st.booleans()):
        rows[0][data.draw(st.integers(0, len(rows[0]) - 1))] = data.draw(st.sampled_from(["", "x", "31.2.2020", "1.5", "ä", "7"]))
    else:
        damage(schema, data)
    answer, made = peer.ask(schema, rows, "secret"), ours(schema, rows, "secret")
    if made is not None:
        assert made == answer.get("clks"), answer


def damage(schema: dict[str, Any], data: st.DataObject) -> None:
    """Replace or remove one value anywhere in *schema*."""
    places: list[tuple[Any, Any]] = []

    def walk(inner: Any) -> None:
        for key in list(inner) if isinstance(inner, dict) else range(len(inner)):
            places.append((inner, key))
            if isinstance(inner[key], dict | list):
                walk(inner[key])

    walk(schema)
    inner, key = data.draw(st.sampled_from(places))
    value = data.draw(
        st.sampled_from(["remove", None, 0, 1, 2, 7, -1, 2.5, True, False, "x", "ngram", "integer", "string", [], {}, 64, 3.0])
    )
    if value == "remove" and isinstance(inner, dict):
        del inner[key]
    else:
        inner[key] = value


def test_the_vectors_are_clkhashes(peer: Clkhash) -> None:
    """The committed vectors are what this clkhash says; ours must agree with both."""
    secret = "another secret than the vectors'"
    for name, schema, rows in cases():
        assert ours(schema, rows, secret) == peer.ask(schema, rows, secret).get("clks"), name
    for name, schema, value, _ in misfits():
        assert "refused" in peer.ask(schema, [[value]], secret), name
    for name, schema, _ in (*broken(), *stricter()):
        assert ours(schema, [], secret) is None, name
