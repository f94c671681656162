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


@dataclass(frozen=True, slots=True, repr=False)
class Coded:
    """``values[codes[i]]`` is row *i*'s value; code ``-1`` means none.  ``codes``: shape (n,), ``values``: distinct, sorted.

    Every method gives a column whose every value some row has: a row that was left out leaves nothing behind.
    """

    codes: Integers
    values: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def present(self) -> Booleans:
        """Which rows have a value, shape (n,)."""
        return self.codes >= 0

    def map(self, function: Callable[[str], str]) -> Coded:
        """The column of ``function(value)``, called once per distinct value; an empty result means none."""
        results = [function(value) for value in self.values]
        values = sorted({result for result in results if result})
        place = {value: code for code, value in enumerate(values)}
        lookup = np.array([place.get(result, MISSING) for result in results] + [MISSING], dtype=np.int64)
        return Coded(lookup[self.codes], tuple(values))

    def holds(self, predicate: Callable[[str], bool]) -> Booleans:
        """Which rows have a value with *predicate*, called once per distinct value; shape (n,)."""
        lookup = np.array([predicate(value) for value in self.values] + [False], dtype=np.bool_)
        found: Booleans = lookup[self.codes]
        return found

    def take(self, rows: Integers) -> Coded:
        """The column at *rows*, in that order."""
        return _only_used(self.codes[rows], self.values)

    def only(self, mask: Booleans) -> Coded:
        """The column with rows outside *mask* emptied."""
        return _only_used(np.where(mask, self.codes, MISSING), self.values)

    def otherwise(self, other: Coded) -> Coded:
        """The column, its missing rows filled from *other*."""
        mine, theirs = together(self, other)
        return _only_used(np.where(mine.present, mine.codes, theirs.codes), mine.values)

    def to_arrow(self) -> pa.Array:
        """The column as Arrow strings with nulls."""
        return pa.array([*self.values, None], pa.string()).take(pa.array(np.where(self.present, self.codes, len(self.values))))


def _only_used(codes: Integers, values: tuple[str, ...]) -> Coded:
    """The column with the values that no row has taken out of its dictionary."""
    used = np.bincount(codes[codes >= 0], minlength=len(values)) > 0
    place = np.append(np.where(used, np.cumsum(used) - 1, MISSING), MISSING)
    return Coded(place[codes], tuple(itertools.compress(values, used.tolist())))


def from_arrow(column: pa.ChunkedArray | pa.Array) -> Coded:
    """An Arrow string column as a :class:`Coded`, surrounding space stripped; empty text counts as missing."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    encoded = pc.utf8_trim_whitespace(whole.cast(pa.string())).dictionary_encode()
    indices = encoded.indices.fill_null(MISSING).to_numpy(zero_copy_only=False).astype(np.int64)
    return Coded(indices, tuple(encoded.dictionary.to_pylist())).map(lambda value: value)


def empty(rows: int) -> Coded:
    """A column of *rows* missing values."""
    return Coded(np.full(rows, MISSING, dtype=np.int64), ())


def together(*columns: Coded) -> tuple[Coded, ...]:
    """The same columns over one shared sorted dictionary, so that comparing codes compares texts."""
    values = sorted({value for column in columns for value in column.values})
    place = {value: code for code, value in enumerate(values)}
    lookups = [np.array([place[value] for value in column.values] + [MISSING], dtype=np.int64) for column in columns]
    return tuple(Coded(lookup[column.codes], tuple(values)) for lookup, column in zip(lookups, columns, strict=True))


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
