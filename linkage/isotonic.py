"""Isotonic regression: the closest rising sequence, by pooling adjacent violators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from linkage.em import Reals


def isotonic(values: Reals, weights: Reals) -> Reals:
    """The non-decreasing sequence with the least weighted squared distance to *values*, shape (n,).

    Args:
        values: in the order in which the result must rise, shape (n,).
        weights: positive, shape (n,).
    """
    means: list[float] = []
    masses: list[float] = []
    lengths: list[int] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, mass, length = value, weight, 1
        while means and means[-1] >= mean:
            before, heavy = means.pop(), masses.pop()
            mean = (mean * mass + before * heavy) / (mass + heavy)
            mass, length = mass + heavy, length + lengths.pop()
        means.append(mean)
        masses.append(mass)
        lengths.append(length)
    return np.repeat(np.array(means, dtype=np.float64), np.array(lengths, dtype=np.int64))
