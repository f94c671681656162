"""Runs ``tests/transcripts/*.txt``: what a person types, and what must come of it.

fixture region              start from a copy of a prepared tree (conftest.TREES); first line, default ``empty``
processes                   run each command as a process of its own, not inside this one
$ sauma status              must exit 0
! sauma check nonsense      must not; then ``exit 2`` says how
stdout TEXT, stderr TEXT    TEXT is in what the last command wrote; ``! stdout TEXT``: it is not
cd FOLDER
write FILE <<END            the lines up to END
append FILE TEXT, replace FILE OLD NEW, copy A B, remove FILE, exists FILE, ! exists FILE
flip FILE OFFSET            invert a byte; negative offsets count from the end
truncate FILE SIZE          a negative size cuts that many bytes off
"""

from __future__ import annotations

import contextlib
import fnmatch
import io
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").rglob("*.txt"))
BIN = Path(sys.executable).parent


class Transcript:
    """One run: the folder commands run in, and what the last one did."""

    def __init__(self, root: Path, *, processes: bool, console: str = "utf-8") -> None:
        self.root = self.folder = root
        self.processes = processes
        self.console = console
        self.command, self.status, self.stdout, self.stderr = "", 0, "", ""
        self.held = contextlib.ExitStack()

    def hold(self, path: Path) -> None:
        """Hold the lock *path* until ``held`` is closed, as another process at work would."""
        if path.suffix == ".lock":
            fcntl = pytest.importorskip("fcntl")
            fcntl.flock(self.held.enter_context(path.open("a+b")), fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            connection = self.held.enter_context(contextlib.closing(sqlite3.connect(path, isolation_level=None)))
            connection.execute("BEGIN EXCLUSIVE")

    def run(self, command: str) -> None:
        """Run a command line, wildcards expanded; in this process where it is ours and nothing asks for one of its own."""
        words = [found for word in shlex.split(command) for found in self.expanded(word)]
        inside = words[0] == "sauma" and words[1:2] != ["demo"] and not self.processes
        self.command = command
        self.status, self.stdout, self.stderr = (self.inside if inside else self.process)(words)

    def expanded(self, word: str) -> list[str]:
        """The files that *word* names if it holds a wildcard, else *word*."""
        if not any(sign in word for sign in "*?["):
            return [word]
        found = sorted(str(path.relative_to(self.folder)) for path in self.folder.glob(word)) if not word.startswith("..") else []
        if word.startswith(".."):
            found = sorted(os.path.relpath(path, self.folder) for path in self.root.rglob("*") if self.fits(path, word))
        return found or [word]

    def fits(self, path: Path, word: str) -> bool:
        return fnmatch.fnmatchcase(os.path.relpath(path, self.folder), word)

    def inside(self, words: list[str]) -> tuple[int, str, str]:
        """The command in this process, writing to the narrowest terminal there is: cp1252."""
        from sauma.cli.main import run

        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="cp1252", newline="\n") for _ in range(2))
        argv, sys.argv = sys.argv, words
        try:
            with contextlib.chdir(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    status = run(words[1:])
                except SystemExit as end:
                    status = end.code if isinstance(end.code, int) else 1
        finally:
            sys.argv = argv
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode("cp1252"))
        return status, texts[0], texts[1]

    def process(self, words: list[str]) -> tuple[int, str, str]:
        """The command as a process without a terminal, whose streams are in the encoding of ``console``, and strict."""
        program = BIN / words[0]
        environment = {**os.environ, "PYTHONIOENCODING": f"{self.console}:strict", "PYTHONUTF8": "0"}
        done = subprocess.run(
            [str(program) if program.exists() else words[0], *words[1:]],
            cwd=self.folder,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            encoding=self.console,
            env=environment if self.console != "utf-8" else None,
            timeout=300,
            check=False,
            start_new_session=True,
        )
        return done.returncode, done.stdout, done.stderr

    def file(self, name: str) -> Path:
        """The one file that *name*, perhaps with wildcards, stands for."""
        return self.folder / self.expanded(name)[0]


