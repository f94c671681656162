"""Graph matching: how alike records are to all others, encoded and in plain text, is enough to say which is which.

The attacker knows how alike any two of its people are, and sees how alike any two encodings are.  Each record is first described by
the distribution of its likenesses and by that of the records it is like; what errors, another key and a smaller list do to such a
description the attacker measures on its own list.  Then both graphs are laid over each other, ever more sharply (entropic
Gromov-Wasserstein), beginning from the descriptions.  After Vidanage, Christen, Ranbaduge and Schnell 2020 (doi
10.1145/3340531.3411931), who describe records by hand-made features, and Schaefer, Armknecht and Heng 2024 (ACSAC), who learn them;
the sharpening is Peyre, Cuturi and Solomon 2016.  Any encoding that shows likenesses can be attacked: Bloom filters, or tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from privacy.attacks.graph import Graph
from privacy.attacks.signatures import Claims
from privacy.pseudonymise.coded import MISSING

Likeness = npt.NDArray[np.float32]
Reals = npt.NDArray[np.floating[Any]]
TURNS: Final = 25
SHARP_FROM: Final = 0.6
"""The share of turns after which the temperature is 1."""
START: Final = 30
"""The first temperature is the number of people on the list, divided by this."""
BALANCINGS: Final = 5
QUANTILES: Final = np.linspace(0.02, 0.98, 25)
COMPONENTS: Final = 5
NEARNESS: Final = (2, 6, 12)
"""Powers of the likeness by which the neighbours' descriptions are weighed."""
SAMPLES: Final = 4
RIDGE: Final = 1e-3


@dataclass(frozen=True, slots=True, repr=False)
class Encoded:
    """Records as an attacker compares them: ``likeness``, shape (n, n), 0 to 1; ``size``: how much each encoding holds, shape (n,)."""

    likeness: Likeness
    size: Reals

    def taken(self, who: npt.NDArray[np.int64]) -> Encoded:
        """The records at *who*, as if the others were not there."""
        return Encoded(self.likeness[np.ix_(who, who)], self.size[who])


def of_bits(bits: npt.NDArray[np.bool_]) -> Encoded:
    """Rows of bits, compared by their Dice coefficients: twice what two have in common, by what both have."""
    wide = bits.astype(np.float32)
    size = wide.sum(axis=1)
    return Encoded(2 * (wide @ wide.T) / np.maximum(size[:, None] + size[None, :], 1), size)


def of_tokens(graph: Graph, slots: int) -> Encoded:
    """Records of *slots* tokens each, compared by the share of tokens that two have in common; all are of one size."""
    likeness = np.zeros((graph.nodes, graph.nodes), dtype=np.float32)
    likeness[graph.source, graph.target] = graph.weight / slots
    np.fill_diagonal(likeness, 1)
    return Encoded(likeness, np.full(graph.nodes, slots, dtype=np.float32))


def matched(people: Encoded, again: Encoded, records: Encoded, rng: np.random.Generator) -> Claims:
    """Who of the attacker's list is which record; everybody is claimed, no record twice.

    *again*: the list once more, with other errors and under another key.  The list has at most as many people as the package.
    """
    cost, spread = _described(people, again, records, rng)
    likeness = people.likeness, records.likeness
    found = cost
    for turn in range(TURNS):
        cooled = 1 - turn / (TURNS * SHARP_FROM)
        pairs = _balanced(found, max(1.0, len(cost) / START * cooled))
        found = cost + _disagreement(*likeness, pairs) / (4 * spread)
    person, record = linear_sum_assignment(found)
    claims = np.full(len(cost), MISSING, dtype=np.int64)
    claims[person] = record
    return Claims(claims)


def _balanced(cost: Reals, temperature: float) -> Likeness:
    """How likely each record is each person's: every person has one, no record more than one.  Source: Sinkhorn 1964."""
    pairs = np.exp(-(cost - cost.min(axis=1, keepdims=True)) / temperature)
    for _ in range(BALANCINGS):
        pairs /= pairs.sum(axis=1, keepdims=True)
        pairs /= np.maximum(pairs.sum(axis=0, keepdims=True), 1)
    found: Likeness = pairs.astype(np.float32)
    return found


def _disagreement(mine: Likeness, package: Likeness, pairs: Likeness) -> Reals:
    """By how much the likenesses of each person and each record to all *pairs* differ, squared and summed."""
    own = (mine**2) @ pairs.sum(axis=1)
    theirs = (package**2) @ pairs.sum(axis=0)
    found: Reals = own[:, None] + theirs[None, :] - 2 * (mine @ pairs @ package)
    return found


def _described(people: Encoded, again: Encoded, records: Encoded, rng: np.random.Generator) -> tuple[Reals, float]:
    """Half the squared distance of each person's description from each record's, in units of their noise; the likenesses' noise."""
    describe = _description(records)
    mine, other, package = describe(people), describe(again), describe(records)
    noise = np.atleast_2d(np.cov((mine - other).T))
    if len(mine) < len(package):
        sampled = []
        for _ in range(SAMPLES):
            who = rng.permutation(len(package))[: len(mine)]
            sampled.append(describe(records.taken(who)) - package[who])
        noise = noise + np.cov(np.concatenate(sampled).T)
    level = np.trace(np.atleast_2d(np.cov(package.T))) / len(noise)
    whitening = np.linalg.cholesky(np.linalg.inv(noise + (RIDGE * level + 1e-9) * np.eye(len(noise))))
    apart = ~np.eye(len(mine), dtype=np.bool_)
    spread = float((people.likeness - again.likeness)[apart].var())
    return _distance(mine @ whitening, package @ whitening) / 2, max(spread, 1e-6)


def _description(records: Encoded) -> Callable[[Encoded], Reals]:
    """What describes a record, in the principal components of *records*."""
    first = _quantiles(records)
    mean, scale = first.mean(axis=0), np.where(first.std(axis=0) > 0, first.std(axis=0), 1)
    _, sizes, directions = np.linalg.svd((first - mean) / scale, full_matrices=False)
    kept = min(COMPONENTS, int((sizes > 1e-6 * sizes[0]).sum()))
    turned = directions[:kept].T / (sizes[:kept] / np.sqrt(len(first)))

    def describe(encoded: Encoded) -> Reals:
        scaled = (_quantiles(encoded) - mean) / scale
        own = np.concatenate([scaled @ turned, scaled[:, -1:]], axis=1)
        others = encoded.likeness.copy()
        np.fill_diagonal(others, 0)
        near = [others**power for power in NEARNESS]
        return np.concatenate([own, *(each @ own / np.maximum(each.sum(axis=1, keepdims=True), 1e-12) for each in near)], axis=1)

    return describe


def _quantiles(encoded: Encoded) -> Reals:
    """The quantiles of each record's likenesses to the others, and its size; shape (n, quantiles + 1)."""
    count = len(encoded.size)
    others = encoded.likeness[~np.eye(count, dtype=np.bool_)].reshape(count, count - 1)
    return np.concatenate([np.quantile(others, QUANTILES, axis=1).T, encoded.size[:, None]], axis=1)


def _distance(one: Reals, other: Reals) -> Reals:
    """Squared distances of all rows of *one* from all rows of *other*."""
    found: Reals = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None, :] - 2 * one @ other.T
    return found
