"""Declared relations as relations between persons, and where each person lives.

Stewards send only relations that hold on the agreement's day.  Months are ``yyyymm``; here an open start is 0 and an
open end ``FOREVER``, so that the latest start is a maximum and the earliest end a minimum.

- ``homes``   person, reg, dwelling, since, until: the dwelling that the *first* register (in the agreement's order)
  knows of
- ``named``   rec, reg, person, kind, key, other, since, until: *person* names *other* as its ``guardian``, ``partner``,
  family ``head`` or family ``partner of the head``.  ``other`` is null for somebody who has no record; such a relative is
  told apart by ``key`` where two persons or more name it, and is nobody (no row) otherwise: a dummy looks the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from schemas.step import Step
from schemas.tokens import OPEN_MONTH

if TYPE_CHECKING:
    from schemas.step import Engine

FOREVER: Final = 999_912
GUARDIAN, PARTNER, HEAD, HEADS_PARTNER = 0, 1, 2, 3
_SLOTS: Final = (
    ("guardian_1", GUARDIAN, "guardian_1"),
    ("guardian_2", GUARDIAN, "guardian_2"),
    ("partner", PARTNER, "partner"),
    ("family_head", HEAD, "family"),
    ("family_partner", HEADS_PARTNER, "family"),
)


def find_relatives(engine: Engine, persons: str) -> None:
    """Make ``homes`` and ``named`` from ``records``, ``identity_tokens``, ``quarantined`` and *persons* (rec, person)."""
    engine.run([*_homes(persons), *_named(persons)])


def _until(column: str) -> str:
    return f"CASE WHEN {column} = {OPEN_MONTH} THEN {FOREVER} ELSE {column} END"


def _homes(persons: str) -> list[Step]:
    return [
        Step(
            "dwellings that two records of a register hold",
            "SELECT reg, dwelling FROM records WHERE dwelling IS NOT NULL GROUP BY reg, dwelling HAVING COUNT(*) >= 2",
            ("records",),
            "real_dwellings",
        ),
        Step(
            "dwellings of persons",
            "SELECT p.person, r.reg, r.dwelling, MAX(r.dwelling_from) AS since,"  # noqa: S608 - relation names are ours
            f" MIN({_until('r.dwelling_until')}) AS until FROM records r JOIN real_dwellings d ON r.reg = d.reg"
            f" AND r.dwelling = d.dwelling JOIN {persons} p ON r.rec = p.rec GROUP BY p.person, r.reg, r.dwelling",
            ("records", "real_dwellings", persons),
            "dwellers",
        ),
        Step(
            "places of persons' dwellings",
            "SELECT person, reg, dwelling, since, until,"
            " ROW_NUMBER() OVER (PARTITION BY person ORDER BY reg, dwelling) AS place FROM dwellers",
            ("dwellers",),
            "dwellers_in_order",
        ),
        Step(
            "one home per person",
            "SELECT person, reg, dwelling, since, until FROM dwellers_in_order WHERE place = 1",
            ("dwellers_in_order",),
            "homes",
        ),
    ]


def _named(persons: str) -> list[Step]:
    union = " UNION ALL ".join(
        f"SELECT rec, reg, {column} AS token, {kind} AS kind, {months}_from AS since, {_until(f'{months}_until')} AS until"  # noqa: S608 - relation names are ours
        f" FROM records WHERE {column} IS NOT NULL"
        for column, kind, months in _SLOTS
    )
    return [
        Step("declared relations", union, ("records",), "declared"),
        Step(
            "persons of identity tokens",
            "SELECT t.token, MIN(p.person) AS person FROM identity_tokens t"  # noqa: S608 - relation names are ours
            f" JOIN {persons} p ON t.rec = p.rec LEFT JOIN quarantined q ON t.rec = q.rec WHERE q.rec IS NULL GROUP BY t.token",
            ("identity_tokens", persons, "quarantined"),
            "token_persons",
        ),
        Step(
            "relatives without a record whom several name",
            "SELECT token, -ROW_NUMBER() OVER (ORDER BY token) AS key FROM (SELECT d.token FROM declared d"  # noqa: S608 - relation names are ours
            f" JOIN {persons} p ON d.rec = p.rec LEFT JOIN token_persons t ON d.token = t.token"
            " WHERE t.token IS NULL GROUP BY d.token HAVING COUNT(DISTINCT p.person) >= 2) AS several",
            ("declared", persons, "token_persons"),
            "unseen",
        ),
        Step(
            "relations between persons",
            "SELECT d.rec, d.reg, p.person, d.kind, COALESCE(t.person, s.key) AS key, t.person AS other, d.since, d.until"  # noqa: S608 - relation names are ours
            f" FROM declared d JOIN {persons} p ON d.rec = p.rec LEFT JOIN token_persons t ON d.token = t.token"
            " LEFT JOIN unseen s ON d.token = s.token"
            " WHERE COALESCE(t.person, s.key) IS NOT NULL AND COALESCE(t.person, s.key) <> p.person",
            ("declared", persons, "token_persons", "unseen"),
            "named",
        ),
    ]
