"""Spreadsheets, Parquet files and databases: read as the text they mean, or refused with a reason and no value."""

from __future__ import annotations

import datetime
import decimal
import stat
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sources_world as sources

from sauma import readers
from sauma.project import RegisterFiles
from sauma.readers import archive, spreadsheet
from sauma.readers import parquet as parquet_reader
from schemas.batches import RawBatch
from schemas.errors import InputError, KeyProblem, SaumaError

NIGHT = datetime.datetime.fromisoformat("2012-05-04T00:30:00")
DAY = datetime.datetime.fromisoformat("2012-05-04")


def read(source: readers.Source, **declared: str) -> RawBatch:
    return readers.read_extract(source, sources.REGISTER, RegisterFiles(extract="x", **declared))


def rows(source: readers.Source, **declared: str) -> list[tuple[str | None, ...]]:
    return [tuple(row.values()) for row in read(source, **declared).columns.to_pylist()]


def refused(source: readers.Source, code: str, reason: str, **declared: str) -> SaumaError:
    with pytest.raises(SaumaError) as caught:
        read(source, **declared)
    error = caught.value
    told = " ".join([str(error), error.hint, *(f"{fault.column} {fault.reason}" for fault in error.faults)])
    assert (error.code, reason in told) == (code, True), told
    assert error.__context__ is None
    assert not any(word in told for word in ("Mäkelä", "901T", "salainen", "kanaria")), told
    return error


# Spreadsheets


def test_a_spreadsheet_gives_text(tmp_path: Path) -> None:
    typed = (*sources.ROW[:2], DAY, "049", 31.0, 0.1 + 0.2, True)
    found = read(sources.sheet(tmp_path / "e.xlsx", [sources.ROW, [], typed, [None] * 7, (None, " Åse ", None, "091")]))
    assert found.rows.to_pylist() == [1, 3, 5]
    assert [tuple(row.values()) for row in found.columns.to_pylist()] == [
        sources.TEXT,
        (*sources.TEXT[:5], "0.3", "true"),
        (None, "Åse", None, "091", None, None, None),
    ]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("kunta", 49, "leading zeros are lost"),
        ("hetu", 10203, "leading zeros are lost"),
        ("sukunimi", 1.5, "leading zeros are lost"),
        ("lisätieto", DAY, "a date where none is declared"),
        ("lisätieto", 1.5, "a broken number where text is declared"),
        ("syntymäaika", NIGHT, "a time of day where a date"),
        ("syntymäaika", datetime.time(1, 2), "a time of day or a duration"),
        ("tunnit", datetime.timedelta(days=2), "a time of day or a duration"),
        ("tunnit", "=30+1", "a formula without its value"),
        ("tunnit", "#N/A", "holds an error"),
        ("tunnit", 10**17, "too large or too small"),
        ("osuus", 1e200, "too large or too small"),
        ("osuus", 1e-200, "too large or too small"),
    ],
)
def test_a_cell_that_is_not_what_it_looks_like_is_refused(tmp_path: Path, column: str, value: Any, reason: str) -> None:
    row = [value if name == column else cell for name, cell in zip(sources.NAMES, sources.ROW, strict=True)]
    error = refused(sources.sheet(tmp_path / "e.xlsx", [sources.ROW, row]), "S3020", reason)
    assert [(fault.column, fault.row) for fault in error.faults] == [(column, 2)]


def test_letters_and_line_ends_in_cells_are_judged_as_in_text(tmp_path: Path) -> None:
    def with_note(note: str) -> Path:
        return sources.sheet(tmp_path / "e.xlsx", [sources.ROW, (*sources.ROW[:6], note)])

    assert refused(with_note("MÃ¤ki"), "S3006", "mojibake").faults[0].row == 2
    assert refused(with_note("a\nb"), "S3007", "line end").faults[0].row == 2
    assert refused(with_note("x" * 10_001), "S3007", "too long").faults[0].row == 2


def test_a_formula_with_its_value_is_read(tmp_path: Path) -> None:
    path = sources.sheet(tmp_path / "e.xlsx", [(*sources.ROW[:4], 31, 1.5, "x")])
    with_formula = _part(path, "xl/worksheets/sheet1.xml").replace(b"<v>31</v>", b"<f>30+1</f><v>31</v>")
    assert b"<f>" in with_formula
    assert rows(sources.repacked(path, {"xl/worksheets/sheet1.xml": with_formula})) == [sources.TEXT]


