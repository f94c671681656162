"""The verifier: any change to any byte is found, by somebody who has nothing but the folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_world import (
    ANALYST,
    KEYS,
    NOW,
    ROLES,
    agreement,
    begin,
    cosigned,
    decide,
    founding,
    package,
    propose,
    publish,
    say,
    spend,
    told,
    whole,
    witness,
)

from ledger import store, verify
from ledger.log import split_lines
from schemas.errors import IntegrityError, SaumaError

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole(tmp_path_factory.mktemp("made") / "ledger")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "ledger"))


def failure(folder: Path, since: str | None = None) -> SaumaError:
    with pytest.raises(SaumaError) as caught:
        verify.verify(folder, since=since)
    assert caught.value.__context__ is None
    return caught.value


def small(folder: Path) -> Path:
    """As few parties as there can be, so that every byte can be tried."""
    keys = {party: KEYS[party] for party in ROLES if party not in ("second", "youth")}
    (register,) = (register for register in agreement().canonical()["register"] if register["id"] == "school")
    store.create(folder, founding(agreement(keys=keys, register=[register]), keys), ANALYST, NOW)
    say(folder, package())
    propose(folder)
    decide(folder)
    witness(folder)
    publish(folder)
    return folder


def test_it_holds(folder: Path) -> None:
    found = verify.verify(folder)
    assert found.checkpoint.checkpoint == store.open(folder).checkpoint
    assert list((found.relations or {}).values()) == [told()]


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.full)])
def test_every_changed_byte_is_found_and_its_file_named(tmp_path: Path, step: int) -> None:
    folder = small(tmp_path / "ledger")
    files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    assert sorted(path.name for path in files)[:2] != []
    assert len(files) == 3
    for path in files:
        whole = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        for place in range(0, len(whole), step):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << place % 8)]) + whole[place + 1 :])
            error = failure(folder)
            assert error.exit_code == 5
            assert error.place.split(",")[0] == name, (name, place, error)
        path.write_bytes(whole)
    assert verify.verify(folder).checkpoint.checkpoint.size == 7


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_other_change_is_found(made: Path, tmp_path: Path, data: st.DataObject) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "ledger", dirs_exist_ok=True))
    path = data.draw(st.sampled_from(sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)))
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 400)))
    changed = whole[:start] + data.draw(st.binary(max_size=40)) + whole[end:]
    path.write_bytes(changed)
    if changed == whole:
        verify.verify(folder)
    else:
        assert failure(folder).exit_code == 5


def test_cutting_off_whole_entries_is_caught_by_the_checkpoint(folder: Path) -> None:
    lines = (folder / "entries.jsonl").read_bytes().splitlines(keepends=True)
    for kept in range(1, len(lines)):
        (folder / "entries.jsonl").write_bytes(b"".join(lines[:kept]))
        error = failure(folder)
        assert (error.code, error.place) == ("S5204", "entries.jsonl")
    for missing, code in (("entries.jsonl", "S5204"), ("checkpoint", "S5203")):
        other = Path(shutil.copytree(folder, folder.parent / missing))
        (other / missing).unlink()
        assert failure(other).code == code


def test_entries_in_another_order(folder: Path) -> None:
    lines = (folder / "entries.jsonl").read_bytes().splitlines(keepends=True)
    for place in range(len(lines) - 1):
        swapped = [*lines]
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
        (folder / "entries.jsonl").write_bytes(b"".join(swapped))
        assert failure(folder).code == "S5205"


def test_a_clean_rollback_needs_the_checkpoint_kept(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    begin(folder)
    propose(folder)
    shutil.copytree(folder, tmp_path / "backup")
    say(folder, spend("later"))
    kept = cosigned(folder)
    assert verify.verify(tmp_path / "backup").checkpoint.checkpoint.size == 3  # by itself it is a perfectly good log
    error = failure(tmp_path / "backup", since=kept)
    assert (error.code, error.exit_code, error.place) == ("S5208", 5, "entries.jsonl")
    assert verify.verify(folder, since=kept)
    say(folder, spend("more"))
    assert verify.verify(folder, since=kept)


def test_another_continuation_is_found_by_the_checkpoint_kept(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    begin(folder)
    shutil.copytree(folder, tmp_path / "fork")
    for number in range(3):
        say(folder, spend(f"told to the officer {number}", "0.1"))
        say(tmp_path / "fork", spend(f"told to others {number}", "0.1"))
    kept = store.open(folder).note.text
    say(tmp_path / "fork", spend("more", "0.1"))
    assert verify.verify(tmp_path / "fork")
    assert failure(tmp_path / "fork", since=kept).code == "S5208"


def test_a_forged_checkpoint_kept_proves_nothing(folder: Path) -> None:
    kept = store.open(folder).note.text
    assert failure(folder, since=kept.replace("\n8\n", "\n7\n")).code == "S5203"
    assert failure(folder, since="").code == "S5203"
    assert failure(folder, since=kept.replace("sauma/", "sauma/0")[: len(kept)]).code == "S5203"


def test_an_older_checkpoint_with_the_newer_log(folder: Path) -> None:
    before = (folder / "checkpoint").read_bytes()
    say(folder, spend("one"))
    after_one = (folder / "entries.jsonl").read_bytes()
    say(folder, spend("two"))
    (folder / "checkpoint").write_bytes(before)
    assert failure(folder).code == "S5204"
    (folder / "entries.jsonl").write_bytes(after_one)  # one entry more is what a crash leaves
    assert failure(folder).code == "S5206"


def test_relations(folder: Path) -> None:
    (file,) = folder.glob("relations/public/*.json")
    (folder / "relations" / "internal").mkdir()
    for stranger in (folder / "relations/internal" / file.name, folder / "relations/public" / ("0" * 64 + ".json"), folder / "notes.txt"):
        stranger.write_bytes(file.read_bytes())
        assert failure(folder).code == "S5207"
        stranger.unlink()
    (folder / "relations/public/.DS_Store").touch()  # what operating systems leave
    assert verify.verify(folder)
    (folder / "lock").write_text("x", encoding="utf-8")
    assert failure(folder).place == "lock"
    (folder / "lock").unlink()
    file.unlink()
    error = failure(folder)
    assert (error.code, error.place) == ("S5207", f"relations/public/{file.name}")
    assert verify.verify(folder, with_relations=False).relations is None


def test_not_files(folder: Path) -> None:
    import os

    (folder / "checkpoint").unlink()
    os.mkfifo(folder / "checkpoint")
    assert failure(folder).exit_code == 5


def test_split_lines() -> None:
    assert split_lines(b"") == ([], b"")
    assert split_lines(b"a\nb") == ([b"a"], b"b")
    assert split_lines(b"a\n\n") == ([b"a", b""], b"")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=3))
def test_only_our_error_escapes_from_lines(lines: list[bytes]) -> None:
    from ledger.log import replay

    with pytest.raises(SaumaError) as caught:
        replay(lines)
    assert caught.value.exit_code == 5


# The command.


def test_the_command(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kept").write_text(store.open(folder).note.text, encoding="utf-8")
    assert verify.main([str(folder), "--since", str(tmp_path / "kept"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["size"], document["publications"], document["budget"]) == (8, 1, {"spent": "0.5", "total": "2"})
    assert document["parties"]["officer"] == KEYS["officer"].public.fingerprint
    assert verify.main([str(folder), "--log-only"]) == 0
    assert "relations: not checked" in capsys.readouterr().out
    (folder / "checkpoint").write_bytes(b"")
    assert verify.main([str(folder)]) == 5
    assert "S5203 checkpoint" in capsys.readouterr().err
    assert verify.main([str(tmp_path)]) == 2
    assert "S2121" in capsys.readouterr().err


def test_it_runs_without_engines_and_without_the_writer(folder: Path) -> None:
    """With pyspark, duckdb, pyarrow, numpy and the rest blocked, in a folder that tries to be imported from."""
    (folder / "ledger.py").write_text("raise SystemExit(77)", encoding="utf-8")
    script = (
        "import sys\n"
        "for name in ('pyspark', 'duckdb', 'pyarrow', 'numpy', 'pandas', 'opendp', 'sqlite3'): sys.modules[name] = None\n"
        "from ledger.verify import main\n"
        "status = main([sys.argv[1]])\n"
        "assert 'ledger.store' not in sys.modules\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'sauma']\n"
        "sys.exit(status)\n"
    )
    arguments = [sys.executable, "-P", "-W", "ignore", "-c", script, str(folder)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=folder, env={"PYTHONPATH": str(ROOT)})
    assert done.returncode == 5  # the stray file
    assert "S5207" in done.stderr
    (folder / "ledger.py").unlink()
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=folder, env={"PYTHONPATH": str(ROOT)})
    assert (done.returncode, done.stderr) == (0, "")
    assert "everything in this folder holds" in done.stdout


def test_decimal() -> None:
    from fractions import Fraction

    assert [verify.decimal(Fraction(text)) for text in ("0", "1", "0.1", "1.000000001", "20", "0.30")] == [
        "0",
        "1",
        "0.1",
        "1.000000001",
        "20",
        "0.3",
    ]


def test_names_agree() -> None:
    """The signature prefix that the ledger checks is the one that parties sign with."""
    from sauma import agreements
    from schemas.agreement import SIGNATURE_PREFIX

    assert agreements.SIGNATURE_PREFIX == SIGNATURE_PREFIX


def test_errors_are_ours(folder: Path) -> None:
    with pytest.raises(IntegrityError):
        store.open(folder).log.check_extends(store.open(folder).checkpoint.__class__("x", 99, bytes(32)), place="here")
