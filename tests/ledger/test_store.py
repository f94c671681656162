"""The writer: whatever the disk or the machine does, what was acknowledged is there and nothing else counts."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from ledger_world import ANALYST, KEYS, NOW, OFFICER, agreement, begin, founding, hexes, package, propose, publish, say, spend, told, whole

from ledger import lock, store, verify
from schemas.errors import Busy, IntegrityError, PolicyRefusal, UsageError

HERE = Path(__file__).parent


class Killed(BaseException):
    """The machine stops here."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    begin(tmp_path / "ledger")
    say(tmp_path / "ledger", package())
    return tmp_path / "ledger"


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    folder = whole(tmp_path / "ledger")
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_creating_twice(folder: Path) -> None:
    assert store.create(folder, founding(agreement()), ANALYST, NOW).checkpoint.size == 2
    with pytest.raises(UsageError, match="S2122"):
        store.create(folder, founding(agreement(total="9")), ANALYST, NOW)


def test_no_ledger(tmp_path: Path) -> None:
    for act in (store.open, lambda nowhere: say(nowhere, spend())):
        with pytest.raises(UsageError, match="S2121"):
            act(tmp_path / "nowhere")
    (tmp_path / "entries.jsonl").touch()
    with pytest.raises(UsageError, match="S2121"):
        store.open(tmp_path)


def test_saying_it_twice_is_saying_it_once(folder: Path) -> None:
    before = (folder / "entries.jsonl").read_bytes()
    assert say(folder, package()) == 1
    assert (folder / "entries.jsonl").read_bytes() == before


def test_relations_of_an_audience(tmp_path: Path) -> None:
    folder = whole(tmp_path / "ledger")
    ledger = store.open(folder)
    assert ledger.relations("public") == (told(),)
    assert ledger.relations("internal") == ()
    assert store.keep_relations(folder, told()) == ledger.state.told("public")[0]
    (file,) = folder.glob("relations/public/*.json")
    file.unlink()
    with pytest.raises(IntegrityError, match=r"S5207 relations/public/[0-9a-f]{64}\.json: is missing"):
        ledger.relations("public")


def test_a_torn_write_at_every_byte(folder: Path) -> None:
    before = (folder / "entries.jsonl").read_bytes(), (folder / "checkpoint").read_bytes()
    say(folder, spend())
    line = (folder / "entries.jsonl").read_bytes()[len(before[0]) :]
    for cut in range(len(line) + 1):
        (folder / "entries.jsonl").write_bytes(before[0] + line[:cut])
        (folder / "checkpoint").write_bytes(before[1])
        complete = cut == len(line)
        opened = store.open(folder)
        assert (len(opened.entries), opened.finished) == (3 if complete else 2, cut == 0)
        if cut:
            with pytest.raises(IntegrityError, match=r"S5206 entries\.jsonl"):
                verify.verify(folder)
        if cut % 16 == 0 or complete:  # the writer mends it: the same entry again, or another one
            assert say(folder, spend()) == 2
            assert verify.verify(folder).checkpoint.checkpoint.size == 3
            assert (folder / "entries.jsonl").read_bytes().startswith(before[0])


def test_short_writes_are_carried_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(store.os, "write", lambda descriptor, data: real(descriptor, bytes(data)[:7]))
    assert say(folder, spend()) == 2
    monkeypatch.undo()
    assert verify.verify(folder).checkpoint.checkpoint.size == 3


def test_a_file_size_limit_tears_the_write(folder: Path) -> None:
    """The kernel cuts the write at byte n (RLIMIT_FSIZE): a real short write, then an error."""
    start = (folder / "entries.jsonl").stat().st_size
    script = textwrap.dedent(f"""
        import resource, signal, sys
        from pathlib import Path
        sys.path.insert(0, {str(HERE)!r})
        from ledger_world import say, spend
        from schemas.errors import IntegrityError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        folder, start = Path({str(folder)!r}), {start}
        before = [(folder / name).read_bytes() for name in ("entries.jsonl", "checkpoint")]
        for size in range(start + 1, start + 400, 13):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            try:
                say(folder, spend())
            except IntegrityError as error:
                assert error.code == "S5206", error
            else:
                raise AssertionError("the limit did not bite")
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            assert (folder / "checkpoint").read_bytes() == before[1]
            assert (folder / "entries.jsonl").stat().st_size == size
            assert (folder / "entries.jsonl").read_bytes().startswith(before[0])
        print(say(folder, spend()))
    """)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=False, cwd=HERE.parent.parent
    )
    assert (done.stdout, done.stderr) == ("2\n", "")
    assert verify.verify(folder).checkpoint.checkpoint.size == 3


STAGES = [(name, nth) for name in ("write", "fsync", "close", "ftruncate", "replace") for nth in range(1, 6)]


