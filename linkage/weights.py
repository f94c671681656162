"""From pattern counts to integer weights and a decision, per register pair and without any label.

The comparison vector of a pair is its pattern: which token families agree.  EM (:mod:`linkage.em`) weighs the families:
its m starts from pairs joined by an identity token and is held by them where candidates are few, its u starts from the
rate at which two different persons share tokens, its prior is bounded by what a one-to-one linkage allows.  The pairs
that share no token count too, as the pattern in which nothing agrees.

Overlapping token families are not independent, so the model's own probability is too sure of itself.  Pairs that are
surely two persons (:mod:`linkage.strangers`) show how often chance (twins, namesakes, shared addresses and telephones)
makes a pattern, and the decision rests on them:

- P(match | weight) is ``1 - expected chance pairs / observed pairs``, made monotone in the weight by isotonic regression
  (target-decoy estimation);
- each pattern speaks for itself as far as strangers show it: its own chance pairs count, held by the share at its weight,
  because the weights of overlapping families put some patterns (twins at one address) in a wrong order;
- how many chance pairs to expect follows from how many pairs there are; where two registers hold people who are more
  alike than strangers are (of one age, one town), or whose own people are not there to be found, from the patterns, as a
  mixture of strangers' and of identity matches', if that is more: for patterns with the birth date and without it apart,
  because people of one age need not live close to each other;
- families that no stranger could show order the pairs but do not decide.

Without any strangers the model's probability decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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


SHOWN_MIN = 30
"""Fewer pairs than this do not show how alike people are."""
HALVINGS = 40
"""Of the interval in which a share lies: to a millionth of a millionth."""


@dataclass(frozen=True, slots=True)
class PatternCounts:
    """Distinct patterns, shape (k,), and how many pairs have each, shape (k,)."""

    patterns: Integers
    counts: Integers


@dataclass(frozen=True, slots=True)
class PairSizes:
    """Of one register pair: pairs that could be linked, most links there can be."""

    pairs: int
    links_max: int


@dataclass(frozen=True, slots=True)
class Strangers:
    """What pairs of two persons look like, out of how many such ``pairs``; the families they could not show, as bits."""

    counts: PatternCounts
    pairs: int
    blind: int = 0


@dataclass(frozen=True, slots=True)
class Exposure:
    """How many pairs chance makes for each pair of strangers that has the same pattern.

    ``without`` in patterns in which none of the families ``dated`` (bits) agrees, ``with_date`` in others.
    """

    dated: int
    without: float
    with_date: float

    def of(self, patterns: Integers) -> Reals:
        """The exposure of each pattern, shape (k,)."""
        found: Reals = np.where(patterns & self.dated != 0, self.with_date, self.without)
        return found

    def times(self, share: float) -> Exposure:
        """The exposure of a *share* of the pairs."""
        return Exposure(self.dated, share * self.without, share * self.with_date)


@dataclass(frozen=True, slots=True)
class Judge:
    """What one register pair's evidence is worth.

    ``knots`` and ``levels``, shape (k,), both rising: the weights, without the families ``blind``, at which P(match)
    changes and what it is from there on; empty where there are no strangers to learn it from.  ``known`` and ``own``,
    shape (p,): the patterns seen, rising, and P(match) of each.  ``strangers``: what it was learned from;
    ``pairs``: how many pairs it was learned for; ``exposure``: how many pairs chance makes of these for each pair of strangers.
    """

    model: Model
    families: int
    knots: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    levels: Reals = field(default_factory=lambda: np.zeros(0))
    known: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    own: Reals = field(default_factory=lambda: np.zeros(0))
    blind: int = 0
    strangers: Strangers | None = None
    pairs: int = 0
    exposure: Exposure = field(default_factory=lambda: Exposure(0, 0.0, 0.0))

    def weights(self, patterns: Integers) -> Integers:
        """Integer weight of each pattern, in sixteenths of a bit."""
        return _weights(self.model, comparisons(patterns, self.families))

    def probability(self, patterns: Integers) -> Reals:
        """P(match) of each pattern; one never seen counts as the next lower weight."""
        if not len(self.knots):
            return self.model.posterior(comparisons(patterns, self.families))
        shown = patterns & ~self.blind
        at = np.minimum(np.searchsorted(self.known, shown), len(self.known) - 1)
        found: Reals = np.where(self.known[at] == shown, self.own[at], self._level(self.weights(shown)))
        return found

    def _level(self, weights: Integers) -> Reals:
        place = np.searchsorted(self.knots, weights, side="right") - 1
        level: Reals = np.where(place < 0, 0.0, self.levels[np.maximum(place, 0)])
        return level


def comparisons(patterns: Integers, families: int) -> Bits:
    """Which of so many token families agree in each pattern, shape (k, families)."""
    agree: Bits = (patterns[:, None] >> np.arange(families)[None, :]) & 1 != 0
    return agree


def learn(
    candidates: PatternCounts, matches: PatternCounts, strangers: Strangers, sizes: PairSizes, families: int, dated: int = 0
) -> Judge:
    """The judge of one register pair.

    Args:
        candidates: what the pairs to be decided look like.
        matches: what pairs joined by an identity token look like (may be empty).
        strangers: what pairs of two persons look like (may be of no pairs).
        sizes: how many pairs there are behind the candidates.
        families: how many token families there are.
        dated: those that hold the birth date, as bits.
    """
    vectors = np.vstack([comparisons(candidates.patterns, families), np.zeros((1, families), dtype=np.bool_)])
    seen = int(candidates.counts.sum())
    counts = np.append(candidates.counts, max(sizes.pairs - seen, 0)).astype(np.float64)
    bound = min(1.0, sizes.links_max / max(sizes.pairs, 1))
    start = Model(_m_start(matches, families), _u_start(candidates, strangers, sizes, families), bound / 2)
    model = fit(vectors, counts, start, prior_max=bound, held=HELD_BY_MATCHES)
    if not strangers.pairs or not seen:
        return Judge(model, families)
    return _calibrated(model, candidates, strangers, sizes.pairs, _exposure(model, candidates, matches, strangers, sizes.pairs, dated))


def learn_again(judge: Judge, candidates: PatternCounts, share: float) -> Judge:
    """*judge* with the same weights for a *share* of its pairs, which look like *candidates*; as it is without strangers."""
    if judge.strangers is None or not candidates.counts.sum():
        return judge
    return _calibrated(judge.model, candidates, judge.strangers, judge.pairs, judge.exposure.times(share))


def _weights(model: Model, vectors: Bits) -> Integers:
    weights: Integers = np.rint(model.log2_ratio(vectors) * SCALE).astype(np.int64)
    return weights


def _m_start(matches: PatternCounts, families: int) -> Reals:
    if matches.counts.sum() < M_START_MIN:
        return np.full(families, M_DEFAULT)
    return _share(matches, families, float(matches.counts.sum()))


def _u_start(candidates: PatternCounts, strangers: Strangers, sizes: PairSizes, families: int) -> Reals:
    """Collision rates: of strangers in the families they can show, else of all pairs (mostly non-matches)."""
    every = _share(candidates, families, float(max(sizes.pairs, 1)))
    if not strangers.pairs:
        return every
    shown = comparisons(np.array([~strangers.blind]), families)[0]
    rate: Reals = np.where(shown, _share(strangers.counts, families, float(strangers.pairs)), every)
    return rate


def _share(found: PatternCounts, families: int, total: float) -> Reals:
    share: Reals = found.counts.astype(np.float64) @ comparisons(found.patterns, families) / total
    return share


def _calibrated(model: Model, candidates: PatternCounts, strangers: Strangers, pairs: int, exposure: Exposure) -> Judge:
    """The judge that knows which share of the pairs chance makes, at each weight and in each pattern."""
    families = len(model.m)
    patterns, counts = _shown(candidates, strangers)
    made, scale = _made(patterns, strangers), exposure.of(patterns)
    chance = np.where(patterns == 0, counts, scale * made)  # nothing agreed but what no stranger can show
    weights = _weights(model, comparisons(patterns, families))
    knots, place = np.unique(weights, return_inverse=True)
    seen = np.bincount(place, weights=counts).astype(np.float64)
    levels = isotonic(1 - np.minimum(np.bincount(place, weights=chance) / seen, 1.0), seen)
    own = 1 - np.minimum(np.where(patterns == 0, counts, _held(chance, counts * (1 - levels[place]), scale)) / counts, 1.0)
    never = (made == 0) & (patterns != 0)
    once = _weights(model, comparisons(strangers.counts.patterns[strangers.counts.counts == 1], families))
    own[never] = np.minimum(own[never], never_by_chance(weights[never], counts[never], once, float(scale.max())))
    return Judge(model, families, knots, levels, patterns, own, strangers.blind, strangers, pairs, exposure)


def _held(chance: Reals, expected: Reals, scale: Reals) -> Reals:
    """Chance pairs of each pattern, as many as *expected* at its weight and as strangers made, shape (k,).

    The mean of a Poisson rate known from its count alone, *scale* times more exposed, under the exponential prior of mean *expected*.
    """
    prior, made = expected / scale, chance / scale
    rate: Reals = scale * (made + 1) * prior / (prior + 1)
    return rate


def never_by_chance(weights: Integers, counts: Reals, once: Integers, scale: float) -> Reals:
    """P(match) of patterns that no two strangers make, by weight, shape (k,).

    As many more pairs again would make patterns never made before as often as they made some exactly once (Good 1953, after
    Turing): so *once*, the weights of the patterns that one pair of strangers makes, say how many chance pairs lie among these.
    """
    if not len(weights):
        return counts
    knots, place = np.unique(weights, return_inverse=True)
    at = np.minimum(np.searchsorted(knots, once), len(knots) - 1)  # the next weight above: on the safe side
    chance = scale * np.bincount(np.append(at, 0), minlength=len(knots))  # and one more, the least heavy, for what was not seen
    seen = np.bincount(place, weights=counts).astype(np.float64)
    levels = isotonic(1 - np.minimum(chance / seen, 1.0), seen)
    found: Reals = levels[place]
    return found


def _shown(candidates: PatternCounts, strangers: Strangers) -> tuple[Integers, Reals]:
    """The distinct patterns of *candidates* in the families that *strangers* can show, and how many pairs have each; shape (k,) both."""
    patterns, place = np.unique(candidates.patterns & ~strangers.blind, return_inverse=True)
    return patterns, np.bincount(place, weights=candidates.counts).astype(np.float64)


def _made(patterns: Integers, strangers: Strangers) -> Reals:
    """How many pairs of strangers have each of *patterns*, shape (k,)."""
    return _among(patterns, strangers.counts.patterns, strangers.counts.counts.astype(np.float64))


def _exposure(model: Model, candidates: PatternCounts, matches: PatternCounts, strangers: Strangers, pairs: int, dated: int) -> Exposure:
    """How many pairs chance makes for each pair of strangers: by how many pairs there are, or by their patterns if that is more."""
    patterns, counts = _shown(candidates, strangers)
    made, known = _made(patterns, strangers), matches.counts.astype(np.float64)
    if known.sum() < M_START_MIN:
        matches = candidates
        known = candidates.counts * model.posterior(comparisons(candidates.patterns, len(model.m)))
    with_date, shown = patterns & dated != 0, matches.patterns & ~strangers.blind
    least = pairs / strangers.pairs
    dates = _chance(counts[with_date], made[with_date], _among(patterns[with_date], shown, known))
    without = _chance(counts[~with_date], made[~with_date], _among(patterns[~with_date], shown & ~dated, known))
    return Exposure(dated, max(least, without), max(least, dates))


def _chance(counts: Reals, made: Reals, matched: Reals) -> float:
    """How many of the pairs *counts* by pattern chance makes for each that it *made* of strangers; 0 where too few show it.

    Pairs are a mixture of two known shapes, strangers' and that of pairs *matched* by identity. The share of strangers' is the
    likeliest; the likelihood is concave in it, so its slope is halved towards 0. Where shapes do not differ all is chance.
    """
    held = (counts > 0) & ((made > 0) | (matched > 0))
    total = float(counts[held].sum())
    if min(total, made.sum()) < SHOWN_MIN:
        return 0.0
    by_chance, by_match = made[held] / made.sum(), matched[held] / max(matched.sum(), 1.0)
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        share = (low + high) / 2
        slope = counts[held] @ ((by_chance - by_match) / (share * by_chance + (1 - share) * by_match))
        low, high = (share, high) if slope >= 0 else (low, share)
    return low * total / float(made.sum())


def _among(wanted: Integers, patterns: Integers, counts: Reals) -> Reals:
    """How many pairs have each of the *wanted* patterns, shape (k,); *patterns* may repeat."""
    known, place = np.unique(np.append(patterns, 0), return_inverse=True)
    sums = np.bincount(place, weights=np.append(counts, 0.0))
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    found: Reals = np.where(known[at] == wanted, sums[at], 0.0)
    return found
