"""Runs commands of Sauma, each in a process of its own forked from this one, on a disk that fails on demand.

Reads one JSON document a line and answers each with one: ``cwd``, ``words``, ``kind``, ``at``, ``memory`` (a folder),
``ledger`` (a folder) and ``note`` (a file for the journal).  Besides the kinds of :mod:`faulty_disk`, ``small-files`` lets the kernel cut every
file at ``at`` bytes.  Forking spares the start of an interpreter.  What a command computes before it writes
anything (linking, counting, making tables safe) is computed once and remembered in ``memory``, like the stretching of
passphrases: what is tried here is the writing.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from faulty_disk import Disk

REMEMBERED = (
    ("linkage.link", "link"),
    ("sauma.proposing", "count"),
    ("sauma.proposing", "protect"),
    ("sauma.keys", "_stretch"),
)


_REPLACE = os.replace
"""As it is before any disk is made faulty."""


def remembered(call: Callable[..., Any], name: str, memory: Path) -> Callable[..., Any]:
    """*call*, whose first answer in a stage is given again."""

    @functools.wraps(call)
    def answer(*arguments: Any, **keywords: Any) -> Any:
        told = repr(arguments) if name == "_stretch" else ""
        place = memory / f"{name}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"
        if place.exists():
            return pickle.loads(place.read_bytes())
        found = call(*arguments, **keywords)
        fresh = place.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(pickle.dumps(found))
        _REPLACE(fresh, place)  # the bench's own file is no call of the command's
        return found

    return answer


def counting_draws(disk: Disk, ledger: Path) -> None:
    """Note how many spends the ledger held each time that noise was drawn."""
    from privacy.protect import noise

    real = noise.opendp_laplace

    @functools.wraps(real)
    def draw(*arguments: Any, **keywords: Any) -> Any:
        disk.journal.draws.append((ledger / "entries.jsonl").read_bytes().count(b'"kind":"spend"'))
        return real(*arguments, **keywords)

    noise.opendp_laplace = draw


def child(job: dict[str, Any]) -> None:
    """Run the command; never returns."""
    from sauma.cli.main import run

    disk = Disk(job["kind"], job["at"], Path(job["note"]))
    os.chdir(job["cwd"])
    for module, name in REMEMBERED:
        home = importlib.import_module(module)
        setattr(home, name, remembered(getattr(home, name), name, Path(job["memory"])))
    counting_draws(disk, Path(job["ledger"]))
    disk.install()
    if job["kind"] == "small-files":
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["at"], resource.RLIM_INFINITY))
    status = run(job["words"])
    disk.at = -1
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    sys.stdout.flush()
    sys.stderr.flush()
    disk.journal.save(Path(job["note"]))
    os._exit(status)


def serve() -> None:
    """Answer jobs until the input ends."""
    for name in ("sauma.stages", "sauma.proposing", "sauma.report.report", "sauma.report.audit", "sauma.witness", "sauma.intake"):
        importlib.import_module(name)
    for name in ("linkage.link", "sauma.linkedset", "sauma.engine.duckdb", "privacy.protect.noise", "sauma.truth", "ledger.store"):
        importlib.import_module(name)
    for line in sys.stdin:
        job = json.loads(line)
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb") as said:
            process = os.fork()
            if process == 0:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                os.dup2(writing, 1)
                os.dup2(writing, 2)
                sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
                sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
                try:
                    child(job)
                except BaseException:
                    traceback.print_exc()
                os._exit(99)
            os.close(writing)
            text = said.read().decode("utf-8", "replace")
            _, status = os.waitpid(process, 0)
        sys.stdout.write(json.dumps({"status": os.waitstatus_to_exitcode(status), "said": text}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
