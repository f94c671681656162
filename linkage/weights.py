"""From pattern counts to integer weights and a decision, per register pair and without any label.

The comparison vector of a pair is its pattern: which token families agree.  EM (:mod:`linkage.em`) weighs the families:
its m starts from pairs joined by an identity token and is held by them where candidates are few, its u starts from the
rate at which two different persons share tokens, its prior is bounded by what a one-to-one linkage allows.  The pairs
that share no token count too, as the pattern in which nothing agrees.

Overlapping token families are not independent, so the model's own probability is too sure of itself.  Wherever a
register holds each person once, two of its records are two persons, and such *strangers* show how often chance (twins,
namesakes, shared addresses) makes a pattern.  The decision rests on them: P(match | weight) is
``1 - expected chance pairs / observed pairs``, made monotone in the weight by isotonic regression (target-decoy
estimation).  Without any such register the model's probability decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from linkage.em import Model, fit
from linkage.isotonic import isotonic

if TYPE_CHECKING:
    import numpy.typing as npt

    from linkage.em import Bits, Reals

    Integers = npt.NDArray[np.int64]

SCALE = 16
"""Weights are sixteenths of a bit, as integers: engines compare integers only."""
HELD_BY_MATCHES = 20.0
"""Pseudo-pairs with which the m of identity matches holds the estimate where candidates are few."""
M_DEFAULT = 0.8
M_START_MIN = 50
"""Fewer identity matches than this do not describe matches; a default start does."""


@dataclass(frozen=True, slots=True)
class PatternCounts:
    """Distinct patterns, shape (k,), and how many pairs have each, shape (k,)."""

    patterns: Integers
    counts: Integers


@dataclass(frozen=True, slots=True)
class PairSizes:
    """Of one register pair: pairs that could be linked, most links there can be, and (pairs of) known strangers."""

    pairs: int
    links_max: int
    stranger_pairs: int


@dataclass(frozen=True, slots=True)
class Judge:
    """What one register pair's evidence is worth.

    ``knots`` and ``levels``, shape (k,), both rising: the weights at which P(match) changes and what it is from there
    on; empty where there are no strangers to learn it from.
    """

    model: Model
    families: int
    knots: Integers
    levels: Reals

    def weights(self, patterns: Integers) -> Integers:
        """Integer weight of each pattern, in sixteenths of a bit."""
        return _weights(self.model, comparisons(patterns, self.families))

    def probability(self, patterns: Integers) -> Reals:
        """P(match) of each pattern; a weight never seen counts as the next lower one."""
        if not len(self.knots):
            return self.model.posterior(comparisons(patterns, self.families))
        place = np.searchsorted(self.knots, self.weights(patterns), side="right") - 1
        found: Reals = np.where(place < 0, 0.0, self.levels[np.maximum(place, 0)])
        return found


def comparisons(patterns: Integers, families: int) -> Bits:
    """Which of so many token families agree in each pattern, shape (k, families)."""
    agree: Bits = (patterns[:, None] >> np.arange(families)[None, :]) & 1 != 0
    return agree


def learn(candidates: PatternCounts, matches: PatternCounts, strangers: PatternCounts, sizes: PairSizes, families: int) -> Judge:
    """The judge of one register pair.

    Args:
        candidates: what the pairs to be decided look like.
        matches: what pairs joined by an identity token look like (may be empty).
        strangers: what pairs within one-record-per-person registers look like (may be empty).
        sizes: how many pairs there are behind each.
        families: how many token families there are.
    """
    vectors = np.vstack([comparisons(candidates.patterns, families), np.zeros((1, families), dtype=np.bool_)])
    seen = int(candidates.counts.sum())
    counts = np.append(candidates.counts, max(sizes.pairs - seen, 0)).astype(np.float64)
    bound = min(1.0, sizes.links_max / max(sizes.pairs, 1))
    start = Model(_m_start(matches, families), _u_start(candidates, strangers, sizes, families), bound / 2)
    model = fit(vectors, counts, start, prior_max=bound, held=HELD_BY_MATCHES)
    if not sizes.stranger_pairs or not seen:
        return Judge(model, families, np.zeros(0, np.int64), np.zeros(0))
    return Judge(model, families, *_calibrated(_weights(model, vectors[:-1]), candidates, strangers, sizes))


def _weights(model: Model, vectors: Bits) -> Integers:
    weights: Integers = np.rint(model.log2_ratio(vectors) * SCALE).astype(np.int64)
    return weights


def _m_start(matches: PatternCounts, families: int) -> Reals:
    if matches.counts.sum() < M_START_MIN:
        return np.full(families, M_DEFAULT)
    return _share(matches, families, float(matches.counts.sum()))


def _u_start(candidates: PatternCounts, strangers: PatternCounts, sizes: PairSizes, families: int) -> Reals:
    """Collision rates: of strangers where there are some, else of all pairs (mostly non-matches)."""
    if sizes.stranger_pairs:
        return _share(strangers, families, float(sizes.stranger_pairs))
    return _share(candidates, families, float(max(sizes.pairs, 1)))


def _share(found: PatternCounts, families: int, total: float) -> Reals:
    share: Reals = found.counts.astype(np.float64) @ comparisons(found.patterns, families) / total
    return share


def _calibrated(weights: Integers, candidates: PatternCounts, strangers: PatternCounts, sizes: PairSizes) -> tuple[Integers, Reals]:
    """Knots and levels: one minus the share of chance pairs at each weight, made to rise with the weight."""
    expected = dict(zip(strangers.patterns.tolist(), strangers.counts.tolist(), strict=True))
    scale = sizes.pairs / sizes.stranger_pairs
    chance = np.array([expected.get(pattern, 0) * scale for pattern in candidates.patterns.tolist()])
    knots, place = np.unique(weights, return_inverse=True)
    seen = np.bincount(place, weights=candidates.counts).astype(np.float64)
    share = 1 - np.minimum(np.bincount(place, weights=chance) / seen, 1.0)
    return knots, isotonic(share, seen)
