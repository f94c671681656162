"""Extracts and the steward's own lists, from CSV files to Arrow columns of text.

Every way a file can be wrong has its own reason (:mod:`sauma.textform` for encoding and header, here for the rows); a
file with a fault is refused whole, because a file that is wrong in one place was made wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from sauma import files, textform
from sauma.project import RegisterFiles
from schemas.batches import RawBatch
from schemas.errors import Fault, InputError
from schemas.register import Register

EXTRACT_BYTES_MAX = 8 * 1024**3
LIST_BYTES_MAX = 256 * 1024**2
CELL_LETTERS_MAX = 10_000
LINE_BYTES_MAX = 1024 * 1024
ROWS_MAX = 200_000_000
FAULTS_MAX = 20
_BLOCK_BYTES = 16 * 1024 * 1024

Tell = Callable[[str], None]


def read_extract(path: Path, register: Register, declared: RegisterFiles | None, tell: Tell = lambda _line: None) -> RawBatch:
    """The extract in *path* as text, one column per declared field of *register*, in declared order.

    Outer whitespace is removed, empty cells are null, empty lines are skipped (row numbers count them).  *tell* is
    given one line that says which encoding and delimiter were found.

    Raises ``InputError`` S3003 (file), S3006 (encoding), S3007 (rows and delimiter), S3008 (columns).
    """
    names = [field.name for field in register.columns]
    encoding, delimiter = (declared.encoding, declared.delimiter) if declared else (None, None)
    data = files.read_bytes(path, limit=EXTRACT_BYTES_MAX, line_limit=LINE_BYTES_MAX)
    columns, rows = _read(data, names, encoding, delimiter, place=files.shown(path), tell=tell)
    return RawBatch(register, columns, rows)


def read_history(path: Path) -> Mapping[str, str]:
    """Changed personal identity codes, old to current, from a CSV with the columns ``old`` and ``current``.

    A chain of changes ends at its last code; ``InputError`` S3009 if one is incomplete, contradicts another or turns
    in a circle.
    """
    columns, rows = _read(_list_bytes(path), ["old", "current"], None, None, place=files.shown(path), may_be_empty=True)
    old, current = columns["old"].to_pylist(), columns["current"].to_pylist()
    step: dict[str, str] = {}
    for before, after, row in zip(old, current, rows.to_pylist(), strict=True):
        if before is None or after is None or step.setdefault(before, after) != after:
            raise _history(path, "a change is incomplete or contradicts an earlier row", row)
    return {code: _last(step, code, path) for code in step}


def _last(step: Mapping[str, str], code: str, path: Path) -> str:
    for _ in range(len(step) + 1):
        if code not in step:
            return code
        code = step[code]
    raise _history(path, "changes turn in a circle", None)


def _history(path: Path, reason: str, row: int | None) -> InputError:
    return InputError("S3009", place=files.shown(path), reason=reason, hint="correct the history file", faults=(Fault(reason, row=row),))


def read_opt_out(path: Path) -> frozenset[str]:
    """The personal identity codes of those who opted out, from a CSV with the one column ``hetu``."""
    columns, _ = _read(_list_bytes(path), ["hetu"], None, None, place=files.shown(path), may_be_empty=True)
    return frozenset(columns["hetu"].drop_null().to_pylist())


def _list_bytes(path: Path) -> bytes:
    return files.read_bytes(path, limit=LIST_BYTES_MAX, line_limit=LINE_BYTES_MAX)


def _read(
    data: bytes,
    names: Sequence[str],
    encoding: str | None,
    delimiter: str | None,
    *,
    place: str,
    tell: Tell = lambda _line: None,
    may_be_empty: bool = False,
) -> tuple[pa.Table, pa.Int64Array]:
    text, found = textform.decode(data, encoding, place=place)
    divider, header = textform.read_header(text, names, delimiter, place=place)
    tell(f"{place}: {found}, divided by {textform.DELIMITERS.get(divider, 'the declared delimiter')}, {len(header)} columns")
    table = _parse(text, header, divider, place=place).select(list(names))
    table = pa.table({name: _clean(table[name]) for name in names})
    _check_cells(table, place=place)
    table, rows = _without_empty_lines(table)
    if not len(rows) and not may_be_empty:
        raise InputError("S3007", place=place, reason="no rows below the header", hint="make the extract again")
    if len(rows) > ROWS_MAX:
        raise InputError("S3007", place=place, reason=f"more than {ROWS_MAX} rows", hint="split the extract")
    return table, rows


def _parse(text: bytes, header: tuple[str, ...], delimiter: str, *, place: str) -> pa.Table:
    ragged: list[int] = []

    def note(row: Any) -> str:
        ragged.append(row.number - 1)  # the header is line 1 and row 0
        return "skip"

    table = None
    try:
        table = csv.read_csv(
            pa.py_buffer(text),
            # one thread: only then does Arrow say which row is ragged
            read_options=csv.ReadOptions(use_threads=False, skip_rows=1, column_names=list(header), block_size=_BLOCK_BYTES),
            parse_options=csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note
            ),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string())),
        )
    except pa.ArrowException:  # its message quotes the row
        table = None
    if table is None:
        raise InputError("S3007", place=place, reason="the rows cannot be divided into cells", hint="look for an unclosed quote")
    if ragged:
        faults = tuple(Fault("has more or fewer cells than the header", row=row) for row in ragged[:FAULTS_MAX])
        reason = f"{len(ragged)} rows have more or fewer cells than the header"
        raise InputError("S3007", place=place, reason=reason, hint="quote cells that hold the delimiter", faults=faults)
    return table


def _clean(column: pa.ChunkedArray) -> pa.ChunkedArray:
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _check_cells(table: pa.Table, *, place: str) -> None:
    faults: list[Fault] = []
    for name in table.column_names:
        long = pc.fill_null(pc.greater(pc.utf8_length(table[name]), CELL_LETTERS_MAX), fill_value=False)
        broken = pc.or_(long, pc.fill_null(pc.match_substring(table[name], "\n"), fill_value=False))
        count = pc.sum(broken).as_py() or 0
        if count:
            first = pc.index(broken, pa.scalar(value=True)).as_py() + 1
            faults.append(Fault("a cell is too long or holds a line end", column=name, row=first, count=count))
    if faults:
        reason = "a cell is too long or holds a line end"
        raise InputError("S3007", place=place, reason=reason, hint="look for an unclosed quote in that row", faults=tuple(faults))


def _without_empty_lines(table: pa.Table) -> tuple[pa.Table, pa.Int64Array]:
    rows = pa.array(np.arange(1, table.num_rows + 1, dtype=np.int64))
    filled = None
    for name in table.column_names:
        present = pc.is_valid(table[name])
        filled = present if filled is None else pc.or_(filled, present)
    if filled is None or pc.all(filled).as_py() is not False:
        return table, rows
    kept = filled.combine_chunks()
    return table.filter(kept), rows.filter(kept)
