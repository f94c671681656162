"""What is protected, and what the attacker can write down.

The attacker's *equations* are the published cells, each less the published cells inside it along one axis: the same
knowledge, in pieces small enough to fall apart into components.  Protected *forms* are sums of atoms: primary cells,
the rest of homogeneous groups, and every implied sum that is small (hidden siblings under a published total, one
published cell less another inside it, whatever elimination isolates).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from privacy.protect.knowledge import Flags, Knowledge, Mask
    from privacy.tabulate.cells import Integers


@dataclass(frozen=True, slots=True)
class Form:
    """A set of atoms whose count must look like anything from ``low`` to ``high``; ``lone`` if one family is all of it."""

    mask: Mask
    low: int
    high: int
    lone: bool = False


@dataclass(frozen=True, slots=True)
class Equation:
    """The atoms of ``mask`` count ``value``: implied by published cells alone."""

    mask: Mask
    value: int


def equations(knowledge: Knowledge, known: Flags) -> tuple[Equation, ...]:
    """Equations equivalent to all *known* cells, shape (distinct cells,): each cell less the known cells inside it.

    Equivalent by induction over set size: a cell is its remainder plus strictly smaller known cells.
    """
    found: dict[Mask, int] = {}
    for cell in np.flatnonzero(known):
        rests = [rest.equation for rest in remainders(knowledge, known, int(cell))]
        best = min(rests, key=lambda rest: rest.mask.bit_count()) if rests else Equation(knowledge.masks[cell], int(knowledge.counts[cell]))
        if best.mask:
            found[best.mask] = best.value
    return tuple(Equation(mask, value) for mask, value in found.items())


@dataclass(frozen=True, slots=True)
class Remainder:
    """What a known cell leaves along one axis: the equation, the cells still inside it and the known ones taken away."""

    equation: Equation
    inside: tuple[int, ...]
    taken: tuple[int, ...]


def remainders(knowledge: Knowledge, known: Flags, cell: int) -> list[Remainder]:
    """What a known cell leaves when the known cells inside it are taken away, along each axis."""
    rests = []
    for parts in knowledge.partitions[cell]:
        mask, value, taken = knowledge.masks[cell], int(knowledge.counts[cell]), []
        for part in parts:
            held = knowledge.masks[part]
            if known[part] and mask & held == held:
                mask, value = mask ^ held, value - int(knowledge.counts[part])
                taken.append(part)
        inside = tuple(part for part in parts if knowledge.masks[part] & mask == knowledge.masks[part])
        rests.append(Remainder(Equation(mask, value), inside, tuple(taken)))
    return rests


def nested_pairs(knowledge: Knowledge, less_than: int) -> Integers:
    """Pairs (outer, inner) of cells, one inside the other, whose counts differ by 1 to *less_than* - 1, shape (pairs, 2)."""
    incidence, counts = knowledge.incidence, knowledge.counts
    overlap = (incidence @ incidence.T).tocoo()
    sizes = np.diff(incidence.indptr)
    apart = counts[overlap.row] - counts[overlap.col]
    keep = (overlap.data == sizes[overlap.col]) & (sizes[overlap.row] > sizes[overlap.col]) & (apart > 0) & (apart < less_than)
    return np.column_stack([overlap.row[keep], overlap.col[keep]]).astype(np.int64)


def small_sums(knowledge: Knowledge, known: Flags, families: Integers, pairs: Integers, minimum: tuple[int, int]) -> Iterator[Mask]:
    """Implied sums that are small: under ``minimum`` = (units, families).

    The families of a remainder are not counted; they are at least those of each cell inside it, and at least those of
    the whole less those of what was taken away.  Where neither shows enough, there are taken to be too few.
    *families* has the shape (distinct cells,).
    """
    units, least = minimum
    for cell in np.flatnonzero(known):
        for rest in remainders(knowledge, known, int(cell)):
            if rest.equation.mask and rest.equation.value > 0:
                surely = int(families[cell]) - int(families[list(rest.taken)].sum())
                surely = max([surely, *(int(families[part]) for part in rest.inside)])
                if rest.equation.value < units or surely < least:
                    yield rest.equation.mask
    for outer, inner in pairs[known[pairs].all(axis=1)]:
        yield knowledge.masks[outer] ^ knowledge.masks[inner]


def components(knowledge: Knowledge, masks: Iterable[Mask]) -> Integers:
    """The component of each atom when *masks* tie atoms together, shape (atoms,)."""
    incidence = knowledge.rows(tuple(masks))
    rows, atoms = incidence.shape
    graph = sparse.bmat([[None, incidence], [incidence.T, None]], format="csr") if rows else sparse.csr_matrix((atoms, atoms))
    _, labels = csgraph.connected_components(graph, directed=False)
    found: Integers = labels[rows:].astype(np.int64)
    return found


def floors(knowledge: Knowledge, hidden: Flags, positive: Flags, known: Flags) -> list[Mask]:
    """Hidden cells that the attacker knows not to be zero and that no smaller fact already shows, as masks.

    A cell with a known non-empty cell inside, or with another such hidden cell inside, says nothing more.
    """
    facts: list[Mask] = [knowledge.masks[cell] for cell in np.flatnonzero(known) if knowledge.counts[cell] > 0]
    telling: list[Mask] = []
    for cell in sorted(np.flatnonzero(hidden & positive), key=lambda cell: knowledge.masks[cell].bit_count()):
        mask = knowledge.masks[cell]
        if not _holds_one(mask, telling) and not _holds_one(mask, facts):
            telling.append(mask)
    return telling


def _holds_one(mask: Mask, others: Sequence[Mask]) -> bool:
    return any(mask & other == other for other in others)
