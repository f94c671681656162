"""The commands that write, each in the state of a region in which it has something to do, and what it may change."""

from __future__ import annotations

import fnmatch
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from flow_world import Wish, request_text

LEDGER = ("ledger/entries.jsonl", "ledger/checkpoint", "ledger/lock")
LEFT_BEHIND = ("ledger", "published", "analyst/linked", "analyst/proposals", "officer/statements", "officer/kept.checkpoint")
DONE_ALREADY = "S3004"


@dataclass(frozen=True)
class Stage:
    """One command, run by *home* ('analyst', 'officer', 'steward'), in the tree *tree*."""

    name: str
    home: str
    words: tuple[str, ...]
    tree: Path
    may_change: tuple[str, ...]
    made: tuple[str, ...]
    gone: tuple[str, ...] = ()
    """Patterns: what it may write, what is there when it has ended well, and what is gone then."""
    calls: int = 0
    """How many calls that change the disk it makes."""

    @property
    def memory(self) -> Path:
        """Where what it computed is remembered."""
        return self.tree.with_name(f"{self.name}.memory")


@dataclass(frozen=True)
class Ran:
    """A finished run: exit code (negative: the signal), what it said, what it did to the disk."""

    status: int
    said: str
    calls: list[str]
    named: list[tuple[str, str]]
    unsynced_names: list[str]
    draws: list[int]
    struck: str


