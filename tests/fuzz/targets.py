"""One entry point a parser: bytes in, and nothing out but our own errors.

A target is a function of bytes, its seeds, and a weight: its share of the counted inputs, cheap ones more.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from . import artefacts, extracts, texts
from .world import Seeds


@dataclass(frozen=True, slots=True)
class Target:
    """A parser under test."""

    run: Callable[[bytes], object]
    seeds: Seeds
    weight: int


TARGETS: dict[str, Target] = {
    # extracts and the steward's lists
    "csv": Target(extracts.csv, extracts.csv_seeds, 6),
    "csv_encodings": Target(extracts.csv_encodings, extracts.csv_seeds, 4),
    "history": Target(extracts.history, extracts.list_seeds, 10),
    "opt_out": Target(extracts.opt_out, extracts.list_seeds, 10),
    "parquet": Target(extracts.parquet, extracts.parquet_seeds, 3),
    "xlsx": Target(extracts.xlsx, extracts.xlsx_seeds, 2),
    "xlsx_sheet": Target(extracts.xlsx_sheet, extracts.xlsx_sheet_seeds, 1),
    "glance": Target(extracts.glance, extracts.glance_seeds, 3),
    "connection": Target(extracts.connection, extracts.connection_seeds, 4),
    "query": Target(extracts.query, extracts.query_seeds, 1),
    # what people write
    "project": Target(texts.project, texts.project_seeds, 10),
    "agreement": Target(texts.agreement, texts.agreement_seeds, 2),
    "request": Target(texts.request, texts.request_seeds, 2),
    "linkage_schema": Target(texts.linkage_schema, texts.linkage_schema_seeds, 4),
    "expression": Target(texts.expression, texts.expression_seeds, 8),
    "hetu": Target(texts.hetu, texts.hetu_seeds, 10),
    "date": Target(texts.date, texts.date_seeds, 10),
    "name": Target(texts.name, texts.name_seeds, 10),
    "address": Target(texts.address, texts.name_seeds, 10),
    "fingerprint": Target(texts.fingerprint, texts.fingerprint_seeds, 10),
    # what parties exchange
    "public_key": Target(artefacts.public_key, artefacts.public_key_seeds, 8),
    "key_file": Target(artefacts.key_file, artefacts.key_file_seeds, 8),
    "contribution": Target(artefacts.contribution, artefacts.contribution_seeds, 4),
    "contribution_signed": Target(artefacts.contribution_signed, artefacts.contribution_signed_seeds, 2),
    "signature": Target(artefacts.signature, artefacts.signature_seeds, 3),
    "package": Target(artefacts.package, artefacts.package_seeds, 3),
    "manifest": Target(artefacts.manifest, artefacts.manifest_seeds, 2),
    "member": Target(artefacts.member, artefacts.member_seeds, 1),
    "linked_manifest": Target(artefacts.linked_manifest, artefacts.linked_seeds, 4),
    "release": Target(artefacts.release, artefacts.release_seeds, 3),
    "release_table": Target(artefacts.release_table, artefacts.release_table_seeds, 1),
    "canonical": Target(artefacts.canonical_json, artefacts.canonical_seeds, 10),
    # the ledger
    "entry": Target(artefacts.entry, artefacts.entry_seeds, 8),
    "checkpoint": Target(artefacts.checkpoint, artefacts.checkpoint_seeds, 10),
    "ledger": Target(artefacts.ledger, artefacts.ledger_seeds, 2),
    "statement": Target(artefacts.statement, artefacts.entry_seeds, 4),
}


@functools.cache
def seeds(name: str) -> list[bytes]:
    """The seeds of a target, made once a process."""
    return TARGETS[name].seeds()
