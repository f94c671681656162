"""The attacker A0: linear algebra, exact, and the secondary cells it makes necessary.

A form is told exactly when its vector lies in the span of the known cells' vectors.  Gaussian elimination over the
integers modulo a prime decides that without rounding, walking the shown cells from the dearest to the cheapest and
hiding each that would give a form away (Langsrud, "Secondary cell suppression by Gaussian elimination", PSD 2024,
doi 10.1007/978-3-031-69651-0_6).  *Singletons*: the one family of a cell knows its count, so no form may be told but
for a multiple of such a cell.  Independence modulo a prime is independence over the rationals; the reverse can fail
only with astronomically small chance, and then too much is hidden or the attacker A1 objects: never a silent leak.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from privacy.protect.forms import components

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from privacy.protect.forms import Equation, Form
    from privacy.protect.knowledge import Flags, Knowledge
    from privacy.protect.repair import Prices
    from privacy.tabulate.cells import Integers

PRIME = 2**31 - 1
"""Products of two residues fit in 63 bits."""


@dataclass
class Elimination:
    """Rows in reduced echelon form modulo ``PRIME``: ``rows[i]`` is 1 at ``pivots[i]``, where the other rows are 0."""

    rows: Integers
    pivots: list[int]

    @classmethod
    def over(cls, width: int) -> Elimination:
        """Nothing known yet of *width* unknowns."""
        return cls(np.zeros((0, width), dtype=np.int64), [])

    def rest(self, vectors: Integers) -> Integers:
        """What is left of *vectors*, shape (n, width), once the known rows are taken out."""
        left = vectors % PRIME
        for row, pivot in zip(self.rows, self.pivots, strict=True):
            touched = np.flatnonzero(left[:, pivot])
            if len(touched):
                left[touched] = (left[touched] - left[touched, pivot][:, None] * row) % PRIME
        return left

    def learn(self, rest: Integers) -> tuple[Integers, int]:
        """Add a vector that :meth:`rest` left, shape (width,), not zero; returns it normalised, and its pivot."""
        pivot = int(np.flatnonzero(rest)[0])
        row = rest * pow(int(rest[pivot]), -1, PRIME) % PRIME
        touched = np.flatnonzero(self.rows[:, pivot])
        if len(touched):
            self.rows[touched] = (self.rows[touched] - self.rows[touched, pivot][:, None] * row) % PRIME
        self.rows = np.vstack([self.rows, row])
        self.pivots.append(pivot)
        return row, pivot


@dataclass(frozen=True, slots=True)
class Eliminated:
    """Cells to hide, and the forms (positions) that cells which cannot yield give away."""

    hide: tuple[int, ...]
    told: tuple[int, ...]


def eliminate(
    knowledge: Knowledge, known: Flags, yielding: Flags, forms: Sequence[Form], facts: Sequence[Equation], cost: Prices
) -> Eliminated:
    """Cells to hide so that no form lies in the span of what is known, nor but for a multiple of a singleton.

    Args:
        knowledge: the cells.
        known: cells with known counts, shape (cells,).
        yielding: known cells that may still be hidden.
        forms: what is protected.
        facts: the equations equivalent to *known*: they decide the components, and whether there is anything to do.
        cost: price of hiding each cell; the dearest are kept first.
    """
    told_masks = [fact.mask for fact in facts]
    labels = components(knowledge, [*told_masks, *(form.mask for form in forms)])
    vectors, rows = knowledge.rows([form.mask for form in forms]), knowledge.rows(told_masks)
    component, row_component = labels[vectors.indices[vectors.indptr[:-1]]], labels[rows.indices[rows.indptr[:-1]]]
    cells = np.flatnonzero(known)
    order = cells[np.lexsort((-cost[cells], yielding[cells]))]
    never = np.zeros(len(known), dtype=np.bool_)
    hide: set[int] = set()
    told: set[int] = set()
    for label in np.unique(component):
        atoms, asked = np.flatnonzero(labels == label), np.flatnonzero(component == label)
        targets = _targets(vectors[asked][:, atoms].toarray(), [forms[int(form)].lone for form in asked], knowledge.units[atoms])
        facts_here = ((0, row[None, :]) for row in rows[row_component == label][:, atoms].toarray())
        if _walk(targets, facts_here, never).told:
            walked = _walk(targets, _restricted(knowledge, order, atoms, hide), yielding)
            hide |= set(walked.hide)
            told |= {int(asked[form]) for form in walked.told}
    return Eliminated(tuple(sorted(hide)), tuple(sorted(told)))


def _restricted(knowledge: Knowledge, order: Integers, atoms: Integers, hide: set[int]) -> Iterator[tuple[int, Integers]]:
    """Known cells with what they hold of *atoms*: knowledge falls apart into components, so each part is known too."""
    part = knowledge.incidence[:, atoms].tocsr()
    for cell in order:
        if part.indptr[cell] < part.indptr[cell + 1] and int(cell) not in hide:
            yield int(cell), part[cell].toarray()


@dataclass(frozen=True, slots=True)
class Targets:
    """Forms of one component as vectors, shape (forms, atoms), which are singletons, and who is in each (as bytes)."""

    vectors: Integers
    lone: tuple[bool, ...]
    people: tuple[bytes, ...]


def _targets(vectors: Integers, lone: Sequence[bool], units: Integers) -> Targets:
    return Targets(vectors, tuple(lone), tuple(row.tobytes() for row in vectors[:, units > 0]))


def _walk(targets: Targets, candidates: Iterator[tuple[int, Integers]], yielding: Flags) -> Eliminated:
    """Learn the *candidates* (cell, vector) in turn; those that yield are hidden instead if they would give a form away."""
    known = Elimination.over(targets.vectors.shape[1])
    left = targets.vectors % PRIME
    directions = [_direction(row) for row in left]
    hide: list[int] = []
    told: set[int] = set()
    for cell, vector in candidates:
        rest = known.rest(vector)[0]
        if not rest.any():
            continue
        pivot = int(np.flatnonzero(rest)[0])
        row = rest * pow(int(rest[pivot]), -1, PRIME) % PRIME
        touched = np.flatnonzero(left[:, pivot])
        after = (left[touched] - left[touched, pivot][:, None] * row) % PRIME
        turned = directions.copy()
        for form, vector_after in zip(touched, after, strict=True):
            turned[int(form)] = _direction(vector_after)
        given = _given_away(turned, targets) - told if len(touched) else set()
        if given and yielding[cell]:
            hide.append(cell)
            continue
        told |= given
        known.learn(rest)
        left[touched], directions = after, turned
    return Eliminated(tuple(hide), tuple(sorted(told)))


def _direction(row: Integers) -> bytes:
    """The same bytes for all multiples of one vector; none for zero."""
    places = np.flatnonzero(row)
    return (row * pow(int(row[places[0]]), -1, PRIME) % PRIME).tobytes() if len(places) else b""


def _given_away(directions: Sequence[bytes], targets: Targets) -> set[int]:
    """Forms of which nothing is left, or nothing but a multiple of a singleton of other people."""
    given = {form for form, direction in enumerate(directions) if not direction}
    seen: dict[bytes, list[int]] = {}
    for form, direction in enumerate(directions):
        if direction and any(targets.lone):
            seen.setdefault(direction, []).append(form)
    for alike in seen.values():
        knowing = {targets.people[form] for form in alike if targets.lone[form]}
        given |= {form for form in alike if knowing - {targets.people[form]}}
    return given
