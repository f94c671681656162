"""Intervals for noisy counts that hold *given that the cell is shown*.

A cell is shown when its estimate reaches the minimum, so shown estimates lean upward: the plain interval is too
hopeful near the minimum.  The interval here inverts the law of the estimate conditional on being shown (truncation at
the minimum).  Estimates are sums of many independent discrete Laplace terms with known variance; the Laplace law of
that variance is used for all of them: its quantiles are the widest of the family, and a simulation in the tests holds
the coverage to 95 %.
"""

from __future__ import annotations

import numpy as np

from privacy.protect.least_squares import Doubles

MISS = 0.025
"""The chance to miss on each side."""
HALVINGS = 60
WIDEST = 40.0
"""Bounds are searched within this many scales of the estimate; beyond, a tail is less than e^-40."""


def half_width(spread: Doubles) -> Doubles:
    """The half width of the plain 95 % interval of a Laplace law with scale *spread*."""
    widths: Doubles = spread * np.log(1 / (2 * MISS))
    return widths


def conditional(estimates: Doubles, spread: Doubles, minimum: float) -> tuple[Doubles, Doubles]:
    """Lower and upper 95 % bounds of the counts behind *estimates* (all at least *minimum*), Laplace scales *spread*.

    Lower bounds are never negative: a count is not.
    """
    lower = _solve(estimates, spread, minimum, tail=MISS, low=estimates - WIDEST * spread, high=estimates)
    upper = _solve(estimates, spread, minimum, tail=1 - MISS, low=estimates, high=estimates + WIDEST * spread)
    return np.maximum(lower, 0.0), np.maximum(upper, 0.0)


def _solve(estimates: Doubles, spread: Doubles, minimum: float, *, tail: float, low: Doubles, high: Doubles) -> Doubles:
    """The count at which P(estimate this large or larger, given shown) is *tail*; *low* where it is larger throughout."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = _exceeds(estimates, middle, spread) < tail * _exceeds(np.full_like(estimates, minimum), middle, spread)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return low


def _exceeds(value: Doubles, count: Doubles, spread: Doubles) -> Doubles:
    """P(count + noise >= value)."""
    distance = (value - count) / spread
    tails: Doubles = np.where(distance >= 0, 0.5 * np.exp(-np.abs(distance)), 1 - 0.5 * np.exp(-np.abs(distance)))
    return tails
