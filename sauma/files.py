"""Reading and writing files so that nothing is lost, half written or readable by others.

A file is replaced by the sequence ``open(O_EXCL, 0600) - lock - write - fsync - rename - fsync(directory)``: after a
crash there is the old file or the new one, never a mixture; a directory appears under its final name whole or not at
all.  What a crash leaves has a name that begins with a dot and ends with ``.partial``; the next write into the folder
removes it.  What only passes through the disk (:func:`passing`) has no name at all where the platform allows.  On
Windows, which has no directory fsync and no mode bits, the rename is atomic and an access-control list takes the place
of the mode; what differs there is in :mod:`sauma.system`.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sauma import locks, system
from sauma.locks import PARTIAL
from sauma.reading import read_bytes, regular, shown
from sauma.sink import CHUNK_BYTES, FREE, Sink, doing, refused
from sauma.system import WINDOWS
from schemas.errors import Busy, InputError, KeyProblem

__all__ = [
    "WINDOWS",
    "lock",
    "make_folder",
    "mapped",
    "passing",
    "read_bytes",
    "replacing",
    "require_private",
    "shown",
    "staged_directory",
    "write_private",
]


def write_private(path: Path, data: bytes | memoryview) -> None:
    """Replace *path* durably by *data*, readable by its owner only; ``InputError`` S3005 if it cannot be written."""
    with replacing(path) as sink:
        sink.write(data)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Sink]:
    """What is written to the sink replaces *path*, durably, when the block ends well; otherwise nothing changes.

    Readable by its owner only.  ``InputError`` S3005 if it cannot be written.
    """
    with contextlib.ExitStack() as undo:
        with contextlib.ExitStack() as held:
            sink, partial = doing(path, lambda: _partial(path, undo, held))
            yield sink
            sink.sync()
            if not WINDOWS:  # there an open file cannot be renamed; elsewhere it is held until it has its name
                doing(path, lambda: partial.replace(path))
        if WINDOWS:
            doing(path, lambda: partial.replace(path))
        undo.pop_all()
    doing(path, lambda: system.sync_folder(path.parent))


def _partial(path: Path, undo: contextlib.ExitStack, held: contextlib.ExitStack) -> tuple[Sink, Path]:
    """A new file beside *path* and its name; *held* closes it and *undo* removes it."""
    make_folder(path.parent)
    locks.sweep(path.parent)
    while True:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PARTIAL, dir=path.parent)  # O_EXCL, 0600
        undo.callback(_remove, Path(name))
        held.callback(os.close, descriptor)
        if held.enter_context(locks.at_work(Path(name), descriptor)):
            system.restrict(Path(name))
            return Sink(descriptor, path), Path(name)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def passing(path: Path) -> Iterator[Sink]:
    """A sink for what only passes through the disk on its way to *path*: a file beside it that no name leads to.

    It is gone when the block ends, and when the process dies.  :func:`copied` reads it back.
    """
    with contextlib.ExitStack() as held:

        def opened() -> int:
            make_folder(path.parent)
            stream = tempfile.TemporaryFile(buffering=0, prefix=f".{path.name}.", suffix=PARTIAL, dir=path.parent)  # noqa: SIM115 - held
            return held.enter_context(stream).fileno()

        yield Sink(doing(path, opened), path)


def copied(source: Sink, target: Sink) -> None:
    """Write all that *source* was given to *target*; ``InputError`` S3005 if it cannot be read back or written."""
    source.flush()
    doing(source.path, lambda: os.lseek(source.descriptor, 0, os.SEEK_SET))
    while chunk := doing(source.path, lambda: os.read(source.descriptor, CHUNK_BYTES)):
        target.write(chunk)


def mapped(path: Path, *, limit: int) -> memoryview:
    """The bytes of *path* without holding them in memory; the ``obj`` of a view that is not empty is its ``mmap``.

    Raises what :func:`sauma.reading.regular` does.  Until the mapping is closed Windows does not let *path* be replaced.
    """
    reason = ""
    with regular(path, limit=limit) as (stream, size):
        try:
            mapping = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        except (OSError, ValueError):
            reason = "cannot be read"
    if not reason and len(mapping) != size:
        reason = "changed while it was read"
    if reason:
        raise InputError("S3003", place=shown(path), reason=reason, hint="check the path, and who may read it")
    return memoryview(mapping)


def make_folder(path: Path) -> None:
    """Make *path* and its missing parents, each readable by its owner only."""
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            system.restrict(folder)
            system.sync_folder(folder.parent)


@contextlib.contextmanager
def staged_directory(final: Path) -> Iterator[Path]:
    """A new directory that appears as *final*, whole, when the block ends well, and not at all otherwise.

    Yields the staging directory (0700), beside *final*.  Raises ``InputError`` S3004 if *final* is already there,
    S3005 if it cannot be written.
    """
    if final.exists() or final.is_symlink():
        raise _already(final)
    with contextlib.ExitStack() as held:
        staging = doing(final, lambda: _staging(final, held))
        try:
            yield staging
            problem = _appear(staging, final)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    if problem is not None:
        raise problem


def _staging(final: Path, held: contextlib.ExitStack) -> Path:
    make_folder(final.parent)
    locks.sweep(final.parent)
    while True:
        staging = Path(tempfile.mkdtemp(prefix=f".{final.name}.", suffix=PARTIAL, dir=final.parent))
        if held.enter_context(locks.at_work(staging)):
            system.restrict(staging)
            return staging


def _appear(staging: Path, final: Path) -> InputError | None:
    """Give *staging* its final name, durably; what went wrong, if anything did."""
    reason = ""
    try:
        _sync_tree(staging)
        if final.exists():
            return _already(final)
        staging.rename(final)  # refuses to replace a directory that holds something
        system.sync_folder(final.parent)
    except OSError as problem:
        if problem.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            return _already(final)
        reason = refused(problem)
    return InputError("S3005", place=shown(final), reason=reason, hint=FREE) if reason else None


def _already(final: Path) -> InputError:
    return InputError("S3004", place=shown(final), reason="is already there", hint="choose another name, or move it away first")


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold *path* as a lock file for the block, and remove it; ``Busy`` S8001 at once if another process holds it.

    The operating system gives the lock back if the process dies.  Raises ``InputError`` S3005 if it cannot be made.
    """

    def opened() -> IO[bytes] | None:
        make_folder(path.parent)
        return locks.held(path)

    stream = doing(path, opened)
    if stream is None:
        raise Busy("S8001", place=shown(path), reason="another sauma process is at work here", hint="wait until it has ended")
    with stream:
        try:
            yield
        finally:
            if not WINDOWS:  # which cannot remove an open file: there the empty file stays
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
            system.give(stream)


def require_private(path: Path) -> None:
    """``KeyProblem`` S6003 if others than its owner may read *path* (mode bits; on Windows the list set when written)."""
    if system.readable_by_others(path):
        raise KeyProblem("S6003", place=shown(path), reason="others may read this secret", hint=f"chmod 600 {path.name}")


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("r+b") as stream:
                os.fsync(stream.fileno())
        elif path.is_dir():
            system.sync_folder(path)
    system.sync_folder(folder)
