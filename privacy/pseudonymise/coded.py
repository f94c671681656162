"""A column as its distinct values and one code per row: text work happens once per distinct value, never per row."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
MISSING = -1


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Coded:
    """``values[codes[i]]`` is row *i*'s value; code ``-1`` means none.  ``codes``: shape (n,), ``texts``: distinct, sorted.

    Every method gives a column whose every value some row has: a row that was left out leaves nothing behind.
    """

    codes: Integers
    texts: pa.StringArray

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def values(self) -> tuple[str, ...]:
        """The distinct values, sorted, as Python texts."""
        return tuple(self.texts.to_pylist())

    @property
    def present(self) -> Booleans:
        """Which rows have a value, shape (n,)."""
        return self.codes >= 0

    def map(self, function: Callable[[str], str]) -> Coded:
        """The column of ``function(value)``, called once per distinct value; an empty result means none."""
        return self.replaced(pa.array([function(value) for value in self.values], pa.string()))

    def replaced(self, results: pa.StringArray) -> Coded:
        """The column with *results*, one for each of ``texts``, in their place; an empty or null result means none."""
        found = _encoded(results)
        return Coded(np.append(found.codes, MISSING)[self.codes], found.texts)

    def holds(self, predicate: Callable[[str], bool]) -> Booleans:
        """Which rows have a value with *predicate*, called once per distinct value; shape (n,)."""
        return self.where(np.array([predicate(value) for value in self.values], dtype=np.bool_))

    def where(self, chosen: Booleans) -> Booleans:
        """Which rows have one of the values that are *chosen*, one boolean for each of ``texts``; shape (n,)."""
        found: Booleans = np.append(chosen, np.False_)[self.codes]
        return found

    def take(self, rows: Integers) -> Coded:
        """The column at *rows*, in that order."""
        return _only_used(self.codes[rows], self.texts)

    def only(self, mask: Booleans) -> Coded:
        """The column with rows outside *mask* emptied."""
        return self if mask.all() else _only_used(np.where(mask, self.codes, MISSING), self.texts)

    def otherwise(self, other: Coded) -> Coded:
        """The column, its missing rows filled from *other*."""
        if not len(other.texts):
            return self
        mine, theirs = together(self, other)
        return _only_used(np.where(mine.present, mine.codes, theirs.codes), mine.texts)

    def to_arrow(self) -> pa.Array:
        """The column as Arrow strings with nulls."""
        return self.texts.take(pa.array(self.codes, mask=~self.present))


def _only_used(codes: Integers, texts: pa.StringArray) -> Coded:
    """The column with the values that no row has taken out of its dictionary."""
    used = np.zeros(len(texts) + 1, dtype=np.bool_)
    used[codes] = True  # code -1 marks the last place, which no value has
    used = used[:-1]
    if used.all():
        return Coded(codes, texts)
    place = np.append(np.where(used, np.cumsum(used) - 1, MISSING), MISSING)
    return Coded(place[codes], texts.filter(pa.array(used)))


def from_arrow(column: pa.ChunkedArray | pa.Array, *, ordered: bool = True) -> Coded:
    """An Arrow string column as a :class:`Coded`, surrounding space stripped; empty text counts as missing.

    Not *ordered*, its values come as they were met: for columns of which only equality is asked.
    """
    found = whole(column).dictionary_encode()
    trimmed = pc.utf8_trim_whitespace(found.dictionary)
    codes = _indices(found)
    if not trimmed.equals(found.dictionary) or pc.any(pc.equal(trimmed, "")).as_py():
        return Coded(codes, found.dictionary).replaced(trimmed)
    return _sorted(codes, trimmed) if ordered else Coded(codes, trimmed)


def whole(column: pa.ChunkedArray | pa.Array) -> pa.StringArray:
    """A column of text in one piece."""
    return (column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column).cast(pa.string())


def _encoded(texts: pa.StringArray) -> Coded:
    """*texts* by their distinct values, in their order; empty and null are missing."""
    found = texts.dictionary_encode()
    return _sorted(_indices(found), found.dictionary)


def _indices(found: pa.DictionaryArray) -> Integers:
    codes: Integers = found.indices.fill_null(MISSING).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def _sorted(codes: Integers, texts: pa.StringArray) -> Coded:
    """The column of distinct *texts* with its values in order; the empty text is missing."""
    order = pc.sort_indices(texts).to_numpy()
    values = texts.take(pa.array(order))
    empties = int(len(values) > 0 and values[0].as_py() == "")  # the empty text sorts first
    place = np.empty(len(order) + 1, dtype=np.int64)
    place[order] = np.arange(len(order)) - empties
    place[MISSING] = MISSING
    return Coded(place[codes], values.slice(empties))


def empty(rows: int) -> Coded:
    """A column of *rows* missing values."""
    return Coded(np.full(rows, MISSING, dtype=np.int64), pa.array([], pa.string()))


def together(*columns: Coded) -> tuple[Coded, ...]:
    """The same columns over one shared sorted dictionary, so that comparing codes compares texts."""
    shared = _encoded(pa.concat_arrays([column.texts for column in columns]))
    starts = np.cumsum([0, *(len(column.texts) for column in columns)])
    lookups = [np.append(shared.codes[start:end], MISSING) for start, end in itertools.pairwise(starts)]
    return tuple(Coded(lookup[column.codes], shared.texts) for lookup, column in zip(lookups, columns, strict=True))


def group(columns: Sequence[Coded | Integers]) -> Integers:
    """One group number per row: rows are in one group when all *columns* agree (missing agrees with missing).  Shape (n,)."""
    numbers: Integers | None = None
    for column in columns:
        codes = column.codes if isinstance(column, Coded) else column
        _, compact = np.unique(codes, return_inverse=True)
        if numbers is not None:
            _, compact = np.unique(numbers * (int(compact.max(initial=0)) + 1) + compact, return_inverse=True)
        numbers = compact.astype(np.int64)
    if numbers is None:
        raise ValueError("nothing to group by")
    return numbers