@pytest.mark.parametrize("persisted", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("death", [OSError, Killed], ids=["error", "killed"])
@pytest.mark.parametrize("name, nth", STAGES, ids=lambda part: str(part))
def test_a_fault_at_every_stage(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, nth: int, death: type[BaseException], persisted: bool
) -> None:
    """The nth system call of a kind fails, having had its effect or not: nothing acknowledged is lost, a retry succeeds."""
    before = (folder / "entries.jsonl").read_bytes()
    assert fails(monkeypatch, lambda: say(folder, spend()), name, nth, death, persisted=persisted) in (True, False)
    opened = store.open(folder)
    assert [entry.statement.entry.kind for entry in opened.entries[:2]] == ["agreement", "package"]
    assert len(opened.entries) in (2, 3)
    assert (folder / "entries.jsonl").read_bytes().startswith(before)
    assert say(folder, spend()) == 2
    assert say(folder, spend("next")) == 3
    assert verify.verify(folder).checkpoint.checkpoint.size == 4
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("name, nth", STAGES, ids=lambda part: str(part))
def test_a_fault_while_it_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, nth: int) -> None:
    fails(monkeypatch, lambda: begin(tmp_path / "ledger"), name, nth, Killed, persisted=True)
    assert begin(tmp_path / "ledger").checkpoint.size == 1
    assert verify.verify(tmp_path / "ledger").checkpoint.checkpoint.size == 1


def fails(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], name: str, nth: int, death: type[BaseException], *, persisted: bool
) -> bool:
    """Whether *act* died in the *nth* call of *name*; errors of the disk must come out as S5206."""
    calls = 0
    owner = store.Path if name == "replace" else store.os
    real = getattr(owner, name)

    def faulty(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == nth and not persisted:
            if name == "close":
                real(*arguments)  # a descriptor is gone even if close reports an error
            raise death
        result = real(*arguments)
        if calls == nth:
            raise death
        return result

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, faulty)
        try:
            act()
        except IntegrityError as error:
            assert error.code == "S5206"
            assert error.__context__ is None
            return True
        except Killed:
            return True
    assert calls < nth
    return False


def test_a_failed_fsync_acknowledges_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (folder / "checkpoint").read_bytes()
    assert fails(monkeypatch, lambda: say(folder, spend()), "fsync", 1, OSError, persisted=False)
    assert (folder / "checkpoint").read_bytes() == before


def test_killed_with_the_signal_that_cannot_be_caught(folder: Path) -> None:
    """Two writers killed again and again; every entry that was acknowledged stays."""
    script = textwrap.dedent(f"""
        import sys, time
        from pathlib import Path
        sys.path.insert(0, {str(HERE)!r})
        from ledger_world import say, spend
        from schemas.errors import Busy
        for number in range(10**6):
            name = sys.argv[1] + str(number)
            try:
                say(Path({str(folder)!r}), spend(name, "0.000001"))
            except Busy:
                continue
            print(name, flush=True)
            time.sleep(0.02)  # let the other one in
    """)
    acknowledged: list[str] = []
    for round_number in range(4):
        command = [sys.executable, "-W", "ignore", "-c", script]
        writers = [
            subprocess.Popen([*command, f"{who}{round_number}x"], stdout=subprocess.PIPE, text=True, cwd=HERE.parent.parent) for who in "ab"
        ]
        for writer, lines in zip(writers, (3, 5), strict=True):
            for _ in range(lines):
                assert writer.stdout is not None
                acknowledged.append(writer.stdout.readline().strip())
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            rest, _ = writer.communicate()
            acknowledged += [line for line in rest.split("\n")[:-1] if line]
    store.finish(folder, ANALYST)
    plans = {spend.plan for spend in verify.verify(folder).log.state.spends}
    assert {hexes(name + "plan") for name in acknowledged} <= plans
    assert len(acknowledged) >= 4 * 8


def test_busy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(folder / "lock", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Busy, match="S8002") as caught:
        say(folder, spend())
    assert caught.value.__context__ is None
    holder.close()
    assert say(folder, spend()) == 2
    assert (folder / "lock").stat().st_size == 0


def test_a_wrong_key_leaves_everything_as_it_was(folder: Path) -> None:
    from ledger_world import Key

    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(IntegrityError, match="S5202"):
        store.append(folder, spend(), Key("analyst", salt="wrong"), now=NOW)
    with pytest.raises(PolicyRefusal, match="S4004"):
        store.append(folder, spend(), KEYS["officer"], now=NOW)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_finish_signs_what_a_crash_left_unsigned(folder: Path) -> None:
    before = (folder / "checkpoint").read_bytes()
    say(folder, spend())
    (folder / "checkpoint").write_bytes(before)
    assert not store.open(folder).finished
    with pytest.raises(PolicyRefusal, match="S4004"):
        store.finish(folder, OFFICER)
    assert store.finish(folder, ANALYST).checkpoint.size == 3
    assert store.open(folder).finished


def test_the_writer_refuses_a_tampered_ledger(tmp_path: Path) -> None:
    folder = whole(tmp_path / "ledger")
    data = (folder / "entries.jsonl").read_bytes().replace(b"looked at it", b"looked at It")
    (folder / "entries.jsonl").write_bytes(data)
    with pytest.raises(IntegrityError, match=r"S5202 entries\.jsonl, entry 5"):
        say(folder, spend("more"))
    assert (folder / "entries.jsonl").read_bytes() == data


def test_a_copy_is_a_ledger(tmp_path: Path) -> None:
    shutil.copytree(whole(tmp_path / "ledger"), tmp_path / "copy")
    propose(tmp_path / "copy", "q")
    with pytest.raises(IntegrityError, match="0 of 1 approvals"):
        publish(tmp_path / "copy", "q")
