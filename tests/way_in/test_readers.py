"""Extracts: every way a file can be wrong has its own reason, and no message quotes the file."""

from __future__ import annotations

import csv
import io
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
import way_in_world as world
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.pseudonymise.hetu import compose
from sauma import readers
from sauma.project import RegisterFiles
from sauma.readers import delimited
from schemas.batches import RawBatch
from schemas.errors import InputError

HEADER = "hetu;etunimet;sukunimi;syntymäaika;luokka;lisätieto"
ROW = ";Päivi;Mäkelä;2012-05-04;7;kanarialintu"
GOOD = f"{HEADER}\n{ROW}\n"


def read(tmp_path: Path, data: bytes | str, **declared: str) -> RawBatch:
    path = tmp_path / "extract.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return readers.read_extract(path, world.agreement().register_of("pupils"), RegisterFiles(extract="extract.csv", **declared))


WRONG = [
    ("utf-16", GOOD.encode("utf-16"), "S3006", "UTF-16", None),
    ("utf-16 without mark", GOOD.encode("utf-16-le"), "S3006", "UTF-16", None),
    ("cp1252", GOOD.encode("cp1252"), "S3006", "not UTF-8", 0),
    ("latin-1 row", GOOD.encode() + ";\xe4;;;;\n".encode("latin-1"), "S3006", "not UTF-8", 2),
    ("mojibake", GOOD.replace("Päivi", "Päivi".encode().decode("cp1252")), "S3006", "mojibake", 1),
    ("mojibake capital", GOOD.replace("Päivi", "Ängeslevä".encode().decode("latin-1")), "S3006", "mojibake", 1),
    ("replacement", GOOD.replace("ä", "\ufffd"), "S3006", "replacement", 0),
    ("nul", GOOD.replace("Päivi", "Päi\0vi"), "S3006", "NUL", 1),
    ("control", GOOD.replace("Päivi", "Päi\x1bvi"), "S3006", "control", 1),
    ("empty", b"", "S3007", "empty", None),
    ("only a mark", b"\xef\xbb\xbf\r\n", "S3007", "empty", None),
    ("no rows", HEADER + "\n", "S3007", "no rows", None),
    ("blank rows", HEADER + "\n;;;;;\n\n", "S3007", "no rows", None),
    ("duplicate header", GOOD.replace("etunimet", "sukunimi"), "S3007", "duplicate header", None),
    ("missing column", GOOD.replace(";lisätieto", "").replace(";kanarialintu", ""), "S3008", "1 declared columns are missing, 0", None),
    ("extra column", GOOD.replace("lisätieto", "lisätieto;kanaria").replace("lintu", ";x"), "S3008", "1 columns are not declared", None),
    ("wrong case", GOOD.replace("lisätieto", "Lisätieto"), "S3008", "1 declared columns are missing, 1", None),
    ("no header", f"{ROW}\n{ROW}\n", "S3007", "first line is not the declared header", None),
    ("unknown delimiter", GOOD.replace(";", "~"), "S3007", "first line is not the declared header", None),
    ("ragged row", f"{GOOD}{ROW};x\n{ROW}\nx;y\n", "S3007", "2 rows have more or fewer", 2),
    ("unquoted delimiter", GOOD.replace("kanarialintu", "kanaria;lintu"), "S3007", "more or fewer", 1),
    ("unclosed quote", GOOD.replace("Päivi", '"Päivi') + f"{ROW}\n" * 3, "S3007", "", None),
    ("cut off in a quote", f"{GOOD}{ROW}\n{ROW}".replace("kanarialintu", "x") + '\n;;;;;"kanaria', "S3007", "ends within a quote", 4),
    ("cut off behind a quote", GOOD + ';;;;;"', "S3007", "ends within a quote", 2),
    ("cut off in a quote, line ended", GOOD + ';;;;;"kanaria""\n', "S3007", "ends within a quote", 2),
    ("line end in a cell", GOOD.replace("Päivi", '"Päi\nvi"'), "S3007", "line end", 1),
    ("huge cell", GOOD.replace("Päivi", "P" * 10_001), "S3007", "too long", 1),
    ("old Mac line ends", GOOD.replace("\n", "\r"), "S3007", "line ends", None),
    ("spreadsheet", b"PK\x03\x04" + b"\x14" * 300, "S3021", "spreadsheet", None),
    ("old spreadsheet", b"\xd0\xcf\x11\xe0" + b"\x14" * 300, "S3007", "spreadsheet", None),
]


