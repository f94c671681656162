"""Exact integer noise: OpenDP's discrete Laplace, sampled in rational arithmetic from the system's randomness.

No float touches the data: counts and noise are integers, and the one double, the scale, is read by the sampler as the
exact rational it is (Canonne, Kamath, Steinke 2020, arXiv 2004.00010, section 5.2).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from privacy.tabulate.cells import Integers


class Draw(Protocol):
    """A source of noise, an argument wherever noise is added, so that pure code stays pure."""

    def __call__(self, counts: Integers, scale: float) -> Integers:
        """*counts* plus independent discrete Laplace noise: P(noise = k) proportional to exp(-abs(k) / scale)."""


@cache
def _laplace(scale: float) -> Any:
    import opendp.prelude as dp

    dp.enable_features("contrib")
    return dp.m.make_laplace(dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64"), scale=scale)


def opendp_laplace(counts: Integers, scale: float) -> Integers:
    """:class:`Draw` by OpenDP."""
    return np.array(_laplace(scale)([int(count) for count in counts]), dtype=np.int64)


def privacy_map(bound: int, scale: float) -> float:
    """OpenDP's own upper bound on epsilon for an L1 distance of *bound*: a second opinion on our fractions."""
    return float(_laplace(scale).map(bound))
