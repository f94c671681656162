"""Streams of rows: the same rows, numbers and refusals however the file falls into blocks, in memory that does not grow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import way_in_world as world
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.pseudonymise.hetu import compose
from sauma import readers
from sauma.project import RegisterFiles
from sauma.readers import cells, lines
from schemas.batches import RawBatch
from schemas.errors import InputError
from schemas.register import Field

REGISTER = world.agreement().register_of("pupils")
NAMES = [field.name for field in REGISTER.columns]
HEADER = ";".join(NAMES) + "\n"
ROW = ";Päivi;Mäkelä;2012-05-04;7;kanarialintu\n"
SETTINGS = settings(max_examples=40, deadline=None)


def batches(path: Path, data: bytes, told: Callable[[str], None] = lambda _line: None, **declared: str) -> list[RawBatch]:
    path.write_bytes(data)
    return list(readers.stream(path, REGISTER, RegisterFiles(extract="x", **declared), told))


def refused(path: Path, data: bytes, **declared: str) -> InputError:
    with pytest.raises(InputError) as caught:
        batches(path, data, **declared)
    assert caught.value.__context__ is None
    return caught.value


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "extract.csv"


@pytest.mark.parametrize("block", [16, 100, 1000])
def test_rows_keep_their_numbers_whatever_the_blocks(path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(lines, "BLOCK_BYTES", block)
    data = (HEADER + (ROW + "\n") * 30 + ROW).encode()
    found = batches(path, data)
    assert [row for batch in found for row in batch.rows.to_pylist()] == list(range(1, 62, 2))
    assert {name for batch in found for name in batch.columns["etunimet"].to_pylist()} == {"Päivi"}


@pytest.mark.parametrize(
    ("bad", "row"),
    [("x;y\n", 41), (";Ã¤;;;;\n", 41), (";\x07;;;;\n", 41), (";\x00;;;;\n", 41), (';"a\nb";;;;\n', 41), (f";{'x' * 10_001};;;;\n", 41)],
)
@pytest.mark.parametrize("block", [50, 1 << 20])
def test_a_late_fault_has_its_row(path: Path, monkeypatch: pytest.MonkeyPatch, bad: str, row: int, block: int) -> None:
    monkeypatch.setattr(lines, "BLOCK_BYTES", block)
    assert refused(path, (HEADER + ROW * 40 + bad + ROW * 9).encode()).faults[0].row == row


def test_a_late_wrong_letter_has_its_row(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "BLOCK_BYTES", 64)
    data = (HEADER + ROW * 40).encode() + b";\xe4;;;;\n"
    assert refused(path, data).faults[0].row == 41
    latin = (HEADER + ROW * 40).encode("cp1252") + b";\x81;;;;\n"
    assert refused(path, latin, encoding="cp1252").faults[0].row == 41


def test_batches_are_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "BATCH_ROWS_MAX", 7)
    found = batches(path, (HEADER + ROW * 30).encode())
    assert [len(batch.rows) for batch in found] == [7, 7, 7, 7, 2]
    assert all(batch.columns.num_rows == len(batch.rows) for batch in found)


def test_ragged_rows_are_counted_to_a_limit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sauma.readers import delimited

    monkeypatch.setattr(delimited, "RAGGED_MAX", 50)
    assert "at least 50 rows" in refused(path, (HEADER + "a;b\n" * 80).encode()).reason


@pytest.mark.parametrize(
    "data",
    [
        HEADER.encode() + b"x" * (2 << 20),
        HEADER.encode() + b";" * (2 << 20) + b"\n",
        HEADER.encode() + b'"' * (2 << 20) + b"\n",
        HEADER.encode() + b'"a\n' * 700_000,
        b"x;" * (1 << 20),
        b";".join(b"c%d" % number for number in range(10_000)) + b"\n1\n",
        HEADER.replace("\n", "\r").encode() * 40_000,
        b"\n" * 1000,
        HEADER.encode() + b"\r\n\n\r" * 1000,
    ],
    ids=["long line", "many cells", "quotes", "open quotes", "no line end", "10000 columns", "CR only", "blank", "mixed ends"],
)
def test_monsters_are_refused(path: Path, data: bytes) -> None:
    assert refused(path, data).code in ("S3007", "S3008")


BIG = (
    world.PEAK
    + """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import way_in_world as world
from privacy.pseudonymise.hetu import compose
from sauma import readers
from schemas.errors import InputError
path, register = Path(sys.argv[2]), world.agreement().register_of("pupils")
def rows():
    return sum(len(batch.rows) for batch in readers.stream(path, register, None))
path.write_text(sys.argv[3] + sys.argv[4] * 1000, encoding="utf-8")
rows()
before = peak()
with path.open("w", encoding="utf-8") as text:
    text.write(sys.argv[3])
    for _ in range(400):
        text.write(sys.argv[4] * 10_000)
assert rows() == 4_000_000
with path.open("wb") as text:
    text.write(sys.argv[3].encode())
    text.truncate(500_000_000)
try:
    rows()
except InputError as error:
    assert error.code == "S3007", error
