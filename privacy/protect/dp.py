"""A differentially private table, policy B: noise on every cell of a public domain, then fit, then blank small ones.

Contribution is bounded first (``privacy/tabulate/counts.py``), every measured grouping gets discrete Laplace noise,
and everything after is a function of noisy figures only.  A blank may be worked out again from totals: that is safe
under differential privacy, and the certificate says so.  Policy A (suppress on true counts, then add noise) would show
a cell of five with certainty and never a cell of four, an infinite privacy loss: it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from privacy.protect import budget, intervals, least_squares
from privacy.protect.primary import threshold
from schemas.batches import NoisedTable
from schemas.errors import PolicyRefusal
from schemas.measures import COUNT
from schemas.release import RelationCell

if TYPE_CHECKING:
    from privacy.protect.noise import Draw
    from privacy.tabulate.cells import CellSpace, Flags, Integers
    from privacy.tabulate.counts import Bounded
    from privacy.tabulate.plans import Plan
    from schemas.agreement import ReleaseClass
    from schemas.request import Table


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one grouping of a table will look like, told without reading data: half the width of the 95 % interval.

    ``measure`` is ``count`` or the sum that it is about.
    """

    measure: str
    levels: tuple[str, ...]
    cells: int
    half_width: int


def check_policy(table: Table) -> None:
    """``PolicyRefusal`` S4302 if *table* asks for policy A, S4305 if an EXACT one asks for a sum or a mean."""
    if table.kind == "EXACT" and table.sums:
        raise PolicyRefusal(
            "S4305",
            place=f"table {table.id}",
            reason="an exact sum or mean gives its largest contributor away, however many are summed",
            hint="ask for it in a DP table, clipped to public bounds; counts in bands can be exact",
        )
    if table.policy == "A":
        raise PolicyRefusal(
            "S4302",
            place=f"table {table.id}",
            reason="policy A, suppressing on true counts before adding noise, is not differentially private",
            hint="policy B adds noise everywhere and then blanks small noisy cells",
        )


def expectations(table: Table, space: CellSpace, persons_per_family: int) -> tuple[Expectation, ...]:
    """The expected error of every printed grouping after least squares, the widest cell of each; reads no data."""
    weights = budget.axis_weights(table, space)
    fitted = least_squares.fit(space, weights, np.zeros(space.size, dtype=np.int64))
    rows = []
    for measure, name in enumerate([COUNT, *(total.id for total in table.sums)]):
        widths = intervals.half_width(_spread(table, space, persons_per_family, fitted, measure))
        for number, levels in enumerate(space.groupings):
            inside = widths[(space.grouping == number) & space.printed]
            if len(inside):
                rows.append(Expectation(name, levels, len(inside), int(np.ceil(inside.max()))))
    return tuple(rows)


def noised(plan: Plan, bounded: Bounded, rules: ReleaseClass, *, persons_per_family: int, draw: Draw) -> NoisedTable:
    """The table of *plan* from its *bounded* finest counts and sums, paid for before this is called."""
    table, space = plan.table, plan.space
    check_policy(table)
    weights = budget.axis_weights(table, space)
    noisy = _measure(table, space, space.sums(bounded.counts), persons_per_family, draw)
    fitted = least_squares.fit(space, weights, noisy)
    values = least_squares.display(space, weights, fitted)
    least = threshold(table, rules)
    shown = (values >= least) & (fitted.cells >= least - 0.5)
    spread = _spread(table, space, persons_per_family, fitted)
    lower, upper = intervals.conditional(np.maximum(fitted.cells, least - 0.5), spread, least - 0.5)
    # half a unit more on each side for what is whole and what was rounded, and never past the printed value
    low = np.minimum(np.maximum(np.floor(lower - 0.5), 0), values).astype(np.int64)
    high = np.maximum(np.ceil(upper + 0.5), values).astype(np.int64)
    cells = _cells(space, None, shown, (values, low, high))
    for number, finest in enumerate(bounded.sums, start=1):
        figures = _sum(table, space, finest, number, persons_per_family=persons_per_family, draw=draw)
        cells += _cells(space, table.sums[number - 1].id, shown, figures)
    return NoisedTable(table, plan.digest, cells, interval_text(table, persons_per_family))


def _sum(
    table: Table, space: CellSpace, finest: Integers, number: int, *, persons_per_family: int, draw: Draw
) -> tuple[Integers, Integers, Integers]:
    """Value, lower and upper of sum *number* in every cell.

    Whether a cell is shown hangs on the noise of its count, which is independent of a sum's: the plain interval holds.
    """
    weights, asked = budget.axis_weights(table, space), table.sums[number - 1]
    noisy = _measure(table, space, space.sums(finest), persons_per_family, draw, number)
    fitted = least_squares.fit(space, weights, noisy)
    if asked.low >= 0:
        values = least_squares.display(space, weights, fitted)
    else:
        values = space.sums(np.rint(fitted.cells[space.inner]).astype(np.int64))
    width = intervals.half_width(_spread(table, space, persons_per_family, fitted, number))
    least = 0 if asked.low >= 0 else np.iinfo(np.int64).min // 2
    low = np.minimum(np.maximum(np.floor(fitted.cells - width), least), values).astype(np.int64)
    high = np.maximum(np.ceil(fitted.cells + width), values).astype(np.int64)
    return values, low, high


def _cells(space: CellSpace, measure: str | None, shown: Flags, figures: tuple[Integers, Integers, Integers]) -> tuple[RelationCell, ...]:
    """The printed cells of one measure, in cell order."""
    rows = zip(space.keys, space.printed, shown, *figures, strict=True)
    return tuple(
        RelationCell(key=key, measure=measure, value=int(value), lower=int(low), upper=int(high))
        if seen
        else RelationCell(key=key, measure=measure)
        for key, printed, seen, value, low, high in rows
        if printed
    )


def interval_text(table: Table, persons_per_family: int) -> str:
    """What the printed interval means."""
    bound = budget.contribution(table, persons_per_family)
    unit = "persons" if table.unit == "person" else "families"
    text = (
        "lower and upper: 95 % interval, given that the cell is shown, for the count in which each privacy unit has "
        f"at most {bound} {unit}; noise is discrete Laplace, fitted by least squares; values are cut at 0 and rounded so that they add up"
    )
    for total in table.sums:
        text += f"; {total.id}: 95 % interval for the sum over the same {unit}, each between {total.low} and {total.high}"
    if len(table.measures) > len(table.sums):
        text += "; shares, rates and means: computed from these figures, with 95 % intervals from theirs"
    return text


def _measure(table: Table, space: CellSpace, true: Integers, persons_per_family: int, draw: Draw, measure: int = 0) -> Integers:
    """Noisy figures of the measured groupings, counts or sum number *measure*; cells of the others are 0 and carry weight 0."""
    noisy = np.zeros(space.size, dtype=np.int64)
    parts = budget.split(table, space, persons_per_family, measure=measure)
    assert budget.loss(parts, budget.reach(table, persons_per_family, measure)) <= budget.parts(table)[measure]
    for part in parts:
        inside = np.flatnonzero(space.grouping == part.grouping)
        noisy[inside] = draw(true[inside], budget.outward(part.scale))
    return noisy


def _spread(table: Table, space: CellSpace, persons_per_family: int, fitted: least_squares.Fit, measure: int = 0) -> least_squares.Doubles:
    """The Laplace scale with each fitted cell's variance."""
    part = budget.split(table, space, persons_per_family, measure=measure)[0]
    at_one = float(part.scale * part.weight)
    return at_one * np.sqrt(fitted.variances)
