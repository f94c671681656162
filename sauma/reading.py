"""Reading files that somebody else may have made: regular files only, of bounded size, and no link followed.

A file that decides what commands do (``sauma.toml``) must besides be one that nobody else could have written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO

from sauma.locks import WINDOWS
from schemas.errors import InputError

First = tuple[int, Callable[[bytes, int], None]]
CLIMB_MAX = 3
SCAN_BYTES = 1024 * 1024
_READ_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NONBLOCK", 0)  # opening a named pipe must not hang before fstat can refuse it
    | getattr(os, "O_NOFOLLOW", 0)  # a link is somebody's choice of another file
    | getattr(os, "O_CLOEXEC", 0)
)
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def shown(path: Path) -> str:
    """*path* as a person should see it: from the working folder where it lies near, else in full."""
    try:
        near = Path(os.path.relpath(path))
    except ValueError:  # on Windows: another drive
        return str(path)
    return near.as_posix() if near.parts[: CLIMB_MAX + 1].count("..") <= CLIMB_MAX else str(path)


def read_bytes(path: Path, *, limit: int, line_limit: int | None = None, first: First | None = None) -> bytes:
    """The whole of *path*; ``InputError`` S3003 if it is missing, unreadable, no regular file or over *limit* bytes.

    A symbolic link is refused: the file that it points to is to be named.  With *line_limit*, ``InputError`` S3007 if
    a line has more bytes, found before the file is held in memory.  With *first*, a number of bytes and a function, the
    function is given so many first bytes and the file's length before more is read, and may refuse the file by raising.
    """
    data, reason, row = b"", "", 0
    try:
        with os.fdopen(os.open(path, _READ_FLAGS), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                reason = "is not a regular file"
            elif status.st_size > limit:
                reason = f"is larger than {limit} bytes"
            else:
                if first is not None:
                    first[1](stream.read(first[0]) or b"", status.st_size)
                row = _long_line(stream, line_limit) if line_limit else 0
                data = b"" if row else _whole(stream, status.st_size)
                reason = "" if row or len(data) == status.st_size else "changed while it was read"
    except OSError as problem:
        reason = _reading(problem)
    if reason:
        raise InputError("S3003", place=shown(path), reason=reason, hint="check the path, and who may read it")
    if row:
        said = f"line {row} is longer than {line_limit} bytes"
        raise InputError("S3007", place=shown(path), reason=said, hint="look for an unclosed quote or a lost line end")
    return data


def _whole(stream: IO[bytes], size: int) -> bytes:
    stream.seek(0)
    return stream.read(size + 1) or b""  # memory for what was promised, not for the limit; None where nothing is ready


def _long_line(stream: IO[bytes], limit: int) -> int:
    """The number of the first line that is longer than *limit* bytes, from 1; 0 if none is."""
    unended, row = 0, 1
    while chunk := stream.read(min(limit, SCAN_BYTES)):
        end = chunk.find(b"\n")
        if unended + (end if end >= 0 else len(chunk)) > limit:
            return row
        unended = len(chunk) - chunk.rfind(b"\n") - 1 if end >= 0 else unended + len(chunk)
        row += chunk.count(b"\n")
    return 0


def read_own(path: Path, *, limit: int) -> bytes:
    """As :func:`read_bytes`, for a file that decides what commands do: ``InputError`` S3011 if others could have written it.

    It and its folder must belong to this user (or the administrator), and nobody else may write them: not even where only
    owners can remove (as ``/tmp``), for others may move a file of yours there.  Not checked on Windows.
    """
    reason = ""
    if not WINDOWS:
        with contextlib.suppress(OSError):  # what cannot be looked at cannot be read either
            reason = _others_could_write(path.lstat(), path.parent.stat())
    if reason:
        hint = "make a sauma.toml in a folder of your own, or correct owner and mode (chmod go-w) once you have read it"
        raise InputError("S3011", place=str(path), reason=reason, hint=hint)
    return read_bytes(path, limit=limit)


def _others_could_write(file: os.stat_result, folder: os.stat_result) -> str:
    mine = (os.geteuid(), 0)
    if file.st_uid not in mine or stat.S_ISLNK(file.st_mode):
        return "belongs to somebody else" if file.st_uid not in mine else "is a symbolic link"
    if file.st_mode & _WRITABLE_BY_OTHERS:
        return "others may write it"
    if folder.st_uid not in mine:
        return "lies in a folder of somebody else"
    if folder.st_mode & _WRITABLE_BY_OTHERS:
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
