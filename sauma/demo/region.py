"""The synthetic region: its people, eight registers with their errors, and the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sauma.demo import associations, early, education, health, home_care, library, population, youth
from sauma.demo.extract import Extract
from sauma.demo.people import People, people

REGISTERS = (population, early, education, youth, library, health, home_care, associations)
"""The registers, in the order of the agreement."""


@dataclass(frozen=True, slots=True, repr=False)
class Region:
    """People who do not exist, and what eight registers say of them, in the order of the agreement."""

    people: People
    extracts: tuple[Extract, ...]
    seed: int


def generate(persons: int, seed: int) -> Region:
    """A region of *persons* people; equal arguments give equal regions, byte for byte."""
    region = people(persons, seed)
    return Region(region, tuple(extracts(region, seed)), seed)


def extracts(region: People, seed: int) -> Iterator[Extract]:
    """The registers' extracts one by one, for a region too large to hold them all."""
    for register in REGISTERS:
        yield register.extract(region, seed)
