"""From weighed pairs to persons: best weights first, ties unlinked.

Two persons *conflict*, and can never become one, when both have a shared identity token or when both hold a record of
a register that holds each person once.  An edge between two persons has *rivals*: the edges that would bring to either
of them someone who conflicts with the other.  In each round an edge is taken when it is accepted, beats every rival by
``MARGIN``, and is the best edge of both its persons; then persons are merged and edges are gathered anew.  An edge with
a rival too close is a tie: it stays unlinked and is counted.  With one-to-one registers this is the greedy assignment.

The registers that hold a person once are bits of an integer (``bit`` in ``nodes``), so that a conflict is one ``&``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linkage.weights import SCALE
from schemas.step import Step

if TYPE_CHECKING:
    from schemas.step import Engine

MARGIN = 3 * SCALE
"""A link must be at least three bits (eight times) more likely than any rival."""
ROUNDS_MAX = 1000
"""Resolution ends after tens of rounds, unless a thousand records join one by one what is then no person.

What is left after so many stays unlinked and is counted.
"""
ROUND = ("state", "labels", "between", "edges", "directed", "rivals", "judged", "ranked", "taken", "taken_count")
"""What a round makes, each after the round's own name."""


def resolve(engine: Engine, nodes: str, edges: str, prefix: str) -> None:
    """Make ``{prefix}_persons`` (rec, person) and ``{prefix}_ties`` (n: accepted edges left unlinked, ties all but in ``ROUNDS_MAX``).

    Args:
        engine: where the relations are.
        nodes: relation (rec, person, identified, bit) of records and the persons they are already.
        edges: relation (a, b, weight, accepted) of record pairs with integer weights.
        prefix: starts the name of every relation made.
    """
    now = f"{prefix}_0"
    engine.run(_start(nodes, edges, now))
    for number in range(1, ROUNDS_MAX + 1):
        engine.run(_take(now))
        if number == ROUNDS_MAX or engine.fetch(f"{now}_taken_count", rows_max=1)["n"][0].as_py() == 0:
            break
        following = f"{prefix}_{number}"
        engine.run(_merge(now, following))
        engine.drop([f"{now}_{part}" for part in ROUND])
        now = following
    engine.run(_finish(now, prefix))
    engine.drop([f"{now}_{part}" for part in ROUND])


def _start(nodes: str, edges: str, now: str) -> list[Step]:
    state = (
        "SELECT person, MAX(identified) AS identified, CAST(SUM(DISTINCT bit) AS BIGINT) AS ones"  # noqa: S608 - relation names are ours
        f" FROM {nodes} GROUP BY person"
    )
    between = (
        f"SELECT p.person AS c, q.person AS d, e.weight, e.accepted FROM {edges} e"  # noqa: S608 - relation names are ours
        f" JOIN {nodes} p ON e.a = p.rec JOIN {nodes} q ON e.b = q.rec"
    )
    return [
        Step("persons by identity", state, (nodes,), f"{now}_state"),
        Step("labels by identity", f"SELECT rec, person FROM {nodes}", (nodes,), f"{now}_labels"),  # noqa: S608 - relation names are ours
        Step("edges between persons", between, (edges, nodes), f"{now}_between"),
        _edges(now),
    ]


def _edges(now: str) -> Step:
    """One edge per pair of persons that do not conflict, the best of theirs."""
    sql = (
        "SELECT e.c, e.d, MAX(e.weight) AS weight, MAX(e.accepted) AS accepted FROM"  # noqa: S608 - relation names are ours
        f" (SELECT LEAST(c, d) AS c, GREATEST(c, d) AS d, weight, accepted FROM {now}_between WHERE c <> d) AS e"
        f" JOIN {now}_state p ON e.c = p.person JOIN {now}_state q ON e.d = q.person"
        " WHERE p.identified * q.identified = 0 AND (p.ones & q.ones) = 0 GROUP BY e.c, e.d"
    )
    return Step("edges without conflict", sql, (f"{now}_between", f"{now}_state"), f"{now}_edges")