class Workbench:
    """The process that runs commands on a faulty disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = Path(__file__).with_name("workbench.py")
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", env=environment
        )

    def run(self, tree: Path, home: str, words: tuple[str, ...], memory: Path, kind: str = "none", at: int = -1) -> Ran:
        """*words* in the folder of *home* in *tree*, the disk failing as *kind* at call number *at*."""
        note = self.folder / "journal.json"
        note.unlink(missing_ok=True)
        memory.mkdir(exist_ok=True)
        cwd = folder_of(tree, home)
        job = {"cwd": cwd, "words": words, "kind": kind, "at": at, "memory": memory, "note": note, "ledger": tree / "ledger"}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(job, default=str) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert note.exists(), answer
        journal = json.loads(note.read_text(encoding="utf-8"))
        return Ran(answer["status"], answer["said"], **{**journal, "named": [tuple(pair) for pair in journal["named"]]})

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)


def steward(tree: Path) -> Path:
    """The steward of the smallest package: a folder with a key, an extract and a contribution."""
    package = min((tree / "packages").glob("*.sauma"), key=lambda path: path.stat().st_size)
    return next(path.parent for path in (tree / "stewards").glob("*/sauma.toml") if f"[register.{package.stem}]" in path.read_text())


def register(tree: Path) -> str:
    return min((tree / "packages").glob("*.sauma"), key=lambda path: path.stat().st_size).stem


def folder_of(tree: Path, home: str) -> Path:
    return steward(tree) if home == "steward" else tree / home


def newest(folder: Path) -> Path:
    return max(
        (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")), key=lambda path: path.stat().st_mtime_ns
    )


def make_stages(region: Path, top: Path, bench: Workbench) -> list[Stage]:
    """A tree for every command, each made by running the one before it; the list is kept in ``stages.json``."""
    stages: list[Stage] = []
    tree = top / "now"
    shutil.copytree(region, tree)
    (tree / "keys").mkdir()

    def stage(
        name: str, home: str, *words: str, change: tuple[str, ...] = (), made: tuple[str, ...] = (), gone: tuple[str, ...] = ()
    ) -> None:
        copy, tried = top / name, top / "tried"
        shutil.rmtree(tried, ignore_errors=True)
        shutil.copytree(tree, copy)
        shutil.copytree(tree, tried)
        fresh = Stage(name, home, words, copy, (*change, *made, *gone), made, gone)
        done = bench.run(tried, home, words, fresh.memory)
        assert done.status == 0, (name, done.said)
        stages.append(replace(fresh, calls=len(done.calls)))

    def proceed() -> None:
        shutil.rmtree(tree)
        (top / "tried").rename(tree)

    _steward_stages(tree, stage, proceed)
    for name in LEFT_BEHIND:
        path = tree / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    (tree / "officer" / "statements").mkdir()
    _analyst_stages(tree, stage, proceed)
    (top / "stages.json").write_text(json.dumps([each.__dict__ for each in stages], default=str), encoding="utf-8")
    return stages


def _steward_stages(tree: Path, stage: Callable[..., None], proceed: Callable[[], None]) -> None:
    me, name = steward(tree).relative_to(tree).as_posix(), steward(tree).name
    source = register(tree)
    stage(
        "destroy", "steward", "keys", "destroy", "--yes", made=(f"{me}/statements/key-destroyed-*.json",), gone=(f"{me}/keys/{name}.key",)
    )
    stage(
        "destroy-analyst",
        "analyst",
        "keys",
        "destroy",
        "--yes",
        change=LEDGER,
        made=("officer/statements/key-destroyed-*.json",),
        gone=("analyst/keys/analyst.key",),
    )
    words = ("keys", "create", "newcomer", "--out", "new", "--passphrase-file", "keys/passphrase.txt")
    stage("create", "steward", *words, made=(f"{me}/new/newcomer.key", f"{me}/new/newcomer.pub"))
    signature = f"agreement.toml.signatures/{name}.sig"
    (tree / signature).unlink()
    stage("sign", "steward", "agreement", "sign", made=(signature,))
    proceed()
    contribution = tree / "contributions" / f"{name}.contribution.json"
    kept = contribution.read_bytes()
    contribution.unlink()
    stage("contribute", "steward", "keys", "contribute", made=(f"contributions/{name}.contribution.json",))
    contribution.write_bytes(kept)
    stage(
        "pseudonymise",
        "steward",
        "pseudonymise",
        source,
        change=("truth/*", f"{me}/*.lock"),
        made=(f"packages/{source}.sauma", f"{me}/{source}.rejects.csv", f"{me}/{source}.*.last.json"),
    )
    proceed()


def _analyst_stages(tree: Path, stage: Callable[..., None], proceed: Callable[[], None]) -> None:
    stage("begin", "analyst", "ledger", "add", "../agreement.toml", made=LEDGER)
    proceed()
    stage("link", "analyst", "link", change=LEDGER, made=("analyst/linked/*/manifest.json", "analyst/linked/*"))
    proceed()
    requests = tree / "analyst" / "requests"
    for name, wish in (("exact", Wish(2, sex=False)), ("noised", Wish(2, sex=False, epsilon="0.5"))):
        (requests / f"{name}.toml").write_text(request_text(wish), encoding="utf-8")
    linked = f"linked/{newest(tree / 'analyst' / 'linked').name}"
    words = ("propose", linked, "--request")
    stage("propose-exact", "analyst", *words, "requests/exact.toml", change=LEDGER, made=("analyst/proposals/*",))
    stage("propose-noised", "analyst", *words, "requests/noised.toml", change=LEDGER, made=("analyst/proposals/*",))
    proceed()
    _release_stages(tree, stage, proceed)
    stage("report", "analyst", "report", "--out", "../report.html", made=("report.html",))
    stage("audit", "officer", "audit", "--out", "../audit.html", made=("audit.html",))


def _release_stages(tree: Path, stage: Callable[..., None], proceed: Callable[[], None]) -> None:
    name = newest(tree / "analyst" / "proposals").name
    reason = ("--approve", "--reason", "as agreed")
    stage("review", "officer", "review", f"../analyst/proposals/{name}", *reason, made=("officer/statements/decision-*.json",))
    proceed()
    stage("add", "analyst", "ledger", "add", f"../officer/statements/decision-{name[:8]}.json", change=LEDGER)
    proceed()
    stage("checkpoint", "officer", "ledger", "checkpoint", change=("officer/kept.checkpoint",), made=("officer/statements/*.checkpoint",))
    proceed()
    note = max((tree / "officer" / "statements").glob("*.checkpoint")).name
    stage("witness", "analyst", "ledger", "add", f"../officer/statements/{note}", change=LEDGER)
    proceed()
    stage("publish", "analyst", "publish", f"proposals/{name}", change=(*LEDGER, "ledger/relations/*"), made=("published/*",))
    proceed()


def read_stages(top: Path) -> list[Stage]:
    """The stages that :func:`make_stages` made in *top*."""

    def stage(kept: dict[str, Any]) -> Stage:
        lists = {name: tuple(kept[name]) for name in ("words", "may_change", "made", "gone")}
        return Stage(
            kept["name"], kept["home"], lists["words"], Path(kept["tree"]), lists["may_change"], lists["made"], lists["gone"], kept["calls"]
        )

    return [stage(kept) for kept in json.loads((top / "stages.json").read_text(encoding="utf-8"))]


# What must hold after whatever happened.


def contents(tree: Path) -> dict[str, str]:
    """The digest of every file with a visible name, by its path in *tree*."""
    return {
        path.relative_to(tree).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(tree.rglob("*"))
        if path.is_file() and not hidden(path.relative_to(tree))
    }


def hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def left_behind(tree: Path) -> list[str]:
    """Files and folders that were being written or removed."""
    return sorted(path.relative_to(tree).as_posix() for path in tree.rglob(".*") if path.name.endswith((".partial", ".destroyed")))


def plaintexts(stage: Stage, tree: Path) -> Iterator[str]:
    """The files, whatever their name, that hold a cell of the steward's extract and did not before."""
    if stage.name != "pseudonymise":
        return
    for path in tree.rglob("*"):
        name = path.relative_to(tree)
        if path.is_file() and not (stage.tree / name).exists() and any(cell in path.read_bytes() for cell in secret_cells(tree)):
            yield name.as_posix()


