"""Locks that the operating system gives back when a process dies, and clearing away what a dead process left.

A lock file is for two commands that must not run side by side.  What is being written holds a lock on itself, so that
a half-written file or folder that nobody holds can be told from one that somebody is still writing.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sauma import system

PARTIAL = ".partial"
_LEFT_BEHIND = re.compile(r"\..+\.[a-z0-9_]{8}\.partial")
"""How :mod:`tempfile` names what :mod:`sauma.files` is writing."""


def held(path: Path) -> IO[bytes] | None:
    """The lock file *path*, opened and locked; None if another process holds it."""
    while True:
        stream = path.open("a+b")
        if not system.take(stream):
            stream.close()
            return None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(stream.fileno()), path.stat()):
                return stream
        system.give(stream)  # the holder before us removed the file between our open and our lock: that lock guards nothing
        stream.close()


@contextlib.contextmanager
def at_work(path: Path, descriptor: int | None = None) -> Iterator[bool]:
    """Hold the half-written *path* (open as *descriptor*, or a folder) for the block.

    Yields False if it was swept away before it could be held: then it is to be made again.  Where nothing can be held
    (Windows, some network disks) nothing is swept either.
    """
    if not system.can_hold():
        yield True
        return
    mine = os.open(path, os.O_RDONLY) if descriptor is None else descriptor
    try:
        system.hold(mine)
        yield _is_still(path, mine)
    finally:
        if descriptor is None:
            os.close(mine)


def sweep(folder: Path) -> None:
    """Remove what dead processes left half written in *folder*; what cannot be removed stays."""
    if not system.can_hold():
        return
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            if _LEFT_BEHIND.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    _remove_unheld(path)


def _remove_unheld(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | system.NO_FOLLOW | system.NO_WAIT)
    try:
        status = os.fstat(descriptor)
        if not system.hold(descriptor) or not system.is_mine(status) or not _is_still(path, descriptor):
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
