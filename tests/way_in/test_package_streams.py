"""Packages from streams, of any size: the same rows in row groups of one size, nothing half, nothing told by a length."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import way_in_world as world
from hypothesis import given, settings
from hypothesis import strategies as st

from sauma import container, files, kept, members, package, packing, sealed
from schemas.batches import TokenBatch
from schemas.errors import InputError, IntegrityError
from schemas.package import MEMBERS, band, padded

GIB = 1024**3
KEY, AAD = bytes(range(32)), b"a place"


def cut(table: pa.Table, sizes: list[int]) -> pa.RecordBatchReader:
    """*table* as a stream of batches of *sizes* rows, the last of what is left."""
    whole, start, batches = table.combine_chunks().to_batches(), 0, []
    for size in [*sizes, table.num_rows]:
        batches += [batch.slice(start, size) for batch in whole]
        start += size
    return pa.RecordBatchReader.from_batches(table.schema, batches)


def sealed_rows(folder: Path, name: str, source: pa.Table | pa.RecordBatchReader) -> bytes:
    with files.passing(folder / "x") as sink:
        members.seal_rows(name, source, sink, KEY, AAD, facts={"rows": 1}, entropy=os.urandom)  # type: ignore[arg-type]  # a literal
        with files.replacing(folder / "y") as target:
            files.copied(sink, target)
    assert [path.name for path in folder.iterdir()] == ["y"]
    return (folder / "y").read_bytes()


@settings(max_examples=15, deadline=None)
@given(rows=st.integers(0, 130), sizes=st.lists(st.integers(0, 40), max_size=6), group=st.integers(10, 150))
def test_a_stream_is_the_table_whatever_its_batches(
    tmp_path_factory: pytest.TempPathFactory, rows: int, sizes: list[int], group: int
) -> None:
    folder = tmp_path_factory.mktemp("stream")
    table = world.batch(world.agreement(), rows=rows).payload
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(members, "ROW_GROUP_ROWS", group)
        content = sealed_rows(folder, "payload", cut(table, sizes))
        file = sealed.decrypt_reader(content, KEY, AAD)
        assert file.metadata.num_rows == padded(rows)
        assert file.metadata.num_row_groups == -(-padded(rows) // group)
        assert members.open_rows(content, "payload", table.schema, KEY, AAD, place="x").read_all().equals(table)
    assert int(sealed.footer_metadata(file)[members.ROWS]) == rows
    ids = file.read(["record_id"])["record_id"].to_pylist()
    assert len(set(ids)) == padded(rows)  # a filler has a record id of its own


@given(st.integers(0, 10**9))
def test_fillers_leave_two_digits(rows: int) -> None:
    """Against the slow way: the next number that has at most two digits other than final zeros."""
    slow = max(rows, 100) if rows else 0
    if slow < 10_000:
        while len(str(slow).rstrip("0")) > 2:
            slow += 1
        assert padded(rows) == slow
    assert rows <= padded(rows) <= max(rows * 1.1, 100)
    assert padded(padded(rows)) == padded(rows)


@pytest.mark.parametrize("rows", [(1, 100), (101, 110), (4_301, 4_400)])
def test_a_length_tells_no_more_than_two_digits(tmp_path: Path, rows: tuple[int, int]) -> None:
    lengths = set()
    for number in rows:
        table = world.batch(world.agreement(), rows=number).identity
        content = sealed_rows(tmp_path, "identity", table)
        lengths.add(len(content) - len(str(number)))  # the encrypted footer says the number, digit by digit
        (tmp_path / "y").unlink()
    assert len(lengths) == 1


def failing(table: pa.Table, problem: Exception) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from table.to_batches()
        raise problem

    return pa.RecordBatchReader.from_batches(table.schema, batches())


@pytest.mark.parametrize("which", ["identity", "payload"])
@pytest.mark.parametrize("problem", [InputError("S3007", place="x", reason="y"), KeyboardInterrupt(), OSError(28, "full")])
def test_a_stream_that_breaks_off_leaves_what_was_there(tmp_path: Path, which: str, problem: Exception) -> None:
    agreed, path = world.agreement(), tmp_path / "pupils.sauma"
    good = world.batch(agreed)
    packing.write_package(path, good, world.origin(agreed), world.key_of("espoo"), facts={}, entropy=os.urandom, remembered=tmp_path)
    before = world.tree(tmp_path)
    broken = failing(getattr(good, which), problem)
    batch = TokenBatch(broken, good.payload, good.sentinels) if which == "identity" else TokenBatch(good.identity, broken, good.sentinels)
    with pytest.raises(type(problem)):
        packing.write_package(path, batch, world.origin(agreed), world.key_of("espoo"), facts={}, entropy=os.urandom, remembered=tmp_path)
    assert world.tree(tmp_path) == before


def test_a_register_of_too_many_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MAX_ROWS", 2)
    agreed = world.agreement()
    with pytest.raises(InputError, match="S3005"):
        packing.write_package(
            tmp_path / "x.sauma", world.batch(agreed), world.origin(agreed), world.key_of("espoo"), facts={}, entropy=os.urandom
        )
    assert list(tmp_path.iterdir()) == []


# The sequence.


def write(path: Path, remembered: Path | None, register: str = "pupils") -> tuple[int, str | None, str]:
    """Sequence, superseded digest and own digest of a package freshly written to *path*."""
    agreed = world.agreement()
    controller = world.key_of(agreed.register_of(register).controller)
    made = packing.write_package(
        path, world.batch(agreed, register), world.origin(agreed, register), controller, facts={}, entropy=os.urandom, remembered=remembered
    )
    return made.sequence, made.supersedes, package.read_package(path, agreed).sha256


def test_the_sequence_goes_on_under_another_name(tmp_path: Path) -> None:
    here, there, out = tmp_path / "pupils.sauma", tmp_path / "stick" / "new.sauma", tmp_path / "out"
    first = write(here, out)
    second = write(there, out)
    third = write(here, out)  # where the first still lies
    assert [first[:2], second[:2], third[:2]] == [(1, None), (2, first[2]), (3, second[2])]
    here.unlink()
    there.unlink()
    assert write(here, out)[:2] == (4, third[2])
    assert write(tmp_path / "other.sauma", out, "residents")[:2] == (1, None)


def test_a_package_from_another_machine_counts(tmp_path: Path) -> None:
    path = tmp_path / "pupils.sauma"
    write(path, None)
    second = write(path, None)
    assert write(path, tmp_path / "out")[:2] == (3, second[2])


def test_another_registers_package_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "pupils.sauma"
    write(path, tmp_path)
    before = world.tree(tmp_path)
    with pytest.raises(InputError, match="S3004"):
        write(path, tmp_path, "residents")
    assert world.tree(tmp_path) == before


@pytest.mark.parametrize("change", [lambda text: text[:-1], lambda text: text.replace(b"pupils", b"pupilz"), lambda text: b"{}"])
def test_a_changed_memory_is_refused(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    write(tmp_path / "pupils.sauma", tmp_path)
    memory = next(tmp_path.glob("pupils.*.last.json"))
    assert set(kept.LastPackage.model_fields) == {"format", "genesis", "register", "sequence", "sha256"}
    memory.write_bytes(change(memory.read_bytes()))
    with pytest.raises(IntegrityError, match="S5001"):
        write(tmp_path / "again.sauma", tmp_path)


# More than 4 GiB.


def large(path: Path, size: int) -> container.Part:
    """A container with one member of *size* zero bytes that take no room, its CRC not worked out."""
    part = container.Part("identity.parquet", size, 0)
    with path.open("wb") as stream:
        stream.write(container.before(part))
        stream.seek(size, os.SEEK_CUR)
        stream.write(container.after([part]))
    return part


@pytest.mark.parametrize("size", [2**32 - 2, 2**32 - 1, 2**32, 5 * GIB])
def test_any_zip_tool_reads_the_directory_of_a_large_package(tmp_path: Path, size: int) -> None:
    large(tmp_path / "large.sauma", size)
    with zipfile.ZipFile(tmp_path / "large.sauma") as archive:
        assert [(entry.filename, entry.file_size, entry.header_offset) for entry in archive.infolist()] == [("identity.parquet", size, 0)]
        with archive.open("identity.parquet") as content:
            assert content.read(3) == bytes(3)


MEASURED = (
    world.PEAK
    + """
