"""The two encrypted tables of a package: rows in, ciphertext out as it comes, and back.

A member is Parquet in row groups of one size, so that no boundary of the work shows, and ends with *fillers*: copies of
rows under random record ids, up to a round number (:func:`schemas.package.padded`), because the length of a table of
fixed width would tell the exact number of its rows.  Its encrypted footer says how many rows come before them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sauma.sealed import batches, decrypt_reader, encrypting, footer_metadata
from sauma.sink import Sink
from schemas import canonical
from schemas.errors import InputError, IntegrityError
from schemas.package import MAX_ROWS, ROW_GROUP_ROWS, MemberName, PayloadColumn, padded
from schemas.tokens import BIRTH_YEAR_COLUMN, IDENTITY_COLUMNS, MONTH_COLUMNS, RECORD_ID, RELATION_COLUMNS, TokenFamily

FACTS = "sauma.facts"
"""Footer key of the exact counts (canonical JSON of names to integers): encrypted, for the member's reader only."""
ROWS = "sauma.rows"
"""Footer key of the number of rows that are no fillers, in decimal."""
COMPRESSION = {"identity": "none", "payload": "zstd"}
"""Identity columns are random bytes, which do not compress; a payload's codes do."""
ROW_GROUP_BYTES_MAX = 2 * 1024**3
Entropy = Callable[[int], bytes]


def identity_schema(tokens: tuple[TokenFamily, ...]) -> pa.Schema:
    """Columns of the identity member: ids and relation tokens as 16 bytes, months as int32, then the match-token slots as int64."""
    fixed = (RECORD_ID, *IDENTITY_COLUMNS, BIRTH_YEAR_COLUMN, *RELATION_COLUMNS)
    slots = (column for family in tokens for column in family.columns)
    months = [(name, pa.int32()) for name in MONTH_COLUMNS]
    return pa.schema([(name, pa.binary(16)) for name in fixed] + months + [(name, pa.int64()) for name in slots])


def payload_schema(columns: tuple[PayloadColumn, ...]) -> pa.Schema:
    """Columns of the payload member: the record id, then what leaves; whole numbers as int64, all else as text."""
    whole = {column.name: column.leaves == "year" or (column.type == "integer" and column.leaves == "as_is") for column in columns}
    fields = [(name, pa.int64() if number else pa.string()) for name, number in whole.items()]
    return pa.schema([(RECORD_ID, pa.binary(16)), *fields])


@dataclass
class Counted:
    """The rows that went through, and the last batch of them."""

    rows: int = 0
    last: pa.RecordBatch | None = None

    def through(self, source: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """*source*, counted; ``InputError`` S3005 where it has more rows than a package holds."""
        for batch in source:
            self.rows += batch.num_rows
            self.last = batch if batch.num_rows else self.last
            if self.rows > MAX_ROWS:
                hint = "split the register by window"
                raise InputError("S3005", place="package", reason=f"would hold more than {MAX_ROWS} rows", hint=hint)
            yield batch

    def fillers(self, entropy: Entropy) -> Iterator[pa.RecordBatch]:
        """As many rows as bring the number to the round one: the last batch's, again and again, under random ids."""
        missing = padded(self.rows) - self.rows
        while missing and self.last is not None:
            rows = min(missing, ROW_GROUP_ROWS)
            copies = self.last.take(pa.array(np.arange(rows) % self.last.num_rows))
            ids = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), rows, [None, pa.py_buffer(entropy(16 * rows))])
            yield copies.set_column(copies.schema.get_field_index(RECORD_ID), RECORD_ID, ids)
            missing -= rows


def seal_rows(
    name: MemberName,
    source: pa.Table | pa.RecordBatchReader,
    sink: Sink,
    key: bytes,
    aad: bytes,
    *,
    facts: Mapping[str, int],
    entropy: Entropy,
) -> int:
    """Encrypt the rows of *source* to *sink* as member *name*, and return how many they are.

    Holds one row group in memory.  *key* is 32 bytes, used for nothing else.
    """
    counted, schema = Counted(), source.schema.remove_metadata()
    rows = source.to_batches() if isinstance(source, pa.Table) else source
    with encrypting(sink, schema, key, aad, compression=COMPRESSION[name]) as writer:
        for group in _row_groups(_both(counted.through(rows), lambda: counted.fillers(entropy)), schema):
            writer.write_table(group, row_group_size=ROW_GROUP_ROWS)
        writer.add_key_value_metadata({FACTS: canonical.dumps(dict(facts)).decode("ascii"), ROWS: str(counted.rows)})
    sink.flush()
    return counted.rows


def _both(first: Iterator[pa.RecordBatch], second: Callable[[], Iterator[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
    yield from first
    yield from second()


def _row_groups(source: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """*source* cut into tables of :data:`ROW_GROUP_ROWS` rows, the last of what is left; nothing where there is no row."""
    held: list[pa.RecordBatch] = []
    room = ROW_GROUP_ROWS
    for batch in source:
        start = 0
        while start < batch.num_rows:
            piece = batch.slice(start, room)
            held.append(piece.replace_schema_metadata(None))
            start += piece.num_rows
            room -= piece.num_rows
            if room == 0:
                yield pa.Table.from_batches(held, schema)
                held, room = [], ROW_GROUP_ROWS
    if held:
        yield pa.Table.from_batches(held, schema)


def open_rows(data: bytes | memoryview, name: MemberName, schema: pa.Schema, key: bytes, aad: bytes, *, place: str) -> pa.RecordBatchReader:
    """The rows of a member as a stream, fillers left out; ``IntegrityError`` S5004 unless it is one of *schema*."""
    file = decrypt_reader(data, key, aad, place=place)
    rows, fits = _rows(file), file.schema_arrow.remove_metadata().equals(schema)
    if not fits or rows < 0 or file.metadata.num_rows != padded(rows) or not _even(file.metadata, name):
        raise _misshapen(place)
    return batches(file, rows=rows, place=place)


def footer(data: bytes | memoryview, key: bytes, aad: bytes, *, place: str) -> dict[str, bytes]:
    """The metadata in a member's encrypted footer: :data:`FACTS` and :data:`ROWS`."""
    return footer_metadata(decrypt_reader(data, key, aad, place=place))


def _rows(file: pq.ParquetFile) -> int:
    """What the footer says of the rows that are no fillers; -1 where it says nothing that can be."""
    said = footer_metadata(file).get(ROWS, b"")
    rows = int(said) if said.isdigit() and len(said) <= len(str(MAX_ROWS)) else -1
    return rows if rows <= MAX_ROWS and str(rows).encode() == said else -1


def _even(metadata: pq.FileMetaData, name: MemberName) -> bool:
    """Whether row groups have the one size, and no column chunk is of another kind, or claims more memory, than may be."""
    left, codec = metadata.num_rows, "UNCOMPRESSED" if name == "identity" else "ZSTD"
    for group in (metadata.row_group(number) for number in range(metadata.num_row_groups)):
        chunks = (group.column(number) for number in range(group.num_columns))
        plain = all(chunk.compression == codec and not chunk.has_dictionary_page and not chunk.is_stats_set for chunk in chunks)
        if group.num_rows != min(left, ROW_GROUP_ROWS) or group.num_rows == 0 or group.total_byte_size > ROW_GROUP_BYTES_MAX or not plain:
            return False
        left -= group.num_rows
    return bool(left == 0)


def _misshapen(place: str) -> IntegrityError:
    return IntegrityError(
        "S5004", place=place, reason="its columns or rows are not those of its manifest", hint="ask its sender for it again"
    )
