"""A small region in plain Python: persons, two registers, an agreement, and the slow way to evaluate an expression."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from privacy.tabulate import relations
from privacy.tabulate.expressions import Aggregate, Case, Expression, Literal, Name, Operation
from privacy.tabulate.plans import Plan, plan
from sauma.engine.duckdb import DuckDbEngine
from schemas.agreement import Agreement, load
from schemas.contract import parse
from schemas.linked import FAMILY_COLUMNS, LINK_COLUMNS
from schemas.request import Request, Table

VINTAGE = "a" * 64
SCHEMAS = {
    "population": [("sex", pa.string()), ("birth_year", pa.int64()), ("municipality", pa.string()), ("language", pa.string())],
    "youth": [("kind", pa.string()), ("visits", pa.int64())],
    "health": [("month", pa.string())],
}


def agreement(
    *,
    persons_per_family: int = 3,
    kinds: Sequence[str] = ("EXACT", "DP"),
    public: Sequence[str] = ("DP",),
    total: str = "10",
    keys: Mapping[str, str] | None = None,
) -> Agreement:
    def column(name: str, kind: str = "text", leaves: str = "as_is", meaning: str | None = None) -> dict[str, Any]:
        return {"name": name, "type": kind, "leaves": leaves, **({"meaning": meaning} if meaning else {})}

    def register(name: str, rows: str, columns: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": name, "title": {"fi": name}, "controller": "espoo", "legal_basis": "l", "collected_for": "c", "coverage": "all",
            "window": {"first": "2025-01-01", "last": "2025-12-31"}, "rows": rows, "one_record_per_person": rows == "person",
            "columns": columns,
        }  # fmt: skip

    population = [
        column("sex", "code", meaning="sex"),
        column("born", "date", "year", "birth_date"),
        column("municipality", "code"),
        column("language", "code"),
    ]
    population[1]["name"] = "birth_year"
    parties = [("espoo", ["steward"]), ("analyst", ["linker", "analyst"]), ("officer", ["officer"])]
    data = {
        "format": "sauma/agreement/v0", "name": "test", "purpose": "test", "valid_from": "2026-01-01", "valid_until": "2027-01-01",
        "demonstration": True,
        "party": [{"id": party, "name": party, "roles": roles, "public_key": (keys or {}).get(party, "")} for party, roles in parties],
        "register": [
            register("population", "person", population),
            register("youth", "event", [column("kind", "code"), column("visits", "integer"), column("note", "text", "never")]),
            register("health", "event", [column("month", "date", "month")]),
        ],
        "linkage": {"family_as_of": "2025-12-31"},
        "release": [
            {"audience": "internal", "kinds": list(kinds), "minimum_persons": 5, "minimum_families": 3},
            {"audience": "public", "kinds": list(public), "minimum_persons": 10, "minimum_families": 3},
        ],
        "budget": {"total": total, "persons_per_family": persons_per_family},
        "retention": {"until": "2028-01-01"},
        "exception": [{"subject": "linker_is_analyst", "reason": "small"}],
    }  # fmt: skip
    return load(data, place="agreement")


def request(
    tables: Sequence[dict[str, Any]], derived: Sequence[dict[str, Any]] = (), *, base: str = "population", audience: str = "internal"
) -> Request:
    data = {
        "format": "sauma/request/v0", "title": {"fi": "r"}, "purpose": "p", "decision": "d", "audience": audience, "base": base,
        "derived": [{"title": {"fi": "d"}, **rule} for rule in derived],
        "table": [{"title": {"fi": "t"}, **table} for table in tables],
    }  # fmt: skip
    return parse(Request, data, place="request")


def table(name: str, dimensions: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "EXACT", "unit": "person", "dimensions": [{"title": {"fi": "x"}, **each} for each in dimensions], **more}


SEX = {"name": "sex", "value": "population.sex", "codes": ["female", "male"]}
AREA = {
    "name": "area", "value": "population.municipality", "codes": ["049", "235", "257"],
    "levels": [{"name": "part", "groups": {"east": ["049", "235"], "west": ["257"]}}],
}  # fmt: skip
AGE = {"name": "age", "value": "2026 - population.birth_year", "bands": [0, 7, 18]}


def one_table(
    of: dict[str, Any], *, derived: Sequence[dict[str, Any]] = (), base: str = "population", agreed: Agreement | None = None
) -> Plan:
    asked = request([of], derived, base=base)
    return plan(asked, asked.table[0].id, agreed or agreement(), vintage=VINTAGE)


@dataclass
class Person:
    """One linked person: ids as small integers, rows by register; ``others``: own families by definitions but dwelling."""

    study: int
    unit: int
    family: int | None
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)


def identifier(kind: str, number: int) -> bytes:
    """A stand-in for a random id: order unrelated to the number."""
    return hashlib.sha256(f"{kind} {number}".encode()).digest()[:16]


def linked_tables(people: Sequence[Person]) -> tuple[pa.Table, dict[str, pa.Table]]:
    """*people* as the linked set would give them: the link table, and each register's rows by record id."""
    links, numbers = [], itertools.count()
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    for person in people:
        for register, found in person.rows.items():
            record = identifier(f"record {register}", next(numbers))
            links.append((register, record, identifier("study", person.study), identifier("unit", person.unit)))
            rows[register] += [{"record_id": record, **row} for row in found]
    binary = pa.binary(16)
    schema = pa.schema([("register", pa.string()), *((name, binary) for name in LINK_COLUMNS[1:])])
    payloads = {
        name: pa.Table.from_pylist(listed, schema=pa.schema([("record_id", binary), *SCHEMAS[name]])) for name, listed in rows.items()
    }
    return pa.Table.from_pylist([dict(zip(LINK_COLUMNS, link, strict=True)) for link in links], schema=schema), payloads


