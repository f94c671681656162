"""Exact first: records that share an identity token are one person, unless they contradict themselves.

An identity match is *quarantined*, counted and never merged silently, when a record disagrees with the anchor of its
identity (the record of the first one-record-per-person register, else of the first register):

- ``birth_year``     both hold the same current code with different birth-year tokens;
- ``match_tokens``   both carry match tokens and share none, while one of them shares some with a third record;
- ``same_register``  both lie in one register that holds at most one record a person.

A typical case is a child recorded under a guardian's code.  A quarantined record loses its identity token and goes to
the residue.  A dummy cannot be told from a token by looking; one that only a single record holds joins nothing.
The birth-year token is keyed by the record's own code, so it is compared only where two records hold the same code.

Makes ``nodes`` (rec, reg, one, carries, bit, person, identified): ``person`` is the ``rec`` of the anchor of its identity; ``identified``
is 1 where another record shares the token.  Beside it ``nodes_spread``: where each identity is held (:func:`spread`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linkage.components import components
from schemas.step import Step

if TYPE_CHECKING:
    from schemas.step import Engine

REASONS = ("birth_year", "match_tokens", "same_register")


def join_exactly(engine: Engine) -> None:
    """Make ``nodes``, ``nodes_spread`` and ``quarantined`` (rec, reason) from ``records``, ``registers`` and ``tokens``."""
    engine.run(_shared_identities())
    components(engine, "identity_nodes", "identity_edges", "identities")
    engine.run([*_anchors(), *_contradictions(), _nodes(), *spread("nodes")])


def spread(nodes: str) -> list[Step]:
    """Make ``{nodes}_spread`` (reg, person, n, registers), a row for each shared identity of *nodes* in each register that holds it.

    ``n``: its records there; ``registers``: how many registers hold it.
    """
    registers = f"{nodes}_registers"
    return [
        Step(
            "how many registers hold each identity",
            f"SELECT person, COUNT(DISTINCT reg) AS registers FROM {nodes} WHERE identified = 1 GROUP BY person",  # noqa: S608 - relation names are ours
            (nodes,),
            registers,
        ),
        Step(
            "records of each identity",
            "SELECT n.reg, n.person, s.registers, COUNT(*) AS n"  # noqa: S608 - relation names are ours
            f" FROM {nodes} n JOIN {registers} s ON n.person = s.person WHERE n.identified = 1 GROUP BY n.reg, n.person, s.registers",
            (nodes, registers),
            f"{nodes}_spread",
        ),
    ]


def _shared_identities() -> list[Step]:
    return [
        Step(
            "identity tokens",
            "SELECT rec, id_a AS token FROM records WHERE id_a IS NOT NULL"
            " UNION SELECT rec, id_b AS token FROM records WHERE id_b IS NOT NULL",
            ("records",),
            "identity_tokens",
        ),
        Step(
            "join on identity tokens",
            "SELECT t.rec AS a, s.first AS b FROM identity_tokens t JOIN (SELECT token, MIN(rec) AS first FROM identity_tokens"
            " GROUP BY token HAVING COUNT(*) >= 2) AS s ON t.token = s.token",
            ("identity_tokens",),
            "identity_edges",
        ),
        Step("records with a shared identity", "SELECT DISTINCT a AS node FROM identity_edges", ("identity_edges",), "identity_nodes"),
    ]


def _anchors() -> list[Step]:
    return [
        Step(
            "rank the records of an identity",
            "SELECT i.label, r.rec, r.reg, g.one, g.carries, r.id_a, r.birth_year,"
            " ROW_NUMBER() OVER (PARTITION BY i.label ORDER BY g.one DESC, r.reg, r.rec) AS place,"
            " ROW_NUMBER() OVER (PARTITION BY i.label, r.reg ORDER BY r.rec) AS place_in_register"
            " FROM identities i JOIN records r ON i.node = r.rec JOIN registers g ON r.reg = g.reg",
            ("identities", "records", "registers"),
            "ranked",
        ),
        Step(
            "compare with the anchor",
            "SELECT x.rec, x.one, x.place_in_register, x.carries * y.carries AS comparable, y.rec AS anchor,"
            " CASE WHEN x.id_a = y.id_a AND x.birth_year <> y.birth_year THEN 1 ELSE 0 END AS other_year"
            " FROM ranked x JOIN ranked y ON x.label = y.label AND y.place = 1 WHERE x.place > 1",
            ("ranked",),
            "compared",
        ),
    ]


def _contradictions() -> list[Step]:
    return [
        Step(
            "identities that share a match token",
            "SELECT DISTINCT c.rec FROM compared c JOIN tokens x ON c.rec = x.rec"
            " JOIN tokens y ON c.anchor = y.rec AND x.family = y.family AND x.token = y.token WHERE c.comparable = 1",
            ("compared", "tokens"),
            "confirmed",
        ),
        Step("records that share a token with any other", "SELECT DISTINCT rec FROM tokens", ("tokens",), "comparable"),
        Step(
            "quarantine contradictions",
            "SELECT c.rec, CASE WHEN c.one = 1 AND c.place_in_register > 1 THEN 'same_register'"
            " WHEN c.other_year = 1 THEN 'birth_year' ELSE 'match_tokens' END AS reason"
            " FROM compared c LEFT JOIN confirmed f ON c.rec = f.rec"
            " LEFT JOIN comparable s ON c.rec = s.rec LEFT JOIN comparable t ON c.anchor = t.rec"
            " WHERE (c.one = 1 AND c.place_in_register > 1) OR c.other_year = 1"
            " OR (c.comparable = 1 AND f.rec IS NULL AND (s.rec IS NOT NULL OR t.rec IS NOT NULL))",
            ("compared", "confirmed", "comparable"),
            "quarantined",
        ),
    ]


def _nodes() -> Step:
    return Step(
        "records with their identity",
        "SELECT r.rec, r.reg, g.one, g.carries, g.bit,"
        " CASE WHEN i.node IS NOT NULL AND q.rec IS NULL THEN a.rec ELSE r.rec END AS person,"
        " CASE WHEN i.node IS NOT NULL AND q.rec IS NULL THEN 1 ELSE 0 END AS identified"
        " FROM records r JOIN registers g ON r.reg = g.reg LEFT JOIN identities i ON r.rec = i.node"
        " LEFT JOIN quarantined q ON r.rec = q.rec LEFT JOIN ranked a ON i.label = a.label AND a.place = 1",
        ("records", "registers", "identities", "quarantined", "ranked"),
        "nodes",
    )
