"""A first look at an extract that no agreement describes yet: each column's name, its type, and whether it holds codes; never a value.

The names come from the header; then the file is read as every extract is (:mod:`sauma.readers`), each column as text, so
that what is wrong with it is told in the same words.  Only the first rows are looked at.
"""

from __future__ import annotations

import csv
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
from schemas.errors import InputError
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
_DECIMAL: Final = r"^-?\d{1,9}[.,]\d{1,9}$|^-?(0|[1-9]\d{0,8})$"
_ZEROS: Final = r"^0\d+$"
"""A code: what begins with a zero is no number."""


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

    Raises as ``readers.stream``; ``InputError`` S3008 if the names cannot be declared.
    """
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
    tried = [delimiter] if delimiter else list(header.DELIMITERS)
    names = max((next(csv.reader([line], delimiter=mark), []) for mark in tried), key=len)
    return [unicodedata.normalize("NFC", name).strip() for name in names]


def _check(names: list[str], place: str) -> None:
    reason = ""
    if not names or not all(names) or len(set(names)) != len(names):
        reason = "a column has no name, or the name of another"
    elif len(names) > COLUMNS_MAX or max(map(len, names)) > NAME_CHARACTERS_MAX:
        reason = f"more than {COLUMNS_MAX} columns, or a name of more than {NAME_CHARACTERS_MAX} letters"
    elif sum(bool(re.search(r"\d{6}", name)) for name in names):
        reason = "the first line holds long numbers: it looks like data, not like column names"
    if reason:
        raise InputError("S3008", place=place, reason=reason, hint="the first line must hold one name for each column")


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
