"""The slow, obvious attacker: writes down every table of whole numbers that fits what was told."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

Bound = tuple[frozenset[int], int, int]
"""A set of atoms, and the least and the greatest count it may have."""


def consistent(atoms: int, bounds: Sequence[Bound], free: int) -> Iterator[tuple[int, ...]]:
    """Every vector of counts over *atoms* that keeps all *bounds*; an atom that no bound holds from above goes to *free*."""
    tops = [min((high for members, _, high in bounds if atom in members and high < 10**6), default=free) for atom in range(atoms)]

    def possible(chosen: list[int]) -> bool:
        for members, low, high in bounds:
            have = sum(chosen[atom] for atom in members if atom < len(chosen))
            if have > high or have + sum(tops[atom] for atom in members if atom >= len(chosen)) < low:
                return False
        return True

    def extend(chosen: list[int]) -> Iterator[tuple[int, ...]]:
        if len(chosen) == atoms:
            yield tuple(chosen)
            return
        for count in range(tops[len(chosen)] + 1):
            if possible([*chosen, count]):
                yield from extend([*chosen, count])

    if possible([]):
        yield from extend([])


def exists(atoms: int, bounds: Sequence[Bound], free: int) -> bool:
    """Whether any table keeps all *bounds*."""
    return next(consistent(atoms, bounds, free), None) is not None


def least_possible(cell: frozenset[int], positive: Sequence[frozenset[int]]) -> int:
    """The least count of *cell* when every positive set inside it holds somebody: the smallest set that meets them all."""
    inside = [members for members in positive if members <= cell]
    for size in range(len(cell) + 1):
        for chosen in itertools.combinations(sorted(cell), size):
            if all(set(chosen) & members for members in inside):
                return size
    raise AssertionError


def span_rank(rows: Sequence[Sequence[int]]) -> int:
    """The rank of *rows* over the rationals, by textbook elimination."""
    matrix = [[Fraction(value) for value in row] for row in rows]
    rank = 0
    for column in range(len(matrix[0]) if matrix else 0):
        pivot = next((row for row in range(rank, len(matrix)) if matrix[row][column]), None)
        if pivot is None:
            continue
        matrix[rank], matrix[pivot] = matrix[pivot], matrix[rank]
        for row in range(rank + 1, len(matrix)):
            factor = matrix[row][column] / matrix[rank][column]
            matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[rank], strict=True)]
        rank += 1
    return rank


def in_span(vector: Sequence[int], rows: Sequence[Sequence[int]]) -> bool:
    """Whether *vector* is a rational combination of *rows*."""
    return span_rank([*rows, vector]) == span_rank(rows)
