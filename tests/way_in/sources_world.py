"""Extracts in every kind of file, made small: a register, a spreadsheet, a Parquet file, a database."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import way_in_world as world

from sauma import readers
from schemas.register import Field

FIELDS = (
    Field(name="hetu", type="text", meaning="hetu"),
    Field(name="sukunimi", type="text", meaning="surname"),
    Field(name="syntymäaika", type="date", meaning="birth_date"),
    Field(name="kunta", type="code", meaning="municipality", codes=("049", "091")),
    Field(name="tunnit", type="integer"),
    Field(name="osuus", type="decimal"),
    Field(name="lisätieto", type="text"),
)
NAMES = tuple(field.name for field in FIELDS)
REGISTER = world.agreement().register_of("pupils").model_copy(update={"columns": FIELDS})
ROW = ("010203A901T", "Mäkelä", "2012-05-04", "049", 31, 1.5, "x")
TEXT = ("010203A901T", "Mäkelä", "2012-05-04", "049", "31", "1.5", "x")


def sheet(path: Path, rows: Sequence[Sequence[Any]], header: Sequence[Any] = NAMES) -> Path:
    """A spreadsheet of one sheet."""
    book = openpyxl.Workbook()
    for row in (header, *rows):
        book.active.append(row)
    book.save(path)
    return path


def repacked(path: Path, changes: Mapping[str, bytes | None], *, mode: int = zipfile.ZIP_DEFLATED) -> Path:
    """The zip *path* with members replaced, added, or (None) left out."""
    with zipfile.ZipFile(path) as packed:
        members = {name: packed.read(name) for name in packed.namelist()} | dict(changes)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", mode) as packed:
        for name, data in members.items():
            if data is not None:
                packed.writestr(name, data)
    path.write_bytes(made.getvalue())
    return path


def parquet(path: Path, **changes: pa.Array | None) -> Path:
    """A Parquet file of one row, columns replaced, added or (None) left out."""
    columns = {name: pa.array([value]) for name, value in zip(NAMES, ROW, strict=True)} | changes
    pq.write_table(pa.table({name: column for name, column in columns.items() if column is not None}), path)
    return path


def database(folder: Path, statement: str = "SELECT * FROM pupils", url: str = "sqlite:///pupils.db") -> readers.Query:
    """An SQLite database of one row, its connection file and a statement."""
    if not (folder / "pupils.db").exists():
        with sqlite3.connect(folder / "pupils.db") as base:
            base.execute(f"CREATE TABLE pupils ({', '.join(NAMES)})")
            base.execute("INSERT INTO pupils VALUES (?, ?, ?, ?, ?, ?, ?)", ROW)
        base.close()
    (folder / "url").write_text(url + "\n", encoding="utf-8")
    (folder / "url").chmod(0o600)
    (folder / "pupils.sql").write_text(statement, encoding="utf-8")
    return readers.Query(folder / "url", folder / "pupils.sql")
