"""The last pass: rows that waited in random buckets become the two members, in random order and of constant shape.

A row goes to a bucket at random and every bucket is permuted, so that the order is uniformly random over the whole member.
Source: Rao 1961; Sandelius 1962.  What takes the whole extract to know is put in here: inferred partners, tokens held by too many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from privacy.pseudonymise.buckets import Buckets
from privacy.pseudonymise.coded import Integers
from privacy.pseudonymise.crowded import Holders, among
from privacy.pseudonymise.families import PROFILES, Family
from privacy.pseudonymise.identity import in_order
from privacy.pseudonymise.randomness import TOKEN_BYTES, Bytes, Entropy, random_order, random_tokens, to_arrow
from privacy.pseudonymise.relations import GUARDIANS_COLUMNS
from privacy.pseudonymise.tokens import slots
from schemas.tokens import BIRTH_YEAR_COLUMN, IDENTITY_COLUMNS, MONTH_COLUMNS, OPEN_MONTH, RECORD_ID, RELATION_COLUMNS, Profile

PERSON = "person"
"""A column of the waiting rows that never leaves: the person's number, by which inferred partners are found."""
FIXED = (RECORD_ID, *IDENTITY_COLUMNS, BIRTH_YEAR_COLUMN, *RELATION_COLUMNS)


@dataclass(frozen=True, slots=True, repr=False)
class Partners:
    """Inferred partners: person numbers in order, and their partners' identity tokens, shape (n, 16)."""

    persons: Integers
    tokens: Bytes


def identity_schema(profile: Profile | None) -> pa.Schema:
    """The columns of the identity member, with the match tokens of *profile*, if any."""
    names = [name for family in PROFILES[profile] for name in family.public.columns] if profile else []
    fields = [(name, pa.binary(TOKEN_BYTES)) for name in FIXED] + [(name, pa.int32()) for name in MONTH_COLUMNS]
    return pa.schema(fields + [(name, pa.int64()) for name in names])


def identity_stream(
    waiting: Buckets, profile: Profile | None, holders: Holders, partners: Partners, entropy: Entropy
) -> pa.RecordBatchReader:
    """The identity member of the rows in *waiting*."""
    schema = identity_schema(profile)
    families = PROFILES[profile] if profile else ()

    def finished() -> Iterator[pa.RecordBatch]:
        for table in _permuted(waiting, entropy):
            columns = _tokens(table, partners, entropy)
            for family in families:
                columns |= _match_tokens(table, family, holders, entropy)
            yield pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, finished())


def payload_stream(waiting: Buckets, fields: list[pa.Field], entropy: Entropy) -> pa.RecordBatchReader:
    """The payload member of the rows in *waiting*, whose columns are *fields* behind the record id."""
    schema = pa.schema([pa.field(RECORD_ID, pa.binary(TOKEN_BYTES)), *fields])
    rows = (
        pa.RecordBatch.from_arrays([column.chunk(0) for column in table.columns], schema=schema) for table in _permuted(waiting, entropy)
    )
    return pa.RecordBatchReader.from_batches(schema, rows)


def packed(tokens: Integers) -> pa.Array:
    """A family's tokens, shape (n, slots), as one column."""
    return to_arrow(np.ascontiguousarray(tokens).view(np.uint8).reshape(len(tokens), -1))


def _permuted(waiting: Buckets, entropy: Entropy) -> Iterator[pa.Table]:
    for table in waiting.taken():
        yield table.take(pa.array(random_order(table.num_rows, entropy))).combine_chunks()


def _tokens(table: pa.Table, partners: Partners, entropy: Entropy) -> dict[str, pa.Array]:
    """The columns of ids and tokens and months; those that the register cannot fill at random, or open."""
    rows = table.num_rows
    columns = {name: table[name].chunk(0) for name in table.column_names}
    columns |= {name: to_arrow(random_tokens(rows, entropy)) for name in FIXED if name not in columns}
    columns |= {name: pa.array(np.full(rows, OPEN_MONTH, dtype=np.int32)) for name in MONTH_COLUMNS if name not in columns}
    if GUARDIANS_COLUMNS[0] not in table.column_names:  # what nobody filled is in order as what somebody filled
        pair, _ = in_order(random_tokens(rows, entropy), random_tokens(rows, entropy))
        columns |= {name: to_arrow(tokens) for name, tokens in zip(GUARDIANS_COLUMNS, pair, strict=True)}
    if len(partners.persons):
        columns["partner"] = to_arrow(_with_partners(columns["partner"], table[PERSON].to_numpy(), partners))
    return columns


def _with_partners(column: pa.Array, persons: Integers, partners: Partners) -> Bytes:
    tokens = np.frombuffer(column.buffers()[1], dtype=np.uint8).reshape(-1, TOKEN_BYTES)[column.offset : column.offset + len(column)].copy()
    place = np.minimum(np.searchsorted(partners.persons, persons), len(partners.persons) - 1)
    found = partners.persons[place] == persons
    tokens[found] = partners.tokens[place[found]]
    return tokens


def _match_tokens(table: pa.Table, family: Family, holders: Holders, entropy: Entropy) -> dict[str, pa.Array]:
    column = table[family.name].chunk(0)
    tokens = (
        np.frombuffer(column.buffers()[1], dtype=np.int64).reshape(-1, family.slots)[column.offset : column.offset + len(column)].copy()
    )
    found = slots(family, tokens, among(tokens, holders.crowded(family)), entropy)
    return {name: pa.array(values) for name, values in found.items()}
