"""Zeros that may be hidden: patterns that could occur and do not, so that a hidden zero could be something.

An empty cell has no atom.  Where it must be hidden it is given a few: the pattern of some real atom with the codes of
the empty cell put in its place, in every table at once, by the expression that each dimension stands for.  Any choice
of possible patterns is on the safe side, for fewer patterns leave the attacker fewer tables to think of.  Where the
tables' filters, bases or code lists differ it cannot be told which patterns are possible: none are made, and the gate
refuses if one is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from privacy.protect.primary import primary
from privacy.tabulate.cells import cell_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from privacy.protect.views import Source
    from privacy.tabulate.cells import CellSpace, Integers
    from schemas.agreement import Audience, ReleaseClass
    from schemas.request import Table

PATTERNS_EACH = 3
"""Patterns made for one empty cell: more leave the attacker more doubt and the solver more work."""


def with_possible_zeros(
    sources: Sequence[Source], patterns: Integers, units: Integers, classes: Mapping[Audience, ReleaseClass]
) -> tuple[Integers, Integers]:
    """*patterns* (atoms, tables) and *units* (atoms,) with empty patterns added for zeros that must be hidden."""
    tables = [source.table for source in sources]
    spaces = [cell_space(table) for table in tables]
    wanted = [
        _wanted(source, space, patterns[:, place], units, classes)
        for place, (source, space) in enumerate(zip(sources, spaces, strict=True))
    ]
    if not any(len(cells) for cells in wanted) or not _alike(sources):
        return patterns, units
    made: set[tuple[int, ...]] = set()
    there = {tuple(int(cell) for cell in row) for row in patterns}
    whole = patterns[(patterns >= 0).all(axis=1)]
    for place, cells in enumerate(wanted):
        for cell in cells:
            made |= set(_patterns(tables, spaces, whole, place, int(cell)))
    added = np.array(sorted(made - there), dtype=patterns.dtype).reshape(-1, patterns.shape[1])
    return np.vstack([patterns, added]), np.concatenate([units, np.zeros(len(added), dtype=np.int64)])


def _wanted(source: Source, space: CellSpace, column: Integers, units: Integers, classes: Mapping[Audience, ReleaseClass]) -> Integers:
    """Empty finest cells that the source's own audience may not be shown, or was not shown."""
    used = column >= 0
    finest = np.bincount(column[used], weights=units[used], minlength=space.finest_size).astype(np.int64)
    if source.shown is None:
        hidden = primary(source.table, space, finest, source.families, classes[source.audience]).hidden
    else:
        hidden = ~source.shown & space.printed
    hidden_empty = hidden & (space.sums(finest) == 0)
    reached = space.membership.T @ hidden_empty.astype(np.int64) > 0
    wanted: Integers = np.flatnonzero(reached).astype(np.int64)
    return wanted


def _alike(sources: Sequence[Source]) -> bool:
    """Whether the tables count the same units by the same rules, and an expression that two share has one code list."""
    domains: dict[str, tuple[str, ...]] = {}
    for source in sources:
        for dimension in source.table.dimensions:
            if domains.setdefault(dimension.rule, dimension.domain) != dimension.domain:
                return False
    first = sources[0]
    return all(
        (source.table.where, source.request.base, source.request.derived) == (first.table.where, first.request.base, first.request.derived)
        for source in sources
    )


def _patterns(tables: Sequence[Table], spaces: Sequence[CellSpace], whole: Integers, place: int, cell: int) -> list[tuple[int, ...]]:
    """Possible patterns in which finest cell *cell* of table *place* is not empty, from the real atoms nearest to it."""
    codes = dict(zip((dim.rule for dim in tables[place].dimensions), np.unravel_index(cell, spaces[place].finest_shape), strict=True))
    real = np.stack(np.unravel_index(whole[:, place], spaces[place].finest_shape), axis=1)
    distance = (real != np.array(list(codes.values()))).sum(axis=1)
    found = []
    for donor in np.argsort(distance, kind="stable")[:PATTERNS_EACH]:
        pattern = []
        for table, space, held in zip(tables, spaces, whole[donor], strict=True):
            own = np.unravel_index(int(held), space.finest_shape)
            moved = tuple(int(codes.get(dim.rule, code)) for dim, code in zip(table.dimensions, own, strict=True))
            pattern.append(int(np.ravel_multi_index(moved, space.finest_shape)))
        found.append(tuple(pattern))
    return found
