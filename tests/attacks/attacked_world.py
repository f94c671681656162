"""What the tests of this room attack: the synthetic region's people, as a package shows them, and as somebody's list has them."""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from privacy.attacks.auxiliary import with_errors
from privacy.attacks.exposed import exposed, people_of, rewritten, taken
from privacy.pseudonymise.admission import Local
from privacy.pseudonymise.people import People
from sauma.demo.region import Region, generate
from sauma.demo.tables import AS_OF
from schemas.agreement import Agreement, load
from schemas.batches import RawBatch
from schemas.register import Register

NOBODY = Local(AS_OF, {}, frozenset())
PERSONS = 3000
SEEDS = (41, 42, 43)
EACH_SEED = (SEEDS[0], *(pytest.param(seed, marks=pytest.mark.full) for seed in SEEDS[1:]))
"""One seed in ``make test``, all in ``make test-full``."""


@cache
def agreed(near_equal: str = "dropped") -> Agreement:
    """The demonstration's agreement, its public keys filled with anything; near-equal tokens *kept* or *dropped*."""
    document = tomllib.loads(resources.files("sauma.demo").joinpath("agreement.toml").read_text(encoding="utf-8"))
    document["linkage"]["near_equal_tokens"] = near_equal
    for party in document["party"]:
        party["public_key"] = "none"
    return load(document, place="agreement.toml")


@cache
def region(seed: int, persons: int = PERSONS) -> Region:
    return generate(persons, seed)


@dataclass(frozen=True)
class Held:
    """A register's extract: its rows, the person of the region behind each, and the persons as they would leave."""

    register: Register
    raw: RawBatch
    person: np.ndarray
    people: People


@cache
def register(name: str, seed: int, persons: int = PERSONS) -> Held:
    extract = next(each for each in region(seed, persons).extracts if each.register == name)
    declared = agreed().register_of(name)
    columns = {column: pa.array(values.astype(object), pa.string()) for column, values in extract.columns.items()}
    raw = RawBatch(declared, pa.table(columns), pa.array(np.arange(1, len(extract.person) + 1)))
    people, _ = people_of(raw, agreed(), NOBODY, os.urandom)
    return Held(declared, raw, extract.person, people)


def families(held: Held, people: People | None = None, key: bytes = b"", near_equal: str = "dropped") -> dict[str, np.ndarray]:
    """The match tokens of *people* (else the register's own) under *key*, else one that nobody keeps."""
    return dict(exposed(people or held.people, held.register, agreed(near_equal), os.urandom, key=key).families)


def listed(people: People, who: np.ndarray, rng: np.random.Generator, *, errors: bool = True) -> People:
    """Somebody's list of *who*."""
    return rewritten(taken(people, who), (lambda fields: with_errors(fields, rng)) if errors else dict)


def interval(right: int, count: int, z: float) -> tuple[float, float]:
    """Wilson's interval of a share."""
    if not count:
        return 0.0, 1.0
    share, wide = right / count, z * z / count
    middle, half = share + wide / 2, z * ((share * (1 - share) + wide / 4) / count) ** 0.5
    return (middle - half) / (1 + wide), (middle + half) / (1 + wide)


def said(**figures: Any) -> None:
    """Print what was measured, beside the test that asserts it."""
    shown = (f"{name}={value:.4f}" if isinstance(value, float) else f"{name}={value}" for name, value in figures.items())
    sys.stdout.write(" ".join(shown) + "\n")
