"""Fellegi-Sunter by expectation-maximisation on pattern counts.

Pairs of records are a mixture of matches and non-matches; given the class, the comparisons agree independently with
probability m (matches) or u (non-matches).  EM (Dempster, Laird and Rubin 1977; for linkage: Jaro 1989, Winkler 1988)
finds m, u and the prior from how often each pattern occurs, without labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]
Bits = npt.NDArray[np.bool_]

FLOOR = 1e-9
"""No probability is estimated as 0 or 1: one contrary pair must not have infinite weight."""
ITERATIONS_MAX = 500
TOLERANCE = 1e-7


@dataclass(frozen=True, slots=True)
class Model:
    """m and u of each comparison, shape (f,), and the prior probability that a pair is a match."""

    m: Reals
    u: Reals
    prior: float

    def log2_ratio(self, patterns: Bits) -> Reals:
        """log2 of P(pattern | match) / P(pattern | non-match); *patterns* has shape (k, f), the result (k,)."""
        agree, differ = np.log2(self.m / self.u), np.log2((1 - self.m) / (1 - self.u))
        ratio: Reals = np.where(patterns, agree, differ).sum(axis=1)
        return ratio

    def posterior(self, patterns: Bits) -> Reals:
        """P(match | pattern), shape (k,)."""
        log_odds = self.log2_ratio(patterns) + np.log2(self.prior / (1 - self.prior))
        result: Reals = 1 / (1 + np.exp2(-np.clip(log_odds, -1000, 1000)))
        return result


def fit(patterns: Bits, counts: Reals, start: Model, *, prior_max: float = 1.0, held: float = 0.0) -> Model:
    """The model that EM reaches from *start*.

    Args:
        patterns: distinct agreement patterns, shape (k, f).
        counts: pairs with each pattern, shape (k,).
        start: first guess; the class that starts as matches stays matches.
        prior_max: upper bound of the prior, such as the one that a one-to-one linkage implies.
        held: pseudo-pairs with the start's m, which hold the estimate where there are few pairs.
    """
    model, total = _bounded(start, prior_max), float(counts.sum())
    if total == 0:
        return model
    numbers = patterns.astype(np.float64)
    for _ in range(ITERATIONS_MAX):
        matches = counts * model.posterior(patterns)
        rest = counts - matches
        following = _bounded(
            Model(_rate(matches, numbers, start.m, held), _rate(rest, numbers, model.u, 0.0), float(matches.sum()) / total),
            prior_max,
        )
        moved = max(np.abs(following.m - model.m).max(), np.abs(following.u - model.u).max(), abs(following.prior - model.prior))
        model = following
        if moved < TOLERANCE:
            break
    return model


def _rate(weights: Reals, numbers: Reals, before: Reals, held: float) -> Reals:
    """Weighted share of agreement per comparison, with *held* pairs like *before*; an empty class keeps *before*."""
    total = weights.sum() + held
    return (weights @ numbers + held * before) / total if total > FLOOR else before


def _bounded(model: Model, prior_max: float) -> Model:
    return Model(
        np.clip(model.m, FLOOR, 1 - FLOOR),
        np.clip(model.u, FLOOR, 1 - FLOOR),
        float(np.clip(model.prior, FLOOR, min(prior_max, 1 - FLOOR))),
    )
