"""The synthetic region: its people, four registers with their errors, and the truth."""

from __future__ import annotations

from dataclasses import dataclass

from sauma.demo import education, health, population, youth
from sauma.demo.extract import Extract
from sauma.demo.people import People, people


@dataclass(frozen=True, slots=True, repr=False)
class Region:
    """People who do not exist, and what four registers say of them, in the order of the agreement."""

    people: People
    extracts: tuple[Extract, ...]


def generate(persons: int, seed: int) -> Region:
    """A region of *persons* people; equal arguments give equal regions, byte for byte."""
    region = people(persons, seed)
    return Region(region, tuple(register.extract(region, seed) for register in (population, education, youth, health)))
