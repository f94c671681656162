"""128-bit blocks by the million: keyed hashes of distinct texts, the block cipher over arrays, gathering and adding up.

A block is one ``complex128``: NumPy gathers 16-byte items of that type four times as fast as rows of two integers.  Nothing
is ever computed with the complex numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from privacy.pseudonymise.coded import MISSING, Integers
from privacy.pseudonymise.hashing import hashed

Blocks = npt.NDArray[np.complex128]
BLOCK_BYTES: Final = 16


def hashed_texts(key: bytes, columns: Mapping[str, pa.StringArray]) -> dict[str, Blocks]:
    """Each column's HMAC-SHA-256 by place, cut to 128 bits; last, so that code ``MISSING`` finds it, that of the empty text.

    A text that stands in several columns is hashed once.
    """
    nothing = pa.array([""], pa.string())
    pieces = [piece for texts in columns.values() for piece in (texts, nothing)]
    found = pa.concat_arrays(pieces).dictionary_encode()
    blocks = as_blocks(hashed(key, found.dictionary.cast(pa.binary()).to_pylist()))[found.indices.to_numpy()]
    ends = np.cumsum([len(texts) + 1 for texts in columns.values()])
    return dict(zip(columns, np.split(blocks, ends[:-1]), strict=True))


def as_blocks(hashes: npt.NDArray[np.uint8]) -> Blocks:
    """Hashes of 16 bytes, shape (n, 16), as blocks, shape (n,)."""
    return np.ascontiguousarray(hashes).view(np.complex128).ravel()


def numbers(blocks: Blocks) -> npt.NDArray[np.uint64]:
    """The same memory as halves, shape (..., 2): to add up bit by bit, whatever the order of bytes."""
    return blocks.view(np.uint64).reshape(*blocks.shape, 2)


def enciphered(key: bytes, blocks: Blocks) -> Blocks:
    """AES-256 of every block under *key*; any shape."""
    encryptor = Cipher(AES256(key), ECB()).encryptor()  # noqa: S305 - one block each: ECB *is* the block cipher
    flat = np.ascontiguousarray(blocks).reshape(-1)
    out = np.empty(len(flat) + 1, dtype=np.complex128)  # a block more than comes out: update_into asks for it
    encryptor.update_into(flat.data.cast("B"), out.data.cast("B"))
    return out[:-1].reshape(blocks.shape)


def gathered(table: Blocks, codes: Integers) -> Blocks:
    """``table[codes]``, where code ``MISSING`` is the last."""
    return np.take(table, codes, mode="wrap")


def added(blocks: Blocks, other: Blocks) -> None:
    """XOR *other* into *blocks*, in place."""
    mine = blocks.view(np.uint64)
    np.bitwise_xor(mine, other.view(np.uint64), out=mine)


def tokens_of(blocks: Blocks) -> Integers:
    """The first 64 bits of each block as a signed big-endian integer."""
    return blocks.view(">i8")[..., ::2].astype(np.int64)


def ordinals(count: int) -> Blocks:
    """The numbers below *count* as blocks, big-endian."""
    halves = np.zeros((count, 2), dtype=">u8")
    halves[:, 1] = np.arange(count)
    return halves.view(np.complex128).ravel()


assert MISSING == -1, "gathering wraps around: the last place stands for none"