def play(path: Path, run: Transcript) -> None:
    """Play *path*; a failed step names its line and shows what the last command wrote."""
    lines = iter(enumerate(path.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        if not line.strip() or line.startswith(("#", "fixture ", "processes")):
            continue
        problem = step(run, line, lines)
        if problem:
            shown = f"{path.name}:{number}: {line}\n  {problem}\nlast command: {run.command} -> {run.status}"
            pytest.fail(f"{shown}\nstdout: {run.stdout[-2000:]}\nstderr: {run.stderr[-2000:]}", pytrace=False)


def step(run: Transcript, line: str, lines: Iterator[tuple[int, str]]) -> str:
    """Play one line; what is wrong, or nothing."""
    mark, _, rest = line.partition(" ")
    if mark == "$" or (mark == "!" and not rest.startswith(("stdout ", "stderr ", "exists "))):
        run.run(rest)
        return "" if (run.status == 0) == (mark == "$") else "unexpected exit status"
    negated = mark == "!"
    if negated:
        mark, _, rest = rest.partition(" ")
    if mark in ("stdout", "stderr"):
        written = run.stdout if mark == "stdout" else run.stderr
        return "" if (rest in written) != negated else f"{mark} {'holds' if negated else 'lacks'} that"
    if mark == "exists":
        return "" if run.file(rest).exists() != negated else "wrong: see which files are there"
    if mark == "exit":
        return "" if run.status == int(rest) else f"exit status {run.status}"
    if mark == "write":
        name, _, end = rest.partition(" <<")
        body = "".join(text + "\n" for text in _until(end, lines))
        run.file(name).parent.mkdir(parents=True, exist_ok=True)
        run.file(name).write_bytes(body.encode("utf-8"))
        return ""
    return change(run, mark, rest)


def _until(end: str, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _, text in lines:
        if text == end:
            return
        yield text


def change(run: Transcript, mark: str, rest: str) -> str:
    """Play a line that changes files."""
    words = shlex.split(rest)
    changes: dict[str, Callable[..., str | None]] = {
        "cd": _cd,
        "append": lambda run, name, *text: _rewrite(run, name, lambda data: data + (" ".join(text) + "\n").encode()),
        "replace": _replace,
        "copy": lambda run, a, b: _copy(run.file(a), run.folder / b),
        "remove": lambda run, name: shutil.rmtree(run.file(name)) if run.file(name).is_dir() else run.file(name).unlink(),
        "flip": _flip,
        "hold": lambda run, name: run.hold(run.folder / name),
        "mode": lambda run, name, bits: run.file(name).chmod(int(bits, 8)),
        "truncate": lambda run, name, size: _rewrite(run, name, lambda data: data[: int(size)]),
    }
    if mark not in changes:
        return "no such directive"
    return changes[mark](run, *words) or ""


def _cd(run: Transcript, folder: str) -> str:
    run.folder = (run.root if folder.startswith("/") else run.folder) / folder.lstrip("/")
    return "" if run.folder.is_dir() else "no such folder"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)


def _rewrite(run: Transcript, name: str, new: Callable[[bytes], bytes]) -> None:
    path = run.file(name)
    path.write_bytes(new(path.read_bytes()))


def _replace(run: Transcript, name: str, old: str, new: str) -> str:
    if old.encode() not in run.file(name).read_bytes():
        return "the old text is not there"
    _rewrite(run, name, lambda data: data.replace(old.encode(), new.encode()))
    return ""


def _flip(run: Transcript, name: str, offset: str) -> None:
    def inverted(data: bytes) -> bytes:
        place = int(offset) % len(data)
        return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]

    _rewrite(run, name, inverted)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(path: Path, tmp_path: Path, prepared: Callable[[str, Path], Path]) -> None:
    """Each command inside this process, on streams of cp1252 that refuse what they cannot say."""
    lines = path.read_text(encoding="utf-8").splitlines()
    with begun(path, tmp_path, prepared, processes="processes" in lines) as run:
        play(path, run)


NARROW = {"explain", "demo_refused", "way_in_refused"}
"""The transcripts that every run also plays as processes on a console of cp1252."""


@pytest.mark.parametrize(
    "path", [pytest.param(path, marks=() if path.stem in NARROW else pytest.mark.full, id=path.stem) for path in TRANSCRIPTS]
)
def test_transcript_on_a_console_of_cp1252(path: Path, tmp_path: Path, prepared: Callable[[str, Path], Path]) -> None:
    """Each command as a process of its own, as Windows starts it: streams and locale in cp1252, one command calling others."""
    with begun(path, tmp_path, prepared, processes=True, console="cp1252") as run:
        play(path, run)


@contextlib.contextmanager
def begun(
    path: Path, folder: Path, prepared: Callable[[str, Path], Path], *, processes: bool, console: str = "utf-8"
) -> Iterator[Transcript]:
    """A run of *path* in a copy of the tree that it starts from."""
    wanted = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("fixture ")]
    tree = prepared(wanted[0].removeprefix("fixture ").strip() if wanted else "empty", folder / "tree")
    run = Transcript(tree, processes=processes, console=console)
    with run.held:
        yield run


def test_no_word_of_ours_is_lost_on_a_narrow_console(tmp_path: Path) -> None:
    """What a page or a help text says can be said in cp1252; ``--json`` is ASCII and says everything."""
    from sauma.console import plain

    root = Path(__file__).resolve().parent.parent
    for page in (root / "sauma" / "explain").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert plain(text.replace("\n", " ")) == text.replace("\n", " "), page.name
    run = Transcript(tmp_path, processes=True, console="cp1252")
    for command in ("sauma --help", "sauma keys --help", "sauma pseudonymise --help", "sauma explain --json S3005"):
        run.run(command)
        assert run.status == 0, run.stderr
        assert "\\u" not in run.stdout
        assert "--json" not in command or run.stdout.isascii()


# The runner itself: a transcript that should fail does.

FAILING = {
    "status": "$ sauma explain nothing\n",
    "exit": "! sauma explain nothing\nexit 3\n",
    "absent": "! sauma explain nothing\nstderr not written anywhere\n",
    "present": "! sauma explain nothing\n! stderr S20\n",
    "file": "exists nowhere.txt\n",
    "replace": "write a.txt <<END\none\nEND\nreplace a.txt two three\n",
    "directive": "dance\n",
}


@pytest.mark.parametrize("name", FAILING)
def test_a_false_transcript_fails(name: str, tmp_path: Path) -> None:
    script = tmp_path / "script.txt"
    script.write_text(FAILING[name], encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match=r"script\.txt:"):
        play(script, Transcript(tmp_path, processes=False))


def test_changes_to_files(tmp_path: Path) -> None:
    script = tmp_path / "script.txt"
    script.write_text(
        "write d/a.txt <<END\nabc\nEND\nflip d/a.txt 0\nflip d/a.txt 0\nreplace d/a.txt abc xyz\nappend d/a.txt one two\n"
        "copy d e\ntruncate e/a.txt -4\nremove d\n! exists d/a.txt\nexists e/*.txt\n",
        encoding="utf-8",
    )
    play(script, Transcript(tmp_path, processes=False))
    assert (tmp_path / "e" / "a.txt").read_text(encoding="utf-8") == "xyz\none "
