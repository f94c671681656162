"""Files: whole or not at all, private, locked."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauma import destroying, files, system
from schemas.errors import Busy, InputError, KeyProblem


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_written_files_and_their_folders_are_private(tmp_path: Path) -> None:
    os.umask(0)
    target = tmp_path / "a" / "b" / "secret"
    files.write_private(target, b"one")
    files.write_private(target, b"two")
    assert target.read_bytes() == b"two"
    assert (mode(target), mode(target.parent), mode(target.parent.parent)) == (0o600, 0o700, 0o700)
    assert [path.name for path in target.parent.iterdir()] == ["secret"]


@pytest.mark.parametrize("step", ["os.fsync", "os.write", "pathlib.Path.replace", "pathlib.Path.chmod"])
def test_a_failing_step_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    target = tmp_path / "kept"
    files.write_private(target, b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(step, fail)
    with pytest.raises(InputError, match="S3005"):
        files.write_private(target, b"new")
    monkeypatch.undo()
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_an_interrupt_leaves_no_partial_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write_private(tmp_path / "x", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_staged_directory_appears_whole(tmp_path: Path) -> None:
    final = tmp_path / "out" / "final"
    with files.staged_directory(final) as staging:
        (staging / "sub").mkdir()
        (staging / "sub" / "file").write_bytes(b"x")
        assert not final.exists()
        assert mode(staging) == 0o700
    assert (final / "sub" / "file").read_bytes() == b"x"
    assert [path.name for path in final.parent.iterdir()] == ["final"]


def stage(final: Path, work: Callable[[Path], None]) -> None:
    with files.staged_directory(final) as staging:
        (staging / "file").write_bytes(b"x")
        work(staging)


def test_a_staged_directory_vanishes_on_failure(tmp_path: Path) -> None:
    def stop(_: Path) -> None:
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        stage(tmp_path / "final", stop)
    assert list(tmp_path.iterdir()) == []


def test_a_staged_directory_replaces_nothing(tmp_path: Path) -> None:
    def race(_: Path) -> None:
        (tmp_path / "late").mkdir()
        (tmp_path / "late" / "theirs").write_bytes(b"x")

    (tmp_path / "there").mkdir()
    for name in ("there", "late"):
        with pytest.raises(InputError, match="S3004"):
            stage(tmp_path / name, race)
    assert [path.name for path in (tmp_path / "late").iterdir()] == ["theirs"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["late", "there"]


@pytest.mark.parametrize("missing", [(), ("fcntl",), ("fcntl", "msvcrt")])
def test_a_lock_is_held_by_one_and_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...]) -> None:
    """Also where ``fcntl`` cannot be imported, as on Windows."""
    found = system._module
    monkeypatch.setattr(system, "_module", lambda name: None if name in missing else found(name))
    with files.lock(tmp_path / "x.lock"), pytest.raises(Busy, match="S8001"), files.lock(tmp_path / "x.lock"):
        raise AssertionError("two hold the lock")
    assert not (tmp_path / "x.lock").exists()
    with files.lock(tmp_path / "x.lock"):
        assert (tmp_path / "x.lock").exists()


def test_what_may_be_read(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"12345")
    assert files.read_bytes(tmp_path / "small", limit=5) == b"12345"
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "small", tmp_path / "none", tmp_path, tmp_path / "pipe", tmp_path / "small" / "below"):
        with pytest.raises(InputError, match="S3003") as refused:
            files.read_bytes(path, limit=4)
        assert refused.value.__context__ is None


def test_secrets_must_be_private(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"x")
    for open_to_others in (0o640, 0o604, 0o610):
        (tmp_path / "key").chmod(open_to_others)
        with pytest.raises(KeyProblem, match="S6003"):
            files.require_private(tmp_path / "key")
    (tmp_path / "key").chmod(0o400)
    files.require_private(tmp_path / "key")


def test_destroying_overwrites_first(tmp_path: Path) -> None:
    secret, other = tmp_path / "secret", tmp_path / "hard link"
    secret.write_bytes(b"secret")
    other.hardlink_to(secret)
    destroying.destroy(secret)
    assert not secret.exists()
    assert other.read_bytes() == bytes(6)


@settings(max_examples=30, deadline=None)
@given(content=st.binary(max_size=200))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    target = tmp_path_factory.getbasetemp() / "round trip"
    files.write_private(target, content)
    assert files.read_bytes(target, limit=200) == content
