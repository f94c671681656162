"""What can be checked of a proposal without any data: its plans, its cells, and that no hidden small count follows from the rest.

The officer's machine works it out again from the request and the printed cells alone, whatever the proposal says of
itself.  For EXACT tables it is the attacker A0 on one table at a time; the gate's own proof, over all tables together
and with bounds, needs the data.  That noise was drawn, and drawn fairly, no check without data can tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from privacy.protect.primary import threshold
from privacy.protect.secondary import PRIME, Elimination
from privacy.tabulate.cells import cell_space
from privacy.tabulate.plans import plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sauma.proposals import OpenProposal
    from schemas.agreement import Agreement
    from schemas.release import RelationCell
    from schemas.request import Table

ENTRIES_MAX = 30_000_000
"""Cells times finest cells of the largest table that is worked out again."""


def unprotected(opened: OpenProposal, versions: Sequence[Agreement]) -> str:
    """Why a table of *opened* may not be told as it stands; empty if nothing speaks against it.  Never says a value.

    *versions* of the agreement: what was told once may be repeated, so a plan under any of them will do, and the lowest
    minimum that any had for it counts.
    """
    release = opened.release
    asked = {table.id: table for table in release.request.table}
    for released in release.tables:
        plans = (plan(release.request, released.id, version, vintage=release.vintage).digest for version in versions)
        if released.plan not in plans:
            return "a table's plan is not that of its request under the agreement"
        table, cells = asked[released.id], opened.tables[released.id]
        classes = [rules for version in versions for rules in version.release if released.kind in rules.kinds]
        least = min((threshold(table, rules) for rules in classes), default=0)
        reason = strange(table, cells) or (exact if released.kind == "EXACT" else noisy)(table, cells, least)
        if reason:
            return reason
    return ""


def strange(table: Table, cells: Sequence[RelationCell]) -> str:
    """Whether *cells* are other ones than *table* prints."""
    space = cell_space(table)
    printed = [key for key, shown in zip(space.keys, space.printed, strict=True) if shown]
    expected = {(measure, key) for measure in (None, *(total.id for total in table.sums)) for key in printed}
    found = [(cell.measure, cell.key) for cell in cells]
    return "" if len(found) == len(expected) and set(found) == expected else "a table holds other cells than were asked for"


def exact(table: Table, cells: Sequence[RelationCell], least: int) -> str:
    """Whether exact figures contradict each other, or a hidden count under *least* follows from the shown ones."""
    space = cell_space(table)
    if space.size * space.finest_size > ENTRIES_MAX:
        return ""
    values = {cell.key: cell.value for cell in cells}
    vectors = np.zeros((space.size, space.finest_size + 1), dtype=np.int64)
    vectors[:, :-1] = space.membership.toarray()
    shown = np.array([values.get(key) is not None for key in space.keys], dtype=np.bool_)
    vectors[shown, -1] = [value for key in space.keys if (value := values.get(key)) is not None]
    known = Elimination.over(vectors.shape[1])
    for vector in vectors[shown]:
        rest = known.rest(vector[None, :])[0]
        if rest[:-1].any():
            known.learn(rest)
        elif rest[-1]:
            return "the figures of an exact table contradict each other"
    rest = known.rest(vectors[~shown])
    follows = ~rest[:, :-1].any(axis=1)
    implied = -rest[follows, -1] % PRIME
    return "a hidden count under the agreement's minimum follows from the shown ones" if ((implied > 0) & (implied < least)).any() else ""


def noisy(table: Table, cells: Sequence[RelationCell], least: int) -> str:
    """Whether a noised count under *least* is shown, a figure has no interval around it, or a blank has figures."""
    blank = {cell.key for cell in cells if cell.measure is None and cell.value is None}
    for cell in cells:
        figures = (cell.lower, cell.value, cell.upper)
        if cell.key in blank:
            if any(figure is not None for figure in figures):
                return "a blank cell of a table with noise has figures"
            continue
        if cell.lower is None or cell.value is None or cell.upper is None:
            return "a figure with noise has no interval"
        if not cell.lower <= cell.value <= cell.upper or cell.lower == cell.upper:
            return "a figure with noise has an interval of no width, or lies outside it"
        if cell.measure is None and cell.value < least:
            return f"a noised count under the agreement's minimum is shown in {table.id}"
    return ""
