"""What a table costs, in exact fractions: the split of epsilon over groupings, noise scales, and the agreement's total.

Pure epsilon, basic composition.  Neighbours differ by one privacy unit (a family, or the custody-connected families
of a child with two homes): all its persons added or removed, linkage held fixed.  One unit changes the cells of one
grouping by at most its *contribution* in all, so discrete Laplace noise of scale contribution / share makes that
grouping's cells share-differentially private, and the shares of all groupings add up to epsilon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from schemas.errors import BudgetExhausted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from privacy.tabulate.cells import CellSpace
    from schemas.request import Table


@dataclass(frozen=True, slots=True)
class Measured:
    """One grouping that gets noise: its number in the cell space, its share of epsilon, and the exact noise scale.

    ``weight`` is the grouping's whole-number weight; scales are inverse to weights.
    """

    grouping: int
    weight: int
    share: Fraction
    scale: Fraction


def contribution(table: Table, persons_per_family: int) -> int:
    """How many counted units of one privacy unit a table counts at most: as it says, else persons up to the bound, or one family."""
    return table.contribution or (persons_per_family if table.unit == "person" else 1)


def axis_weights(table: Table, space: CellSpace) -> tuple[tuple[int, ...], ...]:
    """Per dimension, the budget weight of each of its levels: 1 where the request says nothing."""
    pairs = zip(table.dimensions, space.axes, strict=True)
    return tuple(tuple(dimension.weight(level) for level in axis.levels) for dimension, axis in pairs)


def parts(table: Table) -> tuple[Fraction, ...]:
    """The epsilon of a DP *table*'s counts and then of each of its sums, by their declared weights; it adds up exactly."""
    assert table.epsilon is not None
    weights = [table.count_weight, *(total.weight for total in table.sums)] if table.sums else [1]
    return tuple(Fraction(table.epsilon) * weight / sum(weights) for weight in weights)


def split(table: Table, space: CellSpace, persons_per_family: int, *, measure: int = 0) -> tuple[Measured, ...]:
    """The groupings of a DP *table* that get noise for its counts, or for sum number *measure* (from 1).

    Their shares add up to that measure's part of epsilon exactly.  A unit changes a sum by at most its clipping bound.
    """
    epsilon = parts(table)[measure]
    weights = [1]
    for levels in axis_weights(table, space):
        weights = [weight * level for weight in weights for level in levels]
    total = sum(weights)
    bound = reach(table, persons_per_family, measure)
    return tuple(
        Measured(number, weight, epsilon * weight / total, Fraction(bound * total) / (epsilon * weight))
        for number, weight in enumerate(weights)
        if weight
    )


def reach(table: Table, persons_per_family: int, measure: int) -> int:
    """By how much one privacy unit changes the cells of one grouping in all: units, times what each adds to the sum."""
    return contribution(table, persons_per_family) * (table.sums[measure - 1].reach if measure else 1)


def outward(scale: Fraction) -> float:
    """The smallest double that is at least *scale*: rounding never makes noise smaller than the budget pays for."""
    double = float(scale)
    return double if Fraction(double) >= scale else math.nextafter(double, math.inf)


def loss(measured: Iterable[Measured], bound: int) -> Fraction:
    """The privacy loss of noise drawn at the doubles that :func:`outward` gives: exact, at most the shares' sum."""
    return sum((Fraction(bound) / Fraction(outward(part.scale)) for part in measured), Fraction(0))


def charge(spent: Fraction, wanted: Fraction, total: Fraction) -> Fraction:
    """What is left after *wanted* more is spent; ``BudgetExhausted`` S7001 if the agreement's total does not cover it."""
    left = total - spent - wanted
    if left < 0:
        raise BudgetExhausted(
            "S7001",
            place="privacy budget",
            reason=f"the request needs epsilon {decimal(wanted)}, and {decimal(total - spent)} of {decimal(total)} is left",
            hint="ask for less, or agree on more by an amendment; years do not reset it",
        )
    return left


def decimal(number: Fraction) -> str:
    """*number* as people write it: exact if it has at most nine decimals, else rounded to nine."""
    text = f"{number.numerator * 10**9 // number.denominator:d}".rjust(10, "0") if number >= 0 else "-" + decimal(-number)
    if number < 0:
        return text
    return f"{text[:-9]}.{text[-9:]}".rstrip("0").rstrip(".")
