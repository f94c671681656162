"""Linkage quality without truth: a hold-out with a negative control.

A random sample of records that an identity token joined loses its token and is linked again by match tokens alone, in
competition with everything else, exactly as the residue was.  For half of the sample the true person is taken away as
well (the negative control), so that whoever it is linked to is a false link.  The first half shows missed links, the
second false ones that one-to-one would have hidden.

The sample's records have a personal identity code and hence cleaner names than the residue: read recall as an upper
bound.  A register of whose records none has a shared identity cannot be sampled and gets no figure here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from linkage.decide import Judges, edges, learn_all, verdicts
from linkage.exact import spread
from linkage.second_look import First, settle
from schemas.step import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from linkage.inputs import RegisterInput
    from schemas.step import Engine


@dataclass(frozen=True, slots=True)
class HoldOut:
    """One register's sample, in records: ``held`` of which ``found`` went back to their person and ``wrong`` to another.

    ``removed`` is the negative control, ``removed_wrong`` those of it that were linked to another known person.
    """

    register: str
    held: int
    found: int
    wrong: int
    removed: int
    removed_wrong: int


def hold_out(
    engine: Engine,
    inputs: Sequence[RegisterInput],
    judges: Judges,
    accept: float,
    share: float,
    entropy: Callable[[int], bytes],
) -> tuple[HoldOut, ...]:
    """Sample, hide, link again and count; needs ``nodes``, ``evidence``, ``candidates``, ``edges`` and all counts of the real run."""
    count = engine.fetch("record_count", rows_max=1)["n"][0].as_py()
    draws = np.frombuffer(entropy(8 * count), dtype="<u4").reshape(count, 2)
    chosen = np.flatnonzero(draws[:, 0] < share * 2**32)
    engine.load("drawn", pa.table({"rec": chosen + 1, "removed": (draws[chosen, 1] & 1).astype(np.int64)}))
    engine.run([*_held(), *_held_pairs()])
    engine.drop(["evidence", "held_tokens", "held_pairs"])
    known = {**learn_all(engine, inputs, "held_counts", "held_nodes"), **judges}  # a pair without a residue has learned nothing
    verdicts(engine, known, accept, "held_counts", "held_verdicts")
    edges(engine, "held_patterns", "held_verdicts", "held_edges")
    engine.run(_together())
    settle(engine, inputs, First("held_nodes", "all_pairs", "all_edges"), known, accept, "held")
    engine.run(_outcome())
    found = engine.fetch("hold_out", rows_max=1000, order_by=("reg",)).to_pylist()
    return tuple(HoldOut(inputs[row.pop("reg")].register.id, **row) for row in found)


def _held() -> list[Step]:
    return [
        Step(
            "persons whom identity joined across registers with match tokens",
            "SELECT person FROM nodes WHERE identified = 1 AND carries = 1 GROUP BY person HAVING COUNT(DISTINCT reg) >= 2",
            ("nodes",),
            "sampled_from",
        ),
        Step(
            "one held record per person",
            "SELECT rec, person, reg, removed FROM (SELECT n.rec, n.person, n.reg, d.removed,"
            " ROW_NUMBER() OVER (PARTITION BY n.person ORDER BY n.rec DESC) AS place FROM drawn d JOIN nodes n ON d.rec = n.rec"
            " JOIN sampled_from s ON n.person = s.person WHERE n.identified = 1 AND n.carries = 1) AS picked WHERE place = 1",
            ("drawn", "nodes", "sampled_from"),
            "held_out",
        ),
        Step(
            "records with the sample's identity hidden",
            "SELECT n.rec, n.reg, n.bit, CASE WHEN h.rec IS NULL THEN n.person ELSE -n.rec END AS person,"
            " CASE WHEN h.rec IS NULL THEN n.identified ELSE 0 END AS identified FROM nodes n LEFT JOIN held_out h ON n.rec = h.rec",
            ("nodes", "held_out"),
            "held_nodes",
        ),
        *spread("held_nodes"),
    ]


def _held_pairs() -> list[Step]:
    tokens = "SELECT e.rec, e.reg, e.person, e.one, e.family, e.token, h.removed FROM evidence e JOIN held_out h ON e.rec = h.rec"
    pairs = (
        "SELECT LEAST(x.rec, y.rec) AS a, GREATEST(x.rec, y.rec) AS b, LEAST(x.reg, y.reg) AS reg_a, GREATEST(x.reg, y.reg) AS reg_b,"
        " x.family FROM held_tokens x JOIN evidence y ON x.family = y.family AND x.token = y.token"
        " WHERE x.rec <> y.rec AND y.identified = 1 AND (x.reg <> y.reg OR x.one = 0) AND (x.removed = 0 OR x.person <> y.person)"
    )
    patterns = (
        "SELECT a, b, reg_a, reg_b, CAST(SUM(family) AS BIGINT) AS pattern FROM (SELECT DISTINCT a, b, reg_a, reg_b, family"
        " FROM held_pairs) AS agreement GROUP BY a, b, reg_a, reg_b"
    )
    return [
        Step("tokens of the sample", tokens, ("evidence", "held_out"), "held_tokens"),
        Step("pairs of the sample", pairs, ("held_tokens", "evidence"), "held_pairs"),
        Step("patterns of the sample", patterns, ("held_pairs",), "held_patterns"),
        Step(
            "pattern counts of the sample",
            "SELECT reg_a, reg_b, pattern, COUNT(*) AS n FROM held_patterns GROUP BY reg_a, reg_b, pattern",
            ("held_patterns",),
            "held_counts",
        ),
    ]


def _together() -> list[Step]:
    """Real and held-out edges and pairs in one."""
    edges = "SELECT a, b, weight, accepted FROM edges UNION ALL SELECT a, b, weight, accepted FROM held_edges"
    pairs = "SELECT a, b, reg_a, reg_b, pattern FROM candidates UNION ALL SELECT a, b, reg_a, reg_b, pattern FROM held_patterns"
    return [
        Step("real and held-out edges together", edges, ("edges", "held_edges"), "all_edges"),
        Step("real and held-out pairs together", pairs, ("candidates", "held_patterns"), "all_pairs"),
    ]


def _outcome() -> list[Step]:
    return [
        Step(
            "whom the sample was linked to",
            "SELECT h.rec, h.reg, h.removed, MAX(CASE WHEN n.person = h.person AND n.identified = 1 THEN 1 ELSE 0 END) AS own,"
            " MAX(CASE WHEN n.person <> h.person AND n.identified = 1 THEN 1 ELSE 0 END) AS other"
            " FROM held_out h JOIN held_persons p ON h.rec = p.rec JOIN held_persons o ON p.person = o.person JOIN nodes n ON o.rec = n.rec"
            " WHERE o.rec <> h.rec GROUP BY h.rec, h.reg, h.removed",
            ("held_out", "held_persons", "nodes"),
            "held_links",
        ),
        Step(
            "count the outcomes",
            "SELECT h.reg, CAST(SUM(1 - h.removed) AS BIGINT) AS held,"
            " CAST(SUM(CASE WHEN h.removed = 0 AND l.own = 1 THEN 1 ELSE 0 END) AS BIGINT) AS found,"
            " CAST(SUM(CASE WHEN h.removed = 0 AND l.other = 1 THEN 1 ELSE 0 END) AS BIGINT) AS wrong,"
            " CAST(SUM(h.removed) AS BIGINT) AS removed,"
            " CAST(SUM(CASE WHEN h.removed = 1 AND l.other = 1 THEN 1 ELSE 0 END) AS BIGINT) AS removed_wrong"
            " FROM held_out h LEFT JOIN held_links l ON h.rec = l.rec GROUP BY h.reg",
            ("held_out", "held_links"),
            "hold_out",
        ),
    ]
