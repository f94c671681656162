"""Extracts and the steward's own lists, from files or a database to Arrow columns of text.

One module for each kind of source (:mod:`~sauma.readers.delimited`, :mod:`~sauma.readers.parquet`,
:mod:`~sauma.readers.spreadsheet`, :mod:`~sauma.readers.database`), one for what every cell goes through
(:mod:`~sauma.readers.cells`).  Every way a source can be wrong has its own reason; an extract with a fault is refused
whole, because what is wrong in one place was made wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from sauma import reading
from sauma.readers import delimited
from sauma.readers.cells import Sieve
from sauma.readers.lists import read_history, read_opt_out
from sauma.readers.numbers import Numbers
from sauma.readers.source import PARQUET, SPREADSHEET, Query, Source, source
from sauma.readers.zeros import telling_zeros
from schemas.batches import RawBatch
from schemas.register import Register

if TYPE_CHECKING:
    from sauma.project import RegisterFiles

__all__ = [
    "EXTRACT_BYTES_MAX",
    "Query",
    "Source",
    "Tell",
    "joined",
    "read_extract",
    "read_history",
    "read_opt_out",
    "source",
    "stream",
    "telling_zeros",
]

EXTRACT_BYTES_MAX = 64 * 1024**3

Tell = Callable[[str], None]


def stream(source: Source, register: Register, declared: RegisterFiles | None, tell: Tell = lambda _line: None) -> Iterator[RawBatch]:
    """The extract in *source* as batches of text, one column per declared field of *register*, in declared order.

    A file is CSV, Parquet or XLSX, told apart by its first bytes.  A batch has at most ``cells.BATCH_ROWS_MAX`` rows;
    ``rows`` are numbered through the whole extract: 1 is the first row below the header.  Outer whitespace is removed,
    empty cells are null, empty rows are left out (row numbers count them), numbers have a decimal point and no spaces.
    *tell* is given what was found.  Memory does not grow with the number of rows.

    Raises ``InputError`` S3003 (file), S3006 (letters), S3007 (rows), S3008 (columns), S3020 (types), S3021 (spreadsheet,
    Parquet), S3022 (database), the last of them when all is read: nothing may be told to others before the stream ends.
    """
    names = [field.name for field in register.columns]
    if isinstance(source, Query):
        from sauma.readers import database

        numbers = Numbers(register, None, place="", tell=tell, mixed=True)
        yield from _sifted(database.batches(source, register, tell=tell), register, numbers, place=reading.shown(source.statement))
        return
    place = reading.shown(source)
    with reading.regular(source, limit=EXTRACT_BYTES_MAX) as (opened, size):
        binary = _binary(opened, register, declared, place=place, tell=tell)
        numbers = Numbers(register, declared.decimal if declared else None, place=place, tell=tell, mixed=binary is not None)
        encoding, delimiter = (declared.encoding, declared.delimiter) if declared else (None, None)
        text = delimited.batches(opened, size, names, encoding=encoding, delimiter=delimiter, place=place, tell=tell)
        yield from _sifted(text if binary is None else binary, register, numbers, place=place)


def _binary(opened: IO[bytes], register: Register, declared: RegisterFiles | None, *, place: str, tell: Tell) -> Iterator[pa.Table] | None:
    """The tables of a Parquet file or spreadsheet; None if *opened* is neither."""
    try:
        begins = opened.read(4)
        opened.seek(0)
    except OSError:  # a reader of lines says so in its own words
        return None
    if begins == PARQUET:
        from sauma.readers import parquet

        return parquet.batches(opened, register, place=place, tell=tell)
    if begins == SPREADSHEET:
        from sauma.readers import spreadsheet

        return spreadsheet.batches(opened, register, sheet=declared.sheet if declared else None, place=place, tell=tell)
    return None


def _sifted(tables: Iterator[pa.Table], register: Register, numbers: Numbers, *, place: str) -> Iterator[RawBatch]:
    names = [field.name for field in register.columns]
    for table, rows in Sieve(names, place=place, numbers=numbers).sifted(tables):
        yield RawBatch(register, table, rows)


def read_extract(source: Source, register: Register, declared: RegisterFiles | None, tell: Tell = lambda _line: None) -> RawBatch:
    """All batches of :func:`stream` as one: for what looks at the whole extract at once."""
    return joined(register, stream(source, register, declared, tell))


def joined(register: Register, batches: Iterable[RawBatch]) -> RawBatch:
    """*batches* of *register*, of which there is at least one, as one."""
    read = list(batches)
    return RawBatch(register, pa.concat_tables([batch.columns for batch in read]), pa.concat_arrays([batch.rows for batch in read]))
