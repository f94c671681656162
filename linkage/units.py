"""The privacy-unit rule: who is protected together, and each person's one family under each definition.

A *privacy unit* is all kin: everybody whom declared relations connect, so that families of any definition lie within one.
One of more persons than the cap is cut back to its dwelling families; whoever is outside them, or in one that is over the cap
itself, is a unit alone.  So every person is in exactly one unit and no unit is over the cap.

A unit's families are those that its own records make: among kin, or, where a unit is one dwelling family, those made among
its persons as if nobody else had a record (``linkage/families.py`` makes both).  A person's *own* family under a definition
is the one with most members, of equals the first.  So nothing about a unit's families depends on a record outside it.
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
KIN = len(DEFINITIONS)
"""Stands for a definition in memberships that say only who are kin."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Memberships:
    """Who is in which family: one entry a membership, all of shape (n,).

    ``definition``: a place in ``DEFINITIONS``, or ``KIN``; ``family``: its number among the families of that definition,
    negative where it is made among the persons of a dwelling family alone; ``person``: an index.
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
    """The families within units: of two persons or more, and each person's own."""
    chosen = (of.definition != KIN) & ((of.family < 0) == _one_home(of, unit)[unit[of.person]])
    joint = _numbered(of.definition, of.family)
    part = _numbered(joint, unit[of.person])
    size = np.bincount(part, minlength=1)
    order = np.lexsort((of.person, part, of.family, of.definition))
    order = order[chosen[order] & (size[part[order]] >= 2)]
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
    here = (of.definition == DWELLING) & (of.family >= 0)
    _, family = np.unique(of.family[here], return_inverse=True)
    small = np.bincount(family, minlength=1)[family] <= cap
    homes = np.full(persons, -1, dtype=np.int64)
    homes[of.person[here][small]] = family[small]
    return homes


def _one_home(of: Memberships, unit: Integers) -> Booleans:
    """Whether all persons of a unit are in one dwelling family made of its persons alone; shape (units,)."""
    here = (of.definition == DWELLING) & (of.family < 0)
    _, family = np.unique(of.family[here], return_inverse=True)
    home = np.full(len(unit), -1, dtype=np.int64)
    home[of.person[here]] = family
    units = int(unit.max(initial=-1)) + 1
    first, last = np.full(units, len(unit), dtype=np.int64), np.full(units, -1, dtype=np.int64)
    np.minimum.at(first, unit, home)
    np.maximum.at(last, unit, home)
    found: Booleans = (first == last) & (first >= 0)
    return found


def _numbered(*columns: Integers) -> Integers:
    """One number for each distinct combination of the *columns*, from 0; shape (n,)."""
    first, *rest = (np.unique(column, return_inverse=True)[1].reshape(-1).astype(np.int64) for column in columns)
    for column in rest:
        _, joint = np.unique(first * (int(column.max(initial=0)) + 1) + column, return_inverse=True)
        first = joint.reshape(-1).astype(np.int64)
    return first
