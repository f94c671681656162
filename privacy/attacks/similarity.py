"""Graph matching: how alike records are to all others, encoded and in plain text, is enough to say which is which.

The attacker knows how alike any two of its people are, and sees how alike any two encodings are.  First each record is described
by the distribution of its likenesses to all others, which hardly changes with who else is there; then the surest pairs become
landmarks, and each record is described by its likeness to them; and again.  After Vidanage, Christen, Ranbaduge and Schnell 2020
(doi 10.1145/3340531.3411931) and Schäfer, Armknecht and Heng 2024 (ACSAC); their attacks differ in how a record is described.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from privacy.attacks.signatures import Claims
from privacy.pseudonymise.coded import MISSING, Integers

Likeness = npt.NDArray[np.float32]
"""How alike each two records are, 0 to 1; shape (n, n)."""
ROUNDS: Final = 12
LANDMARKS_MIN: Final = 24
_QUANTILES: Final = np.concatenate([np.linspace(0, 0.9, 19), np.linspace(0.91, 0.99, 9), np.linspace(0.992, 1, 5)])


def dice(bits: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_] | None = None) -> Likeness:
    """The Dice coefficients of rows of bits: twice what two have in common, by what both have."""
    left = bits.astype(np.float32)
    right = left if other is None else other.astype(np.float32)
    common = left @ right.T
    both = left.sum(axis=1)[:, None] + right.sum(axis=1)[None, :]
    found: Likeness = 2 * common / np.maximum(both, 1)
    return found


def matched(people: Likeness, records: Likeness) -> Claims:
    """Who of the list is which record; claimed is everybody who can be, at most one a record.

    *people*: likenesses within the attacker's list; *records*: within the package.
    """
    cost = _distance(_distribution(people), _distribution(records))
    person, record = linear_sum_assignment(cost)
    for turn in range(ROUNDS):
        sure = _surest(cost, person, record, turn)
        cost = _distance(_scaled(people[:, person[sure]]), _scaled(records[:, record[sure]]))
        before = record
        person, record = linear_sum_assignment(cost)
        if np.array_equal(before, record) and len(sure) == len(person):
            break
    claims = np.full(len(people), MISSING, dtype=np.int64)
    claims[person] = record
    return Claims(claims)


def _surest(cost: npt.NDArray[np.float64], person: Integers, record: Integers, turn: int) -> Integers:
    """The pairs that are taken for landmarks: those that lie furthest below their next best, ever more of them."""
    mine = cost[person, record]
    rest = cost[person].copy()
    rest[np.arange(len(person)), record] = np.inf
    margin = rest.min(axis=1) - mine
    count = min(len(person), max(LANDMARKS_MIN, len(person) * (turn + 1) // ROUNDS))
    return np.argsort(-margin, kind="stable")[:count]


def _distribution(likeness: Likeness) -> npt.NDArray[np.float64]:
    """The quantiles of each record's likenesses to all others; shape (n, quantiles)."""
    count = len(likeness)
    others = likeness[~np.eye(count, dtype=np.bool_)].reshape(count, count - 1)
    others.sort(axis=1)
    place = np.rint(_QUANTILES * (count - 2)).astype(np.int64)
    return _scaled(others[:, place])


def _scaled(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Each column with mean 0 and variance 1, so that the two sides are compared in ranks and not in levels."""
    wide = values.astype(np.float64)
    spread = wide.std(axis=0)
    found: npt.NDArray[np.float64] = (wide - wide.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return found


def _distance(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Squared distances of all rows of *one* from all rows of *other*."""
    square = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None, :] - 2 * one @ other.T
    found: npt.NDArray[np.float64] = np.maximum(square, 0)
    return found
