"""Locks that the operating system gives back when a process dies, and clearing away what a dead process left.

A lock file is for two commands that must not run side by side.  What is being written holds a lock on itself, so that
a half-written file or folder that nobody holds can be told from one that somebody is still writing.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

WINDOWS = os.name == "nt"
PARTIAL = ".partial"
_LEFT_BEHIND = re.compile(r"\..+\.[a-z0-9_]{8}\.partial")
"""How :mod:`tempfile` names what :mod:`sauma.files` is writing."""


def held(path: Path) -> IO[bytes] | None:
    """The lock file *path*, opened and locked; None if another process holds it."""
    while True:
        stream = path.open("a+b")
        if not _take(stream):
            stream.close()
            return None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(stream.fileno()), path.stat()):
                return stream
        give(stream)  # the holder before us removed the file between our open and our lock: that lock guards nothing
        stream.close()


def give(stream: IO[bytes]) -> None:
    """Give back what :func:`held` took."""
    fcntl, msvcrt = _module("fcntl"), _module("msvcrt")
    if fcntl is not None:
        fcntl.flock(stream.fileno(), fcntl.LOCK_UN)
    elif msvcrt is not None:
        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        Path(f"{stream.name}.held").unlink(missing_ok=True)


def _take(stream: IO[bytes]) -> bool:
    fcntl, msvcrt = _module("fcntl"), _module("msvcrt")
    try:
        if fcntl is not None:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif msvcrt is not None:
            stream.seek(0)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:  # neither: a second file that only one process can create, left behind only by a crash
            os.close(os.open(f"{stream.name}.held", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError:
        return False
    return True


@contextlib.contextmanager
def at_work(path: Path, descriptor: int | None = None) -> Iterator[bool]:
    """Hold the half-written *path* (open as *descriptor*, or a folder) for the block.

    Yields False if it was swept away before it could be held: then it is to be made again.  On Windows, where nothing
    is swept, it is not held.
    """
    fcntl = _module("fcntl")
    if fcntl is None:
        yield True
        return
    mine = os.open(path, os.O_RDONLY) if descriptor is None else descriptor
    try:
        with contextlib.suppress(OSError):  # a file system without locks: nobody can sweep there either
            fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield _is_still(path, mine)
    finally:
        if descriptor is None:
            os.close(mine)


def sweep(folder: Path) -> None:
    """Remove what dead processes left half written in *folder*; what cannot be removed stays."""
    if _module("fcntl") is None:
        return
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            if _LEFT_BEHIND.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    _remove_unheld(path)


def _remove_unheld(path: Path) -> None:
    fcntl = _module("fcntl")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError: somebody is writing it
        if status.st_uid != os.geteuid() or not _is_still(path, descriptor):
            return
        if stat.S_ISDIR(status.st_mode):
            shutil.rmtree(path, ignore_errors=True)
        elif stat.S_ISREG(status.st_mode):
            path.unlink()
    finally:
        os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
