"""A first look at an extract that no agreement describes yet: each column's name, its type, and whether it holds codes; never a value.

The names come from the header; then the file is read as every extract is (:mod:`sauma.readers`), each column as text, so
that what is wrong with it is told in the same words.  Only the first rows are looked at.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import pyarrow as pa
import pyarrow.compute as pc

from privacy.pseudonymise import hetu
from sauma import reading
from sauma.readers import Tell, delimited, header
from sauma.readers.lines import Lines
from sauma.readers.source import PARQUET, SPREADSHEET
from schemas.errors import Fault, InputError, UsageError
from schemas.register import FieldType

FILE_BYTES_MAX = 64 * 1024**3
SAMPLE_ROWS = 5000
CODE_ROWS, CODE_LENGTH = 1000, 11
"""So many values of a column are judged as personal identity codes, and of this length one is."""
NAME_CHARACTERS_MAX = 100
COLUMNS_MAX = 500
CODE_DIFFERENT_MAX, CODE_CHARACTERS_MAX = 60, 20
USUAL: Final = 0.9
"""A column has the type that so many of its values have: the others are faults to be told, not a reason to call it text."""
_DATE: Final = r"^(\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4})$"
_INTEGER: Final = r"^-?(0|[1-9]\d{0,8})$"
_DECIMAL: Final = r"^-?\d{1,9}[.,]\d{1,20}$|^-?(0|[1-9]\d{0,8})$"
_ZEROS: Final = r"^0\d+$"
"""A code: what begins with a zero is no number."""
_DAY_CELL: Final = re.compile(r"(\d{1,2}([./-]) ?\d{1,2}\2 ?\d{4}|\d{4}([./-])\d{1,2}\3\d{1,2})([T ]\d.*)?")
_LONG_NUMBER: Final = re.compile(r"\d{6}|(?<!\S)\d{5}(?!\S)")
"""As in a telephone number, a code or a postcode by itself; ``tulot_yli_10000`` is a name."""
_GROUPED: Final = re.compile(r"\d+(?:[\s-]+\d+)+")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
GROUPED_DIGITS = 6
"""So many digits in groups are a telephone number or a code, as ``042 288 6489`` is; years are none, as in ``2023-2024``."""
_DIVIDES_NOTHING: Final = " _-.()/'"
"""Signs that a name may well hold."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column's name and the type that most of its values have in the sample (text where it is empty).

    ``codes``: the share of its values that are whole personal identity codes; None where no values were looked at.
    """

    name: str
    type: FieldType
    codes: float | None = None


def glance(
    path: Path, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None, tell: Tell = lambda _line: None
) -> tuple[Column, ...]:
    """The columns of the extract in *path*, in file order; *tell* is given what was found out about the file.

    Raises as ``readers.stream``; ``InputError`` S3008 if the names cannot be declared; ``UsageError`` S2000 if *delimiter* is none.
    """
    if delimiter and not header.divider(delimiter):
        raise UsageError("S2000", place="--delimiter", reason="is not one sign that can divide a line", hint='such as ";" or tab')
    place = reading.shown(path)
    with reading.regular(path, limit=FILE_BYTES_MAX) as (opened, size):
        begins = opened.read(4)
        opened.seek(0)
        if begins in (PARQUET, SPREADSHEET):
            found = _parquet(opened, place) if begins == PARQUET else _spreadsheet(opened, sheet, place)
            _check([column.name for column in found], place)
            tell(f"{place}: {'Parquet' if begins == PARQUET else 'XLSX'}, {len(found)} columns")
            return found
        names = _names(opened, size, encoding, delimiter, place)
        _check(names, place)
        opened.seek(0)
        tables = delimited.batches(opened, size, names, encoding=encoding, delimiter=delimiter, place=place, tell=tell)
        sample = next(tables, None)
    return tuple(_seen(name, sample.column(name).slice(0, SAMPLE_ROWS)) if sample is not None else Column(name, "text") for name in names)


def _parquet(opened: IO[bytes], place: str) -> tuple[Column, ...]:
    from sauma.readers import parquet

    schema = parquet.schema_of(opened, place=place)
    texts = [name for name, kind in schema if pa.types.is_string(kind) or pa.types.is_large_string(kind)]
    unique = len({name for name, _ in schema}) == len(schema)  # else refused below
    found = parquet.first_texts(opened, texts, rows_max=SAMPLE_ROWS, place=place) if texts and unique else {}
    named = ((unicodedata.normalize("NFC", name).strip(), name, kind) for name, kind in schema)
    return tuple(
        _seen(shown, pa.chunked_array([found[name]])) if name in found else Column(shown, _declared(kind)) for shown, name, kind in named
    )


def _declared(kind: pa.DataType) -> FieldType:
    """The type to declare for an Arrow type."""
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return "date"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "decimal"
    return "code" if pa.types.is_dictionary(kind) or pa.types.is_boolean(kind) else "text"


def _spreadsheet(opened: IO[bytes], sheet: str | None, place: str) -> tuple[Column, ...]:
    from sauma.readers import spreadsheet

    header_row, *rows = spreadsheet.first_rows(opened, sheet=sheet, rows_max=SAMPLE_ROWS, place=place) or [{}]
    columns = []
    for number in range(1, max(header_row, default=0) + 1):
        values = [row[number] for row in rows if number in row]
        said = pa.chunked_array([pa.array(map(_said, values), pa.string())])
        columns.append(_seen(unicodedata.normalize("NFC", str(header_row.get(number, ""))).strip(), said))
    return tuple(columns)


def _said(value: object) -> str:
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _names(opened: IO[bytes], size: int, encoding: str | None, delimiter: str | None, place: str) -> list[str]:
    """The header's names, by the delimiter that divides it into most cells."""
    lines = Lines(opened, size, encoding, place=place)
    first = lines.read()
    if lines.fault is not None:
        raise lines.fault
    line = first.partition(b"\n")[0].decode().rstrip("\r")[: header.HEADER_BYTES_MAX]
    tried = [header.divider(delimiter)] if delimiter else list(header.DELIMITERS)
    names = max((list(header.cells(line, sign)) for sign in tried), key=len)
    if len(names) == 1 and _undivided(names[0], declared=bool(delimiter)):
        reason = "the first line is one column: no delimiter that was tried divides it"
        hint = "it must hold the column names; if it does, say with --delimiter which sign stands between them"
        raise InputError("S3008", place=place, reason=reason, hint=hint)
    return names


