"""Passphrases: the floor, the one that is offered, and changing one without losing or leaving anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import way_in_world as world

from sauma import destroying, files, keys, passphrases
from schemas.errors import InputError, KeyProblem

NEW = b"another one for tests"


@pytest.mark.parametrize(
    "weak", [b"", b"password", b"fourteen chars", b"a" * 200, b"abcabcabcabcabcabc", "ä".encode() * 20, b"1234567123456712345671"]
)
def test_weak_ones_are_refused(weak: bytes) -> None:
    with pytest.raises(KeyProblem, match=r"S6004.*at least 15 characters"):
        passphrases.check(weak)


def test_the_floor_counts_characters_not_bytes() -> None:
    passphrases.check("ääkkösiä on näin".encode())
    with pytest.raises(KeyProblem):
        passphrases.check("åäöåäöåäöåäöåä".encode())


def test_offered_ones_pass_and_every_syllable_is_as_likely() -> None:
    assert len({passphrases.offered(os.urandom) for _ in range(50)}) == 50
    passphrases.check(passphrases.offered(os.urandom).encode())
    drawn = iter(range(256))
    made = [passphrases._syllable(lambda size: bytes([next(drawn)])) for _ in range(220)]
    assert {made.count(syllable) for syllable in made} == {4}
    assert len(set(made)) == 55


def test_a_changed_passphrase_opens_the_same_key_and_the_old_bytes_are_gone(tmp_path: Path) -> None:
    path, other = tmp_path / "espoo.key", tmp_path / "second name"
    files.write_private(path, world.key_files()["espoo"][0])
    other.hardlink_to(path)  # what is left on the disk of the old file
    public = keys.change_passphrase(path, world.PASSPHRASE, NEW)
    assert keys.load(path, NEW).public == public == keys.load(path, NEW).public
    assert public.line == world.key_files()["espoo"][1]
    with pytest.raises(KeyProblem, match="S6002"):
        keys.load(path, world.PASSPHRASE)
    assert set(other.read_bytes()) == {0}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["espoo.key", "second name"]
    assert path.stat().st_mode & 0o077 == 0


def test_a_refused_change_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "espoo.key"
    files.write_private(path, world.key_files()["espoo"][0])
    for old, new in ((world.PASSPHRASE, b"short"), (world.PASSPHRASE, world.PASSPHRASE), (NEW, NEW)):
        with pytest.raises(KeyProblem):
            keys.change_passphrase(path, old, new)
    assert path.read_bytes() == world.key_files()["espoo"][0]


def test_a_crash_leaves_one_whole_key_and_the_next_run_finishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the replacement the second name is the key itself and must not be overwritten; after it, it must."""
    path, second = tmp_path / "key", tmp_path / ".key.replaced"
    path.write_bytes(b"old secret")
    monkeypatch.setattr(destroying, "write_private", lambda path, data: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        destroying.replace(path, b"new secret")
    monkeypatch.undo()
    assert (path.read_bytes(), second.exists()) == (b"old secret", True)
    monkeypatch.setattr(destroying, "_overwrite", lambda path: (_ for _ in ()).throw(OSError()))
    with pytest.raises(InputError, match="S3005"):
        destroying.replace(path, b"new secret")
    monkeypatch.undo()
    assert (path.read_bytes(), second.read_bytes()) == (b"new secret", b"old secret")
    destroying.destroy(path)
    assert not list(tmp_path.iterdir())


def test_no_terminal_no_passphrase(tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match=r"S6004.*no terminal"):
        passphrases.new(None, os.urandom)


def test_at_a_terminal_enter_takes_the_one_that_is_offered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(passphrases, "_require_terminal", lambda: None)
    drawn = world.counting("offer")
    offer = passphrases.offered(world.counting("offer"))
    for answers, taken in (([b"", offer.encode()], offer), ([b"my own long phrase"] * 2, "my own long phrase")):
        typed = iter(answers)
        monkeypatch.setattr(passphrases.getpass, "getpass", lambda prompt, typed=typed: next(typed).decode())
        assert passphrases.new(None, world.counting("offer")) == taken.encode()
    assert offer in capsys.readouterr().err
    typed = iter([b"my own long phrase", b"another long phrase"])
    monkeypatch.setattr(passphrases.getpass, "getpass", lambda prompt: next(typed).decode())
    with pytest.raises(KeyProblem, match="the two differ"):
        passphrases.new(None, drawn)
