"""Repair: which further cells to hide so that a form's band opens.

The shown cells of the new tables may each give way at a price; a linear programme finds the cheapest change of figures
that takes the form to the end of its band, and the cells it had to change are the ones to hide (Kelly, Golden and
Assad, "Cell suppression: disclosure protection for sensitive tabular data", Networks 22, 1992).  Hidden cells change
for nothing, so later forms lean on the cells that earlier ones hid.  Prices come from the request and a secret key,
never from counts.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from typing import TYPE_CHECKING

import highspy
import numpy as np
from scipy import sparse

from privacy.protect.attacker import TOLERANCE, solver
from schemas.dimension import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from privacy.protect.forms import Form
    from privacy.protect.knowledge import Flags, Knowledge, Mask
    from privacy.tabulate.cells import CellSpace

Prices = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
JITTER = 0.5
"""How much of a price comes from the secret key: enough that nobody can rerun the choice."""
UNKNOWN_SHARE = 0.7
"""A cell of the class ``unknown`` tells a reader less, so it is cheaper to hide."""


def prices(knowledge: Knowledge, names: Sequence[str], key: bytes) -> Prices:
    """What hiding each distinct cell costs, shape (cells,): the more finest cells it sums, the dearer.

    Args:
        knowledge: the cells.
        names: a public name of each table, in the order of ``knowledge.spaces``.
        key: a secret of the agreement.
    """
    found = np.zeros(len(knowledge.masks))
    for number, homes in enumerate(knowledge.homes):
        found[number] = max(_price(knowledge.spaces[table], cell, names[table], key) for table, cell in homes)
    return found


def _price(space: CellSpace, cell: int, name: str, key: bytes) -> float:
    codes = space.keys[cell]
    digest = hmac.digest(key, "\x1f".join((name, *codes)).encode(), hashlib.sha256)
    jitter = 1 + JITTER * int.from_bytes(digest[:4], "big") / 2**32
    sums = math.prod(len(axis.points[point].finest) for axis, point in zip(space.axes, np.unravel_index(cell, space.shape), strict=True))
    return math.sqrt(sums) * jitter * (UNKNOWN_SHARE if UNKNOWN in codes else 1.0)


class Repairer:
    """The elastic programme over one audience's knowledge.

    Columns: the atoms, then for each shown cell that may still be hidden a rise and a fall.  Hiding a cell makes its
    rise and fall free; a cell that cannot be zero falls to 1 at most.
    """

    def __init__(self, knowledge: Knowledge, known: Flags, yielding: Flags, positive: Sequence[Mask], cost: Prices) -> None:
        """*known* cells hold their figures unless they are *yielding* (both of shape (cells,)); *positive* sets hold somebody."""
        self.knowledge, self.cost = knowledge, cost
        self.cells = np.flatnonzero(known & yielding)
        self.free = np.zeros(len(self.cells), dtype=np.bool_)
        self.atoms = len(knowledge.units)
        told = np.flatnonzero(known)
        rows = sparse.vstack([knowledge.incidence[told], knowledge.rows(tuple(positive))]).tocsr()
        place = {int(cell): row for row, cell in enumerate(told)}
        give = np.array([place[int(cell)] for cell in self.cells], dtype=np.int64)
        ones = np.ones(len(give), dtype=np.int64)
        rise = sparse.csr_matrix((-ones, (give, np.arange(len(give)))), shape=(rows.shape[0], len(give)))
        matrix = sparse.hstack([rows, rise, -rise]).tocsr()
        counts = knowledge.counts[told]
        most = int(knowledge.units.sum()) + 10**4
        lower = np.concatenate([counts, np.ones(len(positive), dtype=np.int64)])
        upper = np.concatenate([counts, np.full(len(positive), most)])
        bounds = np.concatenate([np.full(self.atoms + len(give), float(most)), np.maximum(knowledge.counts[self.cells] - 1, 0)])
        prices_of = np.concatenate([np.zeros(self.atoms), cost[self.cells], cost[self.cells]])
        self.solver = solver(matrix, lower, upper, bounds, cost=prices_of)

    def widen(self, form: Form, bound: int, *, greatest: bool) -> list[int] | None:
        """Cells to hide so that *form* may count *bound*; None if what was told earlier forbids it."""
        inside = self.knowledge.members(form.mask).astype(np.int32)
        infinite = highspy.kHighsInf
        lower, upper = (float(bound), infinite) if greatest else (-infinite, float(bound))
        row = self.solver.getNumRow()
        self.solver.addRow(lower, upper, len(inside), inside, np.ones(len(inside)))
        self.solver.run()
        feasible = self.solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        change = np.asarray(self.solver.getSolution().col_value)[self.atoms :] if feasible else None
        self.solver.deleteRows(1, np.array([row], dtype=np.int32))
        if change is None:
            return None
        moved = np.maximum(change[: len(self.cells)], change[len(self.cells) :]) > TOLERANCE
        return self._hide(moved)

    def _hide(self, moved: Flags) -> list[int]:
        fresh = np.flatnonzero(moved & ~self.free)
        columns = np.concatenate([self.atoms + fresh, self.atoms + len(self.cells) + fresh]).astype(np.int32)
        self.solver.changeColsCost(len(columns), columns, np.zeros(len(columns)))
        self.free |= moved
        return [int(cell) for cell in self.cells[fresh]]