def test_texts_may_be_shared_between_cells(tmp_path: Path) -> None:
    path = sources.sheet(tmp_path / "e.xlsx", [sources.ROW])
    inline = '<c r="B2" t="inlineStr"><is><t>Mäkelä</t></is></c>'.encode()
    data = _part(path, SHEET)
    assert inline in data
    strings = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><r><t>Mä</t></r><r><t>kelä</t></r></si></sst>'
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    types = _part(path, "[Content_Types].xml").replace(
        b"</Types>", b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
    )
    shared = {
        "[Content_Types].xml": types,
        "xl/sharedStrings.xml": strings.encode(),
        SHEET: data.replace(inline, b'<c r="B2" t="s"><v>0</v></c>'),
    }
    assert rows(sources.repacked(path, shared)) == [sources.TEXT]
    for wrong in (b"1", b"-1", b"x", b"9" * 5_000):
        refused(sources.repacked(path, {SHEET: data.replace(inline, b'<c r="B2" t="s"><v>' + wrong + b"</v></c>")}), "S3021", "damaged")


def _part(path: Path, name: str) -> bytes:
    import zipfile

    with zipfile.ZipFile(path) as packed:
        return packed.read(name)


def test_a_sheet_is_chosen_and_never_guessed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["kanaria"])
    other = book.create_sheet("Oppilaat")
    for row in (sources.NAMES, sources.ROW):
        other.append(row)
    book.save(tmp_path / "e.xlsx")
    assert refused(tmp_path / "e.xlsx", "S3021", "2 sheets, and none is chosen").hint.startswith("choose one: --sheet")
    assert rows(tmp_path / "e.xlsx", sheet="Oppilaat") == [sources.TEXT]
    refused(tmp_path / "e.xlsx", "S3021", "no sheet of the declared name", sheet="oppilaat")
    refused(tmp_path / "e.xlsx", "S3007", "first row is not the declared header", sheet="Sheet")
    book.worksheets[0].sheet_state = "hidden"
    book.active = 1
    book.save(tmp_path / "e.xlsx")
    assert rows(tmp_path / "e.xlsx") == [sources.TEXT]


def test_a_spreadsheets_columns_are_the_declared_ones(tmp_path: Path) -> None:
    refused(
        sources.sheet(tmp_path / "e.xlsx", [sources.ROW], (*sources.NAMES[:-1], "kanaria")), "S3008", "1 declared columns are missing, 1"
    )
    refused(sources.sheet(tmp_path / "e.xlsx", [sources.ROW], ("hetu", *sources.NAMES[:-1])), "S3007", "duplicate header")
    refused(sources.sheet(tmp_path / "e.xlsx", [(*sources.ROW, "kanaria")]), "S3020", "has a cell and no name")
    refused(sources.sheet(tmp_path / "e.xlsx", []), "S3007", "no rows")


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = b'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>\n'


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({SHEET: LAUGHS + b"<worksheet>&b;</worksheet>"}, "defines entities"),
        ({SHEET: b" " * 5_000 + LAUGHS}, "defines entities"),
        ({SHEET: '<?xml version="1.0" encoding="utf-16"?><worksheet/>'.encode("utf-16")}, "not UTF-8"),
        ({SHEET: b'<?xml version="1.0" encoding="utf-7"?><worksheet/>'}, "not UTF-8"),
        ({SHEET: b"<worksheet>" + b"a" * (3 << 20)}, "endless text"),
        ({"xl/other.bin": LAUGHS}, "XML under another name"),
        ({"../../evil.xml": b"<a/>"}, "lie outside"),
        ({"/etc/evil.xml": b"<a/>"}, "lie outside"),
        ({"XL/worksheets/SHEET1.xml": b"<a/>"}, "one part twice"),
        ({SHEET: b"<worksheet><sheetData><row"}, "damaged"),
        ({SHEET: None}, "damaged"),
        ({"xl/workbook.xml": b"<a/>"}, ""),
        ({"[Content_Types].xml": None}, "damaged"),
        ({"xl/styles.xml": b"<a><b></a>"}, "damaged"),
    ],
)
def test_a_hostile_spreadsheet_is_refused(tmp_path: Path, changes: dict[str, bytes | None], reason: str) -> None:
    refused(sources.repacked(sources.sheet(tmp_path / "e.xlsx", [sources.ROW]), changes), "S3021", reason)


