"""What the token benchmarks share: FEBRL's people as tokens, linked by the real linker, held to the truth."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from linkage.inputs import COLUMNS, RegisterInput
from linkage.link import link
from linkage.measures import Pairs, within
from privacy.pseudonymise import columns, tokens
from privacy.pseudonymise.coded import from_arrow
from sauma.engine.duckdb import DuckDbEngine
from schemas.register import Meaning, Register
from schemas.tokens import MONTH_COLUMNS, OPEN_MONTH, Profile

MEANINGS: Final[dict[Meaning, str]] = {
    "given_names": "given_name",
    "surname": "surname",
    "birth_date": "date_of_birth",
    "street": "address_1",
    "street_number": "street_number",
    "postcode": "postcode",
    "locality": "suburb",
    "area": "address_2",
    "municipality": "state",
}
"""FEBRL's fields by meaning; the social security number is not used."""
FIELD_SETS: Final[dict[str, tuple[Meaning, ...]]] = {
    "all": tuple(MEANINGS),
    "ndp": ("given_names", "surname", "birth_date", "postcode"),
    "nd": ("given_names", "surname", "birth_date"),
}
"""All fields; name, birth date and postcode; name and birth date."""
AGREEMENT: Final[Any] = SimpleNamespace(linkage=SimpleNamespace(accept_probability="0.9", hold_out_share="0", unit_persons_max=12))
"""What the linker asks of an agreement; 0.9 is the default of ``schemas/agreement.py``."""


def drawing(seed: int) -> Callable[[int], bytes]:
    """Repeatable random bytes: what an operating system gives in earnest."""
    return np.random.default_rng(seed).bytes


def derived(people: pd.DataFrame, meanings: tuple[Meaning, ...]) -> dict[str, Any]:
    """The derived columns of *people*, of whom only *meanings* are known."""
    fields = {each: from_arrow(pa.array(people[MEANINGS[each]].fillna("").tolist(), pa.string())) for each in meanings}
    return columns.derive(fields, len(people))


def opened(people: pd.DataFrame, meanings: tuple[Meaning, ...], profile: Profile, seed: int, register: Register) -> RegisterInput:
    """The identity relation of *people*, as the linker opens it; the key follows from the seed, and record ids from the index."""
    draw = drawing(seed)
    key = hashlib.sha256(b"key of a benchmark").digest()
    made = tokens.match_tokens(derived(people, meanings), key=key, genesis="0" * 64, profile=profile, entropy=draw)
    ids = {column: pa.array([draw(16) for _ in range(len(people))], pa.binary(16)) for column in COLUMNS[1:]}
    months = {column: pa.array(np.full(len(people), OPEN_MONTH, np.int32)) for column in MONTH_COLUMNS}
    records = pa.array([record_id(name) for name in people.index], pa.binary(16))
    table = pa.table({"record_id": records, **ids, **months, **{column: pa.array(values) for column, values in made.items()}})
    return RegisterInput(register, table.to_reader(), tokens.layout(profile), drops=False)


def record_id(name: str) -> bytes:
    """An id for the record that FEBRL calls *name*."""
    return hashlib.blake2b(name.encode(), digest_size=16).digest()


def person(name: str) -> int:
    """The true person of the record that FEBRL calls *name*, such as ``rec-12-dup-0``."""
    return int(re.findall("[0-9]+", name)[0])


def linked(frames: Mapping[str, pd.DataFrame], meanings: tuple[Meaning, ...], profile: Profile, seed: int, *, once: bool) -> Pairs:
    """Pairs of the records in *frames* (by register) that the real linker finds, without labels.

    *once*: each register holds a person once, so that links are one-to-one.
    """
    inputs = [
        opened(frame, meanings, profile, seed + place, register(name, once=once)) for place, (name, frame) in enumerate(frames.items())
    ]
    result = link(DuckDbEngine(threads=1), inputs, AGREEMENT, drawing(seed - 1))
    true = {record_id(name): person(name) for frame in frames.values() for name in frame.index}
    _, studies = np.unique(np.array(result.links["study_id"].to_pylist(), dtype="V16"), return_inverse=True)
    persons = np.array([true[each] for each in result.links["record_id"].to_pylist()])
    return within(studies.astype(np.int64), persons)


def register(name: str, *, once: bool) -> Register:
    """A register with match tokens, of which the linker reads the name and whether it holds a person once."""
    return Register.model_validate(
        {
            "id": name,
            "title": {"fi": name, "en": name},
            "controller": "steward",
            "legal_basis": "none needed, the people are synthetic",
            "collected_for": "testing",
            "coverage": "FEBRL",
            "window": {"first": date(2026, 1, 1), "last": date(2026, 12, 31)},
            "rows": "person",
            "one_record_per_person": once,
            "match_tokens": True,
            "columns": ({"name": "given_name", "type": "text", "meaning": "given_names"},),
        }
    )
