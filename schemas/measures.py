"""What a table says beside its counts.

Counts, and sums with noise of their own, are *told*: they are in the ledger's relations, and everything is protected in
them.  Shares, rates and means are *derived*: functions of told figures and of public ones, so they disclose nothing
more, and whoever reads a release computes them again.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field as Constrained
from pydantic import model_validator

from schemas.contract import Contract, Identifier, IsoDate, Text
from schemas.dimension import Code, Expression
from schemas.register import Titles

COUNT = "count"
"""The measure that every table has."""
Whole = Annotated[int, Constrained(ge=-1_000_000, le=1_000_000)]
Part = Annotated[int, Constrained(ge=1, le=1000)]
"""A whole-number part of a table's epsilon."""


class Share(Contract):
    """The part of a cell that falls in some categories of one of the table's dimensions.

    ``codes`` are the numerator, of ``dimension``; the denominator is the same cell over the codes ``of``, else the
    dimension's total.  Both are counts of the table, protected together like all its cells.
    """

    id: Identifier
    kind: Literal["share"]
    title: Titles
    dimension: Identifier
    codes: Annotated[tuple[Code, ...], Constrained(min_length=1, max_length=100)]
    of: Annotated[tuple[Code, ...], Constrained(max_length=100)] = ()


class Rate(Contract):
    """How many of a cell there are per ``per`` of a public denominator that the request declares.

    A cell has a rate where the denominator has its codes; along dimensions that the denominator does not go by, only
    their totals do, and any code of the dimensions in ``over``, which divide who is counted and not the denominator.
    """

    id: Identifier
    kind: Literal["rate"]
    title: Titles
    denominator: Identifier
    per: Annotated[int, Constrained(ge=1, le=1_000_000)] = 1000
    over: tuple[Identifier, ...] = ()


class Sum(Contract):
    """The sum of a whole number over the units of a cell, each clipped to the public bounds ``low`` to ``high``.

    DP tables only: a sum gives its largest contributor away, so it gets noise of its own, paid with ``weight`` parts of
    the table's epsilon (the counts have ``count_weight``).  A unit whose value is unknown counts as ``otherwise``.
    """

    id: Identifier
    kind: Literal["sum"]
    title: Titles
    value: Expression
    low: Whole = 0
    high: Whole
    otherwise: Whole
    weight: Part = 1

    @property
    def reach(self) -> int:
        """The most that one unit can change the sum by."""
        return max(abs(self.low), abs(self.high))

    @model_validator(mode="after")
    def _has_bounds(self) -> Self:
        if not self.low < self.high or not self.low <= self.otherwise <= self.high:
            raise ValueError("a sum's bounds rise, and what an unknown value counts as lies between them")
        return self


class Mean(Contract):
    """The mean of what a sum of the table sums: the noisy sum by the noisy count."""

    id: Identifier
    kind: Literal["mean"]
    title: Titles
    of: Identifier


Measure = Annotated[Share | Rate | Sum | Mean, Constrained(discriminator="kind")]


class PublicCount(Contract):
    """One figure of a denominator: its code along each dimension that the denominator goes by."""

    codes: Annotated[tuple[Code, ...], Constrained(min_length=1, max_length=3)]
    count: Annotated[int, Constrained(ge=1, le=10**10)]


class Denominator(Contract):
    """Public figures from outside the linked set, such as a population, with their source and day.

    ``by`` names the dimensions they go by.  A coarser code without a figure of its own is the sum of its finest codes, if
    all of them but ``unknown`` have one.
    """

    id: Identifier
    title: Titles
    source: Annotated[Text, Constrained(min_length=1)]
    as_of: IsoDate
    by: Annotated[tuple[Identifier, ...], Constrained(min_length=1, max_length=3)]
    counts: Annotated[tuple[PublicCount, ...], Constrained(min_length=1, max_length=20_000)]

    @model_validator(mode="after")
    def _figures_are_distinct(self) -> Self:
        codes = [figure.codes for figure in self.counts]
        if len(set(codes)) != len(codes) or any(len(each) != len(self.by) for each in codes) or len(set(self.by)) != len(self.by):
            raise ValueError("a figure stands twice, or has more or fewer codes than the dimensions it goes by")
        return self
