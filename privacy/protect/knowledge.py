"""The store of knowledge: every cell of every table as a set of atoms, and what each audience was told of it.

An *atom* is a pattern of membership in the finest cells of all tables at once (new ones and those told earlier) that
occurs among the counted units.  A cell *is* its set of atoms: two cells of two tables that hold the same atoms are one
cell, known or hidden together.  Sets are Python integers used as bit sets.  Patterns that do not occur are left out:
that can only narrow what an attacker would think possible, so an audit over the atoms errs on the safe side.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from privacy.tabulate.cells import CellSpace, Integers, cell_space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.request import Table

Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
Mask = int
"""A set of atoms: bit *i* is atom *i*."""


@dataclass(frozen=True)
class Knowledge:
    """Distinct non-empty cells over atoms.

    Attributes:
        spaces: the cell space of each table.
        units: counted units per atom, shape (atoms,); 0 for a pattern that could occur and does not.
        masks: the atoms of each distinct cell.
        number: for each table, the distinct cell that each of its cells is, or -1 for a cell without atoms.
        homes: for each distinct cell, the (table, cell) places where it is printed.
    """

    spaces: tuple[CellSpace, ...]
    units: Integers
    masks: tuple[Mask, ...]
    number: tuple[Integers, ...]
    homes: tuple[tuple[tuple[int, int], ...], ...]

    @cached_property
    def incidence(self) -> Any:
        """0/1 CSR matrix of the distinct cells over atoms, int64."""
        return self.rows(self.masks)

    @cached_property
    def counts(self) -> Integers:
        """The true count of each distinct cell."""
        counts: Integers = self.incidence @ self.units
        return counts

    def table_counts(self, table: int) -> Integers:
        """The true count of every cell of one table, shape (cells,)."""
        number = self.number[table]
        counts = np.zeros(len(number), dtype=np.int64)
        counts[number >= 0] = self.counts[number[number >= 0]]
        return counts

    @cached_property
    def partitions(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """For each cell, along each axis where it is a sum: the cells it may be split into, coarsest first."""
        found: list[list[tuple[int, ...]]] = [[] for _ in self.masks]
        for table, space in enumerate(self.spaces):
            below = [_points_below(space, axis) for axis in range(len(space.axes))]
            grid = self.number[table].reshape(space.shape)
            for place, cell in np.ndenumerate(grid):
                if cell >= 0:
                    found[int(cell)].extend(_splits(grid, place, below, int(cell)))
        return tuple(tuple(dict.fromkeys(splits)) for splits in found)

    def members(self, mask: Mask) -> Integers:
        """The atoms of *mask*, rising."""
        width = (len(self.units) + 7) // 8
        bits = np.frombuffer(mask.to_bytes(max(width, 1), "little"), dtype=np.uint8)
        return np.flatnonzero(np.unpackbits(bits, bitorder="little")).astype(np.int64)

    def count(self, mask: Mask) -> int:
        """The true count of a set of atoms."""
        return int(self.units[self.members(mask)].sum())

    def rows(self, masks: Sequence[Mask]) -> Any:
        """0/1 CSR matrix with one row for each of *masks*, shape (masks, atoms), int64."""
        columns = [self.members(mask) for mask in masks]
        starts = np.concatenate([[0], np.cumsum([len(members) for members in columns])]).astype(np.int64)
        places = np.concatenate(columns) if columns else np.zeros(0, dtype=np.int64)
        return sparse.csr_matrix((np.ones(len(places), dtype=np.int64), places, starts), shape=(len(masks), len(self.units)))


def gather(tables: Sequence[Table], patterns: Integers, units: Integers) -> Knowledge:
    """The cells of *tables* over atoms.

    Args:
        tables: the tables, new and told, in the order of the columns of *patterns*.
        patterns: finest cell of each atom in each table, -1 outside, shape (atoms, tables).
        units: counted units of each atom, shape (atoms,).
    """
    spaces = tuple(cell_space(table) for table in tables)
    numbers: dict[Mask, int] = {}
    homes: list[list[tuple[int, int]]] = []
    by_table = []
    for table, space in enumerate(spaces):
        masks = _masks(space, patterns[:, table])
        by_table.append(np.full(space.size, -1, dtype=np.int64))
        for cell, mask in enumerate(masks):
            if mask:
                number = numbers.setdefault(mask, len(numbers))
                by_table[-1][cell] = number
                if number == len(homes):
                    homes.append([])
                homes[number].append((table, cell))
    return Knowledge(spaces, np.asarray(units, dtype=np.int64), tuple(numbers), tuple(by_table), tuple(tuple(home) for home in homes))


def bits(members: Integers, size: int) -> Mask:
    """The bit set of the atoms *members*, out of *size*."""
    flags = np.zeros(size, dtype=np.uint8)
    flags[members] = 1
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def _masks(space: CellSpace, column: Integers) -> list[Mask]:
    order = np.argsort(column, kind="stable")
    values, starts = np.unique(column[order], return_index=True)
    groups = np.split(order, starts[1:])
    finest = {int(value): bits(group, len(column)) for value, group in zip(values, groups, strict=True) if value >= 0}
    rows = space.membership
    masks = []
    for cell in range(space.size):
        mask = 0
        for place in rows.indices[rows.indptr[cell] : rows.indptr[cell + 1]]:
            mask |= finest.get(int(place), 0)
        masks.append(mask)
    return masks


def _points_below(space: CellSpace, axis: int) -> tuple[tuple[int, ...], ...]:
    """For each point of an axis, the points of finer levels that it sums, coarsest level first."""
    points = space.axes[axis].points
    inside = [set(point.finest) for point in points]
    below = []
    for place, point in enumerate(points):
        lower = [other for other, sub in enumerate(points) if sub.depth < point.depth and inside[other] <= inside[place]]
        below.append(tuple(sorted(lower, key=lambda other: -points[other].depth)))
    return tuple(below)


def _splits(grid: Integers, place: tuple[int, ...], below: list[tuple[tuple[int, ...], ...]], cell: int) -> list[tuple[int, ...]]:
    found = []
    for axis, point in enumerate(place):
        lower = below[axis][point]
        if lower:
            line = np.moveaxis(grid, axis, -1)[place[:axis] + place[axis + 1 :]]
            parts = tuple(int(line[other]) for other in lower if line[other] >= 0 and line[other] != cell)
            if parts:
                found.append(parts)
    return found
