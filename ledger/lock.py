"""The ledger's lock: an empty SQLite file, the one file lock of the standard library that every platform has.

The operating system gives it back when its process dies, and nothing but the empty file stays.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ledger.verify import LOCK, check_lock
from schemas.errors import Busy, IntegrityError, UsageError

BUSY_SECONDS = 5.0
_PRIMARY = 0xFF
"""The part of SQLite's extended result codes that names the kind of failure."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of the ledger in *folder* for the block.

    Raises ``UsageError`` S2121 without the folder, ``Busy`` S8002 if another process holds it after some seconds,
    ``IntegrityError`` S5206 if the disk does not let it be made, S5207 if the lock file is not empty.
    """
    if not folder.is_dir():
        raise UsageError(
            "S2121", place="ledger", reason="there is no ledger in this folder", hint="begin it: 'sauma ledger add agreement.toml'"
        )
    with contextlib.ExitStack() as held:
        failure = sqlite3.SQLITE_OK
        try:
            lock = held.enter_context(contextlib.closing(sqlite3.connect(folder / LOCK, timeout=BUSY_SECONDS, isolation_level=None)))
            lock.execute("PRAGMA journal_mode = MEMORY")  # else a process that dies leaves a journal that no log names
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as problem:
            failure = problem.sqlite_errorcode & _PRIMARY
        except sqlite3.DatabaseError:
            failure = sqlite3.SQLITE_OK  # not an SQLite file, so nobody can lock it: the check of the folder names it
        if failure == sqlite3.SQLITE_BUSY:
            raise Busy("S8002", place="ledger", reason="another process is writing the ledger", hint="wait until it has ended")
        if failure != sqlite3.SQLITE_OK:
            raise refused()
        check_lock(folder)
        yield


def refused() -> IntegrityError:
    """What the disk refuses, as our error."""
    reason = "the disk refused a write; nothing was acknowledged"
    return IntegrityError("S5206", place="ledger", reason=reason, hint="free or check the disk, then run again")
