"""Delimited text (CSV) as batches of text columns, read block by block with Arrow's own parser."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

import pyarrow as pa
from pyarrow import csv

from sauma.readers import header
from sauma.readers.lines import BLOCK_BYTES, LINE_BYTES_MAX, Lines
from schemas.errors import Fault, InputError

FAULTS_MAX = 20
RAGGED_MAX = 10_000
"""So many rows of another number of cells are counted before reading ends."""


def batches(
    stream: IO[bytes],
    size: int,
    names: Sequence[str],
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    place: str,
    tell: Callable[[str], None],
) -> Iterator[pa.Table]:
    """The rows of *stream* as tables of text, columns in the order of *names*; every row of the file but the header counts.

    Raises ``InputError`` S3003 (the file changed), S3006 (encoding), S3007 (rows and delimiter), S3008 (columns).
    """
    lines = Lines(stream, size, encoding, place=place)
    first = _next(lines)
    end = first.find(b"\n")
    line = first[: end if end >= 0 else len(first)].decode()
    divider, found = header.divided(line, names, delimiter, place=place)
    tell(f"{place}: {lines.encoding}, divided by {header.DELIMITERS.get(divider, 'the declared delimiter')}, {len(found)} columns")
    rest = first[end + 1 :] if end >= 0 else b""
    rest = rest or _next(lines)
    if rest:
        lines.unread(rest)
        yield from _parsed(lines, found, names, divider, place=place)


def _next(lines: Lines) -> bytes:
    block = lines.read()
    if lines.fault is not None:
        raise lines.fault
    return block


def _parsed(lines: Lines, found: tuple[str, ...], names: Sequence[str], divider: str, *, place: str) -> Iterator[pa.Table]:
    ragged: list[int] = []
    good, last = 0, None

    def note(row: Any) -> str:
        ragged.append(row.number)
        return "skip" if len(ragged) < RAGGED_MAX else "error"

    reader, ended, broken = None, False, False
    while not ended and not broken:
        table = None
        try:
            reader = reader or _reader(lines, found, names, divider, note)
            table = pa.Table.from_batches([reader.read_next_batch()])
        except StopIteration:
            ended = True
        except pa.ArrowException:  # its message quotes the row
            broken = True
        if table is not None and table.num_rows:
            good, last = good + table.num_rows, table[found[-1]][-1].as_py()
        if table is not None and not ragged and lines.fault is None:
            yield table
    if reader is not None:
        with contextlib.suppress(pa.ArrowException):
            reader.close()
    if lines.fault is not None:
        raise lines.fault
    if ragged:
        raise _ragged(ragged, good if len(found) > 1 else 0, place)
    _refuse_open_quote(lines, good, last, place, broken=broken)


def _refuse_open_quote(lines: Lines, rows: int, last: str | None, place: str, *, broken: bool) -> None:
    """S3007 if the text was *broken* for the parser, or ends within a cell of its last row, *last* being that cell as parsed."""
    if broken:
        raise InputError("S3007", place=place, reason="the rows cannot be divided into cells", hint="look for an unclosed quote")
    if lines.ends_in_a_cell(last):
        reason = "the last row ends within a quote"
        hint = "the file may have been cut off: make the extract again"
        raise InputError("S3007", place=place, reason=reason, hint=hint, faults=(Fault(reason, row=rows),))


def _reader(lines: Lines, found: tuple[str, ...], names: Sequence[str], divider: str, note: Callable[[Any], str]) -> csv.CSVStreamingReader:
    return csv.open_csv(
        pa.PythonFile(lines, mode="r"),
        # one thread: only then does Arrow say which row is ragged
        read_options=csv.ReadOptions(use_threads=False, column_names=list(found), block_size=2 * (BLOCK_BYTES + LINE_BYTES_MAX)),
        parse_options=csv.ParseOptions(delimiter=divider, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(found, pa.string()), include_columns=list(names), strings_can_be_null=True, null_values=[""]
        ),
    )


def _ragged(rows: list[int], good: int, place: str) -> InputError:
    """The error of *rows* with another number of cells than the header, beside *good* ones that show it to be one."""
    reason = "has more or fewer cells than the header"
    first = rows[:FAULTS_MAX]
    counts = [1] * (len(first) - 1) + [len(rows) - len(first) + 1]
    faults = tuple(Fault(reason, row=row, count=count) for row, count in zip(first, counts, strict=True))
    total = f"at least {len(rows)}" if len(rows) == RAGGED_MAX else f"{len(rows)}"
    if len(rows) > good:
        said = f"no table: {total} rows have more or fewer cells than the first line"
        hint = "give a CSV file whose first line names each column; if it is one, quote the cells that hold the delimiter"
        return InputError("S3007", place=place, reason=said, hint=hint, faults=faults)
    said = f"{total} rows have more or fewer cells than the header"
    return InputError("S3007", place=place, reason=said, hint="quote cells that hold the delimiter", faults=faults)