import sys
from pathlib import Path
from sauma import container, files
from schemas.errors import IntegrityError
path = Path(sys.argv[1])
found = container.unpack(files.mapped(path, limit=2**40), ["identity.parquet"], place="x")
print(len(found.members["identity.parquet"]), found.sha256, peak() // 1024)
"""
)


@pytest.mark.full
def test_a_package_of_5_gib_is_verified_in_little_memory(tmp_path: Path) -> None:
    import zlib

    path, size, crc = tmp_path / "large.sauma", 5 * GIB, 0
    large(path, size)
    for _ in range(5 * 64):
        crc = zlib.crc32(bytes(GIB // 64), crc)
    part = container.Part("identity.parquet", size, crc)
    with path.open("r+b") as stream:
        stream.write(container.before(part))
        stream.seek(size, os.SEEK_CUR)
        stream.write(container.after([part]))
    done = subprocess.run([sys.executable, "-c", MEASURED, path], capture_output=True, encoding="utf-8", check=True)
    length, sha256, mebibytes = done.stdout.split()
    assert (int(length), int(mebibytes) < 300) == (size, True), done.stdout
    told = subprocess.run(["sha256sum", path], capture_output=True, encoding="utf-8", check=True)
    assert told.stdout.split()[0] == sha256


# What a hostile package can say.


def test_lengths_that_a_header_claims_cost_nothing(tmp_path: Path) -> None:
    """A manifest of 2^63 bytes, one over the limit, a member longer than the file: refused by the header alone."""
    agreed, path = world.agreement(), tmp_path / "hostile.sauma"
    for size in (2**63, 2**64 - 1, 8 * 1024 * 1024 + 1, 10**6):
        path.write_bytes(container.before(container.Part(MEMBERS[0], size, 0)) + b"{}")
        with pytest.raises(IntegrityError, match="S5004"):
            package.read_package(path, agreed)


@pytest.mark.parametrize("name", ["../manifest.json", "/manifest.json", "manifest.json\0", "MANIFEST.JSON", "CON"])
def test_no_other_name_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "hostile.sauma"
    path.write_bytes(container.pack({name: b"{}", **dict.fromkeys(MEMBERS[1:], b"x")}))
    with pytest.raises(IntegrityError, match="S5004"):
        package.read_package(path, world.agreement())
    assert [found.name for found in tmp_path.iterdir()] == ["hostile.sauma"]


@pytest.mark.parametrize(("rows", "expected"), [(0, "0"), (1, "1-99"), (99, "1-99"), (100, "100-999"), (12_345, "10000-99999")])
def test_bands(rows: int, expected: str) -> None:
    assert band(rows) == expected
