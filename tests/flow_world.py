"""A region to play the flow in: commands inside this process, crashes in processes of their own, and an honest attacker."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linprog

SMALL = 5
"""The demonstration's threshold: a hidden count from 1 to 4 must not be recoverable."""
LEFT_BEHIND = ("ledger", "published", "analyst/linked", "analyst/proposals", "officer/statements", "officer/kept.checkpoint", "packages")

CRASHING = """
import os, sys
sys.path.insert(0, sys.argv.pop(1))
left = int(sys.argv.pop(1))
def dying(real):
    def call(*arguments, **keywords):
        global left
        left -= 1
        if left < 0:
            os._exit(137)
        return real(*arguments, **keywords)
    return call
for name in ("fsync", "replace", "rename"):
    setattr(os, name, dying(getattr(os, name)))
from sauma.cli import main
main()
"""
"""Runs a command that dies, without a word, at its n-th durable operation: as ``kill -9`` or a power cut would end it."""

BANDS = ([0, 7, 16, 30, 65], [0, 16, 65], [0, 18], [0, 30, 50])


@dataclass(frozen=True)
class Wish:
    """A request: age bands (an index of ``BANDS``), with or without sex; or one with noise."""

    bands: int
    sex: bool
    epsilon: str = ""

    @property
    def dimensions(self) -> tuple[str, ...]:
        return ("municipality", "age", "sex") if self.sex else ("municipality", "age")


def request_text(wish: Wish) -> str:
    """*wish* as ``request.toml``."""
    towns = '["049", "078", "149", "224", "235", "257", "444", "710", "755", "927"]'
    sex = "CASE WHEN population.sukupuoli = '1' THEN 'male' WHEN population.sukupuoli = '2' THEN 'female' END"
    parts = {
        "municipality": f'value = "population.kotikunta"\ncodes = {towns}',
        "age": f'value = "2025 - population.syntymaaika"\nbands = {BANDS[wish.bands]}',
        "sex": f'value = "{sex}"\ncodes = ["male", "female"]',
    }
    dimensions = "".join(
        f'\n[[table.dimensions]]\nname = "{name}"\ntitle = {{ fi = "{name}" }}\n{parts[name]}\n' for name in wish.dimensions
    )
    audience, kind = ("public", f'kind = "DP"\nepsilon = "{wish.epsilon}"') if wish.epsilon else ("internal", 'kind = "EXACT"')
    return f"""format = "sauma/request/v0"
title = {{ fi = "Asukkaat" }}
purpose = "test"
decision = "test"
audience = "{audience}"
base = "population"

[[table]]
id = "residents"
title = {{ fi = "Asukkaat" }}
unit = "person"
{kind}
{dimensions}"""


