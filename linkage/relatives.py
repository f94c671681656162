"""Declared relations as relations between persons, and where each person lives, within groups that nobody outside touches.

Stewards send only relations that hold on the agreement's day.  Months are ``yyyymm``; here an open start is 0 and an
open end ``FOREVER``, so that the latest start is a maximum and the earliest end a minimum.

*Kin* are persons whom declared relations of any kind connect, also through a relative without a record whom both name.
Relatives and homes are found within *groups* of persons (kin, or fewer), from the records of the group alone, as if nobody
else had a record:

- ``homes``   person, reg, dwelling, since, until: the dwelling that the *first* register (in the agreement's order)
  knows of; only one that two records of the group hold in that register counts
- ``named``   rec, reg, person, kind, key, other, since, until: *person* names *other* as its ``guardian``, ``partner``,
  family ``head`` or family ``partner of the head``.  ``other`` is null for somebody who has no record in the group; such
  a relative is told apart by ``key`` where two persons of the group or more name it, and is nobody (no row) otherwise: a
  dummy looks the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
from scipy import sparse

from schemas.step import Step
from schemas.tokens import OPEN_MONTH

if TYPE_CHECKING:
    from schemas.step import Engine

FOREVER: Final = 999_912
EDGES_MAX: Final = 5_000_000_000
GUARDIAN, PARTNER, HEAD, HEADS_PARTNER = 0, 1, 2, 3
_SLOTS: Final = (
    ("guardian_1", GUARDIAN, "guardian_1"),
    ("guardian_2", GUARDIAN, "guardian_2"),
    ("partner", PARTNER, "partner"),
    ("family_head", HEAD, "family"),
    ("family_partner", HEADS_PARTNER, "family"),
)


def find_kin(engine: Engine, persons: str) -> None:
    """Make ``kin`` (person, label; nobody without relations), ``declared`` and ``token_persons``.

    From ``records``, ``identity_tokens``, ``quarantined`` and *persons* (rec, person).
    """
    engine.run(_declared(persons))
    edges = engine.fetch("kin_edges", rows_max=EDGES_MAX)
    nodes, ends = np.unique(np.concatenate([edges[end].to_numpy() for end in ("a", "b")]), return_inverse=True)
    a, b = ends.reshape(2, -1)
    links = sparse.coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(nodes), len(nodes)))
    _, labels = sparse.csgraph.connected_components(links, directed=False) if len(nodes) else (0, np.zeros(0))
    seen = nodes > 0  # the others are relatives without a record
    engine.load("kin", pa.table({"person": nodes[seen].astype(np.int64), "label": labels[seen].astype(np.int64)}))


def find_relatives(engine: Engine, groups: str) -> None:
    """Make ``homes`` and ``named`` from ``records``, ``declared``, ``token_persons`` and *groups* (rec, person, label)."""
    engine.run([*_homes(groups), *_named(groups)])


def _until(column: str) -> str:
    return f"CASE WHEN {column} = {OPEN_MONTH} THEN {FOREVER} ELSE {column} END"


def _homes(groups: str) -> list[Step]:
    return [
        Step(
            "dwellings that two records of a group hold in a register",
            "SELECT g.label, r.reg, r.dwelling FROM records r"  # noqa: S608 - relation names are ours
            f" JOIN {groups} g ON r.rec = g.rec WHERE r.dwelling IS NOT NULL GROUP BY g.label, r.reg, r.dwelling HAVING COUNT(*) >= 2",
            ("records", groups),
            "real_dwellings",
        ),
        Step(
            "dwellings of persons",
            "SELECT p.person, r.reg, r.dwelling, MAX(r.dwelling_from) AS since,"  # noqa: S608 - relation names are ours
            f" MIN({_until('r.dwelling_until')}) AS until FROM records r JOIN {groups} p ON r.rec = p.rec JOIN real_dwellings d"
            " ON p.label = d.label AND r.reg = d.reg AND r.dwelling = d.dwelling GROUP BY p.person, r.reg, r.dwelling",
            ("records", "real_dwellings", groups),
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


def _declared(persons: str) -> list[Step]:
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
            "SELECT token, -ROW_NUMBER() OVER (ORDER BY token) AS node FROM (SELECT d.token FROM declared d"  # noqa: S608 - relation names are ours
            f" JOIN {persons} p ON d.rec = p.rec LEFT JOIN token_persons t ON d.token = t.token"
            " WHERE t.token IS NULL GROUP BY d.token HAVING COUNT(DISTINCT p.person) >= 2) AS several",
            ("declared", persons, "token_persons"),
            "named_by_several",
        ),
        Step(
            "who names whom",
            "SELECT DISTINCT p.person AS a, COALESCE(t.person, s.node) AS b"  # noqa: S608 - relation names are ours
            f" FROM declared d JOIN {persons} p ON d.rec = p.rec LEFT JOIN token_persons t ON d.token = t.token"
            " LEFT JOIN named_by_several s ON d.token = s.token WHERE COALESCE(t.person, s.node) <> p.person",
            ("declared", persons, "token_persons", "named_by_several"),
            "kin_edges",
        ),
    ]


def _named(groups: str) -> list[Step]:
    return [
        Step(
            "persons of identity tokens within their group",
            f"SELECT DISTINCT g.label, t.token, t.person FROM token_persons t JOIN {groups} g ON t.person = g.person",  # noqa: S608 - relation names are ours
            ("token_persons", groups),
            "group_tokens",
        ),
        Step(
            "relatives without a record in the group whom several of it name",
            "SELECT label, token, -ROW_NUMBER() OVER (ORDER BY label, token) AS key FROM (SELECT p.label, d.token FROM declared d"  # noqa: S608 - relation names are ours
            f" JOIN {groups} p ON d.rec = p.rec LEFT JOIN group_tokens t ON d.token = t.token AND p.label = t.label"
            " WHERE t.token IS NULL GROUP BY p.label, d.token HAVING COUNT(DISTINCT p.person) >= 2) AS several",
            ("declared", groups, "group_tokens"),
            "unseen",
        ),
        Step(
            "relations between persons",
            "SELECT d.rec, d.reg, p.person, d.kind, COALESCE(t.person, s.key) AS key, t.person AS other, d.since, d.until"  # noqa: S608 - relation names are ours
            f" FROM declared d JOIN {groups} p ON d.rec = p.rec LEFT JOIN group_tokens t ON d.token = t.token AND p.label = t.label"
            " LEFT JOIN unseen s ON d.token = s.token AND p.label = s.label"
            " WHERE COALESCE(t.person, s.key) IS NOT NULL AND COALESCE(t.person, s.key) <> p.person",
            ("declared", groups, "group_tokens", "unseen"),
            "named",
        ),
    ]
