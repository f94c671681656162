"""No room: the kernel stops a write at any byte, and a disk that is really full.  What is said is clear, and nothing is half."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from stages import Stage, Workbench, contents, faults_of, folder_of, left_behind
from test_every_write import MAY_FAIL_WITH, second_run_faults
from test_transcripts import BIN

LENGTHS = (0, 1, 63, 700, 5000)
"""Bytes after which no file may grow: a signature, a statement and a table end elsewhere."""


@pytest.mark.parametrize(
    ("name", "length"),
    [
        *itertools.product(("sign", "begin", "review", "add", "publish", "audit"), LENGTHS),
        *(("pseudonymise", length) for length in (5000, 30_000)),  # within the members, and within the container
    ],
)
def test_a_write_cut_short_by_the_kernel(bench: Workbench, stages: dict[str, Stage], tmp_path: Path, name: str, length: int) -> None:
    stage, tree = stages[name], tmp_path / "tree"
    shutil.copytree(stage.tree, tree)
    before, memory = contents(tree), stage.memory
    ran = bench.run(tree, stage.home, stage.words, memory, "small-files", length)
    assert ran.status == 0 or any(f"sauma: {code}" in ran.said for code in MAY_FAIL_WITH), ran.said
    assert ran.status or max(path.stat().st_size for path in tree.rglob("*") if path.is_file()) > length
    assert list(faults_of(stage, tree, before, ran)) == []
    assert left_behind(tree) == []
    again = bench.run(tree, stage.home, stage.words, memory)
    assert list(second_run_faults(stage, tree, before, ran, again)) == []


SMALL_DISK = """
mount -t tmpfs -o size=64m none "$1" || exit 77
cp -a "$2/." "$1" && cd "$1/$3" || exit 99
top=$1; shift 3
left=$1; shift
room=$(df --output=avail -k . | tail -1)
head -c $(( (room - left) * 1024 )) /dev/zero > "$top/filler"
"$@"; echo "first $?"
find "$top" -name '.*.partial' | sed 's/^/left /'
rm "$top/filler"
"$@"; echo "second $?"
find "$top" -name '.*.partial' | sed 's/^/left /'
"""


@pytest.mark.full
@pytest.mark.parametrize("left", [0, 4, 16, 64])
@pytest.mark.parametrize("name", ["begin", "review", "publish", "report", "link"])
def test_a_disk_that_is_full(stages: dict[str, Stage], tmp_path: Path, name: str, left: int) -> None:
    """A file system of 64 MB in memory, filled until *left* KiB are left; then with room again."""
    stage = stages[name]
    home = folder_of(stage.tree, stage.home).relative_to(stage.tree)
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", SMALL_DISK, "sh", tmp_path, stage.tree, home, str(left), BIN / "sauma", *stage.words],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this machine does not let a user mount a file system of its own")
    said = done.stdout.splitlines()
    first = next(line for line in said if line.startswith("first "))
    assert first in ("first 0", "first 3", "first 5") if left else first in ("first 3", "first 5"), done.stderr
    assert first == "first 0" or any(f"sauma: {code}" in done.stderr for code in MAY_FAIL_WITH), done.stderr
    assert first == "first 0" or "disk" in done.stderr
    assert "second 0" in said, done.stderr
    assert not [line for line in said if line.startswith("left ")]


def test_a_full_output() -> None:
    """Not the disk, but where the talk goes: said in one line where it can still be said."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run([BIN / "sauma", "explain", "S3005"], stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert (done.returncode, "S3005" in done.stderr, "Traceback" in done.stderr) == (3, True, False), done.stderr


def test_a_reader_that_has_heard_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run([BIN / "sauma", "explain", "S3005"], stdout=closed, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