@functools.cache
def secret_cells(tree: Path) -> tuple[bytes, ...]:
    """Cells of the extract that are long enough to be nothing else: of every 20th row."""
    rows = (steward(tree) / "extracts" / f"{register(tree)}.csv").read_bytes().splitlines()[1::20]
    return tuple({cell for row in rows for cell in re.split(rb"[;,\t]", row.strip(b'"')) if len(cell) >= 9})


def fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def spent(tree: Path) -> Fraction:
    """The budget that the whole lines of the log have spent."""
    entries = [json.loads(line)["statement"]["entry"] for line in lines(tree)]
    return sum((Fraction(entry["epsilon"]) for entry in entries if entry["kind"] == "spend"), Fraction(0))


def lines(tree: Path) -> list[bytes]:
    path = tree / "ledger" / "entries.jsonl"
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def faults_of(stage: Stage, tree: Path, before: dict[str, str], ran: Ran) -> Iterator[str]:
    """What is wrong in *tree* after *ran*: a half file under a final name, something lost, a budget given back."""
    after = contents(tree)
    given = {(str(Path(name)), digest) for name, digest in ran.named}
    for name, digest in after.items():
        if before.get(name) == digest or name in ("ledger/entries.jsonl", "ledger/lock") or name.endswith(".lock"):
            continue
        if not fits(name, stage.may_change):
            yield f"{name} is not its to write"
        elif (str(tree / name), digest) not in given:
            yield f"{name} was not written whole"
    for name in before:
        if name not in after and not fits(name, stage.gone):
            yield f"{name} is lost"
    yield from (f"{name} holds what the extract says" for name in plaintexts(stage, tree))
    known = lines(stage.tree)
    if lines(tree)[: len(known)] != known:
        yield "the log lost entries"
    if spent(tree) < spent(stage.tree):
        yield "spent budget fell"
    yield from (f"{name} got its name before its content was on the disk" for name in ran.unsynced_names)
    if ran.draws and min(ran.draws) <= sum(b'"kind":"spend"' in line for line in known):
        yield "noise was drawn before it was paid for"
