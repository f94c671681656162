"""CLKs against vectors made by clkhash, against a slow reference, and under what must not change them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from clk_strategies import schemas_and_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_clk import clk

from privacy.pseudonymise.clk import encoding, filters
from privacy.pseudonymise.clk.encoding import encode
from schemas.errors import InputError
from schemas.linkage_schema import LinkageSchema
from schemas.linkage_versions import load

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "clk.json").read_text(encoding="utf-8"))
SECRET = VECTORS["secret"].encode()


def read(schema: object) -> LinkageSchema:
    return load(json.dumps(schema).encode(), place="schema")


def columns(schema: LinkageSchema, rows: list[list[str]]) -> dict[str, pa.Array]:
    """*rows* as columns of text, by the identifiers of *schema*."""
    return {each.identifier: pa.array([row[place] for row in rows], pa.string()) for place, each in enumerate(schema.features)}


def encoded(schema: LinkageSchema, rows: list[list[str]]) -> list[bytes]:
    return [row.tobytes() for row in encode(columns(schema, rows), schema, SECRET)]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_equal_to_clkhash(case: dict[str, Any]) -> None:
    assert [base64.b64encode(made).decode() for made in encoded(read(case["schema"]), case["rows"])] == case["clks"]


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_broken_schemas(case: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        read(case["schema"])
    assert refused.value.code == "S3110"
    assert case["expect"] in refused.value.reason


@pytest.mark.parametrize("case", VECTORS["misfits"], ids=lambda case: case["name"])
def test_values_that_do_not_fit(case: dict[str, Any]) -> None:
    schema = read(case["schema"])
    with pytest.raises(InputError) as refused:
        encode({"v": pa.array([case["value"], case["value"]])}, schema, SECRET, rows=np.array([5, 8]))
    faults = {(fault.reason, fault.column, fault.row, fault.count) for fault in refused.value.faults}
    assert refused.value.code == "S3111"
    assert (case["expect"], "v", 5, 2) in faults
    assert len(case["value"]) < 3 or case["value"] not in str(refused.value) + refused.value.hint
    assert case["clkhash_refuses"]


@settings(max_examples=60, deadline=None)
@given(schemas_and_rows())
def test_equal_to_the_reference(drawn: tuple[dict[str, Any], list[list[str]]]) -> None:
    schema, rows = read(drawn[0]), drawn[1]
    names = [feature.identifier for feature in schema.features]
    assert encoded(schema, rows) == [clk(dict(zip(names, row, strict=True)), schema, SECRET) for row in rows]


@settings(max_examples=25, deadline=None)
@given(schemas_and_rows(), st.randoms(use_true_random=False))
def test_a_row_is_encoded_alone(drawn: tuple[dict[str, Any], list[list[str]]], random: Any) -> None:
    """Whichever rows are beside it, in whichever order, however many at a time."""
    schema, rows = read(drawn[0]), drawn[1]
    alone = {tuple(row): encoded(schema, [row])[0] for row in rows}
    mixed = [random.choice(rows) for _ in range(30)]
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in (
            (encoding, "VALUES_AT_ONCE", 3),
            (encoding, "ROWS_AT_ONCE", 7),
            (filters, "ROWS", 2),
            (filters, "PARTS", 5),
        ):
            patch.setattr(module, name, value)
        assert encoded(schema, mixed) == [alone[tuple(row)] for row in mixed]


def test_null_is_the_empty_text_and_tables_come_in_pieces() -> None:
    case = next(case for case in VECTORS["cases"] if case["name"] == "v3 double, per token")
    schema = read(case["schema"])
    texts = [row[0] or None for row in case["rows"]]
    pieces = pa.chunked_array([texts[:5], texts[5:]], pa.string())
    assert [base64.b64encode(row.tobytes()).decode() for row in encode({"v": pieces}, schema, SECRET)] == case["clks"]
    assert encode({"v": pa.array([], pa.string())}, schema, SECRET).shape == (0, 32)


def test_a_feature_without_a_column_is_refused() -> None:
    case = VECTORS["cases"][0]
    with pytest.raises(InputError) as refused:
        encode({"w": pa.array(["a"])}, read(case["schema"]), SECRET)
    assert refused.value.code == "S3110"


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"{", "is not JSON"),
        (b"\xff", "is not UTF-8"),
        (b'{"version": 3, "version": 3}', "repeats a key"),
        (b'{"version": NaN}', "is not JSON"),
        (b"[" * 100_000, "is nested too deeply"),
        (b" " * (256 * 1024 + 1), "is larger than 256 KiB"),
    ],
)
def test_files_that_are_no_schema(data: bytes, reason: str) -> None:
    with pytest.raises(InputError) as refused:
        load(data, place="schema")
    assert refused.value.code == "S3110"
    assert reason in refused.value.reason


def test_a_fault_names_its_place_and_never_a_value() -> None:
    case = next(case for case in VECTORS["cases"] if case["name"] == "v3 many features")
    schema = json.loads(json.dumps(case["schema"]))
    schema["features"][3]["hashing"]["strategy"]["bitsPerToken"] = "Kanarialintu"
    schema["features"][4]["Kanarialintu"] = "Kanarialintu"
    with pytest.raises(InputError) as refused:
        read(schema)
    said = refused.value.reason + refused.value.hint + repr([fault.as_dict() for fault in refused.value.faults])
    assert "features[4].hashing.strategy.bitsPerToken: must be a whole number" in said
    assert "features[5] (unknown key)" in said
    assert "Kanaria" not in said
    assert refused.value.__cause__ is refused.value.__context__ is None
