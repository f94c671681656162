"""Inputs made to hurt: refused with exit code 3 or 5, soon, in little memory, and nothing is written."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from stages import contents, newest, register, steward
from test_transcripts import BIN

KIB, MIB, GIB = 1024, 1024**2, 1024**3
PEAK_MIB_MAX = 400
"""Of a command that reads one of these: what the libraries take, and not what the file would."""


class Victim:
    """A finished region, and a folder for what is made to hurt it."""

    def __init__(self, top: Path) -> None:
        self.top, self.hostile = top, top / "hostile"
        self.hostile.mkdir()
        self.steward, self.register = steward(top), register(top)
        self.extract = next((self.steward / "extracts").glob(f"{self.register}.csv"))
        self.package = top / "packages" / f"{self.register}.sauma"
        self.header = self.extract.read_bytes().split(b"\n")[0].rstrip(b"\r")

    def run(self, home: Path, *words: str | Path) -> tuple[int, str]:
        from sauma.cli.main import run

        out = io.StringIO()
        with contextlib.chdir(home), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            status = run([str(word) for word in words])
        return status, out.getvalue()

    def refuses(self, code: str, home: Path, *words: str | Path) -> None:
        """The command ends with *code*, and no file changes."""
        before = contents(self.top)
        status, said = self.run(home, *words)
        assert (status, f"sauma: {code} " in said) == (int(code[1]), True), said
        assert contents(self.top) == before

    def check(self, code: str, extract: Path) -> None:
        self.refuses(code, self.steward, "check", self.register, "--extract", extract)

    def inspect(self, code: str, package: Path) -> None:
        self.refuses(code, self.top / "analyst", "inspect", package)


@pytest.fixture(scope="module")
def victim(region_made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Victim:
    top = tmp_path_factory.mktemp("victim") / "region"
    shutil.copytree(region_made_once, top)
    return Victim(top)


# Extracts.


def many_columns(header: bytes, divider: bytes) -> bytes:
    return divider.join([header, *(b"c%d" % number for number in range(10_000))]) + b"\n" + divider.join([b"1"] * 10_000) + b"\n"


EXTRACTS: dict[str, tuple[str, Callable[[bytes, bytes], bytes]]] = {
    "10,000 columns": ("S3008", many_columns),
    "10,000 columns of one name": ("S3007", lambda header, divider: header + (divider + b"a") * 10_000 + b"\n1\n"),
    "10,000 columns and no header": ("S3007", lambda _, divider: divider.join([b"1"] * 10_000) + b"\n" + divider.join([b"1"] * 10_000)),
    "10,000 cells in a row": ("S3007", lambda header, divider: header + b"\n" + divider * 10_000 + b"\n"),
    "a huge header": ("S3007", lambda header, _: header + b"x" * (2 * MIB) + b"\n1\n"),
    "a long line": ("S3007", lambda header, _: header + b"\n" + b"x" * (2 * MIB) + b"\n"),
    "an unclosed quote": ("S3007", lambda header, _: header + b'\n"' + b"abc\n" * MIB),
    "NUL bytes": ("S3006", lambda header, _: header + b"\n" + b"\0" * KIB),
    "a zip": ("S3021", lambda _header, _divider: b"PK\x03\x04" + b"\n" * KIB),
    "nothing": ("S3007", lambda _header, _divider: b""),
}


@pytest.mark.parametrize("name", EXTRACTS)
def test_extracts(victim: Victim, name: str) -> None:
    code, make = EXTRACTS[name]
    divider = max((b";", b",", b"\t"), key=victim.header.count)
    path = victim.hostile / f"{name}.csv"
    path.write_bytes(make(victim.header, divider))
    victim.check(code, path)


def test_no_more_faults_are_listed_than_anybody_reads(victim: Victim) -> None:
    path = victim.hostile / "wide.csv"
    path.write_bytes(many_columns(victim.header, max((b";", b",", b"\t"), key=victim.header.count)))
    status, said = victim.run(victim.steward, "check", victim.register, "--extract", path, "--json")
    assert (status, len(said) < 64 * KIB) == (3, True)


def test_what_is_no_file(victim: Victim) -> None:
    """Pipes, devices, folders and links, wherever a file is expected: nothing waits, nothing is followed."""
    pipe, link = victim.hostile / "pipe", victim.hostile / "link"
    os.mkfifo(pipe)
    link.symlink_to(victim.extract)
    for path in (pipe, link, victim.hostile, Path("/dev/zero"), Path("/dev/null"), Path("/proc/self/environ"), victim.hostile / "none"):
        victim.check("S3003", path)
    analyst, officer = victim.top / "analyst", victim.top / "officer"
    packaged = victim.hostile / "linked.sauma"
    packaged.symlink_to(victim.package)
    for path in (pipe, packaged, Path("/dev/zero")):
        victim.inspect("S3003", path)
        victim.refuses("S3003", analyst, "ledger", "add", path)
        victim.refuses("S3003", analyst, "agreement", "check", "--agreement", path)
        victim.refuses("S3003", officer, "ledger", "checkpoint", "--passphrase-file", path)


def test_linked_folders(victim: Victim) -> None:
    """A proposal, a linked set, a ledger or one of their files that is a link."""
    analyst, officer = victim.top / "analyst", victim.top / "officer"
    proposal, linked = newest(analyst / "proposals"), newest(analyst / "linked")
    for name, real in (("proposal", proposal), ("linked", linked), ("ledger", victim.top / "ledger")):
        (victim.hostile / name).symlink_to(real)
        shutil.copytree(real, victim.hostile / f"{name}-file")
    for name, file in (("proposal", "certificate.txt"), ("linked", "links.parquet"), ("ledger", "entries.jsonl")):
        inside = victim.hostile / f"{name}-file" / file
        inside.rename(victim.hostile / f"{name}-{file}")
        inside.symlink_to(victim.hostile / f"{name}-{file}")
    victim.refuses("S5170", officer, "review", victim.hostile / "proposal")
    victim.refuses("S3003", officer, "review", victim.hostile / "proposal-file")
    victim.refuses("S5100", analyst, "inspect", victim.hostile / "linked")
    victim.refuses("S3003", analyst, "inspect", victim.hostile / "linked-file")
    victim.refuses("S5201", officer, "ledger", "verify", victim.hostile / "ledger")
    victim.refuses("S5201", officer, "ledger", "verify", victim.hostile / "ledger-file")


# Packages.


def zipped(path: Path, members: list[tuple[str, bytes, int]], compression: int = zipfile.ZIP_STORED) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of duplicate names, which are wanted
        for name, content, mode in members:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.external_attr, info.compress_type = mode << 16, compression
            archive.writestr(info, content)
    return path


def test_packages(victim: Victim) -> None:
    with zipfile.ZipFile(victim.package) as archive:
        good = [(name, archive.read(name), 0o100600) for name in archive.namelist()]
    bomb = [(name, bytes(16 * MIB), mode) for name, _, mode in good]
    variants = {
        "links": [(name, b"/etc/passwd", 0o120777) for name, _, _ in good],
        "climbing": [(f"../{name}", content, mode) for name, content, mode in good],
        "absolute": [(f"/tmp/{name}", content, mode) for name, content, mode in good],
        "backslash": [(f"..\\{name}", content, mode) for name, content, mode in good],
        "double": good * 2,
        "one more": [*good, ("extra", b"", 0o100600)],
        "many": [(f"{number}", b"", 0o100600) for number in range(5000)],
        "mode": [(name, content, 0o104777) for name, content, _ in good],
    }
    made = [zipped(victim.hostile / f"{name}.sauma", members) for name, members in variants.items()]
    made.append(zipped(victim.hostile / "bomb.sauma", bomb, zipfile.ZIP_DEFLATED))
    data = victim.package.read_bytes()
    for name, content in {"cut": data[:-5], "before": b"x" + data, "after": data + b"x", "nothing": b""}.items():
        made.append(victim.hostile / f"{name}.sauma")
        made[-1].write_bytes(content)
    for path in made:
        victim.inspect("S5004", path)
        path.unlink()


# TOML and JSON.

TOML = {
    "deep lists": ("S3002", b"x = " + b"[" * 50_000 + b"]" * 50_000),
    "lists of 400 levels": ("S3001", b"x = " + b"[" * 400 + b"]" * 400),
    "deep tables": ("S3002", b"x = " + b"{a=" * 3000 + b"1" + b"}" * 3000),
    "a key of 50,000 parts": ("S3002", b"a" + b".a" * 50_000 + b" = 1"),
    "a quoted key of many parts": ("S3002", b'"a"' + b'. "a"' * 5000 + b" = 1"),
    "a table of 5,000 parts": ("S3002", b"[a" + b" .a" * 5000 + b"]\nb = 1"),
    "a number of many digits": ("S3002", b"x = " + b"9" * 100_000),
    "a hexadecimal number of many digits": ("S3001", b"x = 0x" + b"f" * 100_000),
    "a time of day": ("S3001", b"name = 12:30:00"),
    "not a number": ("S3001", b"name = nan"),
    "a lone surrogate": ("S3002", b'name = "\\ud800"'),
    "too large": ("S3003", b"#" * (5 * MIB)),
}


@pytest.mark.parametrize("name", TOML)
def test_toml(victim: Victim, name: str) -> None:
    code, data = TOML[name]
    path = victim.hostile / "hostile.toml"
    path.write_bytes(data)
    victim.refuses(code, victim.top / "analyst", "agreement", "check", "--agreement", path)
    project = victim.hostile / "project"
    project.mkdir(exist_ok=True)
    (project / "sauma.toml").write_bytes(data)
    victim.refuses(code, project, "status")


JSON = {
    "deep": ("S5001", b'{"a":' * 50_000),
    "a number of many digits": ("S5001", b'{"a":' + b"9" * 100_000 + b"}"),
    "a name twice": ("S5001", b'{"a":1,"a":1}'),
    "not a number": ("S5001", b'{"a":NaN}'),
    "a lone surrogate": ("S5001", b'{"a":"\\ud800"}'),
    "too large": ("S3003", b'{"a":"' + b"x" * (20 * MIB) + b'"}'),
    "a checkpoint of many digits": ("S5203", b"sauma/x\n" + b"9" * 5000 + b"\nAAAA\n\n"),
}


@pytest.mark.parametrize("name", JSON)
def test_json(victim: Victim, name: str) -> None:
    code, data = JSON[name]
    path = victim.hostile / "hostile.json"
    path.write_bytes(data)
    victim.refuses(code, victim.top / "analyst", "ledger", "add", path)


# Memory.

MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, encoding="utf-8")
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
print(done.stderr)
"""