def family_table(people: Sequence[Person]) -> pa.Table:
    """The families of *people* as the linked set would give them: their own by the dwelling definition, and ``others``."""
    rows: list[tuple[Any, ...]] = []
    for person in people:
        named = {"dwelling": person.family, **person.others}
        study = identifier("study", person.study)
        for definition, family in named.items():
            kind = "family" if definition == "dwelling" else f"family {definition}"
            if family is not None:
                rows.append((definition, identifier(kind, family), study, True, None, None))
                rows.append((definition, identifier(f"{kind} beside", person.unit), study, False, None, None))
    types = (pa.string(), pa.binary(16), pa.binary(16), pa.bool_(), pa.int32(), pa.int32())
    return pa.Table.from_pylist(
        [dict(zip(FAMILY_COLUMNS, row, strict=True)) for row in rows], schema=pa.schema(zip(FAMILY_COLUMNS, types, strict=True))
    )


def engine(people: Sequence[Person]) -> DuckDbEngine:
    """An engine that holds *people* as ``persons`` and payload relations."""
    made = DuckDbEngine(threads=1, memory_mb=512)
    links, payloads = linked_tables(people)
    made.load(relations.LINKS, links)
    made.load(relations.FAMILIES, family_table(people))
    for register, found in payloads.items():
        made.scan(relations.rows(register), found.to_reader())
    agreed = agreement()
    made.run((relations.persons(agreed.linkage.family), *relations.payloads(agreed.register_of(name) for name in SCHEMAS)))
    return made


class Reference:
    """Expressions evaluated the slow way, over Python values with None for NULL."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.people = people

    def person(self, expression: Expression, person: Person) -> Any:
        def leaf(node: Expression) -> Any:
            if isinstance(node, Name):
                return _smallest([row.get(node.column) for row in person.rows.get(str(node.register), [])])
            assert isinstance(node, Aggregate)
            register = node.register or next(part.register for part in _names(node.operand))
            rows = person.rows.get(register, [])
            if node.function in ("exists", "count"):
                number = sum(1 for row in rows if node.operand is None or self.row(node.operand, row) is True)
                return number > 0 if node.function == "exists" else number
            values = [self.row(node.operand, row) for row in rows]
            return _aggregate(node.function, values)

        return evaluate(expression, leaf)

    def row(self, expression: Expression | None, row: dict[str, Any]) -> Any:
        return evaluate(expression, lambda node: row.get(node.column))

    def family(self, expression: Expression, members: Sequence[Person]) -> Any:
        def leaf(node: Expression) -> Any:
            assert isinstance(node, Aggregate)
            values = [self.person(node.operand, member) for member in members]
            match node.function:
                case "any":
                    return any(value is True for value in values)
                case "all":
                    return all(value is True for value in values)
                case "members":
                    return sum(value is True for value in values)
                case function:
                    return _aggregate(function, values)

        return evaluate(expression, leaf)


def _names(expression: Any) -> Any:
    from privacy.tabulate.expressions import walk

    return [part for part in walk(expression) if isinstance(part, Name)]


def _smallest(values: list[Any]) -> Any:
    return min((value for value in values if value is not None), default=None)


def _aggregate(function: str, values: list[Any]) -> Any:
    there = [value for value in values if value is not None]
    if function == "sum":
        return sum(there)
    return (min if function == "min" else max)(there, default=None)


def evaluate(node: Any, leaf: Any) -> Any:
    """Three-valued logic, one node at a time."""
    match node:
        case Literal(value):
            return value
        case Case(branches, otherwise):
            for when, then in branches:
                if evaluate(when, leaf) is True:
                    return evaluate(then, leaf)
            return None if otherwise is None else evaluate(otherwise, leaf)
        case Operation(operator, operands):
            return _operate(operator, [evaluate(operand, leaf) for operand in operands])
        case _:
            return leaf(node)


def _operate(operator: str, values: list[Any]) -> Any:
    if operator == "null":
        return values[0] is None
    if operator == "and":
        return False if False in [value for value in values if isinstance(value, bool)] else None if None in values else True
    if operator == "or":
        return True if True in [value for value in values if isinstance(value, bool)] else None if None in values else False
    if None in values:
        return None
    first, *rest = values
    plain = {
        "not": lambda: not first,
        "neg": lambda: -first,
        "in": lambda: first in rest,
        "=": lambda: first == rest[0],
        "<>": lambda: first != rest[0],
        "<": lambda: first < rest[0],
        "<=": lambda: first <= rest[0],
        ">": lambda: first > rest[0],
        ">=": lambda: first >= rest[0],
        "+": lambda: first + rest[0],
        "-": lambda: first - rest[0],
        "*": lambda: first * rest[0],
    }
    return plain[operator]()


def position(of: Table, values: Sequence[Any]) -> int:
    """The finest cell of a unit whose dimensions have *values*."""
    cell = 0
    for dimension, value in zip(of.dimensions, values, strict=True):
        place = len(dimension.domain) - 1
        if dimension.bands:
            below = [low for low in dimension.bands if value is not None and value >= low]
            place = dimension.bands.index(below[-1]) if below else place
        elif value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            place = dimension.domain.index(text) if text in dimension.domain else place
        cell = cell * len(dimension.domain) + place
    return cell
