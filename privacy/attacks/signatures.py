"""Signatures of records by their surroundings (1-Weisfeiler-Lehman), and the claims that follow from unique ones.

A record's signature after a round is its former one with the labels of its edges and the signatures at their ends.  Two graphs of
the same people, made under different keys, give the same signatures.  Source: Weisfeiler and Leman 1968; Shervashidze et al. 2011.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from privacy.attacks.graph import Graph, Words, mixed
from privacy.pseudonymise.coded import MISSING, Booleans, Integers

_LABEL, _NEAR = np.uint64(0xD6E8FEB86659FD93), np.uint64(0xA0761D6478BD642F)


@dataclass(frozen=True, slots=True, repr=False)
class Claims:
    """For each record of the attacker's list, which record of the package it is said to be, or -1; shape (people,)."""

    record: Integers

    @property
    def made(self) -> Booleans:
        """Who is claimed; shape (people,)."""
        claimed: Booleans = self.record != MISSING
        return claimed


def rounds(graph: Graph, count: int, own: Words | None = None) -> list[Words]:
    """The signatures of all nodes after 0 to *count* rounds; *own*: what each node shows by itself, else nothing."""
    colour = np.zeros(graph.nodes, dtype=np.uint64) if own is None else mixed(own)
    found, starts = [colour], graph.starts()
    there = starts[1:] > starts[:-1]
    for _ in range(count):
        with np.errstate(over="ignore"):
            near = mixed(graph.label * _LABEL ^ mixed(colour[graph.target] + _NEAR))
            told = np.zeros(graph.nodes, dtype=np.uint64)
            if len(near):
                told[there] = np.add.reduceat(near, starts[:-1][there])
            colour = mixed(colour * _NEAR + told)
        found.append(colour)
    return found


def unique_matches(people: Graph, records: Graph, *, count: int = 3, own: tuple[Words, Words] | None = None) -> Claims:
    """Who has a signature that one person of the list and one record of the package have, the finest round first.

    Nobody without an edge is claimed, unless it shows something of its *own*.
    """
    theirs, ours = own or (None, None)
    claims = np.full(people.nodes, MISSING, dtype=np.int64)
    taken = np.zeros(records.nodes, dtype=np.bool_)
    pairs = list(zip(rounds(people, count, theirs), rounds(records, count, ours), strict=True))
    for mine, package in reversed(pairs if own else pairs[1:]):
        person, record = _alone_in_both(mine, package)
        free = (claims[person] == MISSING) & ~taken[record]
        if own is None:
            free &= (people.degree[person] > 0) & (records.degree[record] > 0)
        claims[person[free]], taken[record[free]] = record[free], True
    return Claims(claims)


def _alone_in_both(mine: Words, package: Words) -> tuple[Integers, Integers]:
    """The places of values that occur once on either side."""
    first, place = _once(mine)
    second, where = _once(package)
    _, one, other = np.intersect1d(first, second, assume_unique=True, return_indices=True)
    return place[one], where[other]


def _once(values: Words) -> tuple[Words, Integers]:
    distinct, first, held = np.unique(values, return_index=True, return_counts=True)
    return distinct[held == 1], first[held == 1]


def extended(claims: Claims, people: Graph, records: Graph, *, sweeps: int = 10) -> Claims:
    """*claims* with what follows from them: neighbours of a claimed pair that only fit each other.

    A person and a record fit by as many claimed pairs as they have for neighbours under equal labels; who fits best on both sides
    is claimed too, and the sweep begins again.  Source: Narayanan and Shmatikov 2009; Yartseva and Grossglauser 2013.
    """
    claimed = claims.record.copy()
    for _ in range(sweeps):
        person, record, votes = _fitting(claimed, people, records)
        best = best_alone(person, votes, people.nodes) & best_alone(record, votes, records.nodes)
        if not best.any():
            break
        claimed[person[best]] = record[best]
    return Claims(claimed)


def _fitting(claimed: Integers, people: Graph, records: Graph) -> tuple[Integers, Integers, Integers]:
    """Unclaimed persons and records beside claimed pairs, under equal labels, and by how many pairs each two fit."""
    taken = np.zeros(records.nodes, dtype=np.bool_)
    taken[claimed[claimed != MISSING]] = True
    left = np.flatnonzero((claimed[people.source] != MISSING) & (claimed[people.target] == MISSING))
    right = np.flatnonzero(taken[records.source] & ~taken[records.target])
    with np.errstate(over="ignore"):
        mine = mixed(claimed[people.source[left]].astype(np.uint64) * _NEAR) + people.label[left]
        theirs = mixed(records.source[right].astype(np.uint64) * _NEAR) + records.label[right]
    order = np.argsort(theirs, kind="stable")
    low, high = (np.searchsorted(theirs[order], mine, side=side) for side in ("left", "right"))
    held = high - low
    person = np.repeat(people.target[left], held)
    offset = np.arange(len(person)) - np.repeat(np.cumsum(held) - held, held)
    record = records.target[right][order][np.repeat(low, held) + offset]
    pair, votes = np.unique(person * max(records.nodes, 1) + record, return_counts=True)
    return pair // max(records.nodes, 1), pair % max(records.nodes, 1), votes


def best_alone(who: Integers, votes: Integers, count: int) -> Booleans:
    """Which rows have more votes than every other row of the same *who*."""
    top = np.zeros(count, dtype=np.int64)
    np.maximum.at(top, who, votes)
    leading = votes == top[who]
    ties = np.bincount(who[leading], minlength=count)
    best: Booleans = leading & (ties[who] == 1)
    return best