@dataclass
class Flow:
    """One region under play."""

    top: Path
    store: Path
    said: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, finished: Path, folder: Path) -> Flow:
        """A copy of a finished demonstration, set back to where every party has signed and packaged."""
        shutil.copytree(finished, folder)
        store = folder / "store"
        shutil.copytree(folder / "packages", store)
        for name in LEFT_BEHIND:
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        for name in ("packages", "officer/statements"):
            (folder / name).mkdir()
        return cls(folder, store)

    def run(self, party: str, *words: str | Path) -> int:
        """Run a command in the folder of *party* ('analyst' or 'officer'); the exit code."""
        from sauma.cli.main import run

        out = io.StringIO()
        with contextlib.chdir(self.top / party), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), quick_passphrases():
            status = run([str(word) for word in words])
        self.said.append(f"{party}$ {' '.join(map(str, words))} -> {status}\n{out.getvalue()}")
        return status

    def crash(self, after: int, party: str, *words: str | Path) -> int:
        """Run a command that dies at its durable operation number *after*; 137 if it did."""
        here = str(Path(__file__).resolve().parent.parent)
        done = subprocess.run(
            [sys.executable, "-c", CRASHING, here, str(after), *map(str, words)],
            cwd=self.top / party,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        self.said.append(f"{party}$ {' '.join(map(str, words))} dies after {after} -> {done.returncode}\n{done.stdout}{done.stderr}")
        return done.returncode

    def newest(self, folder: str, known: set[str]) -> str | None:
        """The directory in *folder* that is not among *known*."""
        place = self.top / folder
        fresh = (
            sorted(path.name for path in place.iterdir() if path.is_dir() and not path.name.startswith(".") and path.name not in known)
            if place.is_dir()
            else []
        )
        return fresh[0] if fresh else None

    @property
    def lines(self) -> list[bytes]:
        """The whole lines of the log."""
        path = self.top / "ledger" / "entries.jsonl"
        return path.read_bytes().split(b"\n")[:-1] if path.exists() else []

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What each line of the log says."""
        return [json.loads(line)["statement"]["entry"] for line in self.lines]

    def published_files(self) -> dict[str, str]:
        """Digest of every file of every release, by its path under ``published``."""
        import hashlib

        root = self.top / "published"
        files = (
            [path for path in root.rglob("*") if path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts)]
            if root.is_dir()
            else []
        )
        return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@contextlib.contextmanager
def quick_passphrases() -> Iterator[None]:
    """scrypt once for each passphrase, not once for each command."""
    from sauma import keys

    slow = keys._stretch
    keys._stretch = _stretched
    try:
        yield
    finally:
        keys._stretch = slow


@cache
def _stretched(passphrase: bytes, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=32, n=2**17, r=8, p=1).derive(passphrase)


# The attacker: a linear program over everything that was published, written without a look at the gate's.


def people_of(flow: Flow, linked: str) -> list[tuple[str, int | None, str]]:
    """(municipality, age in 2025, sex) of everybody in the linked set's population register."""
    from sauma import linkedset
    from sauma.agreements import read_agreement
    from sauma.keys import load

    agreement = read_agreement(flow.top / "agreement.toml")
    folder = flow.top / "analyst" / "keys"
    with quick_passphrases():
        me = load(folder / "analyst.key", (folder / "passphrase.txt").read_bytes().rstrip())
    opened = linkedset.read_linked(flow.top / "analyst" / "linked" / linked, agreement)
    rows = linkedset.open_payload(opened, "population", me).read_all().to_pylist()
    sexes = {"1": "male", "2": "female"}
    ages = [None if row["syntymaaika"] is None else 2025 - row["syntymaaika"] for row in rows]
    return [(row["kotikunta"] or "unknown", age, sexes.get(row["sukupuoli"], "unknown")) for row, age in zip(rows, ages, strict=True)]


def band(age: int | None, bands: list[int]) -> str:
    """The band that *age* falls in."""
    if age is None or age < bands[0]:
        return "unknown"
    low = max(start for start in bands if start <= age)
    following = [start for start in bands if start > low]
    return f"{low}-{following[0] - 1}" if following else f"{low}+"


def recovered(
    people: list[tuple[str, int | None, str]], tables: list[tuple[Wish, dict[tuple[str, ...], int | None]]]
) -> list[tuple[tuple[str, ...], int]]:
    """The small counts that arithmetic over all *tables* pins down: (cell, true count).

    The unknowns are the numbers of people in each pattern of memberships that occurs: an attacker who knows which
    patterns occur is stronger than any real one.
    """
    towns = {"049", "078", "149", "224", "235", "257", "444", "710", "755", "927"}
    patterns: dict[tuple[tuple[str, ...], ...], int] = {}
    for town, age, sex in people:
        parts = {"municipality": town if town in towns else "unknown", "sex": sex}
        pattern = tuple(
            tuple(band(age, BANDS[wish.bands]) if name == "age" else parts[name] for name in wish.dimensions) for wish, _ in tables
        )
        patterns[pattern] = patterns.get(pattern, 0) + 1
    counts = np.array(list(patterns.values()))
    known: dict[tuple[bool, ...], int] = {}
    hidden: dict[tuple[bool, ...], tuple[str, ...]] = {}
    for place, (_, cells) in enumerate(tables):
        for key, value in cells.items():
            row = tuple(all(code in ("total", own) for code, own in zip(key, pattern[place], strict=True)) for pattern in patterns)
            if value is not None:
                known[row] = value
            elif 1 <= int(np.array(row) @ counts) < SMALL:
                hidden[row] = key
    matrix, values = np.array(list(known), dtype=float), np.array(list(known.values()), dtype=float)
    assert np.array_equal(matrix @ counts, values), "an exact table does not show the true counts"
    return [(key, int(np.array(row) @ counts)) for row, key in hidden.items() if _pinned(np.array(row, dtype=float), matrix, values)]


def _pinned(form: np.ndarray, matrix: np.ndarray, values: np.ndarray) -> bool:
    """Whether the equations leave *form* less than one apart at its least and its greatest."""
    ends = [linprog(sign * form, A_eq=matrix, b_eq=values, bounds=(0, None), method="highs") for sign in (1, -1)]
    if any(end.status == 3 for end in ends):  # unbounded
        return False
    return bool(-ends[1].fun - ends[0].fun < 0.5)


def cells_of(file: Path, dimensions: int) -> dict[tuple[str, ...], int | None]:
    """The cells of a published CSV; None where hidden."""
    rows = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    return {tuple(row[:dimensions]): int(row[dimensions + 1]) if row[-1] == "published" else None for row in rows}


def flipped(path: Path, offset: int) -> bytes:
    """Invert a byte of *path*; returns what was there before."""
    before = path.read_bytes()
    place = offset % len(before)
    path.write_bytes(before[:place] + bytes([before[place] ^ 0xFF]) + before[place + 1 :])
    os.utime(path)
    return before
