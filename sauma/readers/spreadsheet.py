"""XLSX as batches of text columns: the values that are stored, read row by row, in the one spelling of the house.

A spreadsheet is no table: cells have types of their own.  What only looks like the value (a formula that was never
computed, a code that became a number or a date) is refused with its column and row, because it cannot be repaired.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import itertools
import unicodedata
import warnings
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any, Final
from xml.etree.ElementTree import ParseError

import pyarrow as pa
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from sauma.readers import archive, header, letters, typed
from schemas.errors import Fault, InputError
from schemas.register import Field, Register

ROWS_MAX: Final = 1_048_576
"""What the format can hold."""
COLUMNS_MAX: Final = 16_384
BATCH_ROWS: Final = 16_384
EXACT_FLOAT: Final = 2.0**53
DIGITS: Final = 15
"""Significant digits that spreadsheets show and keep."""
_DATA, _FORMULA, _VALUE = (f"{{{SHEET_MAIN_NS}}}{tag}" for tag in ("sheetData", "f", "v"))
_FOREIGN: Final = (
    *archive.FOREIGN,
    *(ParseError, TypeError, LookupError, AttributeError, RecursionError),
)
"""What openpyxl lets escape when a part is not what it should be."""
_SAY_SHEET: Final = (
    "choose one: --sheet NAME with 'sauma rehearse' and 'sauma register draft', else sheet = \"its name\" for the register in sauma.toml"
)


class _Cells(WorkSheetParser):  # type: ignore[misc]  # openpyxl is untyped
    """openpyxl's own reading of a cell, without its reading of all else that a sheet may hold, and without keeping rows."""

    def rows(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Each row's number and its cells."""
        data = None
        for event, element in iterparse(self.source, events=("start", "end")):
            if event == "start" and element.tag == _DATA:
                data = element
            elif event == "end" and element.tag == ROW_TAG:
                yield self.parse_row(element)
                if data is not None:
                    data.clear()

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """One cell; a formula without the value it had is of type ``f``."""
        if element.get("t") == "s" and (element.findtext(_VALUE) or "").strip().startswith("-"):
            raise ValueError("a shared text is counted from the end")  # openpyxl would take it
        cell: dict[str, Any] = super().parse_cell(element)
        if element.find(_FORMULA) is not None and not element.findtext(_VALUE):
            cell["data_type"] = "f"
        return cell


def batches(stream: IO[bytes], register: Register, *, sheet: str | None, place: str, tell: Callable[[str], None]) -> Iterator[pa.Table]:
    """The rows of the one sheet (or of *sheet*) of an XLSX *stream* as tables of text, columns in declared order.

    Raises ``InputError`` S3021 (not opened, no or several sheets), S3007 and S3008 (rows, columns), S3020 (cells that
    are not what they look like), S3006 (letters).
    """
    packed = archive.checked(stream, place=place)
    rows = _rows(packed, stream, sheet, place)
    found = _header(next(rows, []), register, place)
    tell(f"{place}: XLSX, {len(found)} columns")
    by_name = {field.name: field for field in register.columns}
    sorting = _Sorting([by_name[name] for name in found], place)
    for cells in rows:
        sorting.add(cells)
        if sorting.full:
            yield sorting.table(register)
    yield sorting.table(register)
    sorting.refuse()


def first_rows(stream: IO[bytes], *, sheet: str | None, rows_max: int, place: str) -> list[dict[int, Any]]:
    """The values of the first rows by column number from 1, the header's first, as openpyxl gives them; S3021 as :func:`batches`."""
    rows = _rows(archive.checked(stream, place=place), stream, sheet, place)
    return [{cell["column"]: cell["value"] for cell in cells if cell["value"] is not None} for cells in itertools.islice(rows, rows_max)]


def _rows(packed: zipfile.ZipFile, stream: IO[bytes], sheet: str | None, place: str) -> Iterator[list[dict[str, Any]]]:
    """Every row of the sheet from the first, rows that are not stored as empty lists."""
    opened = _opened(stream, place)
    path = _chosen(opened, sheet, place)
    number, source = 0, _source(opened, packed, path, place)
    while (row := _next(source, place)) is not None:
        position, cells = row
        if not number < position <= ROWS_MAX or len(cells) > COLUMNS_MAX:
            raise archive.refused(place, "a spreadsheet whose rows are out of order, or more than the format can hold")
        for _ in range(number + 1, position):
            yield []
        yield cells
        number = position


def _opened(stream: IO[bytes], place: str) -> ExcelReader:
    opened = None
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):  # it warns, and prints; either may quote
            warnings.simplefilter("ignore")
            reader = ExcelReader(stream, read_only=True, data_only=True, keep_links=False)
            reader.read_manifest()
            reader.read_strings()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
            opened = reader
    except _FOREIGN:
        opened = None
    if opened is None:
        raise archive.refused(place)
    return opened


def _chosen(opened: ExcelReader, sheet: str | None, place: str) -> str:
    """The part that holds the sheet; a name is never shown, it may be somebody's."""
    sheets: list[tuple[str, str, str]] = []
    broken = False
    try:
        found = [(each.name, relation.target, relation.Type, each.state) for each, relation in opened.parser.find_sheets()]
        sheets = [(name, target, state) for name, target, kind, state in found if "worksheet" in kind]
    except _FOREIGN:
        broken = True
    if broken:
        raise archive.refused(place)
    fitting = [target for name, target, state in sheets if (name == sheet if sheet is not None else state == "visible")]
    if len(fitting) == 1:
        return fitting[0]
    if sheet is None and len(fitting) > 1:
        reason = f"the spreadsheet has {len(fitting)} sheets, and none is chosen"
        raise InputError("S3021", place=place, reason=reason, hint=_SAY_SHEET)
    reason = "the spreadsheet has no sheet of the declared name" if sheet is not None else "the spreadsheet has no sheet"
    raise InputError(
        "S3021", place=place, reason=reason, hint="correct --sheet, or 'sheet' in sauma.toml; names are compared letter by letter"
    )


