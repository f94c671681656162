"""Where people live: municipalities in proportion, streets with a Finnish and a Swedish name, dwelling ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sauma.demo.hetu import LETTERS
from sauma.demo.households import ALONE, Households
from sauma.demo.tables import Bytes, Flags, Numbers, Reals, Text, digits, numerals, rates, some, spelled, table, texts

PER_BUILDING = 8
STAIRS = np.frombuffer(b"ABCDE", dtype=np.uint8)
"""Staircases; the last one holds the homes that people have left."""
LEFT = 4


@dataclass(frozen=True, slots=True, repr=False)
class Homes:
    """One entry a household.  ``street`` and ``post_office`` have two columns: Finnish and Swedish name.

    ``dwelling`` is a permanent dwelling id as the population register writes it, trailing blank and all; empty for
    those whose address is poste restante.  ``left`` is the id of a home that nobody lives in any more.  ``swedish``
    and ``other`` are the municipality's shares of languages, ``place`` its number and ``schools`` how many it has.
    """

    place: Numbers
    municipality: Text
    bilingual: Flags
    swedish: Reals
    other: Reals
    schools: Numbers
    assessed: Reals
    street: Text
    number: Text
    postcode: Text
    post_office: Text
    dwelling: Text
    left: Text
    poste_restante: Flags


def homes(homesteads: Households, rng: np.random.Generator) -> Homes:
    """A home for every household, municipalities filled in proportion to their population."""
    places: Mapping[str, Any] = table("places.toml")
    municipalities: Sequence[Mapping[str, Any]] = places["municipality"]
    place = _allocate(np.bincount(homesteads.household), [entry["population"] for entry in municipalities], rng)
    building, apartment = _buildings(place, len(municipalities), rng)
    streets = _streets(places)
    street, house = building % len(streets), building // len(streets) + 1
    locality = _localities(municipalities, place, street)
    poste_restante = some(rng, len(place), rates("region")["poste_restante"], homesteads.kind == ALONE)
    return Homes(
        place=place,
        municipality=_each(municipalities, "code")[place],
        bilingual=_each(municipalities, "bilingual")[place].astype(bool),
        swedish=_each(municipalities, "swedish")[place].astype(float),
        other=_each(municipalities, "other")[place].astype(float),
        schools=_each(municipalities, "schools")[place].astype(np.int64),
        assessed=_each(municipalities, "assessed")[place].astype(float),
        street=streets[street],
        number=_doors(house, apartment),
        postcode=locality[:, 0],
        post_office=locality[:, 1:],
        dwelling=np.where(poste_restante, "", _dwellings(place, building, STAIRS[apartment % 4], apartment)).astype(object),
        left=_dwellings(place, building, np.full(len(place), STAIRS[LEFT]), apartment),
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


def _localities(municipalities: Sequence[Mapping[str, Any]], place: Numbers, street: Numbers) -> Text:
    """Postcode, Finnish and Swedish post office of each household, shape (households, 3): one locality a street."""
    every = np.array([row for entry in municipalities for row in entry["localities"]], dtype=object)
    count = np.array([len(entry["localities"]) for entry in municipalities])
    first = np.cumsum(count) - count
    chosen: Text = every[first[place] + street % count[place]]
    return chosen


def _doors(house: Numbers, apartment: Numbers) -> Text:
    """``12 A 3``: house number, staircase and apartment; shape (households,)."""
    stairs = texts([f" {'ABCD'[door % 4]} {door + 1}" for door in range(PER_BUILDING)])
    doors: Text = numerals(house) + stairs[apartment]
    return doors


def _dwellings(place: Numbers, building: Numbers, stair: Bytes, apartment: Numbers) -> Text:
    """Permanent building id (nine digits, control character), address number, staircase, apartment, a blank."""
    number = 900_000_000 + place * 1_000_000 + building
    control = np.frombuffer(LETTERS.encode("ascii"), dtype=np.uint8)[number % len(LETTERS)]
    one, blank = (np.full(len(place), ord(letter), dtype=np.uint8) for letter in "1 ")
    return spelled(digits(number, 9), control, one, stair, digits(apartment + 1, 3), blank)


def _streets(places: Mapping[str, Any]) -> Text:
    """Every street, shape (streets, 2): Finnish and Swedish name."""
    first, last = places["streets"]["first"], places["streets"]["last"]
    return np.array([[start[0] + end[0], start[1] + end[1]] for start in first for end in last], dtype=object)


def _each(entries: Sequence[Mapping[str, Any]], key: str) -> Text:
    return texts([entry[key] for entry in entries])
