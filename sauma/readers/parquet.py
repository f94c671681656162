"""Parquet as batches of text columns: flat columns only, in bounded memory, and no file that promises absurd sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sauma.readers import header, typed
from sauma.readers.cells import CELL_LETTERS_MAX, ROWS_MAX
from schemas.errors import Fault, InputError
from schemas.register import Register

COLUMNS_MAX: Final = 10_000
ROW_GROUPS_MAX: Final = 100_000
GROUP_BYTES_MAX: Final = 16 * 1024**3
"""Decompressed, all columns of one row group; it is read page by page."""
THRIFT_TEXT_BYTES_MAX: Final = 4 * 1024**2
THRIFT_ITEMS_MAX: Final = 2_000_000
DEPTH_MAX: Final = 4
BATCH_ROWS: Final = 32_768
DECODED_BYTES: Final = 64 * 1024**2
_FOREIGN: Final = (pa.ArrowException, OSError, ValueError, TypeError, LookupError, OverflowError, MemoryError, RuntimeError)
_UNREADABLE = "the Parquet file is damaged, encrypted or of a kind that is not read"


def batches(stream: IO[bytes], register: Register, *, place: str, tell: Callable[[str], None]) -> Iterator[pa.Table]:
    """The rows of a Parquet *stream* as tables of text, columns in declared order.

    Raises ``InputError`` S3021 (damaged, nested, encrypted or beyond the limits), S3007 (a cell), S3008 (columns), S3020 (types).
    """
    names = [field.name for field in register.columns]
    file = _opened(stream, names, place)
    tell(f"{place}: Parquet, {file.metadata.num_columns} columns, {file.metadata.num_row_groups} row groups")
    # text stays a dictionary: a repeated long value must not be written out before it is measured
    found, row = file.iter_batches(BATCH_ROWS, columns=names, use_threads=False), 1
    while (batch := _next(found, place)) is not None:
        step = _rows_at_once(batch, place)
        for start in range(0, batch.num_rows, step):
            part = batch.slice(start, step)
            texts = {field.name: typed.as_text(part.column(field.name), field, row=row + start, place=place) for field in register.columns}
            yield pa.table(texts)
        row += batch.num_rows


def schema_of(stream: IO[bytes], *, place: str) -> list[tuple[str, pa.DataType]]:
    """Each column's name and type, from the footer alone; ``InputError`` S3021 as :func:`batches`."""
    looked = _file(stream, (), place)
    _check_sizes(looked, len(looked.schema_arrow), place)
    return [(each.name, each.type) for each in looked.schema_arrow]


def first_texts(stream: IO[bytes], names: Sequence[str], *, rows_max: int, place: str) -> dict[str, pa.StringArray]:
    """The first rows of the text columns *names*, by name, as they are; ``InputError`` S3021 and S3007 as :func:`batches`."""
    batch = _next(_file(stream, names, place).iter_batches(rows_max, columns=list(names), use_threads=False), place)
    if batch is None:
        return {name: pa.array([], pa.string()) for name in names}
    _rows_at_once(batch, place)
    return {name: batch.column(name).cast(pa.string()) for name in names}


def _opened(stream: IO[bytes], names: list[str], place: str) -> pq.ParquetFile:
    """The file once its footer is known to be sane and to name exactly the declared columns."""
    looked = _file(stream, (), place)
    _check_sizes(looked, len(looked.schema_arrow), place)
    header.check_names(looked.schema_arrow.names, names, place=place)
    text = [each.name for each in looked.schema_arrow if pa.types.is_string(each.type) or pa.types.is_large_string(each.type)]
    return _file(stream, text, place)


def _file(stream: IO[bytes], dictionaries: Sequence[str], place: str) -> pq.ParquetFile:
    file = None
    try:
        stream.seek(0)
        file = pq.ParquetFile(
            pa.PythonFile(stream, mode="r"),
            read_dictionary=list(dictionaries),
            buffer_size=1024**2,
            pre_buffer=False,
            page_checksum_verification=True,
            thrift_string_size_limit=THRIFT_TEXT_BYTES_MAX,
            thrift_container_size_limit=THRIFT_ITEMS_MAX,
            schema_depth_limit=DEPTH_MAX,
            arrow_extensions_enabled=False,
        )
        len(file.schema_arrow)  # a type that Arrow does not have shows only here
    except _FOREIGN:
        file = None
    if file is None:
        raise _refused(place, _UNREADABLE)
    return file


def _check_sizes(file: pq.ParquetFile, columns: int, place: str) -> None:
    made = file.metadata
    if made.num_columns > COLUMNS_MAX or made.num_row_groups > ROW_GROUPS_MAX or not 0 <= made.num_rows <= ROWS_MAX:
        raise _refused(place, "the Parquet file promises more columns, rows or row groups than an extract can have")
    if made.num_columns != columns or any(file.schema.column(each).max_repetition_level for each in range(columns)):
        raise _refused(place, "the Parquet file holds nested columns")
    # row groups only: pyarrow 26 ends the whole process where a column chunk's own metadata are not sane
    groups = [made.row_group(number) for number in range(made.num_row_groups)]
    if any(not 0 <= group.total_byte_size <= GROUP_BYTES_MAX or group.num_rows < 0 for group in groups):
        raise _refused(place, f"a row group is larger than {GROUP_BYTES_MAX} bytes")


def _next(found: Iterator[pa.RecordBatch], place: str) -> pa.RecordBatch | None:
    batch, broken = None, False
    try:
        batch = next(found, None)
        if batch is not None:
            batch.validate(full=True)
    except _FOREIGN:  # its message may quote the file
        broken = True
    if broken:
        raise _refused(place, _UNREADABLE)
    return batch


def _rows_at_once(batch: pa.RecordBatch, place: str) -> int:
    """How many rows may be written out together; ``InputError`` S3007 if a text is longer than a cell may be."""
    longest = 1
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        text: Any = column.dictionary if pa.types.is_dictionary(column.type) else column
        if pa.types.is_string(text.type) or pa.types.is_large_string(text.type):
            longest = max(longest, pc.max(pc.binary_length(text)).as_py() or 0)
        if longest > CELL_LETTERS_MAX and pc.max(pc.utf8_length(text)).as_py() > CELL_LETTERS_MAX:
            reason = "a cell is too long or holds a line end"
            raise InputError("S3007", place=place, reason=reason, hint="shorten it in the source", faults=(Fault(reason, column=name),))
    return max(1, DECODED_BYTES // longest)


def _refused(place: str, reason: str) -> InputError:
    return InputError("S3021", place=place, reason=reason, hint="make the extract again, with flat columns of text, numbers and dates")
