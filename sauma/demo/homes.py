"""Where people live: municipalities in proportion, streets with a Finnish and a Swedish name, dwelling ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sauma.demo.hetu import CONTROL
from sauma.demo.households import ALONE, Households
from sauma.demo.tables import Flags, Numbers, Reals, Text, rates, some, table, texts

PER_BUILDING = 8


@dataclass(frozen=True, slots=True, repr=False)
class Homes:
    """One entry a household.  ``street`` and ``post_office`` have two columns: Finnish and Swedish name.

    ``dwelling`` is a permanent dwelling id as the population register writes it, trailing blank and all; empty for
    those whose address is poste restante.  ``swedish`` and ``other`` are the municipality's shares of languages.
    """

    municipality: Text
    bilingual: Flags
    swedish: Reals
    other: Reals
    street: Text
    number: Text
    postcode: Text
    post_office: Text
    dwelling: Text
    poste_restante: Flags


def homes(homesteads: Households, rng: np.random.Generator) -> Homes:
    """A home for every household, municipalities filled in proportion to their population."""
    places: Mapping[str, Any] = table("places.toml")
    municipalities: Sequence[Mapping[str, Any]] = places["municipality"]
    place = _allocate(np.bincount(homesteads.household), [entry["population"] for entry in municipalities], rng)
    building, apartment = _buildings(place, len(municipalities), rng)
    street = building % len(_streets(places))
    localities = [entry["localities"] for entry in municipalities]
    local = [localities[at][way % len(localities[at])] for at, way in zip(place, street, strict=True)]
    poste_restante = some(rng, len(place), rates("region")["poste_restante"], homesteads.kind == ALONE)
    house = building // len(_streets(places)) + 1
    letter = texts(["ABCD"[each % 4] for each in apartment])
    return Homes(
        municipality=_each(municipalities, "code")[place],
        bilingual=_each(municipalities, "bilingual")[place].astype(bool),
        swedish=_each(municipalities, "swedish")[place].astype(float),
        other=_each(municipalities, "other")[place].astype(float),
        street=_streets(places)[street],
        number=texts([f"{number} {stair} {flat + 1}" for number, stair, flat in zip(house, letter, apartment, strict=True)]),
        postcode=texts([entry[0] for entry in local]),
        post_office=np.array([entry[1:] for entry in local], dtype=object),
        dwelling=np.where(poste_restante, "", _dwellings(place, building, letter, apartment)).astype(object),
        poste_restante=poste_restante,
    )


def _allocate(sizes: Numbers, population: Sequence[int], rng: np.random.Generator) -> Numbers:
    """The municipality of each household, so that persons are in proportion to within one household each."""
    order = rng.permutation(len(sizes))
    bounds = np.cumsum(population) / sum(population) * sizes.sum()
    middle = np.cumsum(sizes[order]) - sizes[order] / 2
    place = np.empty(len(sizes), dtype=np.int64)
    place[order] = np.searchsorted(bounds, middle)
    return place


def _buildings(place: Numbers, count: int, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Building number within the municipality and apartment number within the building, for each household."""
    rank = np.empty(len(place), dtype=np.int64)
    for municipality in range(count):
        here = np.flatnonzero(place == municipality)
        rank[here] = rng.permutation(len(here))
    return rank // PER_BUILDING, rank % PER_BUILDING


def _dwellings(place: Numbers, building: Numbers, letter: Text, apartment: Numbers) -> Text:
    """Permanent building id (nine digits, control character), address number, staircase, apartment, a blank."""
    number = 900_000_000 + place * 1_000_000 + building
    control = CONTROL[number % 31]
    parts = zip(number.tolist(), control, letter, apartment.tolist(), strict=True)
    return texts([f"{nine}{check}1{stair}{flat + 1:03d} " for nine, check, stair, flat in parts])


def _streets(places: Mapping[str, Any]) -> Text:
    """Every street, shape (streets, 2): Finnish and Swedish name."""
    first, last = places["streets"]["first"], places["streets"]["last"]
    return np.array([[start[0] + end[0], start[1] + end[1]] for start in first for end in last], dtype=object)


def _each(entries: Sequence[Mapping[str, Any]], key: str) -> Text:
    return texts([entry[key] for entry in entries])
