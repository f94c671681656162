"""How good is a linkage, where the truth is known: pairs of records, counted and never listed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of records: linked and truly one person, linked, truly one person."""

    right: int
    linked: int
    true: int

    @property
    def precision(self) -> float | None:
        """Share of the links that are right; None without links."""
        return self.right / self.linked if self.linked else None

    @property
    def recall(self) -> float | None:
        """Share of the true pairs that are linked; None without true pairs."""
        return self.right / self.true if self.true else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall, ``2 right / (linked + true)``; None without any pair."""
        both = self.linked + self.true
        return 2 * self.right / both if both else None

    def minus(self, other: Pairs) -> Pairs:
        """The pairs that are not among *other*."""
        return Pairs(self.right - other.right, self.linked - other.linked, self.true - other.true)


def within(studies: Codes, persons: Codes) -> Pairs:
    """All pairs of the records given by study and by true person, each shape (n,)."""
    return Pairs(_within(_joint(studies, persons)), _within(studies), _within(persons))


def between(studies: Codes, persons: Codes, first: Mask, second: Mask) -> Pairs:
    """Pairs of one record in *first* and one in *second*, disjoint masks of shape (n,)."""
    both = _joint(studies, persons)
    return Pairs(_between(both, first, second), _between(studies, first, second), _between(persons, first, second))


def has_partner(labels: Codes, mine: Mask) -> Mask:
    """For each record in *mine*: does a record outside *mine* have its label?  Shape (number in mine,)."""
    found: Mask = np.isin(labels[mine], labels[~mine])
    return found


def shared(studies: Codes, persons: Codes, mine: Mask) -> tuple[int, int]:
    """Of the records in *mine* whose person has a record elsewhere: how many there are, how many are linked to one of these."""
    partner = has_partner(persons, mine)
    linked = has_partner(_joint(studies, persons), mine)
    return int(partner.sum()), int((partner & linked).sum())


def _joint(first: Codes, second: Codes) -> Codes:
    _, codes = np.unique(np.stack([first, second]), axis=1, return_inverse=True)
    return codes.reshape(-1).astype(np.int64)


def _within(labels: Codes) -> int:
    _, sizes = np.unique(labels, return_counts=True)
    return int((sizes * (sizes - 1) // 2).sum())


def _between(labels: Codes, first: Mask, second: Mask) -> int:
    _, codes = np.unique(labels, return_inverse=True)
    size = int(codes.max(initial=-1)) + 1
    return int((np.bincount(codes[first], minlength=size) * np.bincount(codes[second], minlength=size)).sum())
