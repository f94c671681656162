"""What every cell goes through, whatever file it came from: trimmed, emptied to null, bounded, numbers in one spelling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sauma.readers.numbers import Numbers
from schemas.errors import Fault, InputError

CELL_LETTERS_MAX = 10_000
ROWS_MAX = 200_000_000
BATCH_ROWS_MAX = 131_072
_SPOILED = "a cell is too long or holds a line end"


class Sieve:
    """Takes tables of text in reading order and gives them back clean, with row numbers; keeps what was wrong.

    A file with a fault is refused whole: after the first fault nothing is given any more, the rest is read only to count.
    """

    def __init__(self, names: Sequence[str], *, place: str, numbers: Numbers | None = None) -> None:
        self._names, self._place, self._numbers = tuple(names), place, numbers
        self._row, self._kept = 0, 0
        self._faults: dict[str, tuple[int, int]] = {}

    def sifted(self, tables: Iterable[pa.Table], *, may_be_empty: bool = False) -> Iterator[tuple[pa.Table, pa.Int64Array]]:
        """Each table clean, empty rows left out, with the 1-based numbers of its rows, at most ``BATCH_ROWS_MAX`` at a time.

        Raises ``InputError`` S3007 once all is read: cells too long or with line ends, too many rows, or none.
        """
        for table in tables:
            for start in range(0, table.num_rows, BATCH_ROWS_MAX):
                clean, rows = self._clean(table.slice(start, BATCH_ROWS_MAX))
                if len(rows) and not self._faults:
                    yield clean, rows
        if self._faults:
            faults = tuple(Fault(_SPOILED, column=name, row=row, count=count) for name, (row, count) in self._faults.items())
            raise InputError("S3007", place=self._place, reason=_SPOILED, hint="look for an unclosed quote in that row", faults=faults)
        if self._numbers is not None:
            self._numbers.refuse_mixed()
        if not self._kept and not may_be_empty:
            raise InputError("S3007", place=self._place, reason="no rows below the header", hint="make the extract again")

    def _clean(self, table: pa.Table) -> tuple[pa.Table, pa.Int64Array]:
        columns = {name: _trimmed(table[name]) for name in self._names}
        for name, column in columns.items():
            self._check(name, column)
        whole = pa.table(columns)
        if self._numbers is not None:
            whole = self._numbers.spelled(whole, row=self._row + 1)
        rows = pa.array(np.arange(self._row + 1, self._row + 1 + table.num_rows, dtype=np.int64))
        self._row += table.num_rows
        clean, rows = _without_empty_rows(whole, rows)
        self._kept += len(rows)
        if self._kept > ROWS_MAX:
            raise InputError("S3007", place=self._place, reason=f"more than {ROWS_MAX} rows", hint="split the extract")
        return clean, rows

    def _check(self, name: str, column: pa.ChunkedArray) -> None:
        if not any(_may_be_spoiled(chunk) for chunk in column.chunks):
            return
        long = pc.greater(pc.utf8_length(column), CELL_LETTERS_MAX)
        spoiled = pc.fill_null(pc.or_(long, pc.match_substring_regex(column, r"[\r\n]")), fill_value=False)
        count = pc.sum(spoiled).as_py() or 0
        if count:
            first = self._row + 1 + pc.index(spoiled, pa.scalar(value=True)).as_py()
            row, before = self._faults.get(name, (first, 0))
            self._faults[name] = (row, before + count)


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """*column* without outer whitespace, empty text null."""
    trimmed = pc.utf8_trim_whitespace(column)
    shortest = pc.min(pc.binary_length(trimmed)).as_py()
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed) if shortest == 0 else trimmed


def _may_be_spoiled(chunk: pa.StringArray) -> bool:
    """Whether looking at each cell is worth its time: a line end anywhere, or a cell of many bytes."""
    if not len(chunk):
        return False
    offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    values = np.frombuffer(chunk.buffers()[2] or b"", dtype=np.uint8)[offsets[0] : offsets[-1]]
    return bool(np.diff(offsets).max() > CELL_LETTERS_MAX or (values == ord("\n")).any() or (values == ord("\r")).any())


def _without_empty_rows(table: pa.Table, rows: pa.Int64Array) -> tuple[pa.Table, pa.Int64Array]:
    if any(table[name].null_count == 0 for name in table.column_names):
        return table, rows
    filled = None
    for name in table.column_names:
        present = pc.is_valid(table[name])
        filled = present if filled is None else pc.or_(filled, present)
    if filled is None or pc.all(filled).as_py() is not False:
        return table, rows
    kept = filled.combine_chunks()
    return table.filter(kept), rows.filter(kept)
