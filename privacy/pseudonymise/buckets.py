"""Rows dealt into buckets of a spill and taken out again, some buckets together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.pseudonymise.coded import Integers
from schemas.batches import Spill

TOGETHER_ROWS: Final = 1 << 17
"""Buckets are taken out together until they hold so many rows."""
_MIX: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


class Buckets:
    """A table that grows row by row and is too large to hold, in *count* buckets of *spill* under *name*."""

    def __init__(self, spill: Spill, name: str, count: int) -> None:
        self._spill, self._name = spill, name
        self._rows = np.zeros(count, dtype=np.int64)

    @property
    def count(self) -> int:
        """How many buckets."""
        return len(self._rows)

    def deal(self, table: pa.Table, places: npt.NDArray[np.uint16]) -> None:
        """Each row of *table* to the bucket that *places* says, after the rows that are there."""
        rows = np.bincount(places, minlength=self.count)
        ordered = table.take(pa.array(np.argsort(places, kind="stable"))) if self.count > 1 else table
        ends = np.cumsum(rows)
        for bucket in np.flatnonzero(rows).tolist():
            self._spill.append(f"{self._name}-{bucket}", ordered.slice(ends[bucket] - rows[bucket], rows[bucket]))
        self._rows += rows

    def taken(self) -> Iterator[pa.Table]:
        """The rows of whole buckets, some together, in the order in which they came to each; each is taken once."""
        waiting: list[pa.Table] = []
        for bucket in np.flatnonzero(self._rows).tolist():
            waiting.append(self._spill.read(f"{self._name}-{bucket}"))
            if sum(table.num_rows for table in waiting) >= TOGETHER_ROWS:
                yield pa.concat_tables(waiting).combine_chunks()
                waiting = []
        if waiting:
            yield pa.concat_tables(waiting).combine_chunks()


def mixed(keys: Integers, seed: bytes, count: int) -> npt.NDArray[np.uint16]:
    """A bucket below *count* for each key: equal for equal keys, and even whatever the keys.  *seed*: 16 random bytes.

    Source: the finaliser of SplitMix64 (Steele, Lea, Flood 2014), with random starting points.
    """
    before, after = np.frombuffer(seed, dtype=np.uint64)
    mixed = keys.view(np.uint64) ^ before
    for shift, factor in zip((30, 27), _MIX, strict=True):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * factor
    mixed = (mixed ^ (mixed >> np.uint64(31))) + after
    places: npt.NDArray[np.uint16] = ((mixed >> np.uint64(32)) * np.uint64(count) >> np.uint64(32)).astype(np.uint16)
    return places
