"""What differs between operating systems, and nothing else: every ``if`` about the platform is in this file.

Linux and macOS have advisory locks on open files, mode bits and directories that can be forced to disk.  Windows has
none of them: there a lock is a range of bytes of a file, privacy is an access-control list, an open file cannot be
renamed, and a renamed name is journalled by the file system.  What a platform lacks is looked for by name when it is
needed, so that this file loads everywhere.
"""

from __future__ import annotations

import contextlib
import importlib
import mmap
import os
import stat
import subprocess
from pathlib import Path
from typing import IO, Any

WINDOWS = os.name == "nt"
BINARY = getattr(os, "O_BINARY", 0)
"""Windows would end lines its own way."""
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
"""A link is somebody's choice of another file."""
NO_WAIT = getattr(os, "O_NONBLOCK", 0)
"""Opening a named pipe must not hang before ``fstat`` can refuse it."""
READ_FLAGS = os.O_RDONLY | BINARY | NO_WAIT | NO_FOLLOW | getattr(os, "O_CLOEXEC", 0)
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def take(stream: IO[bytes]) -> bool:
    """Lock the open file *stream* against other processes; False if another holds it."""
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


def give(stream: IO[bytes]) -> None:
    """Give back what :func:`take` took."""
    fcntl, msvcrt = _module("fcntl"), _module("msvcrt")
    if fcntl is not None:
        fcntl.flock(stream.fileno(), fcntl.LOCK_UN)
    elif msvcrt is not None:
        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        Path(f"{stream.name}.held").unlink(missing_ok=True)


def can_hold() -> bool:
    """Whether what is being written can hold a lock on itself, folders included."""
    return _module("fcntl") is not None


def hold(descriptor: int) -> bool:
    """Lock the open file or folder *descriptor* until it is closed; False if somebody else holds it, or nobody can."""
    fcntl = _module("fcntl")
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, or a file system without locks
        return False
    return True


def is_mine(status: os.stat_result, *, or_administrators: bool = False) -> bool:
    """Whether this user owns what *status* describes; true where owners are not numbers."""
    number = getattr(os, "geteuid", None)
    return number is None or status.st_uid in ((number(), 0) if or_administrators else (number(),))


def writable_by_others(status: os.stat_result) -> bool:
    """Whether mode bits let others write; never where there are none."""
    return not WINDOWS and bool(status.st_mode & _WRITABLE_BY_OTHERS)


def readable_by_others(path: Path) -> bool:
    """Whether mode bits let others at *path*; never where there are none, or no file."""
    return not WINDOWS and path.exists() and bool(path.stat().st_mode & _OPEN_TO_OTHERS)


def restrict(path: Path) -> None:
    """Only the owner: 0600 or 0700, or on Windows an access-control list without inheritance; ``OSError`` if it cannot be."""
    if not WINDOWS:
        path.chmod(0o700 if path.is_dir() else 0o600)
        return
    icacls = Path(os.environ.get("SYSTEMROOT", "C:/Windows")) / "System32" / "icacls.exe"
    rights = "(OI)(CI)F" if path.is_dir() else "F"
    grant = f"*S-1-3-4:{rights}"  # OWNER RIGHTS: the owner, whatever the account is called
    refused = False
    try:
        _run([str(icacls), str(path), "/inheritance:r", "/grant:r", grant])
    except subprocess.SubprocessError:
        refused = True
    if refused:
        raise PermissionError("the access-control list could not be set")


def _run(words: list[str]) -> None:
    subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - one fixed program, no shell


def sync_folder(folder: Path) -> None:
    """Force the names in *folder* to disk."""
    if WINDOWS:
        return  # a directory cannot be opened there; the rename is journalled by the file system
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def forget(mapping: mmap.mmap) -> None:
    """Let go of the memory of the pages of *mapping* that were read; they are read again when they are needed."""
    advice = getattr(mmap, "MADV_DONTNEED", None)
    if advice is not None:
        with contextlib.suppress(OSError):
            mapping.madvise(advice)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
