"""Random bytes by the megabyte from a few of the system's: an AES-256 counter stream under a fresh key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

Entropy = Callable[[int], bytes]
Bytes = npt.NDArray[np.uint8]
"""Tokens: shape (n, 16)."""
TOKEN_BYTES: Final = 16


def random_bytes(count: int, entropy: Entropy) -> bytes:
    """*count* bytes that look random to whoever does not know what *entropy* gave."""
    return Cipher(AES256(entropy(32)), CTR(bytes(16))).encryptor().update(bytes(count))


def random_tokens(count: int, entropy: Entropy) -> Bytes:
    """*count* random tokens, which may be written to; shape (count, 16)."""
    return np.frombuffer(bytearray(random_bytes(TOKEN_BYTES * count, entropy)), dtype=np.uint8).reshape(count, TOKEN_BYTES)


def random_order(count: int, entropy: Entropy) -> npt.NDArray[np.int64]:
    """The places 0 to *count* in random order: that of one random 64-bit number each."""
    order: npt.NDArray[np.int64] = np.argsort(np.frombuffer(random_bytes(8 * count, entropy), dtype=np.uint64))
    return order


def random_places(count: int, places: int, entropy: Entropy) -> npt.NDArray[np.uint16]:
    """*count* random numbers below *places* (at most 65,536); no place is likelier by more than one in 2**47."""
    return (np.frombuffer(random_bytes(8 * count, entropy), dtype=np.uint64) % np.uint64(places)).astype(np.uint16)


def to_arrow(values: Bytes) -> pa.Array:
    """Rows of 16 bytes as a fixed-size binary array."""
    buffer = pa.py_buffer(np.ascontiguousarray(values))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(values.shape[1]), len(values), [None, buffer])
