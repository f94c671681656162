"""Rows that are too many to hold wait on the disk, encrypted under a key that only this process has and never writes.

Tables wait in memory until they are too large together; then all of them go to one file beside the target, each block as
AES-256-GCM over an Arrow stream.  No name leads to the file: it is gone when the command ends, however it ends.  What is
left of it on the disk is ciphertext without a key.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyarrow import ipc

from sauma import files
from sauma.sink import doing
from schemas.errors import InputError

MEMORY_BYTES: Final = 256 * 1024**2
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
Block = tuple[int, int, bytes]
"""Where a block begins in the file, how many bytes it has, and its nonce."""


@contextlib.contextmanager
def spilling(path: Path, entropy: Callable[[int], bytes], *, memory_bytes: int = MEMORY_BYTES) -> Iterator[Spill]:
    """A spill for what is on its way to *path*, gone when the block ends; *memory_bytes* are kept before the disk is touched."""
    with contextlib.ExitStack() as held:
        spill = Spill(path, entropy(KEY_BYTES), memory_bytes, lambda: held.enter_context(files.passing(path)).descriptor)
        held.callback(spill.close)
        yield spill


class Spill:
    """Tables by name, kept until they are read once; a :class:`schemas.batches.Spill`.

    ``InputError`` S3005 if the disk has no room, or does not give back what it was given.
    """

    def __init__(self, path: Path, key: bytes, memory_bytes: int, opened: Callable[[], int]) -> None:
        self._path, self._cipher, self._limit, self._opened = path, AESGCM(key), memory_bytes, opened
        self._tables: dict[str, list[pa.Table]] = {}
        self._blocks: dict[str, list[Block]] = {}
        self._held, self._written, self._used = 0, 0, 0
        self._descriptor: int | None = None

    def append(self, name: str, table: pa.Table) -> None:
        """Keep *table* behind those under *name*."""
        self._tables.setdefault(name, []).append(table)
        self._held += table.nbytes
        if self._held > self._limit:
            self._flush()

    def read(self, name: str) -> pa.Table:
        """The tables under *name* as one, and forget them."""
        found = [self._block(name, *block) for block in self._blocks.pop(name, [])]
        waiting = self._tables.pop(name, [])
        self._held -= sum(table.nbytes for table in waiting)
        return pa.concat_tables([*found, *waiting]) if found or waiting else pa.table({})

    def close(self) -> None:
        """Forget everything; the file goes with the block that opened it."""
        self._tables.clear()
        self._blocks.clear()

    def _flush(self) -> None:
        """Everything that is in memory goes to the file."""
        if self._descriptor is None:
            self._descriptor = self._opened()
        doing(self._path, partial(os.lseek, self._descriptor, self._written, os.SEEK_SET))
        for name, tables in self._tables.items():
            nonce = self._used.to_bytes(NONCE_BYTES, "big")
            self._used += 1
            block = self._cipher.encrypt(nonce, _plain(pa.concat_tables(tables)), name.encode())
            self._blocks.setdefault(name, []).append((self._written, len(block), nonce))
            self._write(block)
        self._tables.clear()
        self._held = 0

    def _write(self, block: bytes) -> None:
        view = memoryview(block)
        self._written += len(view)
        while view:
            view = view[doing(self._path, partial(os.write, self._file(), view)) :]

    def _block(self, name: str, start: int, size: int, nonce: bytes) -> pa.Table:
        plain = None
        doing(self._path, partial(os.lseek, self._file(), start, os.SEEK_SET))
        data = bytearray()
        while len(data) < size and (piece := doing(self._path, partial(os.read, self._file(), size - len(data)))):
            data += piece
        with contextlib.suppress(InvalidTag):
            plain = self._cipher.decrypt(nonce, bytes(data), name.encode())
        if plain is None:
            raise InputError(
                "S3005", place=files.shown(self._path), reason="the disk did not give back what was written", hint="check the disk"
            )
        return ipc.open_stream(plain).read_all()

    def _file(self) -> int:
        if self._descriptor is None:
            raise AssertionError("nothing was written")
        return self._descriptor


def _plain(table: pa.Table) -> memoryview:
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return memoryview(sink.getvalue()).cast("B")