def _source(opened: ExcelReader, packed: zipfile.ZipFile, path: str, place: str) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    part = None
    try:
        part = packed.open(path)
    except _FOREIGN:
        part = None
    if part is None:
        raise archive.refused(place)
    book = opened.wb
    dates, spans = book._date_formats, book._timedelta_formats  # noqa: SLF001 - openpyxl gives its own readers these two, and has no public name
    return _Cells(part, opened.shared_strings, data_only=True, epoch=book.epoch, date_formats=dates, timedelta_formats=spans).rows()


def _next(source: Iterator[tuple[int, list[dict[str, Any]]]], place: str) -> tuple[int, list[dict[str, Any]]] | None:
    row, broken = None, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            row = next(source, None)
    except _FOREIGN:
        broken = True
    if broken:
        raise archive.refused(place)
    return row


def _header(cells: list[dict[str, Any]], register: Register, place: str) -> list[str]:
    width = max((cell["column"] for cell in cells if cell["value"] is not None), default=0)
    names = [""] * min(width, COLUMNS_MAX)
    for cell in cells:
        if cell["value"] is not None and 1 <= cell["column"] <= len(names):
            names[cell["column"] - 1] = unicodedata.normalize("NFC", str(cell["value"])).strip()
    declared = [field.name for field in register.columns]
    if not set(names) & set(declared):
        reason = "the first row is not the declared header"
        raise InputError("S3007", place=place, reason=reason, hint="the first row of the sheet holds the column names")
    header.check_names(names, declared, place=place)
    return names


class _Sorting:
    """Cells into columns, and what is wrong with them by column and reason."""

    def __init__(self, fields: list[Field], place: str) -> None:
        self._fields, self._place = fields, place
        self._columns: list[list[str | None]] = [[] for _ in fields]
        self._row, self._start = 0, 1
        self._faults: dict[tuple[str, str], tuple[int, int]] = {}

    @property
    def full(self) -> bool:
        return self._row - self._start + 1 >= BATCH_ROWS

    def add(self, cells: list[dict[str, Any]]) -> None:
        """One row below the header."""
        self._row += 1
        for column in self._columns:
            column.append(None)
        for cell in cells:
            value, number = cell["value"], cell["column"]
            if value is None and cell["data_type"] != "f":
                continue
            if not 1 <= number <= len(self._fields):
                self._fault(f"number {number}", "has a cell and no name")
                continue
            field = self._fields[number - 1]
            text, reason = ("", "holds a formula without its value") if cell["data_type"] == "f" else _text(value, cell["data_type"], field)
            self._columns[number - 1][-1] = text
            if reason:
                self._fault(field.name, reason)

    def _fault(self, column: str, reason: str) -> None:
        row, count = self._faults.get((column, reason), (self._row, 0))
        self._faults[column, reason] = (row, count + 1)

    def table(self, register: Register) -> pa.Table:
        """The rows since the last table, letters checked; nothing of them once a cell was refused."""
        arrays = {field.name: pa.array(column, pa.string()) for field, column in zip(self._fields, self._columns, strict=True)}
        for name, column in arrays.items():
            letters.check(column, name, row=self._start, place=self._place)
        self._start, self._columns = self._row + 1, [[] for _ in self._fields]
        return pa.table({field.name: arrays[field.name] for field in register.columns})

    def refuse(self) -> None:
        """``InputError`` S3020 if any cell was refused."""
        if self._faults:
            faults = tuple(Fault(reason, column=name, row=row, count=count) for (name, reason), (row, count) in self._faults.items())
            reason = f"{sum(fault.count for fault in faults)} cells are not what they look like"
            raise InputError(
                "S3020", place=self._place, reason=reason, hint="correct the sheet's cells and their format", faults=faults[:20]
            )


def _text(value: Any, kind: str, field: Field) -> tuple[str, str]:
    """A cell's value as text, and why it cannot be (or nothing)."""
    match value:
        case _ if kind == "e":
            return "", "holds an error"
        case str():
            return value, ""
        case bool():
            return ("true" if value else "false"), ""
        case int() | float() if typed.loses_zeros(field):
            return "", "is stored as a number: leading zeros are lost"
        case int():
            return (str(value), "") if abs(value) < EXACT_FLOAT else ("", "holds a number of too many digits")
        case float():
            return _number(value, field)
        case datetime.datetime() | datetime.date():
            return _day(value, field)
    return "", "holds a time of day or a duration"


def _number(value: float, field: Field) -> tuple[str, str]:
    text = f"{value:.{DIGITS}g}"
    if not text.lstrip("-").replace(".", "", 1).isdigit():
        return "", "holds a number too large or too small to write out"
    broken = "." in text and field.type in ("text", "code")
    return ("", "holds a broken number where text is declared") if broken else (text, "")


def _day(value: datetime.date, field: Field) -> tuple[str, str]:
    if field.type != "date":
        return "", "holds a date where none is declared: spreadsheets make dates of codes"
    if isinstance(value, datetime.datetime):
        whole = value.time() == datetime.time()
        return (value.date().isoformat(), "") if whole else ("", "holds a time of day where a date is declared")
    return value.isoformat(), ""
