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
from linkage.resolve import resolve
from schemas.step import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from linkage.inputs import RegisterInput
    from schemas.agreement import Agreement
    from schemas.step import Engine

ID_BYTES = 16
RECORDS_MAX = 1_000_000_000


@dataclass(frozen=True, slots=True, repr=False)
class LinkResult:
    """``links`` has the columns ``LINK_COLUMNS``; ``facts`` are true counts, never to be shown as they are."""

    links: pa.Table
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
    compare(engine)
    judges = learn_all(engine, inputs, "candidates_counts", "nodes")
    verdicts(engine, judges, accept, "candidates_counts", "verdicts")
    edges(engine, "candidates", "verdicts", "edges")
    resolve(engine, "nodes", "edges", "linked")
    build_families(engine, "linked_persons")
    engine.run(_results())
    registers = [each.register.id for each in inputs]
    quality = hold_out(engine, inputs, judges, accept, share, entropy)
    rows = engine.fetch("result", rows_max=RECORDS_MAX, order_by=("rec",))
    return LinkResult(_links(rows, registers, entropy), _facts(engine, rows), quality)


def _results() -> list[Step]:
    return [
        Step("count the records", "SELECT COUNT(*) AS n FROM records", ("records",), "record_count"),
        Step(
            "records with person and family",
            "SELECT r.rec, r.reg, r.record_id, p.person, f.family, CASE WHEN p.person <> n.person THEN 1 ELSE 0 END AS moved"
            " FROM records r JOIN linked_persons p ON r.rec = p.rec JOIN nodes n ON r.rec = n.rec"
            " LEFT JOIN families f ON p.person = f.person",
            ("records", "linked_persons", "nodes", "families"),
            "result",
        ),
        Step(
            "quarantined by reason", "SELECT reason, COUNT(*) AS n FROM quarantined GROUP BY reason", ("quarantined",), "quarantined_counts"
        ),
    ]


def _links(rows: pa.Table, registers: Sequence[str], entropy: Callable[[int], bytes]) -> pa.Table:
    """The link table: fresh random ids for persons and families; a person without a family is a unit alone."""
    persons = rows["person"].to_numpy()
    families = pc.fill_null(rows["family"], 0).to_numpy()  # records are numbered from one
    names = pa.array(registers, pa.string())
    unit_of = np.where(families > 0, families, -persons)
    family_ids = _random_ids(families, entropy)
    alone = pa.array(families == 0)
    return pa.table(
        {
            "register": names.take(pa.array(rows["reg"].to_numpy())),
            "record_id": rows["record_id"].combine_chunks().cast(pa.binary(ID_BYTES)),
            "study_id": _random_ids(persons, entropy),
            "family_id": pc.if_else(alone, pa.scalar(None, pa.binary(ID_BYTES)), family_ids),
            "unit_id": pc.if_else(alone, _random_ids(unit_of, entropy), family_ids),
        }
    )


def _random_ids(labels: npt.NDArray[np.int64], entropy: Callable[[int], bytes]) -> pa.Array:
    """One random 128-bit id for each distinct label, repeated for each row."""
    distinct, place = np.unique(labels, return_inverse=True)
    drawn = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(ID_BYTES), len(distinct), [None, pa.py_buffer(entropy(ID_BYTES * len(distinct)))]
    )
    return drawn.take(pa.array(place))


def _facts(engine: Engine, rows: pa.Table) -> dict[str, int]:
    """What happened, in true counts."""
    reasons = {row["reason"]: row["n"] for row in engine.fetch("quarantined_counts", rows_max=len(REASONS)).to_pylist()}
    persons, families = rows["person"].to_numpy(), rows["family"]
    return {
        "records": rows.num_rows,
        "persons": len(np.unique(persons)),
        "families": pc.count_distinct(families, mode="only_valid").as_py(),
        "persons_in_families": len(np.unique(persons[pc.is_valid(families).to_numpy(zero_copy_only=False)])) if rows.num_rows else 0,
        "identified_records": _total(engine, "identity_nodes", "COUNT(*)"),
        **{f"quarantined_{reason}": reasons.get(reason, 0) for reason in REASONS},
        "candidate_pairs": _total(engine, "candidates", "COUNT(*)"),
        "records_linked_by_tokens": int(pc.sum(rows["moved"]).as_py() or 0),
        "ties_unlinked": engine.fetch("linked_ties", rows_max=1)["n"][0].as_py(),
        "tokens_dropped": engine.fetch("tokens_dropped", rows_max=1)["dropped"][0].as_py(),
    }


def _total(engine: Engine, relation: str, expression: str) -> int:
    engine.run([Step("count", f"SELECT {expression} AS n FROM {relation}", (relation,), f"{relation}_total")])  # noqa: S608 - relation names are ours
    total: int = engine.fetch(f"{relation}_total", rows_max=1)["n"][0].as_py()
    return total
