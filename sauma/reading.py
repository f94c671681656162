"""Reading files that somebody else may have made: regular files only, of bounded size, and no link followed.

A file that decides what commands do (``sauma.toml``) must besides be one that nobody else could have written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sauma.system import READ_FLAGS, is_mine, writable_by_others
from schemas.errors import InputError

CLIMB_MAX = 3


def shown(path: Path) -> str:
    """*path* as a person should see it: from the working folder where it lies near, else in full."""
    try:
        near = Path(os.path.relpath(path))
    except ValueError:  # on Windows: another drive
        return str(path)
    return near.as_posix() if near.parts[: CLIMB_MAX + 1].count("..") <= CLIMB_MAX else str(path)


@contextlib.contextmanager
def regular(path: Path, *, limit: int) -> Iterator[tuple[IO[bytes], int]]:
    """*path* opened to be read block by block, and its size in bytes; closed again at the end.

    ``InputError`` S3003 if it is missing, unreadable, a link, no regular file or over *limit* bytes.
    """
    stream, size, reason = None, 0, ""
    try:
        stream = os.fdopen(os.open(path, READ_FLAGS), "rb")
        status = os.fstat(stream.fileno())
        size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            reason = "is not a regular file"
        elif size > limit:
            reason = f"is larger than {limit} bytes"
    except OSError as problem:
        reason = _reading(problem)
    if reason or stream is None:
        if stream is not None:
            stream.close()
        raise InputError("S3003", place=shown(path), reason=reason, hint="check the path, and who may read it")
    with stream:
        yield stream, size


def read_bytes(path: Path, *, limit: int) -> bytes:
    """The whole of *path*; ``InputError`` S3003 if it is missing, unreadable, no regular file or over *limit* bytes.

    A symbolic link is refused: the file that it points to is to be named.
    """
    data, reason = b"", ""
    try:
        with os.fdopen(os.open(path, READ_FLAGS), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                reason = "is not a regular file"
            elif status.st_size > limit:
                reason = f"is larger than {limit} bytes"
            else:
                data = _whole(stream, status.st_size)
                reason = "" if len(data) == status.st_size else "changed while it was read"
    except OSError as problem:
        reason = _reading(problem)
    if reason:
        raise InputError("S3003", place=shown(path), reason=reason, hint="check the path, and who may read it")
    return data


def _whole(stream: IO[bytes], size: int) -> bytes:
    stream.seek(0)
    return stream.read(size + 1) or b""  # memory for what was promised, not for the limit; None where nothing is ready


def read_own(path: Path, *, limit: int) -> bytes:
    """As :func:`read_bytes`, for a file that decides what commands do: ``InputError`` S3011 if others could have written it.

    It and its folder must belong to this user (or the administrator), and nobody else may write them: not even where only
    owners can remove (as ``/tmp``), for others may move a file of yours there.  Not checked on Windows.
    """
    reason = ""
    with contextlib.suppress(OSError):  # what cannot be looked at cannot be read either
        reason = _others_could_write(path.lstat(), path.parent.stat())
    if reason:
        hint = "make a sauma.toml in a folder of your own, or correct owner and mode (chmod go-w) once you have read it"
        raise InputError("S3011", place=str(path), reason=reason, hint=hint)
    return read_bytes(path, limit=limit)


def _others_could_write(file: os.stat_result, folder: os.stat_result) -> str:
    mine = is_mine(file, or_administrators=True)
    if not mine or stat.S_ISLNK(file.st_mode):
        return "is a symbolic link" if mine else "belongs to somebody else"
    if writable_by_others(file):
        return "others may write it"
    if not is_mine(folder, or_administrators=True):
        return "lies in a folder of somebody else"
    if writable_by_others(folder):
        return "lies in a folder that others may write"
    return ""


def _reading(problem: OSError) -> str:
    match problem:
        case FileNotFoundError() | NotADirectoryError():
            return "does not exist"
        case PermissionError():
            return "may not be read by you"
        case IsADirectoryError():
            return "is not a regular file"
    return "is a symbolic link: name the file that it points to" if problem.errno == errno.ELOOP else "cannot be read"
