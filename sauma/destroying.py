"""Making a secret file unreadable as far as a program can: overwrite, force out, remove; in steps that a crash may part.

Copies, backups, snapshots, and the cells that a solid-state disk has set aside are out of reach (LIMITS.md).
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from sauma import system
from sauma.files import shown, write_private
from schemas.errors import InputError


def destroy(path: Path) -> None:
    """Take *path* its name, overwrite it with zeros, force them out, and remove it; ``InputError`` S3005 if it cannot be.

    After a crash in between, :func:`half_destroyed` says so and calling again finishes.
    """
    failed = False
    try:
        _forget_replaced(path)
        if path.exists():
            path.replace(_doomed(path))
            system.sync_folder(path.parent)
        _overwrite(_doomed(path))
    except OSError:
        failed = True
    if failed:
        raise _unwritable(path)


def half_destroyed(path: Path) -> bool:
    """Whether a crash stopped :func:`destroy` between taking *path* its name and removing it."""
    return _doomed(path).exists() and not path.exists()


def replace(path: Path, data: bytes) -> None:
    """Replace *path* durably by *data*, as ``files.write_private``, and overwrite what was in it before.

    The old bytes keep a second name until they are overwritten, which the next call, or :func:`destroy`, finishes after
    a crash.  Where the file system knows no second names, they are only let go.  ``InputError`` S3005 if it cannot be.
    """
    failed = False
    try:
        _forget_replaced(path)
        with contextlib.suppress(OSError):
            os.link(path, _replaced(path))
    except OSError:
        failed = True
    if not failed:
        write_private(path, data)
        try:
            _forget_replaced(path)
        except OSError:
            failed = True
    if failed:
        raise _unwritable(path)


def _forget_replaced(path: Path) -> None:
    """Overwrite and remove what :func:`replace` has replaced; only the second name, where it had not come to that."""
    old = _replaced(path)
    if not old.exists():
        return
    if path.exists() and old.samefile(path):
        old.unlink()
        system.sync_folder(path.parent)
    else:
        _overwrite(old)


def _overwrite(doomed: Path) -> None:
    descriptor = os.open(doomed, os.O_WRONLY | system.BINARY | system.NO_FOLLOW)
    try:
        zeros = memoryview(bytes(os.fstat(descriptor).st_size))
        while zeros:
            zeros = zeros[os.write(descriptor, zeros) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    doomed.unlink()
    system.sync_folder(doomed.parent)


def _doomed(path: Path) -> Path:
    return path.with_name(f".{path.name}.destroyed")


def _replaced(path: Path) -> Path:
    return path.with_name(f".{path.name}.replaced")


def _unwritable(path: Path) -> InputError:
    hint = "check the folder and its permissions, and run again"
    return InputError("S3005", place=shown(path), reason="cannot be overwritten and removed", hint=hint)