def test_a_spreadsheet_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sources.repacked(sources.sheet(tmp_path / "e.xlsx", [sources.ROW]), {"xl/media/zeros.png": b"\0" * 20_000_000})
    assert path.stat().st_size < 100_000
    assert rows(path) == [sources.TEXT]
    monkeypatch.setattr(archive, "TOTAL_BYTES_MAX", 10_000_000)
    refused(path, "S3021", "unpacks to more")
    monkeypatch.setattr(archive, "TOTAL_BYTES_MAX", 100_000_000)
    monkeypatch.setattr(archive, "STRINGS_BYTES_MAX", 10_000_000)
    refused(path, "S3021", "unpacks to more")
    monkeypatch.setattr(archive, "MEMBERS_MAX", 5)
    refused(path, "S3021", "too many parts")


def test_rows_out_of_order_and_rows_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sources.sheet(tmp_path / "e.xlsx", [sources.ROW])
    data = _part(path, SHEET)
    refused(sources.repacked(path, {SHEET: data.replace(b'<row r="2"', b'<row r="99999999999"')}), "S3021", "out of order")
    refused(sources.repacked(path, {SHEET: data.replace(b'<row r="2"', b'<row r="1"')}), "S3021", "out of order")
    refused(sources.repacked(path, {SHEET: data.replace(b'<row r="2"', b'<row r="-5"')}), "S3021", "out of order")
    assert read(sources.repacked(path, {SHEET: data.replace(b'<row r="2"', b'<row r="1048576"')})).rows.to_pylist() == [1_048_575]
    monkeypatch.setattr(spreadsheet, "COLUMNS_MAX", 3)
    refused(sources.repacked(path, {SHEET: data}), "S3021", "more than the format can hold")


# Parquet


def test_parquet_gives_text(tmp_path: Path) -> None:
    assert rows(sources.parquet(tmp_path / "e.parquet")) == [sources.TEXT]
    changed = sources.parquet(
        tmp_path / "e.parquet",
        sukunimi=pa.array(["Mäkelä"]).dictionary_encode(),
        syntymäaika=pa.array([DAY.date()]),
        tunnit=pa.array([31.0]),
        osuus=pa.array([decimal.Decimal("1.50")]),
        lisätieto=pa.array([None], pa.null()),
    )
    assert rows(changed) == [(*sources.TEXT[:5], "1.50", None)]
    changed = sources.parquet(tmp_path / "e.parquet", syntymäaika=pa.array([DAY], pa.timestamp("ns")), lisätieto=pa.array([NIGHT]))
    assert rows(changed) == [(*sources.TEXT[:6], "2012-05-04T00:30:00")]


@pytest.mark.parametrize(
    ("column", "values", "code", "reason"),
    [
        ("kunta", pa.array([49]), "S3020", "leading zeros are lost"),
        ("hetu", pa.array([10203.0]), "S3020", "leading zeros are lost"),
        ("tunnit", pa.array([1.5]), "S3020", "a broken number"),
        ("tunnit", pa.array([float("nan")]), "S3020", "no number"),
        ("osuus", pa.array([float("inf")]), "S3020", "no number"),
        ("osuus", pa.array([1e300]), "S3020", "too large or too small"),
        ("syntymäaika", pa.array([NIGHT]), "S3020", "a time of day where a date"),
        ("syntymäaika", pa.array([DAY], pa.timestamp("us", "Europe/Helsinki")), "S3020", "a time zone"),
        ("syntymäaika", pa.array([datetime.time(1)]), "S3020", "not read"),
        ("lisätieto", pa.array([b"kanaria"]), "S3020", "not read"),
        ("lisätieto", pa.array([{"a": 1}]), "S3020", "not read"),
        ("lisätieto", pa.array([["kanaria"]]), "S3021", "nested"),
        ("lisätieto", pa.array([{"a": 1, "b": 2}]), "S3021", "nested"),
        ("lisätieto", pa.array(["MÃ¤ki"]), "S3006", "mojibake"),
        ("lisätieto", pa.array(["a\0b"]), "S3006", "NUL"),
        ("lisätieto", pa.array(["a\nb"]), "S3007", "line end"),
        ("lisätieto", pa.array(["x" * 50_000]), "S3007", "too long"),
        (
            "lisätieto",
            pa.Array.from_buffers(pa.string(), 1, [*pa.array(["xx"]).buffers()[:2], pa.py_buffer(b"\xc3(")]),
            "S3021",
            "damaged",
        ),
        ("lisätieto", None, "S3008", "1 declared columns are missing"),
        ("kanaria", pa.array(["x"]), "S3008", "1 columns are not declared"),
    ],
)
def test_parquet_of_other_kinds_is_refused(tmp_path: Path, column: str, values: pa.Array | None, code: str, reason: str) -> None:
    refused(sources.parquet(tmp_path / "e.parquet", **{column: values}), code, reason)


