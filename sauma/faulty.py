"""The steward's private list of faulty rows, to mend the source by: lines, columns and reason codes; never a value."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from sauma import files, reading
from schemas.errors import InputError, UsageError

HEADER: Final = b"\xef\xbb\xbfline;row;column;reason;effect\n"
"""A byte order mark and semicolons, so that a Finnish Excel opens it as a table."""
_HEAD_BYTES: Final = 64


def check_target(path: Path) -> None:
    """``UsageError`` S2000 unless *path* is named as a CSV, ``InputError`` S3004 if another file than such a list is there."""
    if path.suffix.lower() != ".csv":
        raise UsageError("S2000", place="--rows", reason="is not the name of a list", hint="a name that ends in .csv")
    if not path.exists():
        return
    head = b""
    if path.is_file():
        with reading.regular(path, limit=2**63) as (stream, _size):
            head = stream.read(_HEAD_BYTES) or b""
    if not head.startswith(HEADER):
        raise InputError(
            "S3004", place=files.shown(path), reason="is there, and no list of faulty rows", hint="choose another name with --rows"
        )


def write(path: Path, listed: pa.Table, *, numbered: bool) -> None:
    """Write *listed* (``row``, ``column``, ``reason``, ``effect``) to *path*, readable by its owner only.

    ``line`` is the number that Excel and editors show where the source is *numbered*: the header is line 1, so row 1 is
    line 2.  A cell that holds a line end is refused before, so that rows and lines never part.  Else it is empty.
    """
    rows = listed["row"]
    lines = pc.add(rows, 1) if numbered else pa.nulls(len(rows), pa.int64())
    sink = io.BytesIO()
    named = pc.replace_substring_regex(listed["column"], "^([=+@-])", r"'\1")  # a name that a spreadsheet would take for a formula
    table = pa.table({"line": lines, "row": rows, "column": named, "reason": listed["reason"], "effect": listed["effect"]})
    csv.write_csv(table, sink, csv.WriteOptions(include_header=False, quoting_style="needed", delimiter=";"))
    files.write_private(path, HEADER + sink.getvalue())
