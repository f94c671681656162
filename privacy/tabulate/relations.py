"""The relations that tables are counted from, and steps whose outputs are named by their content.

``persons``  study_id, unit_id, family_id: one row a linked person; ``family_id`` is that of the person's own family under
    the agreement's definition, null where there is none
``payload_REGISTER``  study_id and the register's leaving columns: the rows as they left, now by person

Made from ``links`` and ``families`` (the tables of the linked set, ``schemas/linked.py``) and ``rows_REGISTER`` (an opened
payload member).  No record id goes further.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from privacy.tabulate.scopes import field_type
from schemas.step import Step, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.agreement import Definition
    from schemas.register import Register
    from schemas.step import Parameter

LINKS = "links"
FAMILIES = "families"
PERSONS = "persons"


def payload(register: str) -> str:
    """The relation that holds *register*'s rows by study id."""
    return f"payload_{register}"


def rows(register: str) -> str:
    """The relation that the opened payload member of *register* is scanned into."""
    return f"rows_{register}"


def named(kind: str, sql: str, inputs: tuple[str, ...], parameters: tuple[Parameter, ...] = ()) -> Step:
    """A step whose output is named by what it computes, so that tables that need the same thing share it."""
    content = repr((sql, inputs, parameters)).encode("utf-8")
    return Step(kind, sql, inputs, f"{kind}_{hashlib.sha256(content).hexdigest()[:24]}", parameters)


def persons(definition: Definition) -> Step:
    """One row a person, from the link table and the families of *definition*."""
    units = 'SELECT "study_id", MIN("unit_id") AS "unit_id" FROM "links" GROUP BY "study_id"'
    joined = f'({units}) p LEFT JOIN {OWN_FAMILIES} f ON f."study_id" = p."study_id"'
    sql = f'SELECT p."study_id", p."unit_id", f."family_id" FROM {joined}'  # noqa: S608 - relation names are ours
    return Step("persons", sql, (LINKS, FAMILIES), PERSONS, (definition,))


OWN_FAMILIES = '(SELECT "study_id", "family_id" FROM "families" WHERE "definition" = ? AND "own")'
"""Each person's one family under a definition: takes one parameter."""


def payloads(registers: Iterable[Register]) -> tuple[Step, ...]:
    """The rows of each register by study id, text as text and whole numbers as 64-bit integers."""
    return tuple(_payload(register) for register in registers)


def _payload(register: Register) -> Step:
    kinds = {"integer": "BIGINT", "text": "STRING"}
    columns = [
        f"CAST(r.{quoted(field.name)} AS {kinds[field_type(field)]}) AS {quoted(field.name)}"  # by name: readers may encode dictionaries
        for field in register.leaving
    ]
    selected = ", ".join(['l."study_id"', *columns])
    source = quoted(rows(register.id))
    sql = f'SELECT {selected} FROM {source} r JOIN "links" l ON l."record_id" = r."record_id" WHERE l."register" = ?'  # noqa: S608 - quoted names
    return Step(f"payload of {register.id}", sql, (rows(register.id), LINKS), payload(register.id), (register.id,))
