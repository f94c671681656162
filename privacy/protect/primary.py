"""Primary rules: which cells may not be told, whatever else is told.

Frequency, counted twice: fewer persons than ``minimum_persons``, or fewer distinct families than
``minimum_families`` (six persons of one family are a cell of one).  Group disclosure: where all of a group, or all but
one, fall in the categories that a dimension names as disclosive, the rest of the group is protected, zero or not.
Source: Handbook on Statistical Disclosure Control, 2nd ed., chapter 5.2.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from privacy.protect.knowledge import Flags
    from privacy.tabulate.cells import CellSpace, Integers
    from schemas.agreement import ReleaseClass
    from schemas.request import Table

OTHERS_MAX = 1
"""A group is homogeneous when at most this many of it fall outside the disclosive categories (one knows oneself)."""


@dataclass(frozen=True, slots=True)
class Primary:
    """What must not be told of one table.

    Attributes:
        small: cells under a minimum, shape (cells,); empty cells count where zeros may be hidden.
        homogeneous: cells that are wholly the rest of a homogeneous group, shape (cells,).
        groups: the rest of each homogeneous group, as finest cells.
        lone: cells of one family, whose members know the count, shape (cells,).
        families: distinct families of each cell, shape (cells,).
    """

    small: Flags
    homogeneous: Flags
    groups: tuple[tuple[int, ...], ...]
    lone: Flags
    families: Integers

    @property
    def hidden(self) -> Flags:
        """Cells that may not be printed."""
        return self.small | self.homogeneous


def threshold(table: Table, rules: ReleaseClass) -> int:
    """The least count of the table's own unit that may be told: the upper end of the protected band."""
    return rules.minimum_persons if table.unit == "person" else max(rules.minimum_families, 2)


def primary(table: Table, space: CellSpace, finest: Integers, families: Integers, rules: ReleaseClass) -> Primary:
    """The cells of *table* that may not be told.

    Args:
        table: the table.
        space: its cell space.
        finest: true counts of the finest cells, shape (finest cells,).
        families: distinct families (privacy units) of each cell, shape (cells,).
        rules: the audience's release class.
    """
    counts = space.sums(finest)
    units = families
    if table.unit == "family":
        units = np.where(units > 0, np.minimum(units, counts), counts)
    few = (counts < threshold(table, rules)) | (units < rules.minimum_families)
    empty = counts == 0
    small = few if rules.zeros == "suppressed" else few & ~empty
    homogeneous, groups = _homogeneous(table, space, finest)
    return Primary(small, homogeneous, groups, (units == 1) & ~empty, units)


def may_hide_zero(table: Table, space: CellSpace, rules: ReleaseClass) -> Flags:
    """Cells of which an attacker cannot say that, being hidden, they are not zero: known from the rules alone."""
    if rules.zeros == "suppressed":
        return np.ones(space.size, dtype=np.bool_)
    flags = np.zeros(space.size, dtype=np.bool_)
    for axis, dimension in enumerate(table.dimensions):
        if dimension.disclosive:
            flags |= _on_axis(space, axis, _rest(space, axis, dimension.disclosive))
    return flags


def _rest(space: CellSpace, axis: int, disclosive: tuple[str, ...]) -> set[int]:
    return {place for place, code in enumerate(space.axes[axis].domain) if code not in disclosive}


def _on_axis(space: CellSpace, axis: int, rest: set[int]) -> Flags:
    points = np.array([set(point.finest) <= rest for point in space.axes[axis].points], dtype=np.bool_)
    shape = [1] * len(space.axes)
    shape[axis] = len(points)
    return np.broadcast_to(points.reshape(shape), space.shape).ravel()


def _homogeneous(table: Table, space: CellSpace, finest: Integers) -> tuple[Flags, tuple[tuple[int, ...], ...]]:
    flags = np.zeros(space.size, dtype=np.bool_)
    groups = []
    for axis, dimension in enumerate(table.dimensions):
        if not dimension.disclosive:
            continue
        rest = _rest(space, axis, dimension.disclosive)
        whole = np.arange(space.finest_size).reshape(space.finest_shape)
        grid, wholly = np.zeros(space.shape, dtype=np.bool_), _on_axis(space, axis, rest).reshape(space.shape)
        for line, lines in _lines(space, axis):
            box = whole[np.ix_(*lines)]
            others = np.take(box, sorted(rest), axis=axis).ravel()
            if finest[box].sum() > finest[others].sum() <= OTHERS_MAX:
                groups.append(tuple(int(place) for place in others))
                grid[line] |= wholly[line]
        flags |= grid.ravel()
    return flags, tuple(groups)


def _lines(space: CellSpace, axis: int) -> Iterator[tuple[tuple[int | slice, ...], list[list[int]]]]:
    """Each line of cells along *axis*: its place in the grid, and the finest codes it takes of every axis."""
    choices = [range(len(other.points)) if place != axis else [-1] for place, other in enumerate(space.axes)]
    for chosen in itertools.product(*choices):
        place = tuple(slice(None) if point < 0 else point for point in chosen)
        codes = [
            list(range(len(other.domain))) if point < 0 else list(other.points[point].finest)
            for point, other in zip(chosen, space.axes, strict=True)
        ]
        yield place, codes