def peak(home: Path, *words: str | Path) -> tuple[int, int, str]:
    """Exit code, peak memory in MiB and stderr of a command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, BIN / "sauma", *map(str, words)], cwd=home, capture_output=True, encoding="utf-8", check=True
    )
    numbers, _, said = done.stdout.partition("\n")
    status, mebibytes = numbers.split()
    return int(status), int(mebibytes), said


def sized(path: Path, front: bytes, size: int) -> Path:
    """A file of *size* bytes, a hole but for its *front*."""
    with path.open("wb") as stream:
        stream.write(front)
        stream.truncate(size)
    return path


def test_a_line_of_500_mb(victim: Victim) -> None:
    path = sized(victim.hostile / "line.csv", victim.header + b"\n", 500_000_000)
    status, mebibytes, said = peak(victim.steward, "check", victim.register, "--extract", path)
    assert (status, "S3007" in said, mebibytes < PEAK_MIB_MAX) == (3, True, True), (said, mebibytes)


def test_a_package_that_is_a_large_hole(victim: Victim) -> None:
    """Also one that begins like a real one: no more is read than its signed manifest accounts for."""
    data = victim.package.read_bytes()
    for front in (b"", data):
        path = sized(victim.hostile / "hole.sauma", front, 4 * GIB - 2)
        status, mebibytes, said = peak(victim.top / "analyst", "inspect", path)
        assert (status, "S5004" in said, mebibytes < PEAK_MIB_MAX) == (5, True, True), (said, mebibytes)


@pytest.mark.full
def test_a_line_of_500_mb_of_letters_in_every_list(victim: Victim) -> None:
    path = victim.hostile / "letters.csv"
    with path.open("wb") as stream:
        stream.write(b"hetu\n")
        for _ in range(500):
            stream.write(b"x" * 1_000_000)
    for words in (("check", victim.register, "--extract", path), ("agreement", "check", "--agreement", path)):
        status, mebibytes, said = peak(victim.steward, *words)
        assert (status, mebibytes < PEAK_MIB_MAX) == (3, True), (said, mebibytes)