def test_a_repeated_long_value_is_measured_before_it_is_written_out(tmp_path: Path) -> None:
    """4,000 rows of one value of 400 kB are a Parquet file of some kilobytes, and would be 1.6 GB of text."""
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 4_000, pa.int32()), pa.array(["x" * 400_000]))
    columns = {name: pa.nulls(4_000, pa.string()) for name in sources.NAMES} | {"lisätieto": long}
    pq.write_table(pa.table(columns), tmp_path / "e.parquet")
    assert (tmp_path / "e.parquet").stat().st_size < 200_000
    before = pa.total_allocated_bytes()
    refused(tmp_path / "e.parquet", "S3007", "too long")
    assert pa.default_memory_pool().max_memory() - before < 400 << 20


def test_absurd_promises_of_a_footer_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sources.parquet(tmp_path / "e.parquet")
    data = path.read_bytes()
    for length in (2**31, 2**32 - 1, len(data) - 12, 0, 1):
        path.write_bytes(data[:-8] + struct.pack("<I", length) + b"PAR1")
        refused(path, "S3021", "damaged")
    path.write_bytes(data)
    for limit in ("COLUMNS_MAX", "ROW_GROUPS_MAX", "ROWS_MAX"):
        with monkeypatch.context() as patched:
            patched.setattr(parquet_reader, limit, 0)
            refused(path, "S3021", "promises more")
    monkeypatch.setattr(parquet_reader, "GROUP_BYTES_MAX", 10)
    refused(path, "S3021", "larger than 10 bytes")


@pytest.mark.parametrize("make", [sources.parquet, lambda path: sources.sheet(path, [sources.ROW])])
def test_a_damaged_file_ends_in_our_errors(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    """Every cut is refused; with a byte inverted somewhere a file is read as the same table, or refused by us."""
    path = make(tmp_path / "e.bin")
    data = path.read_bytes()
    read_still = 0
    places = range(4, len(data), max(1, len(data) // 150))
    for position in places:
        path.write_bytes(data[:position])
        with pytest.raises(InputError) as cut:
            read(path)
        assert cut.value.__context__ is None
        path.write_bytes(data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :])
        try:
            read_still += read(path).columns.column_names == list(sources.NAMES)
        except InputError as error:
            assert error.__context__ is None
    assert read_still < len(places) // 2, "most damage is found: checksums cover the data"


def test_an_encrypted_parquet_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "e.parquet").write_bytes(b"PARE" + zlib.compress(b"x" * 400) + b"PARE")
    refused(tmp_path / "e.parquet", "S3007", "Parquet file, not CSV")


# Databases


def test_a_query_gives_text(tmp_path: Path) -> None:
    assert rows(sources.database(tmp_path)) == [sources.TEXT]
    reordered = ", ".join(reversed(sources.NAMES))
    statement = f"WITH x AS (SELECT * FROM pupils) SELECT {reordered} FROM x -- ':no' 10 %\nWHERE sukunimi <> ' :no 10 %';\n"
    assert rows(sources.database(tmp_path, statement)) == [sources.TEXT]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM pupils",
        "SELECT * FROM pupils; DELETE FROM pupils",
        "DELETE FROM pupils RETURNING *",
        "WITH gone AS (DELETE FROM pupils RETURNING *) SELECT * FROM gone",
        "SELECT * INTO other FROM pupils",
        "CREATE TABLE other AS SELECT * FROM pupils",
        "ATTACH 'other.db' AS other",
        "PRAGMA query_only = OFF",
        "",
        ";",
        "kanaria (",
        "SELECT * FROM pupils \x00",
        "(" * 3_000,
    ],
)
def test_a_statement_that_does_more_than_select_is_refused(tmp_path: Path, statement: str) -> None:
    source = sources.database(tmp_path)
    before = (tmp_path / "pupils.db").read_bytes()
    refused(sources.database(tmp_path, statement), "S3022", "")
    assert (tmp_path / "pupils.db").read_bytes() == before
    assert source.connection.exists()


