"""A ``sauma.toml`` that somebody else left in a parent folder: it cannot make a command sign, redirect or overwrite anything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sauma.project import NAME, find
from schemas.errors import InputError

TEXT = 'party = "espoo"\nagreement = "agreement.toml"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project, and a folder two levels beneath it."""
    (tmp_path / NAME).write_text(TEXT, encoding="utf-8")
    (tmp_path / "a" / "b").mkdir(parents=True)
    return tmp_path


def refused(start: Path) -> str:
    with pytest.raises(InputError, match="S3011") as error:
        find(start)
    assert NAME in error.value.place
    return error.value.reason


def test_a_project_of_ones_own_is_found_from_beneath(folder: Path) -> None:
    assert find(folder / "a" / "b").file == folder / NAME


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666, 0o664])
def test_one_that_others_may_write(folder: Path, mode: int) -> None:
    (folder / NAME).chmod(mode)
    assert refused(folder / "a" / "b") == "others may write it"


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o772])
def test_one_in_a_folder_that_others_may_write(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    assert refused(folder) == "lies in a folder that others may write"
    folder.chmod(mode | 0o1000)  # where only owners can remove, others can still put a file of mine
    assert refused(folder) == "lies in a folder that others may write"


def test_one_that_belongs_to_somebody_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever it belongs to, and also where a folder of somebody else holds one of mine (they could swap it)."""
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    if mine == 0:  # root's files are everybody's to trust: give it to a stranger
        os.chown(folder / NAME, 4711, -1)
    assert refused(folder / "a") == "belongs to somebody else"
    if mine == 0:
        os.chown(folder / NAME, 0, -1)
        os.chown(folder, 4711, -1)
        assert refused(folder / "a") == "lies in a folder of somebody else"


def test_a_link_is_not_followed(folder: Path) -> None:
    (folder / "real.toml").write_text(TEXT, encoding="utf-8")
    (folder / NAME).unlink()
    (folder / NAME).symlink_to("real.toml")
    assert refused(folder) == "is a symbolic link"
    (folder / "real.toml").unlink()
    assert refused(folder) == "is a symbolic link"  # nor passed over where it leads nowhere


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_waited_for(folder: Path, make: Callable[[Path], None]) -> None:
    (folder / NAME).unlink()
    make(folder / NAME)
    with pytest.raises(InputError, match="S3003"):
        find(folder)


def test_the_search_ends_at_the_home_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder / "a"))
    assert find(folder / "a" / "b").file is None
    shutil.move(folder / NAME, folder / "a" / NAME)
    assert find(folder / "a" / "b").file == folder / "a" / NAME


def test_the_search_ends_at_the_edge_of_the_file_system(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.stat

    def elsewhere(path: Path, **keywords: bool) -> os.stat_result:
        found = real(path, **keywords)
        return os.stat_result((found.st_mode, found.st_ino, 99, *found[3:])) if path == folder else found

    monkeypatch.setattr(Path, "stat", elsewhere)
    assert find(folder / "a" / "b").file is None
    assert find(folder).file == folder / NAME


def test_a_hostile_parent_changes_nothing(folder: Path, command: Callable[..., object]) -> None:
    """Every command stops before it reads or writes what the file names; help, explanations and a new project still work."""
    victim = folder / "victim.txt"
    victim.write_text("mine", encoding="utf-8")
    hostile = f'party = "espoo"\nagreement = "a.toml"\nkey = "{victim}"\nkept_checkpoint = "{victim}"\nstatements = "{folder}"\n'
    (folder / NAME).write_text(hostile, encoding="utf-8")
    (folder / NAME).chmod(0o666)
    below = folder / "a" / "b"
    before = sorted(folder.rglob("*"))
    for words in (("keys", "destroy", "--yes"), ("ledger", "checkpoint"), ("agreement", "sign"), ("report",), ("doctor",)):
        done = command(*words, cwd=below)
        assert done.returncode == 3, (words, done.stderr)
        assert "S3011" in done.stderr
    assert sorted(folder.rglob("*")) == before
    assert victim.read_text(encoding="utf-8") == "mine"
    assert command("explain", "S3011", cwd=below).returncode == 0
    assert command("init", "espoo", "--role", "steward", cwd=below).returncode == 0
    assert command("status", cwd=below).returncode == 0
