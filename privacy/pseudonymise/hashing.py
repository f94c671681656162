"""Keyed hashes of many short texts.

A key's two HMAC blocks are hashed once and copied for every text, which is three times as fast as hmac.digest.  Source: RFC 2104.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from privacy.pseudonymise import hetu_columns
from privacy.pseudonymise.hetu_columns import Numbers
from privacy.pseudonymise.randomness import TOKEN_BYTES, Bytes

BLOCK_BYTES: Final = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


def hashed(key: bytes, messages: Iterable[bytes]) -> Bytes:
    """HMAC-SHA-256 of each of *messages* under *key*, cut to 128 bits; shape (messages, 16)."""
    whole = np.frombuffer(hmacs(hashlib.sha256, key, messages), dtype=np.uint8).reshape(-1, hashlib.sha256().digest_size)
    return whole[:, :TOKEN_BYTES]


def hmacs(algorithm: Callable[..., Any], key: bytes, messages: Iterable[bytes]) -> bytes:
    """HMAC of each of *messages*, one behind the other, by a hash of 64-byte blocks; the key's blocks are hashed once.  Source: RFC 2104.

    Whether a hash is fit for security is the caller's business: similarity encodings ask for SHA-1 and MD5.
    """
    padded = (algorithm(key, usedforsecurity=False).digest() if len(key) > BLOCK_BYTES else key).ljust(BLOCK_BYTES, b"\0")
    inner = algorithm(padded.translate(_INNER), usedforsecurity=False).copy
    outer = algorithm(padded.translate(_OUTER), usedforsecurity=False).copy
    digests = []
    for message in messages:
        first, last = inner(), outer()
        first.update(message)
        last.update(first.digest())
        digests.append(last.digest())
    return b"".join(digests)


def code_messages(numbers: Numbers, bound: str) -> list[bytes]:
    """What is hashed for the codes *numbers*, none missing: their text; an artificial one with the register it is *bound* to, if any."""
    plain: list[bytes] = _texts(hetu_columns.letters_of(numbers))
    if not bound:
        return plain
    tail = f"@{bound}".encode()
    return [code + tail if ours else code for code, ours in zip(plain, hetu_columns.artificial(numbers).tolist(), strict=True)]


def joined_messages(numbers: Numbers, bound: str, years: npt.NDArray[np.int64]) -> list[bytes]:
    """What is hashed for codes with years: the texts of both, each behind its length."""
    if bound:
        pairs = zip(code_messages(numbers, bound), years.tolist(), strict=True)
        return [b"%d:%b4:%04d" % (len(code), code, year) for code, year in pairs]
    letters = np.empty((len(numbers), 20), dtype=np.uint8)
    letters[:, :3], letters[:, 14:16] = np.frombuffer(b"11:", dtype=np.uint8), np.frombuffer(b"4:", dtype=np.uint8)
    letters[:, 3:14] = hetu_columns.letters_of(numbers)
    for place in range(4):
        letters[:, 16 + place] = years // 10 ** (3 - place) % 10 + ord("0")
    return _texts(letters)


def _texts(letters: npt.NDArray[np.uint8]) -> list[bytes]:
    """Rows of ASCII letters as bytes objects."""
    texts: list[bytes] = np.ascontiguousarray(letters).view(f"S{letters.shape[1]}").ravel().tolist()
    return texts