@pytest.mark.parametrize(("data", "code", "reason", "row"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_wrong_input_is_refused_with_its_reason(tmp_path: Path, data: bytes | str, code: str, reason: str, row: int | None) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, data)
    error = refused.value
    told = " ".join([str(error), error.hint, *(f"{fault.column} {fault.reason}" for fault in error.faults)])
    assert error.code == code
    assert reason in error.reason
    assert error.place.endswith("extract.csv")
    assert row is None or error.faults[0].row == row
    assert error.hint
    assert error.__context__ is None
    assert not any(word in told for word in ("kanaria", "Päivi", "Mäkelä", "2012"))


@pytest.mark.parametrize(
    ("declared", "code", "reason"),
    [
        ({"delimiter": ","}, "S3007", "wrong delimiter"),
        ({"delimiter": "~~"}, "S3007", "wrong delimiter"),
        ({"encoding": "utf-16"}, "S3006", "not one that is read"),
        ({"encoding": "klingon"}, "S3006", "not one that is read"),
        ({"encoding": "cp1252"}, "S3006", "mojibake"),
    ],
)
def test_wrong_declarations_are_refused(tmp_path: Path, declared: dict[str, str], code: str, reason: str) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, GOOD, **declared)
    assert refused.value.code == code
    assert reason in refused.value.reason


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "iso8859-1", "iso8859-15"])
def test_good_files_are_read_alike(tmp_path: Path, delimiter: str, line_end: str, encoding: str) -> None:
    data = GOOD.replace(";", delimiter).replace("\n", line_end).encode(encoding)
    raw = read(tmp_path, data, encoding=encoding)
    assert raw.columns.to_pylist() == read(tmp_path, GOOD).columns.to_pylist()
    assert raw.columns["etunimet"].to_pylist() == ["Päivi"]


@given(st.lists(st.text(alphabet='ab"; \n', max_size=6), min_size=1, max_size=4), st.sampled_from(["", "\n"]), st.data())
def test_a_file_cut_off_within_a_quote_is_refused_and_no_other(cells: list[str], end: str, data: st.DataObject) -> None:
    """Two columns, the second always quoted; cut anywhere in the last cell: within it the cut is refused, behind it nothing is."""
    last = '"' + cells[-1].replace('"', '""')
    whole = "".join(f'1;"{cell.replace(chr(34), chr(34) * 2)}"\n' for cell in cells[:-1]) + f"1;{last}"
    cut = data.draw(st.integers(0, len(last) - 1))
    part = whole[: len(whole) - cut]
    closed = last[: len(last) - cut][1:].count('"') % 2 == 1

    def parsed(text: str) -> list[str | None]:
        held = io.BytesIO(text.encode())
        tables = delimited.batches(held, len(text.encode()), ["a", "b"], place="x", tell=lambda _line: None)
        return [value for table in tables for value in table["b"].to_pylist()]

    assert parsed(f'a;b\n{whole}"{end}') == [cell or None for cell in cells]
    if not closed:
        with pytest.raises(InputError, match="ends within a quote"):
            parsed(f"a;b\n{part}{end}")


def test_a_declared_delimiter_of_any_kind_is_taken(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD.replace(";", "~"), delimiter="~").columns["luokka"].to_pylist() == ["7"]
    assert read(tmp_path, GOOD.replace(";", "\t"), delimiter="tab").columns["luokka"].to_pylist() == ["7"]


def test_columns_come_in_declared_order_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    names = HEADER.split(";")
    text = ";".join(reversed(names)) + "\nx;1;;;;\n\n;2;;;;\n;;;;;\n;3;;;;"
    raw = read(tmp_path, text)
    assert raw.columns.column_names == names
    assert raw.columns["luokka"].to_pylist() == ["1", "2", "3"]
    assert raw.rows.to_pylist() == [1, 3, 5]
    assert raw.columns["lisätieto"].to_pylist() == ["x", None, None]


