"""A differentially private table, policy B: noise on every cell of a public domain, then fit, then blank small ones.

Contribution is bounded first (``privacy/tabulate/counts.py``), every measured grouping gets discrete Laplace noise,
and everything after is a function of noisy figures only.  A blank may be worked out again from totals: that is safe
under differential privacy, and the certificate says so.  Policy A (suppress on true counts, then add noise) would show
a cell of five with certainty and never a cell of four, an infinite privacy loss: it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from privacy.protect import budget, intervals, least_squares
from privacy.protect.primary import threshold
from schemas.batches import NoisedTable
from schemas.errors import PolicyRefusal
from schemas.release import RelationCell

if TYPE_CHECKING:
    from privacy.protect.noise import Draw
    from privacy.tabulate.cells import CellSpace, Integers
    from privacy.tabulate.plans import Plan
    from schemas.agreement import ReleaseClass
    from schemas.request import Table


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one grouping of a table will look like, told without reading data: half the width of the 95 % interval."""

    levels: tuple[str, ...]
    cells: int
    half_width: int


def check_policy(table: Table) -> None:
    """``PolicyRefusal`` S4302 if *table* asks for policy A."""
    if table.policy == "A":
        raise PolicyRefusal(
            "S4302",
            place=f"table {table.id}",
            reason="policy A, suppressing on true counts before adding noise, is not differentially private",
            hint="policy B adds noise everywhere and then blanks small noisy cells",
        )


def expectations(table: Table, space: CellSpace, persons_per_family: int) -> tuple[Expectation, ...]:
    """The expected error of every grouping after least squares, the widest cell of each; reads no data."""
    weights = budget.axis_weights(table, space)
    fitted = least_squares.fit(space, weights, np.zeros(space.size, dtype=np.int64))
    widths = intervals.half_width(_spread(table, space, persons_per_family, fitted))
    rows = []
    for number, levels in enumerate(space.groupings):
        inside = widths[space.grouping == number]
        rows.append(Expectation(levels, len(inside), int(np.ceil(inside.max()))))
    return tuple(rows)


def noised(plan: Plan, bounded: Integers, rules: ReleaseClass, *, persons_per_family: int, draw: Draw) -> NoisedTable:
    """The table of *plan* from its *bounded* finest counts (shape (finest cells,)), paid for before this is called."""
    table, space = plan.table, plan.space
    check_policy(table)
    weights = budget.axis_weights(table, space)
    noisy = _measure(table, space, space.sums(bounded), persons_per_family, draw)
    fitted = least_squares.fit(space, weights, noisy)
    values = least_squares.display(space, weights, fitted)
    least = threshold(table, rules)
    shown = (values >= least) & (fitted.cells >= least - 0.5)
    spread = _spread(table, space, persons_per_family, fitted)
    lower, upper = intervals.conditional(np.maximum(fitted.cells, least - 0.5), spread, least - 0.5)
    # half a unit more on each side for what is whole and what was rounded, and never past the printed value
    low = np.minimum(np.maximum(np.floor(lower - 0.5), 0), values).astype(np.int64)
    high = np.maximum(np.ceil(upper + 0.5), values).astype(np.int64)
    cells = tuple(
        RelationCell(key=key, value=int(value), lower=int(a), upper=int(b)) if seen else RelationCell(key=key)
        for key, value, a, b, seen in zip(space.keys, values, low, high, shown, strict=True)
    )
    return NoisedTable(table, plan.digest, cells, interval_text(table, persons_per_family))


def interval_text(table: Table, persons_per_family: int) -> str:
    """What the printed interval means."""
    bound = budget.contribution(table, persons_per_family)
    unit = "persons" if table.unit == "person" else "families"
    return (
        "lower and upper: 95 % interval, given that the cell is shown, for the count in which each privacy unit has "
        f"at most {bound} {unit}; noise is discrete Laplace, fitted by least squares; values are cut at 0 and rounded so that they add up"
    )


def _measure(table: Table, space: CellSpace, counts: Integers, persons_per_family: int, draw: Draw) -> Integers:
    """Noisy counts of the measured groupings; cells of the others are 0 and carry weight 0."""
    noisy = np.zeros(space.size, dtype=np.int64)
    parts = budget.split(table, space, persons_per_family)
    bound = budget.contribution(table, persons_per_family)
    assert table.epsilon is not None
    assert budget.loss(parts, bound) <= Fraction(table.epsilon)
    for part in parts:
        inside = np.flatnonzero(space.grouping == part.grouping)
        noisy[inside] = draw(counts[inside], budget.outward(part.scale))
    return noisy


def _spread(table: Table, space: CellSpace, persons_per_family: int, fitted: least_squares.Fit) -> least_squares.Doubles:
    """The Laplace scale with each fitted cell's variance."""
    part = budget.split(table, space, persons_per_family)[0]
    at_one = float(part.scale * part.weight)
    return at_one * np.sqrt(fitted.variances)
