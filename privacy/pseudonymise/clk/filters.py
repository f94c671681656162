"""Bloom filters of distinct values: tables of the parts' bits that grow position by position, gathered and OR-ed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from privacy.pseudonymise.clk.parts import Integers, Parts, Whole
from privacy.pseudonymise.clk.positions import positions
from schemas.linkage_schema import Hashing, Strategy

Words = npt.NDArray[np.uint64]
"""Bits of filters, 64 a word, as bytes in the order of positions: the first position is the highest bit of the first byte."""
ROWS: Final = 1 << 12
PARTS: Final = 1 << 13
"""So many filters are worked on at once: they stay in the processor's cache."""
_MASKS: Final = np.array([0x80 >> bit for bit in range(8)], dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class _Take:
    """Parts, shape (g, t), of the values from row ``begin`` on, that are inserted ``times`` times each."""

    times: int
    begin: int
    parts: Whole


def words_of(bits: int) -> int:
    """64-bit words for so many *bits*."""
    return -(-bits // 64)


def none(bits: int) -> Words:
    """No filters of so many *bits*."""
    return np.zeros((0, words_of(bits)), dtype=np.uint64)


def filters(found: Parts, hashing: Hashing, keys: tuple[bytes, bytes], bits: int) -> Words:
    """An empty filter, and those of the values with the parts *found*, group by group; shape (1 + values, words)."""
    whole = np.zeros((1 + sum(len(values) for values, _ in found.groups), words_of(bits)), dtype=np.uint64)
    takes = sorted(_takes(hashing.strategy, found), key=lambda take: take.times)
    needed = np.zeros(len(found.texts), dtype=np.int64)
    for take in takes:  # the largest comes last
        needed[take.parts] = take.times
    order = np.argsort(-needed, kind="stable")
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order))
    texts = [found.texts[part] for part in order[: np.count_nonzero(needed)].tolist()]
    columns = positions(hashing.hash, keys, texts, needed[order], bits)
    table, grown = np.zeros((len(texts), whole.shape[1]), dtype=np.uint64), 0
    for take in takes:
        while grown < take.times:
            _set(table.view(np.uint8), next(columns))
            grown += 1
        _gather(whole[take.begin : take.begin + len(take.parts)], table, place[take.parts])
    return whole


def _takes(strategy: Strategy, found: Parts) -> Iterator[_Take]:
    """How often each part is inserted: the same for all, or so that those of a value make a given number together."""
    begin = 1
    for values, parts in found.groups:
        if strategy.per_token is not None:
            yield _Take(strategy.per_token, begin, parts)
        elif strategy.per_feature is not None:
            times, more = divmod(strategy.per_feature, parts.shape[1])
            if more:
                yield _Take(times + 1, begin, parts[:, :more])
            if times:
                yield _Take(times, begin, parts[:, more:])
        begin += len(values)


def _set(table: npt.NDArray[np.uint8], column: Integers) -> None:
    """Set the bit at the position in *column* of each of the first rows of *table*."""
    table[np.arange(len(column)), column >> 3] |= _MASKS[column & 7]


def _gather(whole: Words, table: Words, parts: Whole) -> None:
    """OR the rows of *table* of the *parts* of each value into its filter: part by part for many values, value by value for few."""
    if len(whole) <= parts.shape[1]:
        rows = max(1, PARTS // parts.shape[1])
        for start in range(0, len(whole), rows):
            whole[start : start + rows] |= np.bitwise_or.reduce(table[parts[start : start + rows]], axis=1)
        return
    piece = np.empty((min(ROWS, len(whole)), whole.shape[1]), dtype=np.uint64)
    for start in range(0, len(whole), ROWS):
        some = whole[start : start + ROWS]
        taken = piece[: len(some)]
        for column in parts[start : start + ROWS].T:
            table.take(column, axis=0, out=taken, mode="clip")  # 'raise' would copy
            np.bitwise_or(some, taken, out=some)


def folded(rows: Words, bits: int, folds: int) -> npt.NDArray[np.uint8]:
    """Filters of *bits*, halved so often by XOR of their halves; shape (n, bytes), the last bits of the last byte 0."""
    packed = rows.view(np.uint8)
    while folds and bits % 16 == 0:
        bits, folds = bits // 2, folds - 1
        packed = packed[:, : bits // 8] ^ packed[:, bits // 8 : bits // 4]
    if folds:
        single = np.unpackbits(packed, axis=1)[:, :bits]
        for _ in range(folds):
            bits //= 2
            single = single[:, :bits] ^ single[:, bits : 2 * bits]
        return np.packbits(single, axis=1)
    return np.ascontiguousarray(packed[:, : -(-bits // 8)])
