"""The best figures that fit together, from noisy ones that do not: weighted least squares over a cell space.

Noisy cells y of every measured grouping, variance proportional to 1 / weight^2, measure finest counts x through the
0/1 membership M: minimise (Mx - y)' D (Mx - y) with D the squared weights.  M and D are Kronecker products over the
dimensions, so the normal equations fall apart into one small system per dimension, and so do exact variances.
All of this is post-processing of noise that has been drawn: doubles are harmless here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from privacy.tabulate.cells import CellSpace, Integers

Doubles = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
STEPS_MAX = 3000
CLOSE = 1e-3


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Fit:
    """Unbiased estimates of every cell (shape (cells,)), and their variances relative to the noise at weight 1."""

    cells: Doubles
    variances: Doubles


def fit(space: CellSpace, weights: tuple[tuple[int, ...], ...], noisy: Integers) -> Fit:
    """Estimates from *noisy* (shape (cells,); what is at weight 0 is ignored).

    *weights* are per dimension and level, the finest never 0, so every system has full rank.  They have scale one:
    a cell's noise variance is ``variance at weight 1 / product of its levels' weights squared``.
    """
    projections, spreads = [], []
    for axis, levels in zip(space.axes, weights, strict=True):
        member = axis.membership.toarray().astype(np.float64)
        precision = np.array([levels[point.depth] ** 2 for point in axis.points], dtype=np.float64)
        inverse = np.linalg.inv(member.T @ (precision[:, None] * member))
        projections.append(member @ inverse @ (member.T * precision))
        spreads.append(np.einsum("ij,jk,ik->i", member, inverse, member))
    cells = _along(projections, np.asarray(noisy, dtype=np.float64).reshape(space.shape)).ravel()
    variances = np.ones(1)
    for spread in spreads:
        variances = np.outer(variances, spread).ravel()
    return Fit(cells, variances)


def display(space: CellSpace, weights: tuple[tuple[int, ...], ...], fitted: Fit) -> Integers:
    """Whole numbers of 0 or more in every cell that add up: the nearest non-negative fit, rounded along C order.

    Nearest in the same weighted sense, so totals keep what was measured about them instead of collecting the excess
    of finest cells cut off at 0 (by projected gradient steps with restarts, Beck and Teboulle 2009).  Rounding carries
    its remainder forward: any run of cells in C order is within 1 of its unrounded sum.
    """
    start = fitted.cells[space.inner].reshape(space.finest_shape)
    grams = []
    for axis, levels in zip(space.axes, weights, strict=True):
        member = axis.membership.toarray().astype(np.float64)
        precision = np.array([levels[point.depth] ** 2 for point in axis.points], dtype=np.float64)
        grams.append(member.T @ (precision[:, None] * member))
    nearest = _nearest_non_negative(grams, start).ravel()
    running = np.floor(np.cumsum(nearest) + 0.5)
    finest = np.diff(running, prepend=0.0).astype(np.int64)
    return space.sums(finest)


def _nearest_non_negative(grams: list[Doubles], target: Any) -> Any:
    if target.min(initial=0.0) >= 0:
        return target
    step = 1.0 / float(np.prod([np.linalg.eigvalsh(gram)[-1] for gram in grams]))
    best = momentum = np.maximum(target, 0.0)
    speed = 1.0
    for _ in range(STEPS_MAX):
        gradient = _along(grams, momentum - target)
        following = np.maximum(momentum - step * gradient, 0.0)
        if float(np.sum(gradient * (following - best))) > 0:
            speed = 1.0
        faster = (1 + (1 + 4 * speed * speed) ** 0.5) / 2
        momentum = following + (speed - 1) / faster * (following - best)
        settled = float(np.abs(following - best).max(initial=0.0)) < CLOSE * min(1.0, step * len(target))
        best, speed = following, faster
        if settled:
            break
    return best


def _along(matrices: list[Doubles], array: Any) -> Any:
    """Apply one matrix per dimension of *array*: the Kronecker product without forming it."""
    for dimension, matrix in enumerate(matrices):
        array = np.moveaxis(np.tensordot(matrix, array, axes=(1, dimension)), 0, dimension)
    return array
