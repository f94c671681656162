"""Dwelling families: who lives together as partners, or as guardian and child.

As Statistics Finland builds a family from the register, as far as tokens can tell: persons of one dwelling, joined by
partnership or by guardianship; never by a surname.  No family spans more than two generations and the youngest
generation comes first: whoever has a child or a partner in the dwelling belongs to that family, not to the parents'.

The fixed rule that gives each person one family, and so one privacy unit: a person's home is the dwelling that the
*first* register (in the agreement's order) knows of, and only relations declared there count.

Makes ``families`` (person, family) for those in a family of two or more; ``family`` is its smallest person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linkage.components import components
from schemas.step import Step

if TYPE_CHECKING:
    from schemas.step import Engine

_COLUMNS = (("guardian_1", 1), ("guardian_2", 1), ("partner", 0))


def build_families(engine: Engine, persons: str) -> None:
    """Make ``families`` from ``records``, ``identity_tokens``, ``quarantined`` and *persons* (rec, person)."""
    engine.run([*_homes(persons), *_relations(persons), *_two_generations()])
    components(engine, "family_members", "family_edges", "family_labels")
    engine.run(
        [
            Step(
                "families",
                "SELECT node AS person, label AS family FROM family_labels",
                ("family_labels",),
                "families",
            )
        ]
    )


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
            "SELECT p.person, r.reg, MIN(r.dwelling) AS dwelling FROM records r JOIN real_dwellings d ON r.reg = d.reg"  # noqa: S608 - relation names are ours
            f" AND r.dwelling = d.dwelling JOIN {persons} p ON r.rec = p.rec GROUP BY p.person, r.reg",
            ("records", "real_dwellings", persons),
            "dwellers",
        ),
        Step(
            "one home per person",
            "SELECT d.person, d.reg, d.dwelling FROM dwellers d JOIN (SELECT person, MIN(reg) AS reg FROM dwellers GROUP BY person) AS f"
            " ON d.person = f.person AND d.reg = f.reg",
            ("dwellers",),
            "homes",
        ),
    ]


def _relations(persons: str) -> list[Step]:
    union = " UNION ALL ".join(
        f"SELECT rec, reg, {column} AS token, {guardian} AS guardian FROM records WHERE {column} IS NOT NULL"  # noqa: S608 - relation names are ours
        for column, guardian in _COLUMNS
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
            "relations within one home",
            "SELECT DISTINCT p.person AS low, t.person AS high, d.guardian FROM declared d"  # noqa: S608 - relation names are ours
            f" JOIN {persons} p ON d.rec = p.rec JOIN token_persons t ON d.token = t.token"
            " JOIN homes x ON p.person = x.person AND d.reg = x.reg"
            " JOIN homes y ON t.person = y.person AND x.reg = y.reg AND x.dwelling = y.dwelling WHERE p.person <> t.person",
            ("declared", persons, "token_persons", "homes"),
            "relations",
        ),
    ]


def _two_generations() -> list[Step]:
    return [
        Step(
            "persons with a child or partner at home",
            "SELECT high AS person FROM relations UNION SELECT low AS person FROM relations WHERE guardian = 0",
            ("relations",),
            "heads",
        ),
        Step(
            "youngest generation first",
            "SELECT r.low AS a, r.high AS b FROM relations r LEFT JOIN heads h ON r.low = h.person"
            " WHERE r.guardian = 0 OR h.person IS NULL",
            ("relations", "heads"),
            "family_edges",
        ),
        Step(
            "members of families",
            "SELECT a AS node FROM family_edges UNION SELECT b AS node FROM family_edges",
            ("family_edges",),
            "family_members",
        ),
    ]
