"""The positions of each part in the Bloom filter, one column after another: first positions first."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from privacy.pseudonymise.hashing import hmacs
from schemas.linkage_schema import BlakeHash, DoubleHash

Integers = npt.NDArray[np.int64]
SLICES: Final = 32
"""16-bit positions in one output of BLAKE2b."""


def positions(
    hashed: DoubleHash | BlakeHash, keys: tuple[bytes, bytes], parts: list[bytes], needed: Integers, bits: int
) -> Iterator[Integers]:
    """The first positions of all *parts*, then the second ones, and so on.

    *needed* says of each part how many positions it takes, the largest first: each column is of the parts that take so many.
    """
    if isinstance(hashed, BlakeHash):
        return _slices(keys[0], parts, needed, bits)
    return _sums(_doubled(keys, parts, bits, singular=not hashed.prevent_singularity), needed, bits)


def _sums(start_and_step: tuple[Integers, Integers], needed: Integers, bits: int) -> Iterator[Integers]:
    place, step = start_and_step
    for column in itertools.count():
        count = _count(needed, column)
        if not count:
            return
        place, step = place[:count], step[:count]
        yield place
        place = (place + step) % bits


def _doubled(keys: tuple[bytes, bytes], parts: list[bytes], bits: int, *, singular: bool) -> tuple[Integers, Integers]:
    """Where the positions of each part start, and the distance between them.  Source: Schnell, Bachteler, Reiher 2011."""
    starts = _remainders(hmacs(hashlib.sha1, keys[0], parts), 20, bits)
    steps = _remainders(hmacs(hashlib.md5, keys[1], parts), 16, bits)
    if not singular:
        for place in np.flatnonzero(steps == 0).tolist():
            steps[place] = _other_step(keys[1], parts[place], bits)
    return starts, steps


def _other_step(key: bytes, part: bytes, bits: int) -> int:
    """The first distance that is not 0, of *part* with a character behind it; there is one, because *bits* is not 1."""
    for letter in itertools.count():
        step = int(_remainders(hmacs(hashlib.md5, key, [part + chr(letter).encode()]), 16, bits)[0])
        if step:
            return step
    raise AssertionError("characters end")


def _remainders(digests: bytes, size: int, bits: int) -> Integers:
    """Each digest of *size* bytes, a big-endian number, modulo *bits*."""
    words = np.frombuffer(digests, dtype=">u4").reshape(-1, size // 4).astype(np.int64)
    rest = np.zeros(len(words), dtype=np.int64)
    for column in range(words.shape[1]):
        rest = ((rest << 32) % bits + words[:, column]) % bits  # bits is at most 2**16
    return rest


def _slices(key: bytes, parts: list[bytes], needed: Integers, bits: int) -> Iterator[Integers]:
    """Slices of 16 bits of keyed BLAKE2b, the number of the output as its salt."""
    for block in itertools.count():
        count = _count(needed, block * SLICES)
        if not count:
            return
        keyed = hashlib.blake2b(key=key, salt=str(block).encode()).copy
        drawn = []
        for part in parts[:count]:
            one = keyed()
            one.update(part)
            drawn.append(one.digest())
        columns = np.frombuffer(b"".join(drawn), dtype="<u2").reshape(count, SLICES).T % np.uint32(bits)
        for column, places in enumerate(columns.astype(np.int64), start=block * SLICES):
            yield places[: _count(needed, column)]


def _count(needed: Integers, column: int) -> int:
    """How many parts have a position in *column*; *needed* falls."""
    return int(np.searchsorted(-needed, -column))
