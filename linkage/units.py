"""The privacy-unit rule: who is protected together, and each person's one family under each definition.

A *privacy unit* is everybody whom families of any definition connect.  One of more persons than the cap is cut back to
its dwelling families; whoever is outside them, or in one that is over the cap itself, is a unit alone.  So every person is
in exactly one unit and no unit is over the cap.

Families stay within units: of a family that a cut divides, each part of two persons or more remains, as a family of its
own.  A person's *own* family under a definition is the one with most members, of equals the first.  So nothing about a
unit's families depends on a person outside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from schemas.agreement import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
DWELLING = DEFINITIONS.index("dwelling")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Memberships:
    """Who is in which family: one entry a membership, all of shape (n,).

    ``definition``: a place in ``DEFINITIONS``; ``family``: its number among the families of that definition; ``person``: an
    index.  From :func:`divide` also ``part``: the number of the family within its unit, over all definitions, from 0.
    """

    definition: Integers
    family: Integers
    person: Integers


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Units:
    """``unit``: each person's unit, from 0; shape (persons,).  ``cut``: each person's part in a unit that was over the cap."""

    unit: Integers
    cut: Booleans
    facts: Mapping[str, int]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Families:
    """Memberships within units, sorted by definition, family and person; all of shape (n,).

    ``row``: which of the memberships given this is; ``part``: number of the family within its unit, over all definitions;
    ``own``: whether it is the person's one family under the definition.
    """

    row: Integers
    part: Integers
    own: Booleans


def privacy_units(persons: int, of: Memberships, cap: int) -> Units:
    """The unit of each of *persons* persons under the rule above, with at most *cap* persons each."""
    connected = _connected(persons, of)
    cut = np.bincount(connected, minlength=1)[connected] > cap if persons else np.zeros(0, dtype=np.bool_)
    homes = _homes(persons, of, cap)
    alone = persons + np.arange(persons)
    label = np.where(~cut, connected, np.where(homes >= 0, 2 * persons + homes, alone))
    _, unit = np.unique(label, return_inverse=True)
    facts = {"units": int(unit.max(initial=-1)) + 1, "units_cut": len(np.unique(connected[cut])), "persons_in_units_cut": int(cut.sum())}
    return Units(unit.reshape(-1).astype(np.int64), cut, facts)


def divide(of: Memberships, unit: Integers) -> Families:
    """The families within units: parts of two persons or more, and each person's own."""
    joint = _numbered(of.definition, of.family)
    part = _numbered(joint, unit[of.person])
    size = np.bincount(part, minlength=1)
    order = np.lexsort((of.person, part, of.family, of.definition))
    order = order[size[part[order]] >= 2]
    kept = part[order]
    best = np.lexsort((kept, of.family[order], -size[kept], of.definition[order], of.person[order]))
    first = np.ones(len(best), dtype=np.bool_)
    who, under = of.person[order][best], of.definition[order][best]
    first[1:] = (who[1:] != who[:-1]) | (under[1:] != under[:-1])
    own = np.zeros(len(order), dtype=np.bool_)
    own[best[first]] = True
    _, compact = np.unique(kept, return_inverse=True)
    return Families(order.astype(np.int64), compact.reshape(-1).astype(np.int64), own)


def _connected(persons: int, of: Memberships) -> Integers:
    """Connected components over all memberships, shape (persons,): families are nodes beside the persons."""
    joint = _numbered(of.definition, of.family)
    size = persons + int(joint.max(initial=-1)) + 1
    links = sparse.coo_array((np.ones(len(joint), dtype=np.int8), (of.person, persons + joint)), shape=(size, size))
    _, labels = sparse.csgraph.connected_components(links, directed=False)
    found: Integers = labels[:persons].astype(np.int64)
    return found


def _homes(persons: int, of: Memberships, cap: int) -> Integers:
    """Each person's dwelling family of at most *cap* persons, numbered from 0; -1 without; shape (persons,)."""
    here = of.definition == DWELLING
    _, family = np.unique(of.family[here], return_inverse=True)
    small = np.bincount(family, minlength=1)[family] <= cap
    homes = np.full(persons, -1, dtype=np.int64)
    homes[of.person[here][small]] = family[small]
    return homes


def _numbered(*columns: Integers) -> Integers:
    """One number for each distinct combination of the *columns*, from 0; shape (n,)."""
    first, *rest = (np.unique(column, return_inverse=True)[1].reshape(-1).astype(np.int64) for column in columns)
    for column in rest:
        _, joint = np.unique(first * (int(column.max(initial=0)) + 1) + column, return_inverse=True)
        first = joint.reshape(-1).astype(np.int64)
    return first
