"""Where bytes go on their way to the disk: counted, digested, and refused in our own words when there is no room."""

from __future__ import annotations

import errno
import hashlib
import os
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from sauma.reading import shown
from schemas.errors import InputError

CHUNK_BYTES = 1024 * 1024
_NO_ROOM = {
    errno.ENOSPC: "the disk is full",
    getattr(errno, "EDQUOT", errno.ENOSPC): "your share of the disk is used up",
    errno.EFBIG: "is larger than a file may be here",
    errno.EROFS: "the disk is read-only",
    errno.EIO: "the disk failed",
}
FREE = "check the folder, its permissions and the free space"
Done = TypeVar("Done")


def doing(path: Path, act: Callable[[], Done], *, hint: str = FREE) -> Done:
    """What *act* gives; ``InputError`` S3005 naming *path* if the disk refuses."""
    reason = ""
    try:
        return act()
    except OSError as problem:
        reason = refused(problem)
    raise InputError("S3005", place=shown(path), reason=reason, hint=hint)


def refused(problem: OSError) -> str:
    """What a person is told of *problem*."""
    if isinstance(problem, PermissionError):
        return "may not be written by you"
    return _NO_ROOM.get(problem.errno or 0, "cannot be written")


class Sink:
    """The open file *descriptor*, written from its beginning; what it is written for is *path*.

    Has what PyArrow wants of a file: ``write``, ``tell``, ``flush``, ``closed``.  ``size``, ``sha256`` and ``crc`` are
    those of what was written and flushed.
    """

    closed = False

    def __init__(self, descriptor: int, path: Path) -> None:
        self.descriptor, self.path = descriptor, path
        self.size, self.crc = 0, 0
        self._digest, self._held = hashlib.sha256(), bytearray()

    @property
    def sha256(self) -> str:
        """Lower-case hex digest."""
        return self._digest.hexdigest()

    def write(self, data: bytes | memoryview) -> int:
        """Take *data*; ``InputError`` S3005 if there is no room for it."""
        view = memoryview(data).cast("B")
        if len(self._held) + len(view) < CHUNK_BYTES:
            self._held += view
        else:
            self.flush()
            for start in range(0, len(view), CHUNK_BYTES):
                self._out(view[start : start + CHUNK_BYTES])
        return len(view)

    def tell(self) -> int:
        """The position, in bytes from the beginning."""
        return self.size + len(self._held)

    def flush(self) -> None:
        """Hand what is held to the operating system."""
        if self._held:
            held, self._held = self._held, bytearray()
            self._out(memoryview(held))

    def close(self) -> None:
        """Nothing: the file is closed by who opened it."""

    def sync(self) -> None:
        """Force what was written to the disk."""
        self.flush()
        doing(self.path, lambda: os.fsync(self.descriptor))

    def _out(self, view: memoryview) -> None:
        self._digest.update(view)
        self.crc = zlib.crc32(view, self.crc)
        self.size += len(view)
        while view:
            view = view[doing(self.path, partial(os.write, self.descriptor, view)) :]
