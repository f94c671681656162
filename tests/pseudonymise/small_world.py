"""An agreement and extracts for the tests of this room; every person is synthetic (individual numbers 900-999)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from privacy.pseudonymise.hetu import compose
from privacy.pseudonymise.pipeline import Local, Secrets, pseudonymise
from privacy.pseudonymise.rejects import Rejects
from schemas import agreement as contract
from schemas.agreement import Agreement
from schemas.batches import RawBatch, Spill, TokenBatch

TODAY = date(2026, 3, 1)
KEY, GENESIS = bytes(range(32)), "ab" * 32
NOBODY = Local(TODAY, {}, frozenset())

PERSON_FIELDS: dict[str, dict[str, Any]] = {
    "hetu": {"meaning": "hetu"},
    "given": {"meaning": "given_names"},
    "surname": {"meaning": "surname"},
    "born": {"type": "date", "meaning": "birth_date", "leaves": "year"},
    "sex": {"type": "code", "meaning": "sex", "leaves": "as_is", "codes": ["1", "2"]},
    "street": {"meaning": "street"},
    "number": {"meaning": "street_number"},
    "postcode": {"meaning": "postcode", "leaves": "prefix_3"},
    "municipality": {"type": "code", "meaning": "municipality", "leaves": "as_is"},
    "dwelling": {"meaning": "dwelling"},
    "restricted": {"meaning": "restricted"},
    "guardian_1": {"meaning": "guardian_1_hetu"},
    "guardian_2": {"meaning": "guardian_2_hetu"},
    "partner": {"meaning": "partner_hetu"},
    "visits": {"type": "integer", "leaves": "band_5", "minimum": 0, "maximum": 99},
    "grade": {"type": "integer", "leaves": "as_is"},
    "seen": {"type": "date", "leaves": "month"},
    "score": {"type": "decimal", "leaves": "as_is"},
    "note": {"type": "text", "leaves": "as_is"},
}


def code(born: str, number: int = 900) -> str:
    day = date.fromisoformat(born)
    return compose(day, number, "-" if day.year < 2000 else "A")


def agreed(
    *,
    fields: dict[str, dict[str, Any]] | None = None,
    rows: str = "person",
    match_tokens: bool = True,
    demonstration: bool = True,
    artificial: str = "link",
) -> Agreement:
    columns = [{"name": name, "type": "text", **rest} for name, rest in (fields or PERSON_FIELDS).items()]
    register = {
        "id": "people",
        "title": {"fi": "x"},
        "controller": "dvv",
        "legal_basis": "x",
        "collected_for": "x",
        "coverage": "x",
        "window": {"first": "2025-01-01", "last": "2025-12-31"},
        "rows": rows,
        "match_tokens": match_tokens,
        "columns": columns,
    }
    parties = [
        {"id": "dvv", "name": "x", "roles": ["steward"], "public_key": "x"},
        {"id": "analyst", "name": "x", "roles": ["linker"], "public_key": "x"},
        {"id": "counter", "name": "x", "roles": ["analyst"], "public_key": "x"},
        {"id": "officer", "name": "x", "roles": ["officer"], "public_key": "x"},
    ]
    data: dict[str, object] = {
        "format": "sauma/agreement/v0",
        "name": "x",
        "purpose": "x",
        "valid_from": "2026-01-01",
        "valid_until": "2030-01-01",
        "demonstration": demonstration,
        "party": parties,
        "register": [register],
        "linkage": {"family_as_of": "2025-12-31", "artificial_hetu": artificial},
        "release": [{"audience": "internal", "kinds": ["EXACT"], "minimum_persons": 5, "minimum_families": 3}],
        "budget": {"total": "1"},
        "retention": {"until": "2031-01-01"},
    }
    return contract.load(data, place="test")


def extract(agreement: Agreement, *records: dict[str, str]) -> RawBatch:
    register = agreement.register[0]
    columns = {field.name: pa.array([record.get(field.name) for record in records], pa.string()) for field in register.columns}
    return RawBatch(register, pa.table(columns), pa.array(range(1, len(records) + 1), pa.int64()))


@dataclass(frozen=True)
class Ran:
    """An outcome with its streams read; ``record_ids``: each input row's record id, null where it did not leave."""

    batch: TokenBatch
    rejects: Rejects
    facts: Mapping[str, int]
    record_ids: pa.Array


def run(agreement: Agreement, *records: dict[str, str], local: Local = NOBODY) -> Ran:
    return ran(extract(agreement, *records), agreement, local)


def ran(batches: RawBatch | list[RawBatch], agreement: Agreement, local: Local = NOBODY, spill: Spill | None = None, **how: int) -> Ran:
    outcome = pseudonymise(batches, agreement, Secrets(KEY, GENESIS, os.urandom), local, spill, row_map=True, **how)
    batch = TokenBatch(outcome.batch.identity.read_all(), outcome.batch.payload.read_all(), outcome.batch.sentinels)
    rows = [row for each in ([batches] if isinstance(batches, RawBatch) else batches) for row in each.rows.to_pylist()]
    ids = dict(zip(outcome.row_map["row"].to_pylist(), outcome.row_map["record_id"].to_pylist(), strict=True))
    return Ran(batch, outcome.rejects, outcome.facts, pa.array([ids.get(row) for row in rows], pa.binary(16)))


def by_row(outcome: Ran) -> list[dict[str, Any] | None]:
    """The identity row of each input row, None where it was rejected."""
    identity = {row["record_id"]: row for row in outcome.batch.identity.to_pylist()}
    return [identity.get(record) for record in outcome.record_ids.to_pylist()]


def payload_by_row(outcome: Ran) -> list[dict[str, Any] | None]:
    """The payload row of each input row, for extracts of one row a person."""
    payload = {row.pop("record_id"): row for row in outcome.batch.payload.to_pylist()}
    return [payload.get(record) for record in outcome.record_ids.to_pylist()]
