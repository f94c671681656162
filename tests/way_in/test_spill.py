"""Rows that wait on the disk: all come back, in order; none can be read there; nothing stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauma import spill as spilled
from sauma.spill import Spill, spilling
from schemas.errors import InputError

CANARY = "canary-Mäkelä"


def table(*numbers: int) -> pa.Table:
    return pa.table({"number": pa.array(numbers, pa.int64()), "text": pa.array([f"{CANARY}-{number}" for number in numbers], pa.string())})


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.lists(st.integers(0, 99), max_size=4)), max_size=20), st.sampled_from([0, 300, 1 << 20])
)
def test_what_goes_in_comes_out_in_order(tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[str, list[int]]], memory: int) -> None:
    expected: dict[str, list[int]] = {}
    with spilling(tmp_path_factory.getbasetemp() / "x.sauma", os.urandom, memory_bytes=memory) as spill:
        for name, numbers in parts:
            spill.append(name, table(*numbers))
            expected.setdefault(name, []).extend(numbers)
        for name, numbers in expected.items():
            assert spill.read(name).equals(table(*numbers))
            assert not spill.read(name).num_rows  # read once


def test_reading_and_writing_may_alternate(tmp_path: Path) -> None:
    with spilling(tmp_path / "x.sauma", os.urandom, memory_bytes=0) as spill:
        spill.append("a", table(1))
        spill.append("b", table(2))
        assert spill.read("a").equals(table(1))
        spill.append("b", table(3))
        spill.append("a", table(4))
        assert spill.read("b").equals(table(2, 3))
        assert spill.read("a").equals(table(4))


def test_a_slice_leaves_nothing_of_the_rest(tmp_path: Path) -> None:
    with spilling(tmp_path / "x.sauma", os.urandom, memory_bytes=0) as spill:
        spill.append("a", table(*range(100)).slice(40, 2))
        assert spill.read("a").equals(table(40, 41))


def test_nothing_of_a_value_is_on_the_disk_and_no_name_leads_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    write = os.write

    def seen(descriptor: int, data: bytes | memoryview) -> int:
        written.append(bytes(data))
        return write(descriptor, data)

    monkeypatch.setattr(spilled.os, "write", seen)
    with spilling(tmp_path / "x.sauma", os.urandom, memory_bytes=0) as spill:
        for number in range(50):
            spill.append(f"name-{number}", table(*range(number)))
        disk = b"".join(written)
        assert len(disk) > 50_000
        for form in (CANARY.encode(), CANARY.encode("utf-16-le"), CANARY.encode("latin-1"), b"number", b"name-", b"ARROW"):
            assert form not in disk
        if sys.platform == "linux":
            assert not list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


def test_small_extracts_never_touch_the_disk(tmp_path: Path) -> None:
    with spilling(tmp_path / "missing" / "x.sauma", os.urandom) as spill:
        spill.append("a", table(*range(1000)))
        assert spill.read("a").num_rows == 1000
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_interrupted_command_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def interrupted() -> None:
        with spilling(tmp_path / "x.sauma", os.urandom, memory_bytes=0) as spill:
            spill.append("a", table(1))
            raise error

    with pytest.raises(error):
        interrupted()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="there the system removes the file when the process has died")
def test_a_killed_process_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys, pyarrow as pa\nfrom pathlib import Path\nfrom sauma.spill import spilling\n"
        "with spilling(Path(sys.argv[1]), os.urandom, memory_bytes=0) as spill:\n"
        "    spill.append('a', pa.table({'text': ['canary']}))\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    process = subprocess.run([sys.executable, "-c", program, str(tmp_path / "x.sauma")], check=False, cwd=Path(__file__).parents[2])
    assert process.returncode < 0
    assert not list(tmp_path.iterdir())


def test_a_disk_that_forgets_is_noticed(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+b", buffering=0) as stream:
        spill = Spill(tmp_path / "x.sauma", bytes(32), 0, stream.fileno)
        for number in range(2):
            spill.append(str(number), table(number))
        os.pwrite(stream.fileno(), b"x", 40)
        with pytest.raises(InputError, match="S3005") as error:
            spill.read("0")
        assert error.value.__context__ is None
        assert spill.read("1").equals(table(1))
        stream.truncate(50)
        spill.append("2", table(2))
        os.ftruncate(stream.fileno(), 10)
        with pytest.raises(InputError, match="S3005"):
            spill.read("2")


def test_a_full_disk_is_said_in_our_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spilled.os, "write", full)
    with spilling(tmp_path / "x.sauma", os.urandom, memory_bytes=0) as spill, pytest.raises(InputError, match="the disk is full"):
        spill.append("a", table(1))
