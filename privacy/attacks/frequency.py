"""How often tokens occur, against how often what they may stand for does.

The attacker counts the holders of each token of a family, and of each tuple of its own list, and lays the two rankings side by
side.  Only ranks that are told apart say something: the counts that one token and one tuple have alone.  Source: the
frequency attack on keyed match keys of Vidanage, Ranbaduge, Christen and Randall 2020 (IJPDS 5:1:1345), without its refinements.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from privacy.attacks.signatures import Claims, best_alone
from privacy.pseudonymise.coded import MISSING, Integers

HOLDERS_MIN = 2
"""A token of one record has no frequency."""
HOLDERS_COMPARED_MAX = 2_000
"""Of a larger crowd each member is one of too many to say which."""


def frequency_matches(people: Mapping[str, Integers], records: Mapping[str, Integers]) -> Claims:
    """Who of the list (tokens by family under the attacker's key) is which record, by the frequencies of tokens alone.

    Each aligned token and tuple is a vote for every pair of their holders; whoever has one best candidate is claimed.
    """
    count, total = (len(next(iter(side.values()))) for side in (people, records))
    pairs = [_votes(people[family], records[family], total) for family in people]
    pair, votes = np.unique(np.concatenate(pairs), return_counts=True)
    person, record = pair // max(total, 1), pair % max(total, 1)
    best = best_alone(person, votes, count) & best_alone(record, votes, total)
    claims = np.full(count, MISSING, dtype=np.int64)
    claims[person[best]] = record[best]
    return Claims(claims)


def aligned(mine: Integers, package: Integers) -> tuple[Integers, Integers]:
    """Values of *mine* and of *package*, both of any shape, that stand alone at the same number of holders."""
    found = [_ranked(side) for side in (mine, package)]
    _, one, other = np.intersect1d(found[0][1], found[1][1], assume_unique=True, return_indices=True)
    return found[0][0][one], found[1][0][other]


def _ranked(tokens: Integers) -> tuple[Integers, Integers]:
    """The values that no other value equals in the number of holders, and those numbers."""
    values, held = np.unique(tokens, return_counts=True)
    values, held = values[held >= HOLDERS_MIN], held[held >= HOLDERS_MIN]
    numbers, first, times = np.unique(held, return_index=True, return_counts=True)
    alone = (times == 1) & (numbers <= HOLDERS_COMPARED_MAX)
    return values[first[alone]], numbers[alone]


def _votes(mine: Integers, package: Integers, total: int) -> Integers:
    """Every pair of a person and a record, as one number, whose tuple and token are aligned."""
    one, other = aligned(mine, package)
    held = [_holders(tokens, values) for tokens, values in ((mine, one), (package, other))]
    pairs = [(person[:, None] * max(total, 1) + record[None, :]).ravel() for person, record in zip(*held, strict=True)]
    return np.concatenate([np.empty(0, dtype=np.int64), *pairs])


def _holders(tokens: Integers, values: Integers) -> list[Integers]:
    """The rows that hold each of *values*."""
    order = np.argsort(tokens, axis=None, kind="stable")
    flat = tokens.ravel()[order]
    low, high = (np.searchsorted(flat, values, side=side) for side in ("left", "right"))
    return [order[start:end] // tokens.shape[1] for start, end in zip(low, high, strict=True)]
