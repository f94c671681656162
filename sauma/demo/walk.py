"""Runs the demonstration: each step a process of the public command, in the folder of the role that runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sauma.demo.folders import REQUESTS, home
from sauma.demo.steps import Step, stages
from sauma.files import make_folder, read_bytes, write_private

Tell = Callable[[str], None]
KEY_BYTES_MAX = 16 * 1024


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was run: its exit code and how long it took."""

    step: Step
    exit: int
    seconds: float
    stdout: str
    stderr: str

    def as_dict(self) -> dict[str, str | int | float]:
        """The step for ``--json``."""
        return {"party": self.step.party, "command": self.step.command, "exit": self.exit, "seconds": round(self.seconds, 2)}


def walk(top: Path, tell: Tell, requests: Sequence[str] = REQUESTS) -> list[Done]:
    """Run every stage in *top*, in order, one release a request; stops after a stage in which a step failed."""
    done: list[Done] = []

    def send(party: str, file: Path, to: Path) -> None:
        write_private(to, read_bytes(file, limit=KEY_BYTES_MAX))
        tell(f"  ({party} sends {file.name} to {to.parent.parent.name})")

    with ThreadPoolExecutor(max_workers=max(2, min(4, os.cpu_count() or 1))) as workers:
        for stage in stages(top, send, requests):
            seen: dict[str, set[str]] = {}
            tell("")
            tell(stage.title)
            for finished in workers.map(lambda step: run(step, home(top, step.party)), stage.steps()):
                _show(finished, top, tell, seen)
                done.append(finished)
            if any(each.exit for each in done):
                break
            stage.after()
    return done


def run(step: Step, folder: Path) -> Done:
    """One step as a process without a terminal, in *folder*."""
    make_folder(folder)
    begin = time.perf_counter()
    ended = subprocess.run(  # noqa: S603 - our own command with words that this package wrote
        [program(step.words[0]), *step.words[1:]],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},  # else what it says comes in the encoding of this machine's console
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return Done(step, ended.returncode, time.perf_counter() - begin, ended.stdout, ended.stderr)


def program(name: str) -> str:
    """The installed command *name*: the one beside this Python, else the one on the path."""
    beside = Path(sys.executable).parent
    return shutil.which(name, path=str(beside)) or shutil.which(name) or name


def _show(finished: Done, top: Path, tell: Tell, seen: dict[str, set[str]]) -> None:
    """The command line and what it said, without the lines that other parties' same command said already."""
    where = home(top, finished.step.party).relative_to(top).as_posix()
    tell(f"{where}$ {finished.step.command}   [{finished.seconds:.1f} s]")
    text = finished.stdout if finished.exit == 0 else f"{finished.stdout}{finished.stderr}"
    said = seen.setdefault(finished.step.command, set())
    fresh = [line for line in text.splitlines() if finished.exit or line not in said]
    for line in fresh:
        tell(f"    {line}")
    if len(fresh) < len(text.splitlines()):
        tell(f"    ({len(text.splitlines()) - len(fresh)} lines as above)")
    said.update(fresh)
    if finished.exit:
        tell(f"    exit code {finished.exit}")
