"""Families by four definitions, from relations that hold on the agreement's day; never by a surname.

*dwelling*: as Statistics Finland builds a family from the register, as far as tokens can tell: persons of one dwelling,
joined by partnership or by guardianship.  No family spans more than two generations and the youngest generation comes
first: whoever has a child or a partner in the dwelling belongs to that family, not to the parents'.
*guardianship*: children with the same set of guardians, and those guardians, wherever they live.
*guardianship_dwelling*: whom relations of child and guardian connect within one dwelling, over any generations.
*service*: the head that a child's record names, the head's partner, and the children whose records name that head.

Fixed rules where registers disagree: a person's home is that of the first register (in the agreement's order) that knows
one, and within a home only relations declared there count; a child's guardians are those of the first record that names
any; of two family heads the one whose ``family_from`` is later counts, then the smaller person.

Families are made twice, each time from the records of a group alone, so that nobody outside changes them: among *kin*
(``linkage/relatives.py``), and among the persons of each dwelling family found there, for a unit that the cap cuts back to it.

Makes ``members`` (definition, family, person), ``spans`` (definition, family, since, until) and ``conflicts`` (n: children
under two heads).  ``definition`` is a place in ``DEFINITIONS``, or ``KIN`` (all kin are one entry); families among the persons
of a dwelling family have negative numbers.  A family may still have one member only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from linkage.components import components
from linkage.relatives import FOREVER, GUARDIAN, HEAD, HEADS_PARTNER, PARTNER, find_kin, find_relatives
from linkage.under import Under
from linkage.units import KIN
from schemas.agreement import DEFINITIONS
from schemas.step import Step

if TYPE_CHECKING:
    from schemas.step import Engine

BELOW: Final = 1 << 40
"""Taken from the number of a family among the persons of a dwelling family: below nought, and in the same order."""


def build_families(engine: Engine, persons: str) -> None:
    """Make ``members``, ``spans`` and ``conflicts`` from ``records``, ``identity_tokens``, ``quarantined`` and *persons* (rec, person)."""
    find_kin(engine, persons)
    engine.run([_groups(persons, "kin", "label", "kin_groups")])
    among(engine, "kin_groups", "kin")
    engine.run([_groups(persons, "kin_dwelling_members", "family", "home_groups")])
    among(engine, "home_groups", "home")
    engine.run(_both())


def among(engine: Engine, groups: str, under: str) -> None:
    """Make ``{under}_members`` and ``{under}_spans``, of all definitions, and ``{under}_conflicts`` from the records of each group alone.

    *groups* (rec, person, label) are disjoint; ``records``, ``declared`` and ``token_persons`` are there.
    """
    within = Under(engine, under)
    find_relatives(within, groups)
    within.run([*_at_home(), *_two_generations(), *_one_dwelling()])
    for definition in ("dwelling", "guardianship_dwelling"):
        _connect(within, definition)
    within.run([*_wards(), *_guardianship(), *_headed(), *_service(), *_all()])


def _groups(persons: str, groups: str, label: str, output: str) -> Step:
    sql = f"SELECT p.rec, p.person, g.{label} AS label FROM {persons} p JOIN {groups} g ON p.person = g.person"  # noqa: S608 - relation names are ours
    return Step("records by group", sql, (persons, groups), output)


def _both() -> list[Step]:
    """Families among kin, those among the persons of a dwelling family, and kin."""
    return [
        Step(
            "members",
            "SELECT definition, family, person FROM kin_members"  # noqa: S608 - numbers are ours
            f" UNION ALL SELECT definition, family - {BELOW} AS family, person FROM home_members"
            f" UNION ALL SELECT CAST({KIN} AS BIGINT) AS definition, label AS family, person FROM kin",
            ("kin_members", "home_members", "kin"),
            "members",
        ),
        Step(
            "spans",
            "SELECT definition, family, since, until FROM kin_spans"  # noqa: S608 - numbers are ours
            f" UNION ALL SELECT definition, family - {BELOW} AS family, since, until FROM home_spans"
            f" UNION ALL SELECT DISTINCT CAST({KIN} AS BIGINT) AS definition, label AS family, 0 AS since, {FOREVER} AS until FROM kin",
            ("kin_spans", "home_spans", "kin"),
            "spans",
        ),
        Step("children under two heads", "SELECT n FROM kin_conflicts", ("kin_conflicts",), "conflicts"),
    ]


def _at_home() -> list[Step]:
    return [
        Step(
            "relations within one home",
            "SELECT n.person AS low, n.other AS high, n.kind, MAX(GREATEST(n.since, x.since, y.since)) AS since,"  # noqa: S608 - kinds are ours
            " MIN(LEAST(n.until, x.until, y.until)) AS until FROM named n"
            " JOIN homes x ON n.person = x.person AND n.reg = x.reg"
            " JOIN homes y ON n.other = y.person AND x.reg = y.reg AND x.dwelling = y.dwelling"
            f" WHERE n.kind IN ({GUARDIAN}, {PARTNER}) GROUP BY n.person, n.other, n.kind",
            ("named", "homes"),
            "relations",
        )
    ]


def _two_generations() -> list[Step]:
    return [
        Step(
            "persons with a child or partner at home",
            f"SELECT high AS person FROM relations UNION SELECT low AS person FROM relations WHERE kind = {PARTNER}",  # noqa: S608 - kinds are ours
            ("relations",),
            "heads",
        ),
        Step(
            "youngest generation first",
            "SELECT r.low AS a, r.high AS b, r.since, r.until FROM relations r LEFT JOIN heads h ON r.low = h.person"  # noqa: S608 - kinds are ours
            f" WHERE r.kind = {PARTNER} OR h.person IS NULL",
            ("relations", "heads"),
            "dwelling_edges",
        ),
    ]


def _one_dwelling() -> list[Step]:
    sql = f"SELECT low AS a, high AS b, since, until FROM relations WHERE kind = {GUARDIAN}"  # noqa: S608 - kinds are ours
    return [Step("children and guardians at home", sql, ("relations",), "guardianship_dwelling_edges")]


def _connect(engine: Engine, definition: str) -> None:
    """Make ``{definition}_members`` and ``{definition}_spans`` from ``{definition}_edges``; a family is its smallest person."""
    edges, nodes, labels = f"{definition}_edges", f"{definition}_nodes", f"{definition}_labels"
    both = f"SELECT a AS node FROM {edges} UNION SELECT b AS node FROM {edges}"  # noqa: S608 - relation names are ours
    engine.run([Step("persons with a relation", both, (edges,), nodes)])
    components(engine, nodes, edges, labels)
    engine.run(
        [
            Step(
                "members",
                f"SELECT label AS family, node AS person FROM {labels}",  # noqa: S608 - relation names are ours
                (labels,),
                f"{definition}_members",
            ),
            Step(
                "spans",
                f"SELECT l.label AS family, MAX(e.since) AS since, MIN(e.until) AS until FROM {edges} e"  # noqa: S608 - relation names are ours
                f" JOIN {labels} l ON e.a = l.node GROUP BY l.label",
                (edges, labels),
                f"{definition}_spans",
            ),
        ]
    )


def _wards() -> list[Step]:
    """One record a child, its set of guardians as a smallest and a largest key."""
    return [
        Step(
            "the record that names a child's guardians",
            f"SELECT person, MIN(rec) AS rec FROM named WHERE kind = {GUARDIAN} GROUP BY person",  # noqa: S608 - kinds are ours
            ("named",),
            "ward_records",
        ),
        Step(
            "guardians of each child",
            "SELECT n.person, n.key, n.other, n.since, n.until FROM named n JOIN ward_records w ON n.rec = w.rec"  # noqa: S608 - kinds are ours
            f" WHERE n.kind = {GUARDIAN}",
            ("named", "ward_records"),
            "guardians",
        ),
        Step(
            "sets of guardians",
            "SELECT person, MIN(key) AS low, MAX(key) AS high, MAX(since) AS since, MIN(until) AS until FROM guardians GROUP BY person",
            ("guardians",),
            "guardian_sets",
        ),
        Step(
            "families of a set of guardians",
            "SELECT low, high, MIN(person) AS family, MAX(since) AS since, MIN(until) AS until FROM guardian_sets GROUP BY low, high",
            ("guardian_sets",),
            "guardian_families",
        ),
    ]


def _guardianship() -> list[Step]:
    return [
        Step(
            "children by guardians",
            "SELECT s.person, f.family FROM guardian_sets s JOIN guardian_families f ON s.low = f.low AND s.high = f.high",
            ("guardian_sets", "guardian_families"),
            "wards",
        ),
        Step(
            "members",
            "SELECT family, person FROM wards UNION"
            " SELECT w.family, g.other AS person FROM wards w JOIN guardians g ON w.person = g.person WHERE g.other IS NOT NULL",
            ("wards", "guardians"),
            "guardianship_members",
        ),
        Step("spans", "SELECT family, since, until FROM guardian_families", ("guardian_families",), "guardianship_spans"),
    ]


def _headed() -> list[Step]:
    """Each child's one head, each head's one partner."""
    return [
        Step(
            "heads in order",
            "SELECT rec, person, key, other, since, until, ROW_NUMBER() OVER (PARTITION BY person"  # noqa: S608 - kinds are ours
            " ORDER BY since DESC, CASE WHEN other IS NULL THEN 1 ELSE 0 END, key, rec) AS place"
            f" FROM named WHERE kind = {HEAD}",
            ("named",),
            "heads_in_order",
        ),
        Step(
            "children by head",
            "SELECT rec, person, key, other, since, until, MIN(person) OVER (PARTITION BY key) AS family"
            " FROM heads_in_order WHERE place = 1",
            ("heads_in_order",),
            "headed",
        ),
        Step(
            "partners of heads in order",
            "SELECT h.family, n.other, ROW_NUMBER() OVER (PARTITION BY h.family ORDER BY n.since DESC, n.other) AS place"  # noqa: S608 - kinds are ours
            f" FROM headed h JOIN named n ON h.rec = n.rec AND n.kind = {HEADS_PARTNER}"
            " WHERE n.other IS NOT NULL AND n.other <> h.key",
            ("headed", "named"),
            "heads_partners",
        ),
    ]


def _service() -> list[Step]:
    return [
        Step(
            "members",
            "SELECT family, person FROM headed UNION SELECT family, other AS person FROM headed WHERE other IS NOT NULL"
            " UNION SELECT family, other AS person FROM heads_partners WHERE place = 1",
            ("headed", "heads_partners"),
            "service_members",
        ),
        Step(
            "spans",
            "SELECT family, MAX(since) AS since, MIN(until) AS until FROM headed GROUP BY family",
            ("headed",),
            "service_spans",
        ),
        Step(
            "children under two heads",
            "SELECT COUNT(*) AS n FROM"  # noqa: S608 - kinds are ours
            f" (SELECT person FROM named WHERE kind = {HEAD} GROUP BY person HAVING COUNT(DISTINCT key) > 1) AS torn",
            ("named",),
            "conflicts",
        ),
    ]


def _all() -> list[Step]:
    """The four definitions in one relation each."""

    def together(what: str, columns: str) -> Step:
        parts = [
            f"SELECT CAST({number} AS BIGINT) AS definition, {columns} FROM {definition}_{what}"  # noqa: S608 - relation names are ours
            for number, definition in enumerate(DEFINITIONS)
        ]
        return Step(what, " UNION ALL ".join(parts), tuple(f"{definition}_{what}" for definition in DEFINITIONS), what)

    return [together("members", "family, person"), together("spans", "family, since, until")]
