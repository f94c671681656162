"""Reading and writing files so that nothing is lost, half written or readable by others.

The home of platform code, with :mod:`sauma.reading` and :mod:`sauma.locks`.  A file is replaced by the sequence
``open(O_EXCL, 0600) - lock - write - fsync - rename - fsync(directory)``: after a crash there is the old file or the
new one, never a mixture; a directory appears under its final name whole or not at all.  What a crash leaves has a name
that begins with a dot and ends with ``.partial``; the next write into the folder removes it.  On Windows, which has no
directory fsync and no mode bits, the rename is atomic and an access-control list takes the place of the mode.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sauma import locks
from sauma.locks import PARTIAL, WINDOWS
from sauma.reading import read_bytes, shown
from schemas.errors import Busy, InputError, KeyProblem

__all__ = [
    "WINDOWS",
    "destroy",
    "half_destroyed",
    "lock",
    "make_folder",
    "read_bytes",
    "require_private",
    "shown",
    "staged_directory",
    "write_private",
]

_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_NO_ROOM = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up",
    errno.EFBIG: "is larger than a file may be here",
    errno.EROFS: "the disk is read-only",
    errno.EIO: "the disk failed",
}
_FREE = "check the folder, its permissions and the free space"


def write_private(path: Path, data: bytes) -> None:
    """Replace *path* durably by *data*, readable by its owner only; ``InputError`` S3005 if it cannot be written."""
    reason = ""
    try:
        make_folder(path.parent)
        locks.sweep(path.parent)
        _replace(path, data)
    except OSError as problem:
        reason = _writing(problem)
    if reason:
        raise InputError("S3005", place=shown(path), reason=reason, hint=_FREE)


def _replace(path: Path, data: bytes) -> None:
    done = False
    while not done:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PARTIAL, dir=path.parent)  # O_EXCL, 0600
        try:
            with _closing(descriptor), locks.at_work(Path(name), descriptor) as done:
                if done:
                    _restrict(Path(name))
                    _write(descriptor, data)
                    if not WINDOWS:  # there an open file cannot be renamed; elsewhere it is held until it has its name
                        Path(name).replace(path)
            if WINDOWS:
                Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink(missing_ok=True)
            raise
    _sync_folder(path.parent)


@contextlib.contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def make_folder(path: Path) -> None:
    """Make *path* and its missing parents, each readable by its owner only."""
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            _restrict(folder)
            _sync_folder(folder.parent)


@contextlib.contextmanager
def staged_directory(final: Path) -> Iterator[Path]:
    """A new directory that appears as *final*, whole, when the block ends well, and not at all otherwise.

    Yields the staging directory (0700), beside *final*.  Raises ``InputError`` S3004 if *final* is already there,
    S3005 if it cannot be written.
    """
    if final.exists() or final.is_symlink():
        raise _already(final)
    with contextlib.ExitStack() as held:
        staging = _staging(final, held)
        try:
            yield staging
            problem = _appear(staging, final)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    if problem is not None:
        raise problem


def _staging(final: Path, held: contextlib.ExitStack) -> Path:
    reason = ""
    try:
        make_folder(final.parent)
        locks.sweep(final.parent)
        while True:
            staging = Path(tempfile.mkdtemp(prefix=f".{final.name}.", suffix=PARTIAL, dir=final.parent))
            if held.enter_context(locks.at_work(staging)):
                _restrict(staging)
                return staging
    except OSError as problem:
        reason = _writing(problem)
    raise InputError("S3005", place=shown(final), reason=reason, hint=_FREE)


def _appear(staging: Path, final: Path) -> InputError | None:
    """Give *staging* its final name, durably; what went wrong, if anything did."""
    reason = ""
    try:
        _sync_tree(staging)
        if final.exists():
            return _already(final)
        staging.rename(final)  # refuses to replace a directory that holds something
        _sync_folder(final.parent)
    except OSError as problem:
        if problem.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            return _already(final)
        reason = _writing(problem)
    return InputError("S3005", place=shown(final), reason=reason, hint=_FREE) if reason else None


def _already(final: Path) -> InputError:
    return InputError("S3004", place=shown(final), reason="is already there", hint="choose another name, or move it away first")


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold *path* as a lock file for the block, and remove it; ``Busy`` S8001 at once if another process holds it.

    The operating system gives the lock back if the process dies.  Raises ``InputError`` S3005 if it cannot be made.
    """
    stream, reason = None, ""
    try:
        make_folder(path.parent)
        stream = locks.held(path)
    except OSError as problem:
        reason = _writing(problem)
    if reason:
        raise InputError("S3005", place=shown(path), reason=reason, hint=_FREE)
    if stream is None:
        raise Busy("S8001", place=shown(path), reason="another sauma process is at work here", hint="wait until it has ended")
    with stream:
        try:
            yield
        finally:
            if not WINDOWS:  # which cannot remove an open file: there the empty file stays
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
            locks.give(stream)


def require_private(path: Path) -> None:
    """``KeyProblem`` S6003 if others than its owner may read *path* (mode bits; on Windows the list set when written)."""
    if WINDOWS or not path.exists():
        return
    if path.stat().st_mode & _OPEN_TO_OTHERS:
        raise KeyProblem("S6003", place=shown(path), reason="others may read this secret", hint=f"chmod 600 {path.name}")


def destroy(path: Path) -> None:
    """Take *path* its name, overwrite it with zeros, force them out, and remove it.

    After a crash in between, :func:`half_destroyed` says so and calling again finishes.  A copy or a snapshot elsewhere
    is out of reach.
    """
    reason, doomed = "", _doomed(path)
    try:
        if path.exists():
            path.replace(doomed)
            _sync_folder(path.parent)
        descriptor = os.open(doomed, os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0))
        with _closing(descriptor):
            _write(descriptor, bytes(os.fstat(descriptor).st_size))
        doomed.unlink()
        _sync_folder(path.parent)
    except OSError as problem:
        reason = _writing(problem)
    if reason:
        raise InputError("S3005", place=shown(path), reason=reason, hint="check the folder and its permissions, and run again")


def half_destroyed(path: Path) -> bool:
    """Whether a crash stopped :func:`destroy` between taking *path* its name and removing it."""
    return _doomed(path).exists() and not path.exists()


def _doomed(path: Path) -> Path:
    return path.with_name(f".{path.name}.destroyed")


def _restrict(path: Path) -> None:
    """Only the owner: 0600 or 0700, or on Windows an access-control list without inheritance."""
    if not WINDOWS:
        path.chmod(0o700 if path.is_dir() else 0o600)
        return
    icacls = Path(os.environ.get("SYSTEMROOT", "C:/Windows")) / "System32" / "icacls.exe"
    rights = "(OI)(CI)F" if path.is_dir() else "F"
    grant = f"*S-1-3-4:{rights}"  # OWNER RIGHTS: the owner, whatever the account is called
    subprocess.run([str(icacls), str(path), "/inheritance:r", "/grant:r", grant], check=True, capture_output=True)  # noqa: S603 - fixed program, no shell


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("r+b") as stream:
                os.fsync(stream.fileno())
        elif path.is_dir():
            _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    if WINDOWS:
        return  # a directory cannot be opened there; the rename is journalled by the file system
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _writing(problem: OSError) -> str:
    if isinstance(problem, PermissionError):
        return "may not be written by you"
    return _NO_ROOM.get(problem.errno or 0, "cannot be written")
