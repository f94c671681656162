"""Reading and writing files so that nothing is lost, half written or readable by others.

The only home of platform code.  A file is replaced by the sequence
``open(O_EXCL, 0600) - write - fsync - close - rename - fsync(directory)``: after a crash there is the old file or the
new one, never a mixture; a directory appears under its final name whole or not at all.  On Windows, which has no
directory fsync and no mode bits, the rename is atomic and an access-control list takes the place of the mode.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from schemas.errors import Busy, InputError, KeyProblem

WINDOWS = os.name == "nt"
CLIMB_MAX = 3
_READ_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def shown(path: Path) -> str:
    """*path* as a person should see it: from the working folder where it lies near, else in full."""
    try:
        near = Path(os.path.relpath(path))
    except ValueError:  # on Windows: another drive
        return str(path)
    return near.as_posix() if near.parts[: CLIMB_MAX + 1].count("..") <= CLIMB_MAX else str(path)


def read_bytes(path: Path, *, limit: int) -> bytes:
    """The whole of *path*; ``InputError`` S3003 if it is missing, unreadable, not a regular file or over *limit* bytes."""
    data, reason = b"", ""
    try:
        # O_NONBLOCK: opening a named pipe must not hang before fstat can refuse it
        with os.fdopen(os.open(path, _READ_FLAGS), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                reason = "is not a regular file"
            elif status.st_size > limit:
                reason = f"is larger than {limit} bytes"
            else:
                data = stream.read(limit + 1)
    except OSError as problem:
        reason = _reading(problem)
    if not reason and len(data) > limit:
        reason = f"is larger than {limit} bytes"
    if reason:
        raise InputError("S3003", place=shown(path), reason=reason, hint="check the path, and who may read it")
    return data


def write_private(path: Path, data: bytes) -> None:
    """Replace *path* durably by *data*, readable by its owner only; ``InputError`` S3005 if it cannot be written."""
    reason = ""
    try:
        make_folder(path.parent)
        _replace(path, data)
    except OSError as problem:
        reason = _writing(problem)
    if reason:
        raise InputError("S3005", place=shown(path), reason=reason, hint="check the folder, its permissions and the free space")


def _replace(path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)  # O_EXCL, 0600
    try:
        with os.fdopen(descriptor, "wb") as stream:
            _restrict(Path(name))
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make *path* and its missing parents, each readable by its owner only."""
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            _restrict(folder)


@contextlib.contextmanager
def staged_directory(final: Path) -> Iterator[Path]:
    """A new directory that appears as *final*, whole, when the block ends well, and not at all otherwise.

    Yields the staging directory (0700), beside *final*.  Raises ``InputError`` S3004 if *final* is already there,
    S3005 if it cannot be written.
    """
    if final.exists() or final.is_symlink():
        raise _already(final)
    staging = Path()
    reason = ""
    try:
        make_folder(final.parent)
        staging = Path(tempfile.mkdtemp(prefix=f".{final.name}.", suffix=".partial", dir=final.parent))
    except OSError as problem:
        reason = _writing(problem)
    if reason:
        raise InputError("S3005", place=shown(final), reason=reason, hint="check the folder, its permissions and the free space")
    try:
        _restrict(staging)
        yield staging
        _sync_tree(staging)
        appeared = _appear(staging, final)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    if not appeared:
        raise _already(final)
    _sync_folder(final.parent)


def _appear(staging: Path, final: Path) -> bool:
    if final.exists():
        return False
    try:
        staging.rename(final)  # refuses to replace a directory that holds something
    except OSError:
        return False
    return True


def _already(final: Path) -> InputError:
    return InputError("S3004", place=shown(final), reason="is already there", hint="choose another name, or move it away first")


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold *path* as a lock file for the block, and remove it; ``Busy`` S8001 at once if another process holds it.

    The operating system gives the lock back if the process dies.
    """
    make_folder(path.parent)
    stream = _held(path)
    if stream is None:
        raise Busy("S8001", place=shown(path), reason="another sauma process is at work here", hint="wait until it has ended")
    with stream:
        try:
            yield
        finally:
            if not WINDOWS:  # which cannot remove an open file: there the empty file stays
                path.unlink(missing_ok=True)
            _give(stream)


def _held(path: Path) -> IO[bytes] | None:
    """*path*, opened and locked; None if another process holds it."""
    while True:
        stream = path.open("a+b")
        if not _take(stream):
            stream.close()
            return None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(stream.fileno()), path.stat()):
                return stream
        _give(stream)  # the holder before us removed the file between our open and our lock: that lock guards nothing
        stream.close()


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


def _give(stream: IO[bytes]) -> None:
    fcntl, msvcrt = _module("fcntl"), _module("msvcrt")
    if fcntl is not None:
        fcntl.flock(stream.fileno(), fcntl.LOCK_UN)
    elif msvcrt is not None:
        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        Path(f"{stream.name}.held").unlink(missing_ok=True)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def require_private(path: Path) -> None:
    """``KeyProblem`` S6003 if others than its owner may read *path* (mode bits; on Windows the list set when written)."""
    if WINDOWS or not path.exists():
        return
    if path.stat().st_mode & _OPEN_TO_OTHERS:
        raise KeyProblem("S6003", place=shown(path), reason="others may read this secret", hint=f"chmod 600 {path.name}")


def destroy(path: Path) -> None:
    """Overwrite *path* with zeros, force them out, and remove it.  A copy or a snapshot elsewhere is out of reach."""
    reason = ""
    try:
        with path.open("r+b") as stream:
            stream.write(bytes(path.stat().st_size))
            stream.flush()
            os.fsync(stream.fileno())
        path.unlink()
        _sync_folder(path.parent)
    except OSError as problem:
        reason = _writing(problem)
    if reason:
        raise InputError("S3005", place=shown(path), reason=reason, hint="check the folder and its permissions")


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


def _reading(problem: OSError) -> str:
    match problem:
        case FileNotFoundError() | NotADirectoryError():
            return "does not exist"
        case PermissionError():
            return "may not be read by you"
        case IsADirectoryError():
            return "is not a regular file"
    return "cannot be read"


def _writing(problem: OSError) -> str:
    return "may not be written by you" if isinstance(problem, PermissionError) else "cannot be written"