def _undivided(name: str, *, declared: bool) -> bool:
    """Whether the one *name* of a header looks like several; a declared delimiter is believed unless a usual one would divide it."""
    if declared:
        return any(sign in name for sign in header.DELIMITERS)
    return len(name) > NAME_CHARACTERS_MAX or any(not sign.isalnum() and sign not in _DIVIDES_NOTHING for sign in name)


def _check(names: list[str], place: str) -> None:
    """``InputError`` S3008 unless *names* can be declared; they are told by number only, because they may be somebody's data."""
    reason, numbers = _fault(names)
    if reason:
        faults = tuple(Fault(reason, column=f"number {number}") for number in numbers[: header.FAULTS_MAX])
        reason = f"column {faults[0].column}: {reason}" if faults else reason
        raise InputError("S3008", place=place, reason=reason, hint="the first line must hold one name for each column", faults=faults)


def _fault(names: list[str]) -> tuple[str, list[int]]:
    """What is wrong with *names*, empty if nothing is, and with which of them, counted from 1."""
    if not any(names):
        return "the first line holds no column names", []
    if len(names) > COLUMNS_MAX or max(map(len, names)) > NAME_CHARACTERS_MAX:
        return f"more than {COLUMNS_MAX} columns, or a name of more than {NAME_CHARACTERS_MAX} letters", []
    first: dict[str, int] = {}
    found = {
        "looks like data, not like a column name: a date, a long number or an e-mail address": map(_like_a_cell, names),
        "has no name": (not name for name in names),
        "repeats the name of an earlier column": [first.setdefault(name, place) != place for place, name in enumerate(names)],
    }
    faulty = {reason: [number for number, wrong in enumerate(judged, 1) if wrong] for reason, judged in found.items()}
    return next(((reason, numbers) for reason, numbers in faulty.items() if numbers), ("", []))


def _like_a_cell(name: str) -> bool:
    """Whether *name* looks like somebody's data: such a first line is no header, and its names would be shown and signed."""
    if "@" in name or _DAY_CELL.fullmatch(name) or _LONG_NUMBER.search(name):
        return True
    groups = (re.split(r"[\s-]+", found) for found in _GROUPED.findall(name))
    return any(sum(len(group) for group in each if not _YEAR.fullmatch(group)) >= GROUPED_DIGITS for each in groups)


def _seen(name: str, column: pa.ChunkedArray) -> Column:
    """The column called *name*, by the form of its values, a sample of which is *column*."""
    texts = pc.utf8_trim_whitespace(column.drop_null())
    texts = texts.filter(pc.not_equal(texts, ""))
    return Column(name, _type(texts, len(column)), _share_of_codes(texts.slice(0, CODE_ROWS)))


def _share_of_codes(texts: pa.ChunkedArray) -> float | None:
    """The share of *texts* that are whole personal identity codes; None if there is none to judge."""
    likely = texts.filter(pc.equal(pc.utf8_length(texts), CODE_LENGTH)).to_pylist()
    return sum(map(hetu.whole, likely)) / len(texts) if len(texts) else None


def _type(texts: pa.ChunkedArray, rows: int) -> FieldType:
    """The narrowest type whose form :data:`USUAL` of *texts* have, which stand in *rows* rows."""
    if len(texts) == 0:
        return "text"

    def having(form: str) -> int:
        return int(pc.sum(pc.match_substring_regex(texts, form)).as_py())

    usual = USUAL * len(texts)
    if having(_DATE) >= usual:
        return "date"
    if having(_DECIMAL) >= usual and not having(_ZEROS):
        return "integer" if having(_INTEGER) == having(_DECIMAL) else "decimal"
    values = pc.unique(texts)
    short = pc.all(pc.match_substring_regex(values, rf"^\S{{1,{CODE_CHARACTERS_MAX}}}$")).as_py()
    return "code" if short and len(values) <= CODE_DIFFERENT_MAX and len(values) * 4 <= rows else "text"