@pytest.mark.parametrize(
    ("url", "code", "reason"),
    [
        ("sqlite:///kanaria.db", "S3022", "no such database file"),
        ("sqlite:///", "S3022", "no such database file"),
        ("sqlite:///file:pupils.db?mode=rwc&uri=true", "S3022", "options"),
        ("postgresql://user:salainen@localhost/x?plugin=evil", "S3022", "options"),
        ("postgresql://user:salainen@localhost/x?options=-c%20x", "S3022", "options"),
        ("postgresql+evil://user:salainen@localhost/x", "S3022", "not read"),
        ("oracle://user:salainen@localhost/x", "S3022", "not read"),
        ("postgresql://user:salainen@127.0.0.1:1/x", "S3022", "OperationalError"),
        ("salainen", "S3022", "one URL"),
        ("", "S3022", "one URL"),
        ("sqlite:///pupils.db\nsqlite:///pupils.db", "S3022", "one URL"),
        ("sqlite:///pup\0ils.db", "S3022", "one URL"),
        ("x" * 5_000, "S3003", "larger"),
    ],
)
def test_a_hostile_connection_file_is_refused(tmp_path: Path, url: str, code: str, reason: str) -> None:
    error = refused(sources.database(tmp_path, url=url), code, reason)
    assert "salainen" not in error.place


def test_a_connection_file_is_private(tmp_path: Path) -> None:
    source = sources.database(tmp_path)
    source.connection.chmod(0o640)
    with pytest.raises(KeyProblem, match="S6003"):
        read(source)
    source.connection.chmod(stat.S_IRUSR | stat.S_IWUSR)
    (tmp_path / "link").symlink_to(source.connection)
    refused(readers.Query(tmp_path / "link", source.statement), "S3003", "symbolic link")


@pytest.mark.parametrize(
    ("expression", "code", "reason"),
    [
        ("49", "S3020", "leading zeros are lost"),
        ("x'00ff'", "S3020", "not read"),
        ("CAST(x'c328' AS TEXT)", "S3022", "OperationalError"),
        ("zeroblob(2000000)", "S3022", "DataError"),
        ("'a' || char(0) || 'b'", "S3006", "NUL"),
        ("'MÃ¤ki'", "S3006", "mojibake"),
        ("nonsense(1)", "S3022", "OperationalError"),
    ],
)
def test_values_of_other_kinds_are_refused(tmp_path: Path, expression: str, code: str, reason: str) -> None:
    columns = ", ".join(f"{expression} AS kunta" if name == "kunta" else name for name in sources.NAMES)
    refused(sources.database(tmp_path, f"SELECT {columns} FROM pupils"), code, reason)


def test_several_types_in_one_column_are_refused(tmp_path: Path) -> None:
    columns = ", ".join("'x' AS lisätieto" if name == "lisätieto" else name for name in sources.NAMES)
    one = ", ".join("1 AS lisätieto" if name == "lisätieto" else name for name in sources.NAMES)
    statement = f"SELECT {columns} FROM pupils UNION ALL SELECT {one} FROM pupils"
    refused(sources.database(tmp_path, statement), "S3020", "values of several types")


def test_a_query_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sauma.readers import database

    monkeypatch.setattr(database, "QUERY_SECONDS", 0)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT pupils.* FROM pupils WHERE (SELECT max(i) FROM n) > 0"
    refused(sources.database(tmp_path, endless), "S3022", "OperationalError")


def test_sources_are_declared_one_way(tmp_path: Path) -> None:
    for wrong in (
        {},
        {"extract": "a", "query": "b"},
        {"query": "b"},
        {"extract": "a", "connection": "c"},
        {"query": "b", "connection": "c", "sheet": "d"},
    ):
        with pytest.raises(ValueError):
            RegisterFiles(**wrong)
    asked = readers.source(tmp_path, RegisterFiles(query="b", connection="c"))
    assert asked == readers.Query(tmp_path / "c", tmp_path / "b")
    assert readers.source(tmp_path, RegisterFiles(extract="a")) == tmp_path / "a"
    assert readers.source(tmp_path, RegisterFiles(query="b", connection="c"), tmp_path / "flag") == tmp_path / "flag"
