"""A second look at those who are left: records that the first resolution joined to nobody they could still be joined to.

How many pairs chance makes follows from how many pairs there are.  Where two registers hold the same people once, nearly
all are joined at the first look, and a pair of which both records are left over is no longer one of all pairs: a namesake
of the same postcode is a stranger among thousands, and the same person among a dozen.  So the left pairs are judged again,
with the same weights, by the chance pairs that so few can make.  Those who are left are more alike than people at random
(members of one family who moved away together), so they are never taken to make less than ``LEFT_LEAST`` of the chance pairs.
Two registers that may both hold a person many times are not looked at again: nothing there says that a record is left over.
Nor is a register that leaves near-equal tokens out: those who are left are then those whose tokens were left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from linkage.decide import edges, learn_left, verdicts
from linkage.resolve import resolve
from linkage.strangers import REGISTERS_MAX
from schemas.step import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linkage.decide import Judges, Pair
    from linkage.inputs import RegisterInput
    from schemas.step import Engine

LEFT_LEAST: Final = 0.005
"""Share of the chance pairs among all pairs of two registers that those left over are taken to make at least."""
KINDS_MAX: Final = REGISTERS_MAX * 1000


@dataclass(frozen=True, slots=True)
class First:
    """The relations of the first look: ``nodes``, their candidate ``pairs`` with patterns, the ``edges`` made of these."""

    nodes: str
    pairs: str
    edges: str


def settle(engine: Engine, inputs: Sequence[RegisterInput], first: First, judges: Judges, accept: float, prefix: str) -> None:
    """Resolve *first*, twice where that is right; make ``{prefix}_persons`` (rec, person) and ``{prefix}_ties`` (n) as ``resolve`` does."""
    chosen = {pair: judge for pair, judge in judges.items() if _looked_at_again([inputs[number] for number in pair])}
    if not chosen:
        resolve(engine, first.nodes, first.edges, prefix)
        return
    once = f"{prefix}_once"
    resolve(engine, first.nodes, first.edges, once)
    engine.run(_left(first, once))
    kinds = _kinds(engine, f"{once}_kinds")
    shares = {pair: max(_pairs(kinds, pair) / max(judge.pairs, 1), LEFT_LEAST) for pair, judge in chosen.items()}
    relearned = learn_left(engine, chosen, f"{once}_left_counts", shares)
    verdicts(engine, relearned, accept, f"{once}_left_counts", f"{once}_verdicts")
    edges(engine, f"{once}_left", f"{once}_verdicts", f"{once}_edges")
    resolve(engine, f"{once}_nodes", f"{once}_edges", prefix)


def _looked_at_again(both: Sequence[RegisterInput]) -> bool:
    return any(each.register.one_record_per_person for each in both) and not any(each.drops for each in both)


def _left(first: First, once: str) -> list[Step]:
    """Records with their person so far, the pairs that can still be joined, how often each pattern and each kind of record is left."""
    nodes = (
        f"SELECT n.rec, n.reg, n.bit, p.person, n.identified FROM {first.nodes} n"  # noqa: S608 - relation names are ours
        f" JOIN {once}_persons p ON n.rec = p.rec"
    )
    state = (
        "SELECT person, MAX(identified) AS identified, CAST(SUM(DISTINCT bit) AS BIGINT) AS ones"  # noqa: S608 - relation names are ours
        f" FROM {once}_nodes GROUP BY person"
    )
    records = (
        "SELECT n.rec, n.reg, n.person, s.identified, s.ones"  # noqa: S608 - relation names are ours
        f" FROM {once}_nodes n JOIN {once}_state s ON n.person = s.person"
    )
    left = (
        f"SELECT c.a, c.b, c.reg_a, c.reg_b, c.pattern FROM {first.pairs} c"  # noqa: S608 - relation names are ours
        f" JOIN {once}_records x ON c.a = x.rec JOIN {once}_records y ON c.b = y.rec"
        " WHERE x.person <> y.person AND x.identified * y.identified = 0 AND (x.ones & y.ones) = 0"
    )
    counts = f"SELECT reg_a, reg_b, pattern, COUNT(*) AS n FROM {once}_left GROUP BY reg_a, reg_b, pattern"  # noqa: S608 - relation names are ours
    kinds = f"SELECT reg, identified, ones, COUNT(*) AS n FROM {once}_records GROUP BY reg, identified, ones"  # noqa: S608 - relation names are ours
    return [
        Step("records after the first look", nodes, (first.nodes, f"{once}_persons"), f"{once}_nodes"),
        Step("persons after the first look", state, (f"{once}_nodes",), f"{once}_state"),
        Step("records with what their person holds", records, (f"{once}_nodes", f"{once}_state"), f"{once}_records"),
        Step("pairs that can still be joined", left, (first.pairs, f"{once}_records"), f"{once}_left"),
        Step("their pattern counts", counts, (f"{once}_left",), f"{once}_left_counts"),
        Step("kinds of records", kinds, (f"{once}_records",), f"{once}_kinds"),
    ]


def _kinds(engine: Engine, relation: str) -> dict[int, np.ndarray]:
    """By register: identified, ones and the number of records of each kind; shape (k, 3)."""
    table = engine.fetch(relation, rows_max=KINDS_MAX, order_by=("reg", "identified", "ones"))
    reg = table["reg"].to_numpy()
    rows = np.stack([table[name].to_numpy().astype(np.int64) for name in ("identified", "ones", "n")], axis=1)
    return {int(number): rows[reg == number] for number in np.unique(reg)}


def _pairs(kinds: dict[int, np.ndarray], pair: Pair) -> int:
    """How many pairs of records of two registers can still be joined."""
    one, other = kinds[pair[0]], kinds[pair[1]]
    free = (one[:, None, 0] * other[None, :, 0] == 0) & (one[:, None, 1] & other[None, :, 1] == 0)
    return int((free * one[:, None, 2] * other[None, :, 2]).sum()) // (2 if pair[0] == pair[1] else 1)
