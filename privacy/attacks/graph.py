"""What equal tokens show without any key: a graph of records, each edge labelled with the families in which two records agree.

Equality of tokens is equality of what they were made of, so a list of people gives the same graph under any key: the attacker
makes tokens of its own list under a key of its own, and compares graphs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from privacy.pseudonymise.coded import Integers

Words = npt.NDArray[np.uint64]
"""64-bit numbers that wrap."""
HOLDERS_MAX: Final = 64
"""Records further apart than this in the order of one token's holders are not joined: a crowd shows as its size all the same."""


@dataclass(frozen=True, slots=True, repr=False)
class Graph:
    """Records that share tokens: every edge in both directions, ordered by *source*.

    ``label``: in which families, how often, as a number that is equal for equal answers; ``weight``: how many tokens.  All of
    shape (edges,).
    """

    nodes: int
    source: Integers
    target: Integers
    label: Words
    weight: Integers

    @property
    def degree(self) -> Integers:
        """How many records each record shares a token with; shape (nodes,)."""
        return np.bincount(self.source, minlength=self.nodes)

    def starts(self) -> Integers:
        """Where the edges of each node begin, and the end of the last; shape (nodes + 1,)."""
        return np.searchsorted(self.source, np.arange(self.nodes + 1))


def mixed(words: Words) -> Words:
    """Each word spread over all 64 bits; the same for everybody.  Source: Steele, Lea and Flood 2014 (SplitMix64)."""
    with np.errstate(over="ignore"):
        words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def shared_tokens(families: Mapping[str, npt.NDArray[np.generic]]) -> Graph:
    """The graph of records by the tokens they share; *families*: name -> tokens, shape (records, slots), of any one type."""
    count = len(next(iter(families.values())))
    found = [(a, b, place) for place, tokens in enumerate(families.values()) for a, b in equal_pairs(np.asarray(tokens))]
    one = np.concatenate([np.empty(0, dtype=np.int64), *(a for a, _, _ in found)])
    other = np.concatenate([np.empty(0, dtype=np.int64), *(b for _, b, _ in found)])
    kind = np.concatenate([np.empty(0, dtype=np.uint64), *(np.full(len(a), place + 1, dtype=np.uint64) for a, _, place in found)])
    both = np.concatenate([kind, kind])
    return edges(count, np.concatenate([one, other]), np.concatenate([other, one]), both)


def edges(nodes: int, source: Integers, target: Integers, kind: Words) -> Graph:
    """The graph of directed edges, those between the same two nodes in one: its label is that of all their *kinds* together."""
    key = source * nodes + target
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.append(True, key[1:] != key[:-1])) if len(key) else np.empty(0, dtype=np.int64)
    with np.errstate(over="ignore"):
        told = mixed(kind * np.uint64(0x9E3779B97F4A7C15))[order]
        label = np.add.reduceat(told, first) if len(first) else told
    weight = np.diff(np.append(first, len(key)))
    return Graph(nodes, key[first] // max(nodes, 1), key[first] % max(nodes, 1), label, weight)


def equal_pairs(tokens: npt.NDArray[np.generic]) -> Iterator[tuple[Integers, Integers]]:
    """Pairs of records that hold one token, the lower first; a pair for each token they share."""
    slots = tokens.shape[1]
    flat = tokens.ravel()
    order = np.argsort(flat, kind="stable")
    flat, holder = flat[order], order // slots
    for apart in range(1, min(HOLDERS_MAX, len(flat) - 1) + 1):
        same = flat[apart:] == flat[:-apart]
        if not same.any():
            return
        one, other = holder[:-apart][same], holder[apart:][same]
        yield np.minimum(one, other)[one != other], np.maximum(one, other)[one != other]
