"""What is given as an extract and is none: told by its first bytes, and no table of people is taken for anything else."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import sqlite3
import zipfile
from pathlib import Path

import pytest
import sources_world as sources
from hypothesis import given
from hypothesis import strategies as st

from sauma import readers
from sauma.console import Console
from sauma.readers import kinds
from schemas.errors import Fault, InputError

TABLE = ";".join(sources.NAMES) + "\n" + ";".join(sources.TEXT) + "\n"


def _zip(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name, data in members.items():
            packed.writestr(name.replace("__", "/").replace("_", "."), data)
    return made.getvalue()


def _database(folder: Path) -> bytes:
    with sqlite3.connect(folder / "x.db") as base:
        base.execute("CREATE TABLE kanaria (x)")
    base.close()
    return (folder / "x.db").read_bytes()


OTHERS = [
    ("<!DOCTYPE html>\n<html><body>kanaria; a; b</body></html>", "a web page (HTML)"),
    ("\ufeff  <html><table><tr><td>kanaria</td></tr></table></html>", "a web page (HTML)"),
    ("<!-- kanaria -->\n<table><tr><td>1;2</td></tr></table>", "a web page (HTML)"),
    ('<?xml version="1.0"?>\n<?mso x?><Workbook>kanaria</Workbook>', "an XML file"),
    ('<people><person name="kanaria"/></people>', "an XML file"),
    (json.dumps([{"kanaria": 1}]), "a JSON file"),
    (json.dumps({"kanaria": [1]}, indent=1), "a JSON file"),
    ('#!/usr/bin/env python3\nprint("kanaria")\n', "the text of a program"),
    ("from os import path; kanaria\nx, y\n", "the text of a program"),
    ('"""Kanaria, and; more."""\nimport os\n', "the text of a program"),
    (b"%PDF-1.7\nkanaria", "a PDF document"),
    (gzip.compress(TABLE.encode()), "a gzip file"),
    (bz2.compress(TABLE.encode()), "a bzip2 file"),
    (lzma.compress(TABLE.encode()), "an xz file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Excel spreadsheet (XLS), or one with a password"),
    (b"PARE" + bytes(40) + b"PARE", "an encrypted Parquet file"),
    (b"ORC\n\x00\x01\x02", "an ORC file"),
    (_zip(kanaria_csv=b"a;b\n"), "a zip archive"),
    (_zip(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_xml=b"<a/>"), "an OpenDocument spreadsheet (ODS)"),
    (_zip(mimetype=b"application/vnd.oasis.opendocument.text"), "an OpenDocument file"),
    (_zip(word__document_xml=b"<a/>"), "a Word or PowerPoint document"),
    (_zip(xl__workbook_bin=b"x"), "a binary Excel workbook (XLSB)"),
]


@pytest.mark.parametrize(("data", "what"), OTHERS, ids=[f"{place} {what}" for place, (_, what) in enumerate(OTHERS)])
def test_what_is_no_table_is_named(tmp_path: Path, data: str | bytes, what: str) -> None:
    path = tmp_path / "extract.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    with pytest.raises(InputError) as refused:
        readers.read_extract(path, sources.REGISTER, None)
    error = refused.value
    assert error.code in ("S3007", "S3021")
    assert error.reason.startswith(f"{what}, ")
    assert error.hint
    assert error.faults == ()
    assert error.__context__ is None
    assert "anaria" not in f"{error} {error.hint}"


def test_a_line_that_speaks_to_excel_is_named(tmp_path: Path) -> None:
    for mark in ("", "\ufeff"):
        (tmp_path / "extract.csv").write_text(f"{mark}sep=;\r\n{TABLE}", encoding="utf-8")
        with pytest.raises(InputError, match=r"S3007 .*speaks to Excel"):
            readers.read_extract(tmp_path / "extract.csv", sources.REGISTER, None)


def test_a_database_file_is_named(tmp_path: Path) -> None:
    assert "an SQLite database" in str(kinds.other(_database(tmp_path)))


NAME = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and not set(text) & set('<[{"#%')
)


@given(
    names=st.lists(NAME, min_size=2, max_size=8),
    delimiter=st.sampled_from(";,\t|"),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_no_header_is_taken_for_another_kind_of_file(names: list[str], delimiter: str, quoting: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting).writerow(names)  # type: ignore[arg-type]
    assert kinds.other(text.getvalue().encode()) is None


@pytest.mark.parametrize(
    "first", ["ORC", "ORC;a", "MZ", "class;b", "import;export", "def;a", "from;until", "BZ;a", "PAR;a", "<5;a", "[x];a"]
)
def test_odd_names_of_columns_are_names(first: str) -> None:
    assert kinds.other(f"{first};b\n1;2\n".encode()) is None


# Identical faults are one line, with the first rows and how many more there are


def told(capsys: pytest.CaptureFixture[str], *faults: Fault) -> list[str]:
    Console(as_json=False).failed(InputError("S3007", place="x.csv", reason="wrong", faults=faults))
    return [line.removeprefix("  - ") for line in capsys.readouterr().err.splitlines()[1:]]


def test_identical_faults_are_folded(capsys: pytest.CaptureFixture[str]) -> None:
    many = [Fault("bad", column="a", row=row) for row in range(3, 20)]
    assert told(capsys, *many) == ["column a, rows 3, 4, 5, 6, 7 and 12 more: bad"]
    assert told(capsys, Fault("bad", row=1), Fault("bad", row=2, count=8)) == ["rows 1, 2 and 7 more: bad"]
    assert told(capsys, Fault("bad", row=1), Fault("bad", row=2)) == ["rows 1, 2: bad"]
    assert told(capsys, Fault("bad", column="a", row=4, count=9)) == ["column a, row 4: bad (9 times)"]
    assert told(capsys, Fault("bad", column="a", row=4), Fault("worse", column="a", row=4)) == [
        "column a, row 4: bad",
        "column a, row 4: worse",
    ]
    assert told(capsys, Fault("bad", column="a"), Fault("bad")) == ["column a: bad", "file: bad"]
    assert told(capsys, Fault("bad", column="a"), Fault("bad", column="a")) == ["column a: bad (2 times)"]


def test_ragged_rows_are_counted_whole(tmp_path: Path) -> None:
    path = tmp_path / "extract.csv"
    path.write_text(
        TABLE + TABLE.splitlines()[1] + ";x\n" + TABLE.splitlines()[1] + "\n" + (TABLE.splitlines()[1] + "\n") * 90, encoding="utf-8"
    )
    with pytest.raises(InputError, match="1 rows have more or fewer cells than the header"):
        readers.read_extract(path, sources.REGISTER, None)
    path.write_text(TABLE + (TABLE.splitlines()[1] + ";x\n") * 90, encoding="utf-8")
    with pytest.raises(InputError, match="no table: 90 rows have more or fewer cells than the first line") as refused:
        readers.read_extract(path, sources.REGISTER, None)
    assert sum(fault.count for fault in refused.value.faults) == 90
    assert [fault.row for fault in refused.value.faults] == list(range(2, 22))