def test_what_was_found_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "e.csv").write_text(GOOD, encoding="utf-8-sig")
    readers.read_extract(tmp_path / "e.csv", world.agreement().register_of("pupils"), None, told.append)
    assert len(told) == 1
    assert told[0].endswith("e.csv: utf-8, divided by semicolon, 6 columns")


cells = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufffd"), max_size=12).filter(
    lambda text: not any(sign in text for sign in "ÃÅ")
)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(*[cells] * 6), min_size=1, max_size=8), delimiter=st.sampled_from(";,\t|"))
def test_what_the_standard_library_writes_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], delimiter: str
) -> None:
    """Against Python's csv module as the slow reference."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([HEADER.split(";"), *rows])
    expected = [tuple(cell.strip() or None for cell in row) for row in rows]
    kept = [row for row in expected if any(row)]
    if not kept:
        with pytest.raises(InputError, match="S3007"):
            read(tmp_path_factory.getbasetemp(), text.getvalue())
        return
    raw = read(tmp_path_factory.getbasetemp(), text.getvalue())
    assert [tuple(row.values()) for row in raw.columns.to_pylist()] == kept
    assert raw.rows.to_pylist() == [number for number, row in enumerate(expected, 1) if any(row)]


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300) | st.binary(max_size=80).map(lambda tail: GOOD.encode() + tail))
def test_only_our_own_errors_escape(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Bytes without our header are always refused; a tail behind a good file may be rows, and then the first row stands as it was."""
    good, raw = data.startswith(GOOD.encode()), None
    try:
        raw = read(tmp_path_factory.getbasetemp(), data)
    except InputError as error:
        assert error.code in ("S3006", "S3007", "S3008", "S3021")
        assert error.__context__ is None
    assert raw is None or good
    assert raw is None or raw.columns["etunimet"][0].as_py().startswith("Päivi")
    assert raw is not None or data != GOOD.encode()


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


CODES = {name: compose(date(1990, 1, day), 900 + day, "-") for day, name in enumerate("ABCXY", 1)}


def with_codes(rows: str) -> str:
    """*rows* with a code of somebody who does not exist for each capital letter."""
    return "".join(CODES.get(letter, letter) for letter in rows)


def test_history_is_read_as_written_chains_and_all(tmp_path: Path) -> None:
    path = write(tmp_path / "history.csv", "old;current\n" + with_codes("A;B\nB;C\nX;Y\n A ;B\n").replace("-", "\u2013"))
    assert readers.read_history(path) == {CODES[old]: CODES[new] for old, new in ("AB", "BC", "XY")}


@pytest.mark.parametrize("rows", ["A;B\nB;A\n", "A;A\n", "A;B\nA;C\n", "A;\n", ";B\n", "A;unknown\n", "X;A\nA;B\nB;C\nC;A\n"])
def test_history_that_does_not_hold_is_refused(tmp_path: Path, rows: str) -> None:
    with pytest.raises(InputError, match="S3009") as caught:
        readers.read_history(write(tmp_path / "history.csv", "old;current\n" + with_codes(rows)))
    assert not any(code in f"{caught.value} {caught.value.faults}" for code in CODES.values())


def test_a_long_chain_of_changes_is_no_circle(tmp_path: Path) -> None:
    codes = [compose(date(1990 + number // 28, 1, 1 + number % 28), 900, "-") for number in range(200)]
    rows = "".join(f"{old};{new}\n" for old, new in pairwise(codes))
    assert len(readers.read_history(write(tmp_path / "history.csv", "old;current\n" + rows))) == len(codes) - 1


def test_opt_out_list(tmp_path: Path) -> None:
    assert readers.read_opt_out(write(tmp_path / "out.csv", with_codes("hetu\nA\n\nB \n"))) == {CODES["A"], CODES["B"]}
    assert readers.read_opt_out(write(tmp_path / "none.csv", "hetu\n")) == frozenset()


@pytest.mark.parametrize("text", ["010190901", "0101909011", "unknown", "900000759J"])
def test_an_opt_out_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="S3009") as caught:
        readers.read_opt_out(write(tmp_path / "out.csv", with_codes(f"hetu\nA\n{text}\n")))
    assert [fault.row for fault in caught.value.faults] == [2]
    assert text not in str(caught.value)
