"""A disk that fails on demand, put under a command inside one process.

Every call that changes a disk passes here and is counted: making a file or folder, writing, cutting, forcing to disk,
renaming, removing.  At the chosen one, one of these happens:

``eio``        the call fails, once (half of the bytes of a write arrive)
``full``       there is no room any more, from here on: nothing can be made or written, but renamed and removed
``kill``       the process is gone (half of the bytes of a write arrive); what it wrote is there
``cut``        the power is gone: bytes that were not forced to disk are lost, names are there
``cut-names``  the power is gone: renames, new and removed names that were not forced to disk are undone as well
``interrupt``  somebody presses Ctrl-C

What a name is given by a rename is noted, with the digest of its content, and whether that had been forced to disk.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

KINDS = ("eio", "full", "kill", "cut", "cut-names", "interrupt")
NO_ROOM_FOR = ("create", "write", "mkdir")


@dataclass
class Journal:
    """What one run did to the disk, and what a power cut would take back."""

    calls: list[str] = field(default_factory=list)
    named: list[tuple[str, str]] = field(default_factory=list)
    unsynced_names: list[str] = field(default_factory=list)
    draws: list[int] = field(default_factory=list)
    struck: str = ""

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(self.__dict__), encoding="utf-8")


@dataclass
class Open:
    """A file open for writing: a descriptor of ours to it, and what of it a power cut would leave."""

    own: int
    durable: bytes
    dirty: bool = False


class Disk:
    """Counts, and strikes at call number ``at``; ``at`` of -1 only counts."""

    def __init__(self, kind: str, at: int, note: Path) -> None:
        self.kind, self.at, self.note = kind, at, note
        self.journal = Journal()
        self.real: dict[str, Callable[..., Any]] = {}
        self.open: dict[int, Open] = {}
        self.files: dict[tuple[int, int], Open] = {}
        self.undo: list[tuple[str, Callable[[], None]]] = []
        self.full = False

    def install(self) -> None:
        """Stand between this process and ``os``."""
        for name in ("open", "write", "fsync", "ftruncate", "replace", "rename", "mkdir", "unlink", "rmdir", "close"):
            self.real[name] = getattr(os, name)
            setattr(os, name, getattr(self, f"_{name}"))
        os.remove = os.unlink

    def _call(self, what: str, path: object, *, torn: Callable[[], None] = lambda: None) -> None:
        place = len(self.journal.calls)
        self.journal.calls.append(f"{what} {Path(os.fsdecode(path)).name if isinstance(path, (str, bytes, os.PathLike)) else ''}")
        if self.full and what in NO_ROOM_FOR:
            raise OSError(errno.ENOSPC, "no space left on device")
        if place == self.at:
            self.journal.struck = self.journal.calls[-1]
            self._strike(what, torn)

    def _strike(self, what: str, torn: Callable[[], None]) -> None:
        if self.kind == "eio":
            torn()
            raise OSError(errno.EIO, "input/output error")
        if self.kind == "full":
            self.full = True
            if what in NO_ROOM_FOR:
                torn()
                raise OSError(errno.ENOSPC, "no space left on device")
        elif self.kind == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
        else:
            torn()
            self.die()

    def die(self) -> NoReturn:
        """End without a word; a power cut takes back first what was not forced to disk."""
        self.at = -1
        if self.kind.startswith("cut"):
            for file in self.files.values():
                if file.dirty:
                    self.real["ftruncate"](file.own, 0)
                    os.pwrite(file.own, file.durable, 0)
        if self.kind == "cut-names":
            for _, undo in reversed(self.undo):
                undo()
        self.journal.save(self.note)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")

    # the calls

    def _open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        changes = bool(flags & (os.O_WRONLY | os.O_RDWR)) and dir_fd is None
        nameless = flags & os.O_TMPFILE == os.O_TMPFILE
        new = changes and (nameless or (bool(flags & os.O_CREAT) and not os.path.lexists(path)))
        if new:
            self._call("create", path)
        descriptor: int = self.real["open"](path, flags, mode, dir_fd=dir_fd)
        if changes and stat.S_ISREG(os.fstat(descriptor).st_mode):
            self._watch(descriptor, f"/proc/self/fd/{descriptor}" if nameless else path)
            if new and not nameless:
                self._named(path, lambda: self._gone(Path(os.fsdecode(path))))
        return descriptor

    def _watch(self, descriptor: int, path: Any) -> None:
        status = os.fstat(descriptor)
        known = self.files.get((status.st_dev, status.st_ino))
        if known is None:
            own = self.real["open"](path, os.O_RDWR)
            known = self.files[status.st_dev, status.st_ino] = Open(own, os.pread(own, status.st_size, 0))
        self.open[descriptor] = known

    def _write(self, descriptor: int, data: Any) -> int:
        file = self.open.get(descriptor)
        if file is None:
            return int(self.real["write"](descriptor, data))
        view = memoryview(data)

        def torn() -> None:
            file.dirty = True
            self.real["write"](descriptor, view[: len(view) // 2])

        self._call("write", "", torn=torn)
        file.dirty = True
        return int(self.real["write"](descriptor, data))

    def _ftruncate(self, descriptor: int, length: int) -> None:
        self._call("truncate", "")
        if descriptor in self.open:
            self.open[descriptor].dirty = True
        self.real["ftruncate"](descriptor, length)

    def _fsync(self, descriptor: int) -> None:
        self._call("fsync", "")
        self.real["fsync"](descriptor)
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            folder = str(Path(f"/proc/self/fd/{descriptor}").readlink())
            self.undo = [(place, undo) for place, undo in self.undo if place != folder]
        elif (status.st_dev, status.st_ino) in self.files:
            file = self.files[status.st_dev, status.st_ino]
            file.durable, file.dirty = os.pread(file.own, status.st_size, 0), False

    def _close(self, descriptor: int) -> None:
        self.open.pop(descriptor, None)
        self.real["close"](descriptor)

    def _replace(self, source: Any, target: Any) -> None:
        self._renamed("rename", "replace", Path(os.fsdecode(source)), Path(os.fsdecode(target)))

    def _rename(self, source: Any, target: Any) -> None:
        self._renamed("rename", "rename", Path(os.fsdecode(source)), Path(os.fsdecode(target)))

    def _renamed(self, what: str, call: str, source: Path, target: Path) -> None:
        self._call(what, target)
        before = target.read_bytes() if target.is_file() else None
        self._note(source, target)
        self.real[call](source, target)

        def undo() -> None:
            self.real["rename"](target, source)
            if before is not None:
                target.write_bytes(before)

        self._named(target, undo)

    def _note(self, source: Path, target: Path) -> None:
        """What *target* will be: the digest of every file, and whether a power cut would leave it."""
        pairs = [(source, target)] if source.is_file() else [(each, target / each.relative_to(source)) for each in source.rglob("*")]
        for old, new in pairs:
            if old.is_file():
                self.journal.named.append((str(new.parent.resolve() / new.name), hashlib.sha256(old.read_bytes()).hexdigest()))
                status = old.stat()
                file = self.files.get((status.st_dev, status.st_ino))
                if file is not None and file.dirty:
                    self.journal.unsynced_names.append(str(new))

    def _mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        self._call("mkdir", path)
        self.real["mkdir"](path, mode, dir_fd=dir_fd)
        folder = Path(os.fsdecode(path))
        self._named(folder, lambda: shutil.rmtree(folder, ignore_errors=True))

    def _unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._call("unlink", path)
        place = Path(os.fsdecode(path))
        kept = place.read_bytes() if dir_fd is None and place.is_file() and not place.is_symlink() else None
        self.real["unlink"](path, dir_fd=dir_fd)
        if kept is not None:
            self._named(place, lambda: _put_back(place, kept))

    def _rmdir(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._call("rmdir", path)
        self.real["rmdir"](path, dir_fd=dir_fd)

    def _named(self, path: Any, undo: Callable[[], None]) -> None:
        self.undo.append((os.path.realpath(Path(os.fsdecode(path)).parent), undo))

    def _gone(self, path: Path) -> None:
        if os.path.lexists(path):
            self.real["unlink"](path)


def _put_back(path: Path, data: bytes) -> None:
    if path.parent.is_dir():
        path.write_bytes(data)
