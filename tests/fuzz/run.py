"""Runs entry points: one input under its limits, or a counted number of them in several processes."""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import io
import multiprocessing
import os
import random
import re
import resource
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

from .mutate import mutated
from .targets import TARGETS, seeds

SECONDS_MAX = 10
"""For one input, on any machine: what takes longer is a way to keep a steward waiting."""
MEMORY_BYTES = 4 * 1024**3
"""Address space of a process, all its libraries mapped: an input that asks for gigabytes ends in MemoryError."""
SHARE = 500
MEMORY = Path("/dev/shm")
Job = tuple[str, int, int]
"""A target, how many inputs, and a seed."""


class TooSlow(BaseException):
    """One input took longer than ``SECONDS_MAX``; no ``Exception``, so that nothing swallows it."""


@dataclass
class Tally:
    """What happened to the inputs of one target: how many, taken whole, refused by code, and what escaped, one of a kind."""

    inputs: int = 0
    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    foreign: dict[str, bytes] = field(default_factory=dict)
    slowest: float = 0.0

    def add(self, other: Tally) -> None:
        """Count *other* in."""
        self.inputs += other.inputs
        self.taken += other.taken
        self.refused += other.refused
        self.foreign = other.foreign | self.foreign
        self.slowest = max(self.slowest, other.slowest)


def once(name: str, data: bytes) -> str:
    """Feed *data* to the target *name*: the code that it was refused with, or nothing if it was taken.

    Whatever else escapes, escapes; so does ``TooSlow``, and an error of ours that still holds another in its context.
    """
    from schemas.errors import SaumaError

    seeds(name)  # what the target stands on is made before the clock runs
    said = io.StringIO()
    try:
        with _in_time(), contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(said):
            TARGETS[name].run(data)
    except SaumaError as ours:
        error: BaseException | None = ours
        while error is not None:
            if not isinstance(error, SaumaError):
                raise AssertionError(f"{ours.code} carries a {type(error).__name__}, and the value in it") from None
            error = error.__context__ or error.__cause__
        return ours.code
    finally:
        if said.getvalue():
            raise AssertionError("something was printed, where a document is expected")
    return ""


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    def late(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS_MAX)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def many(name: str, count: int, seed: int, last: Path | None = None) -> Tally:
    """*count* mutants of the seeds of *name*, with seed 0 the seeds first; each is noted in *last* before it is fed."""
    draw, tally = random.Random(f"{name}/{seed}"), Tally()
    pool, first = list(seeds(name)), seeds(name) if seed == 0 else []
    for number in range(count):
        data = first[number] if number < len(first) else mutated(draw.choice(pool), pool, draw)
        if last is not None:
            last.write_bytes(b"%d\n" % number + data)
        began, told = time.perf_counter(), None
        try:
            told = once(name, data)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as escaped:
            tally.foreign.setdefault(_kind(escaped), data)
        tally.inputs += 1
        tally.slowest = max(tally.slowest, time.perf_counter() - began)
        if told:
            tally.refused[told] += 1
        elif told is not None:
            tally.taken += 1
            if len(pool) < 400:
                pool.append(data)  # what is taken leads further
    return tally


def _kind(escaped: BaseException) -> str:
    """Its class and the innermost place in our own code."""
    frames = [frame for frame in traceback.extract_tb(escaped.__traceback__) if "site-packages" not in frame.filename]
    place = next((frame for frame in reversed(frames) if re.search(r"/(sauma|schemas|privacy|linkage|ledger|hyte)/", frame.filename)), None)
    where = f"{Path(place.filename).name}:{place.lineno}" if place else "the target itself"
    said = f" ({escaped})" if isinstance(escaped, AssertionError) else ""
    return f"{type(escaped).__name__} at {where}{said}"[:300]


def counted(count: int, *, processes: int, seed: int, only: tuple[str, ...] = ()) -> dict[str, Tally]:
    """*count* inputs over all targets (or *only* some) by their weights."""
    weights = {name: target.weight for name, target in TARGETS.items() if not only or name in only}
    whole = sum(weights.values())
    shares = {name: max(1, count * weight // whole) for name, weight in weights.items()}
    shares[next(iter(shares))] += max(0, count - sum(shares.values()))
    jobs: list[Job] = []
    for name, left in shares.items():
        jobs += [(name, min(SHARE, left - start), number + seed * 1_000_003) for number, start in enumerate(range(0, left, SHARE))]
    tallies = {name: Tally() for name in weights}
    with concurrent.futures.ThreadPoolExecutor(processes) as threads:
        for done in threads.map(_worked_off, [jobs[start::processes] for start in range(processes)]):
            for name, tally in done:
                tallies[name].add(tally)
    return tallies


def _worked_off(jobs: list[Job]) -> list[tuple[str, Tally]]:
    """*jobs* in a process of their own, started again where an input ended it."""
    done: list[tuple[str, Tally]] = []
    context = multiprocessing.get_context("spawn")
    worker = link = None
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        last = Path(folder) / "last"
        while jobs:
            if worker is None or link is None:
                link, other = context.Pipe()
                worker = context.Process(target=_serve, args=(other, str(last)), daemon=True)
                worker.start()
                other.close()
            (name, count, seed), jobs = jobs[0], jobs[1:]
            link.send((name, count, seed))
            try:
                done.append((name, link.recv()))
            except EOFError:
                worker.join()
                number, _, data = last.read_bytes().partition(b"\n")
                ran = int(number) + 1
                done.append((name, Tally(inputs=ran, foreign={f"the process died (exit {worker.exitcode})": data})))
                jobs = [(name, count - ran, seed + 500_000_003), *jobs] if ran < count else jobs
                worker = link = None
        if link is not None and worker is not None:
            link.send(None)
            worker.join()
    return done


def _serve(link: Connection, last: str) -> None:
    limited()
    while (job := link.recv()) is not None:
        link.send(many(*job, last=Path(last)))


def limited() -> None:
    """Bound this process's memory; be kind to others."""
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def kept(folder: Path, name: str, data: bytes) -> Path:
    """*data* written where a person finds it again."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path


def minimised(name: str, data: bytes, kind: str) -> bytes:
    """A shorter input on which the same thing escapes: pieces left out while it still does."""

    def fails(candidate: bytes) -> bool:
        try:
            once(name, candidate)
        except BaseException as escaped:
            return _kind(escaped) == kind
        return False

    size = len(data) // 2
    while size:
        start = 0
        while start < len(data):
            shorter = data[:start] + data[start + size :]
            if fails(shorter):
                data = shorter
            else:
                start += size
        size //= 2
    return data
