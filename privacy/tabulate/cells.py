"""The cell space of a table: every cell that could be printed, and the finest cells each one sums.

Along one dimension a table has *points*: the finest codes (``unknown`` last), the codes of each coarser level, and
``total``.  A *cell* is one point per dimension, in C order over the dimensions.  A *grouping* is one level per
dimension: within a grouping cells never overlap, so a person is in at most one cell of each grouping.  That makes the
number of groupings the number of times a person is counted, which is what differential privacy charges for.

Which finest cells a cell sums is a sparse 0/1 matrix, the Kronecker product of the dimensions' own matrices; counts
of *disjoint* things (persons, or families in a table of families) of every cell are that matrix times the finest
counts.  Distinct privacy units of a table of persons are not additive and are counted cell by cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from schemas.dimension import TOTAL, UNKNOWN
from schemas.errors import InputError

if TYPE_CHECKING:
    from schemas.dimension import Dimension
    from schemas.request import Table

CELLS_MAX = 200_000
"""More cells than this are no table for people, and no problem for an exact attacker."""

Key = tuple[str, ...]
"""The code of a cell along each dimension, in the table's order: ``("049", "0-6", "total")``."""
Integers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Point:
    """One code along a dimension: its level (``depth`` 0 is the finest) and the finest codes it sums, by position.

    ``printed`` is false for the patterns of a co-use dimension that shows its services and pairs only.
    """

    code: str
    level: str
    depth: int
    finest: tuple[int, ...]
    printed: bool = True


@dataclass(frozen=True)
class Axis:
    """One dimension as points, finest level first; ``levels`` names the levels in that order."""

    name: str
    domain: tuple[str, ...]
    points: tuple[Point, ...]
    levels: tuple[str, ...]

    @cached_property
    def membership(self) -> Any:
        """0/1 CSR matrix, shape (points, finest codes), int64."""
        rows = [row for row, point in enumerate(self.points) for _ in point.finest]
        columns = [column for point in self.points for column in point.finest]
        shape = (len(self.points), len(self.domain))
        return sparse.csr_matrix((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=shape)


@dataclass(frozen=True)
class CellSpace:
    """All cells of a table.  Cells and finest cells are numbered in C order over ``axes``."""

    axes: tuple[Axis, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many points each dimension has."""
        return tuple(len(axis.points) for axis in self.axes)

    @property
    def finest_shape(self) -> tuple[int, ...]:
        """How many finest codes each dimension has."""
        return tuple(len(axis.domain) for axis in self.axes)

    @property
    def size(self) -> int:
        """How many cells there are."""
        return math.prod(self.shape)

    @property
    def finest_size(self) -> int:
        """How many finest cells there are."""
        return math.prod(self.finest_shape)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The key of every cell, in cell order."""
        found: list[Key] = [()]
        for axis in self.axes:
            found = [(*key, point.code) for key in found for point in axis.points]
        return tuple(found)

    @cached_property
    def index(self) -> dict[Key, int]:
        """The number of the cell with a given key."""
        return {key: number for number, key in enumerate(self.keys)}

    @cached_property
    def membership(self) -> Any:
        """0/1 CSR matrix, shape (cells, finest cells), int64: row *i* holds the finest cells that cell *i* sums."""
        product = sparse.csr_matrix(np.ones((1, 1), dtype=np.int64))
        for axis in self.axes:
            product = sparse.kron(product, axis.membership, format="csr")
        return product

    @cached_property
    def groupings(self) -> tuple[tuple[str, ...], ...]:
        """Every combination of one level per dimension, finest first, in C order."""
        found: list[tuple[str, ...]] = [()]
        for axis in self.axes:
            found = [(*names, level) for names in found for level in axis.levels]
        return tuple(found)

    @cached_property
    def grouping(self) -> Integers:
        """The number of each cell's grouping, shape (cells,)."""
        number = np.zeros(1, dtype=np.int64)
        for axis in self.axes:
            depths = np.array([point.depth for point in axis.points], dtype=np.int64)
            number = (number[:, None] * len(axis.levels) + depths[None, :]).ravel()
        return number

    @cached_property
    def printed(self) -> Flags:
        """The cells that the table prints, shape (cells,): all, but for patterns of services that it keeps to itself."""
        flags = np.ones(1, dtype=np.bool_)
        for axis in self.axes:
            flags = np.outer(flags, np.array([point.printed for point in axis.points], dtype=np.bool_)).ravel()
        return flags

    @cached_property
    def inner(self) -> Integers:
        """The cells of the finest grouping, in finest-cell order, shape (finest cells,)."""
        return np.flatnonzero(self.grouping == 0).astype(np.int64)

    def sums(self, finest: Integers) -> Integers:
        """Counts of disjoint things in every cell, shape (cells,), from those in the finest cells."""
        totals: Integers = self.membership @ np.asarray(finest, dtype=np.int64)
        return totals


def axis(dimension: Dimension) -> Axis:
    """The points of *dimension*: finest codes, then each coarser level in declared order, then ``total``."""
    domain = dimension.domain
    place = {code: position for position, code in enumerate(domain)}
    kept = dimension.patterns or not dimension.services
    points = [Point(code, dimension.name, 0, (position,), kept or code == UNKNOWN) for code, position in place.items()]
    names = [dimension.name]
    for name, groups in dimension.coarser:
        points.extend(Point(code, name, len(names), tuple(sorted(place[each] for each in finest))) for code, finest in groups.items())
        names.append(name)
    if dimension.total:
        points.append(Point(TOTAL, TOTAL, len(names), tuple(range(len(domain)))))
        names.append(TOTAL)
    return Axis(dimension.name, domain, tuple(points), tuple(names))


def cell_space(table: Table) -> CellSpace:
    """The cell space of *table*; ``InputError`` S3301 if it has more than ``CELLS_MAX`` cells."""
    assert all(dimension.listed for dimension in table.dimensions), "code lists are filled in when a request is read"
    space = CellSpace(tuple(axis(dimension) for dimension in table.dimensions))
    if space.size > CELLS_MAX:
        raise InputError(
            "S3301",
            place=f"table {table.id}",
            reason=f"its dimensions and levels make more than {CELLS_MAX} cells",
            hint="use fewer dimensions, or coarser codes",
        )
    return space
