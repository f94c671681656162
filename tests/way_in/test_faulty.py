"""The steward's private list of faulty rows: the line it names is the line that Excel shows, and nobody else may read it."""

from __future__ import annotations

import csv
import datetime
import io
import stat
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
import sources_world as sources

from privacy.pseudonymise.check.examined import examined
from privacy.pseudonymise.check.listing import listing
from privacy.pseudonymise.pipeline import Local
from sauma import faulty, readers
from sauma.project import RegisterFiles
from schemas.errors import InputError, UsageError
from schemas.register import Field

NOBODY = Local(datetime.date(2026, 3, 1), {}, frozenset())
GOOD, BAD = "1985-04-03", "31.2.1985"


def written(path: Path, source: Path, *, numbered: bool = True, **declared: str) -> list[dict[str, str]]:
    """The list about *source*, as a spreadsheet program would read it."""
    import way_in_world as world

    fields = [Field(name="name", type="text", meaning="surname"), Field(name="päivä", type="date", leaves="year")]
    agreed = world.agreement()
    register = agreed.register_of("pupils").model_copy(update={"columns": tuple(fields)})
    raw = readers.read_extract(source, register, RegisterFiles(extract="x", **declared))
    faulty.write(path, listing(examined(raw, agreed, NOBODY)), numbered=numbered)
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";"))


ROWS = [("Aino", GOOD), ("Eino", BAD), ("", ""), ("Elli; Maria", BAD), ('Onni "O"', GOOD), ("Åke", "eilen")]
"""The fourth is quoted, the third empty: neither moves the line numbers."""


@pytest.mark.parametrize(("encoding", "delimiter", "end"), [("cp1252", ";", "\r\n"), ("utf-8-sig", ",", "\n"), ("utf-8", "\t", "\r\n")])
def test_the_line_is_the_line_of_the_file(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    with (tmp_path / "e.csv").open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter, lineterminator=end).writerows([("name", "päivä"), *ROWS])
    told = written(tmp_path / "faulty.csv", tmp_path / "e.csv", encoding=encoding.removesuffix("-sig"))
    lines = (tmp_path / "e.csv").read_text(encoding=encoding).splitlines()
    assert [each["column"] for each in told] == ["päivä"] * 3
    assert [lines[int(each["line"]) - 1].split(delimiter)[-1] for each in told] == [BAD, BAD, "eilen"]
    assert [int(each["line"]) - int(each["row"]) for each in told] == [1, 1, 1]
    assert {(each["reason"], each["effect"]) for each in told} == {("not_a_date", "kept_back")}


def test_the_line_is_the_row_of_the_sheet(tmp_path: Path) -> None:
    path = sources.sheet(tmp_path / "e.xlsx", [row if any(row) else () for row in ROWS], ("name", "päivä"))
    told = written(tmp_path / "faulty.csv", path)
    sheet = openpyxl.load_workbook(path).active
    assert [sheet.cell(int(each["line"]), 2).value for each in told] == [BAD, BAD, "eilen"]


def test_the_list_is_private_has_no_value_and_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("name;päivä\n" + "".join(f"{name};{day}\n" for name, day in ROWS if ";" not in name), encoding="utf-8")
    for _ in range(2):
        faulty.check_target(tmp_path / "faulty.csv")
        written(tmp_path / "faulty.csv", tmp_path / "e.csv", numbered=False)
    data = (tmp_path / "faulty.csv").read_bytes()
    assert stat.S_IMODE((tmp_path / "faulty.csv").stat().st_mode) == 0o600
    assert data.startswith(faulty.HEADER + b";2;")
    assert not [value for row in ROWS for value in row if value and value.encode() in data]


def test_a_name_that_would_be_a_formula_is_none(tmp_path: Path) -> None:
    table = pa.table({"row": [1, 2], "column": ["=1+1", "a;b"], "reason": ["x", "x"], "effect": ["kept_back"] * 2})
    faulty.write(tmp_path / "faulty.csv", table, numbered=True)
    told = list(csv.DictReader(io.StringIO((tmp_path / "faulty.csv").read_text(encoding="utf-8-sig")), delimiter=";"))
    assert [each["column"] for each in told] == ["'=1+1", "a;b"]


def test_the_list_takes_the_place_of_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("name;day\n", encoding="utf-8")
    (tmp_path / "folder.csv").mkdir()
    for name, error, code in (("mine.csv", InputError, "S3004"), ("folder.csv", InputError, "S3004"), ("x.txt", UsageError, "S2000")):
        with pytest.raises(error, match=code):
            faulty.check_target(tmp_path / name)
    assert (tmp_path / "mine.csv").read_text(encoding="utf-8") == "name;day\n"
