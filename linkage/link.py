"""Who is who: from registers' identity members to persons, families and privacy units with random ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from linkage import inputs as members
from linkage.candidates import compare
from linkage.decide import edges, learn_all, verdicts
from linkage.exact import REASONS, join_exactly
from linkage.families import build_families
from linkage.quality import HoldOut, hold_out
from linkage.second_look import First, settle
from linkage.tables import tables
from schemas.step import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from linkage.inputs import RegisterInput
    from schemas.agreement import Agreement
    from schemas.step import Engine

RECORDS_MAX = 1_000_000_000


@dataclass(frozen=True, slots=True, repr=False)
class LinkResult:
    """``links`` has the columns ``LINK_COLUMNS``, ``families`` has ``FAMILY_COLUMNS``.

    ``facts`` are true counts, never to be shown as they are.
    """

    links: pa.Table
    families: pa.Table
    facts: Mapping[str, int]
    quality: tuple[HoldOut, ...]


def link(engine: Engine, inputs: Sequence[RegisterInput], agreement: Agreement, entropy: Callable[[int], bytes]) -> LinkResult:
    """Link the opened identity members of *inputs* on *engine*.

    Args:
        engine: an engine with no relations yet.
        inputs: one per register, in the agreement's order; those with match tokens share one layout.
        agreement: its linkage rules.
        entropy: gives so many random bytes; draws the study ids and the hold-out sample.
    """
    accept, share = float(agreement.linkage.accept_probability), float(agreement.linkage.hold_out_share)
    members.load(engine, inputs)
    join_exactly(engine)
    compare(engine, len(members.families(inputs)), between=any(each.drops for each in inputs))
    judges = learn_all(engine, inputs, "candidates_counts", "nodes")
    verdicts(engine, judges, accept, "candidates_counts", "verdicts")
    edges(engine, "candidates", "verdicts", "edges")
    settle(engine, inputs, First("nodes", "candidates", "edges"), judges, accept, "linked")
    build_families(engine, "linked_persons")
    engine.run(_results())
    registers = [each.register.id for each in inputs]
    quality = hold_out(engine, inputs, judges, accept, share, entropy)
    rows = engine.fetch("result", rows_max=RECORDS_MAX, order_by=("rec",))
    found = engine.fetch("memberships", rows_max=RECORDS_MAX, order_by=("definition", "family", "person"))
    made = tables(rows, found, registers, agreement.linkage.unit_persons_max, entropy)
    return LinkResult(made.links, made.families, {**_facts(engine, rows), **made.facts}, quality)


def _results() -> list[Step]:
    return [
        Step("count the records", "SELECT COUNT(*) AS n FROM records", ("records",), "record_count"),
        Step(
            "records with their person",
            "SELECT r.rec, r.reg, r.record_id, p.person, CASE WHEN p.person <> n.person THEN 1 ELSE 0 END AS moved"
            " FROM records r JOIN linked_persons p ON r.rec = p.rec JOIN nodes n ON r.rec = n.rec",
            ("records", "linked_persons", "nodes"),
            "result",
        ),
        Step(
            "families with when they hold",
            "SELECT m.definition, m.family, m.person, s.since, s.until FROM members m"
            " JOIN spans s ON m.definition = s.definition AND m.family = s.family",
            ("members", "spans"),
            "memberships",
        ),
        Step(
            "quarantined by reason", "SELECT reason, COUNT(*) AS n FROM quarantined GROUP BY reason", ("quarantined",), "quarantined_counts"
        ),
    ]


def _facts(engine: Engine, rows: pa.Table) -> dict[str, int]:
    """What happened to records, in true counts."""
    reasons = {row["reason"]: row["n"] for row in engine.fetch("quarantined_counts", rows_max=len(REASONS)).to_pylist()}
    return {
        "records": rows.num_rows,
        "persons": len(np.unique(rows["person"].to_numpy())),
        "identified_records": _total(engine, "identity_nodes", "COUNT(*)"),
        **{f"quarantined_{reason}": reasons.get(reason, 0) for reason in REASONS},
        "candidate_pairs": _total(engine, "candidates", "COUNT(*)"),
        "records_linked_by_tokens": int(pc.sum(rows["moved"]).as_py() or 0),
        "ties_unlinked": engine.fetch("linked_ties", rows_max=1)["n"][0].as_py(),
        "tokens_dropped": engine.fetch("tokens_dropped", rows_max=1)["dropped"][0].as_py(),
        "children_under_two_heads": engine.fetch("conflicts", rows_max=1)["n"][0].as_py(),
    }


def _total(engine: Engine, relation: str, expression: str) -> int:
    engine.run([Step("count", f"SELECT {expression} AS n FROM {relation}", (relation,), f"{relation}_total")])  # noqa: S608 - relation names are ours
    total: int = engine.fetch(f"{relation}_total", rows_max=1)["n"][0].as_py()
    return total