def _take(now: str) -> list[Step]:
    """The edges of this round: accepted, without a close rival, best of both their persons."""
    directed = (
        "SELECT e.x, e.y, e.weight, s.identified, s.ones FROM"  # noqa: S608 - relation names are ours
        f" (SELECT c AS x, d AS y, weight FROM {now}_edges UNION ALL SELECT d AS x, c AS y, weight FROM {now}_edges) AS e"
        f" JOIN {now}_state s ON e.y = s.person"
    )
    rivals = (
        f"SELECT e.x, e.y, MAX(r.weight) AS rival FROM {now}_directed e JOIN {now}_directed r ON e.x = r.x AND e.y <> r.y"  # noqa: S608 - relation names are ours
        " WHERE e.identified * r.identified = 1 OR (e.ones & r.ones) <> 0 GROUP BY e.x, e.y"
    )
    judged = (
        "SELECT e.c, e.d, e.weight, e.accepted,"  # noqa: S608 - relation names are ours
        " e.weight - GREATEST(COALESCE(p.rival, e.weight - ?), COALESCE(q.rival, e.weight - ?)) AS lead"
        f" FROM {now}_edges e LEFT JOIN {now}_rivals p ON e.c = p.x AND e.d = p.y LEFT JOIN {now}_rivals q ON e.d = q.x AND e.c = q.y"
    )
    ranked = (
        "SELECT c, d, x, ROW_NUMBER() OVER (PARTITION BY x ORDER BY weight DESC, c, d) AS place FROM"  # noqa: S608 - relation names are ours
        f" (SELECT c, d, c AS x, weight FROM {now}_judged WHERE accepted = 1 AND lead >= ? UNION ALL"
        f" SELECT c, d, d AS x, weight FROM {now}_judged WHERE accepted = 1 AND lead >= ?) AS offered"
    )
    taken = f"SELECT c, d FROM {now}_ranked WHERE place = 1 GROUP BY c, d HAVING COUNT(*) = 2"  # noqa: S608 - relation names are ours
    return [
        Step("edges from either side", directed, (f"{now}_edges", f"{now}_state"), f"{now}_directed"),
        Step("best rival of each edge", rivals, (f"{now}_directed",), f"{now}_rivals"),
        Step("lead over the best rival", judged, (f"{now}_edges", f"{now}_rivals"), f"{now}_judged", (MARGIN, MARGIN)),
        Step("best offer of each person", ranked, (f"{now}_judged",), f"{now}_ranked", (MARGIN, MARGIN)),
        Step("edges that are best for both", taken, (f"{now}_ranked",), f"{now}_taken"),
        Step("count them", f"SELECT COUNT(*) AS n FROM {now}_taken", (f"{now}_taken",), f"{now}_taken_count"),  # noqa: S608 - relation names are ours
    ]


def _merge(now: str, following: str) -> list[Step]:
    state = (
        "SELECT COALESCE(t.c, s.person) AS person, MAX(s.identified) AS identified, CAST(SUM(s.ones) AS BIGINT) AS ones"  # noqa: S608 - relation names are ours
        f" FROM {now}_state s LEFT JOIN {now}_taken t ON s.person = t.d GROUP BY COALESCE(t.c, s.person)"
    )
    labels = (
        "SELECT l.rec, COALESCE(t.c, l.person) AS person"  # noqa: S608 - relation names are ours
        f" FROM {now}_labels l LEFT JOIN {now}_taken t ON l.person = t.d"
    )
    between = (
        "SELECT COALESCE(p.c, e.c) AS c, COALESCE(q.c, e.d) AS d, e.weight, e.accepted"  # noqa: S608 - relation names are ours
        f" FROM {now}_edges e LEFT JOIN {now}_taken p ON e.c = p.d LEFT JOIN {now}_taken q ON e.d = q.d"
    )
    return [
        Step("merge persons", state, (f"{now}_state", f"{now}_taken"), f"{following}_state"),
        Step("relabel records", labels, (f"{now}_labels", f"{now}_taken"), f"{following}_labels"),
        Step("carry edges over", between, (f"{now}_edges", f"{now}_taken"), f"{following}_between"),
        _edges(following),
    ]


def _finish(now: str, prefix: str) -> list[Step]:
    ties = f"SELECT COUNT(*) AS n FROM {now}_judged WHERE accepted = 1 AND lead > ?"  # noqa: S608 - relation names are ours
    return [
        Step("records with their person", f"SELECT rec, person FROM {now}_labels", (f"{now}_labels",), f"{prefix}_persons"),  # noqa: S608 - relation names are ours
        Step("edges left as ties", ties, (f"{now}_judged",), f"{prefix}_ties", (-MARGIN,)),
    ]