print((peak() - before) // 1024)
"""
)


@pytest.mark.full
def test_memory_does_not_grow_with_the_file(path: Path) -> None:
    """4,000,000 rows (180 MB) and a line of 500 MB, in under 250 MiB more than 1,000 rows take (blocks and Arrow's read-ahead)."""
    done = subprocess.run(
        [sys.executable, "-c", BIG, str(Path(__file__).parent), str(path), HEADER, ROW], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 250


numbers = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-10_000_000, max_value=10_000_000)


def grouped(text: str, space: str) -> str:
    """*text* as Finns write it: groups of three digits, a decimal comma."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, part = digits.partition(".")
    return sign + f"{int(whole):,}".replace(",", space) + ("," + part if part else "")


NUMBERS = REGISTER.model_copy(
    update={"columns": (Field(name="a", type="decimal"), Field(name="n", type="integer"), Field(name="t", type="text"))}
)


def read_numbers(path: Path, text: str, **declared: str) -> tuple[dict[str, list[str]], list[str]]:
    told: list[str] = []
    path.write_text(text, encoding="utf-8")
    raw = readers.read_extract(path, NUMBERS, RegisterFiles(extract="x", **declared), told.append)
    return raw.columns.to_pydict(), told


@SETTINGS
@given(values=st.lists(numbers, min_size=1, max_size=8), space=st.sampled_from(["", " ", "\u00a0", "\u202f", "\u2009"]))
def test_numbers_are_read_as_they_are_meant(tmp_path_factory: pytest.TempPathFactory, values: list[object], space: str) -> None:
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    rows = "".join(f"{grouped(str(value), space)};{grouped(str(value).partition('.')[0], space)};1 234,5\n" for value in values)
    found, _ = read_numbers(path, "a;n;t\n" + rows)
    assert found["a"] == [str(value) for value in values]
    assert found["n"] == [str(int(str(value).partition(".")[0])) if str(value)[:2] != "-0" else "-0" for value in values]
    assert set(found["t"]) == {"1 234,5"}, "text is left alone"


def test_the_decimal_mark_is_told_and_one(path: Path) -> None:
    found, told = read_numbers(path, "a;n;t\n1;2;x\n\u22121,5;2;x\n")
    assert found["a"] == ["1", "-1.5"]
    assert told[1].endswith("decimal comma")
    with pytest.raises(InputError, match="S3007") as caught:
        read_numbers(path, "a;n;t\n1,5;2;x\n;;y\n1.234;2;x\n")
    assert [(fault.column, fault.row, fault.count) for fault in caught.value.faults] == [("a", 3, 1)]
    with pytest.raises(InputError, match="a decimal point is declared"):
        read_numbers(path, "a;n;t\n1,5;2;x\n", decimal="point")
    assert read_numbers(path, "a;n;t\n1.5;2;x\n", decimal="point")[0]["a"] == ["1.5"]


def test_what_is_no_number_is_left_for_the_declaration(path: Path) -> None:
    cells = ["1 23", "1  234", "1,2,3", "1.234.567", "x1,5", ",5", "5,", "1 234 5"]
    found, _ = read_numbers(path, "a;n;t\n" + "".join(f"{cell};{cell};\n" for cell in cells))
    assert found["a"] == cells == found["n"]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("form", ["{}", "\ufeff{}", '"{}"'])
def test_the_stewards_lists_come_in_the_same_dialects(path: Path, delimiter: str, form: str) -> None:
    one, other = (compose(world.TODAY, number, "A") for number in (900, 901))
    header = form.format("old") + delimiter + "current"
    path.write_text(f"{header}\r\n{one}{delimiter} {other} \r\n\r\n", encoding="utf-8", newline="")
    assert readers.read_history(path) == {one: other}
    path.write_text(f"{form.format('hetu')}\n{one}\n\n{other} \n", encoding="utf-8", newline="")
    assert readers.read_opt_out(path) == {one, other}


ABANDONED = """
import io, sys, time
from sauma import cli
from sauma.readers import delimited
from schemas.errors import InputError

class Slow(io.BytesIO):
    def read(self, size=-1):
        time.sleep(0.002)
        return super().read(min(size, 40_000))

def run(arguments):
    data = b"a,b\\n" + (b"1,2,3\\n" if arguments == ["refused"] else b"1,2\\n") * 400_000
    tables = delimited.batches(Slow(data), len(data), ["a", "b"], place="extract", tell=lambda line: None)
    try:
        next(tables)
    except InputError:
        print("refused")
    return 3

cli.run = run
cli.main()
"""


@pytest.mark.parametrize("how", ["refused", "left"])
def test_reading_ahead_does_not_change_how_the_command_ends(how: str) -> None:
    """Its own exit code and words, not SIGABRT, while Arrow's thread is still in the extract."""
    for _ in range(6):
        ended = subprocess.run([sys.executable, "-c", ABANDONED, how], capture_output=True, check=False)
        assert (ended.returncode, ended.stderr) == (3, b"")
        assert ended.stdout.startswith(b"refused") == (how == "refused")
