"""Every register pair's judge, learned from the counted patterns, and its verdicts as a relation of integers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from linkage.resolve import MARGIN
from linkage.weights import M_START_MIN, Judge, PairSizes, PatternCounts, learn
from schemas.step import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linkage.inputs import RegisterInput
    from schemas.step import Engine

PATTERNS_MAX = 10_000_000
Pair = tuple[int, int]
Judges = Mapping[Pair, Judge]


def learn_all(engine: Engine, inputs: Sequence[RegisterInput], counts: str, nodes: str) -> Judges:
    """The judge of each pair of registers (by their numbers, smaller first) between which there are candidates.

    Args:
        engine: where ``matches_counts`` and ``strangers_counts`` are.
        inputs: the registers, in the order of their numbers.
        counts: relation (reg_a, reg_b, pattern, n) of the candidates' patterns.
        nodes: relation (rec, reg, identified) of the records as they were when the candidates were found.
    """
    carrying = [number for number, each in enumerate(inputs) if each.families]
    once = [number for number in carrying if inputs[number].register.one_record_per_person]
    found = {kind: _counts(engine, f"{kind}_counts") for kind in ("matches", "strangers")}
    sizes = _sizes(engine, nodes)
    families = len(inputs[carrying[0]].families) if carrying else 0
    judges = {}
    for pair, candidates in _counts(engine, counts).items():
        references = [number for number in pair if number in once] or once
        strangers = _pooled([found["strangers"].get((number, number)) for number in references])
        matches = found["matches"].get(pair)
        if matches is None or matches.counts.sum() < M_START_MIN:
            matches = _pooled(list(found["matches"].values()))
        strangers = _restricted(strangers, _live(candidates, found["matches"].get(pair)))
        judges[pair] = learn(candidates, matches, strangers, _pair_sizes(pair, sizes, once, references), families)
    return judges


def verdicts(engine: Engine, judges: Judges, accept: float, counts: str, output: str) -> None:
    """Make *output* (reg_a, reg_b, pattern, weight, accepted) for the patterns in *counts* that can matter.

    A pattern that is neither accepted nor within ``MARGIN`` of the least accepted weight of its register pair can be
    neither a link nor a rival of one, and is left out.
    """
    parts = []
    for pair, found in _counts(engine, counts).items():
        judge = judges.get(pair)
        if judge is None:
            continue
        weights, accepted = judge.weights(found.patterns), judge.probability(found.patterns) >= accept
        least = weights[accepted].min() if accepted.any() else np.iinfo(np.int64).max
        kept = accepted | (weights > least - MARGIN)
        parts.append(_verdict_rows(pair, found.patterns[kept], weights[kept], accepted[kept]))
    names = ("reg_a", "reg_b", "pattern", "weight", "accepted")
    empty = pa.table({name: pa.array([], pa.int64()) for name in names})
    engine.load(output, pa.concat_tables([empty, *parts]))


def edges(engine: Engine, pairs: str, judged: str, output: str) -> None:
    """Make *output* (a, b, reg_a, reg_b, weight, accepted): the record *pairs* whose pattern is *judged*."""
    sql = (
        f"SELECT c.a, c.b, c.reg_a, c.reg_b, v.weight, v.accepted FROM {pairs} c JOIN {judged} v"  # noqa: S608 - relation names are ours
        " ON c.reg_a = v.reg_a AND c.reg_b = v.reg_b AND c.pattern = v.pattern"
    )
    engine.run([Step("weigh the pairs", sql, (pairs, judged), output)])


def _verdict_rows(pair: Pair, patterns: np.ndarray, weights: np.ndarray, accepted: np.ndarray) -> pa.Table:
    size = len(patterns)
    return pa.table(
        {
            "reg_a": np.full(size, pair[0], np.int64),
            "reg_b": np.full(size, pair[1], np.int64),
            "pattern": patterns,
            "weight": weights,
            "accepted": accepted.astype(np.int64),
        }
    )


def _counts(engine: Engine, relation: str) -> dict[Pair, PatternCounts]:
    table = engine.fetch(relation, rows_max=PATTERNS_MAX, order_by=("reg_a", "reg_b", "pattern"))
    first, second, patterns, counts = (table[name].to_numpy() for name in ("reg_a", "reg_b", "pattern", "n"))
    pairs = sorted(set(zip(first.tolist(), second.tolist(), strict=True)))
    return {
        pair: PatternCounts(patterns[chosen], counts[chosen]) for pair in pairs for chosen in [(first == pair[0]) & (second == pair[1])]
    }


def _live(*several: PatternCounts | None) -> int:
    """The families in which records of two registers ever agree, as bits: a register may lack the fields of others."""
    return int(np.bitwise_or.reduce(np.concatenate([each.patterns for each in several if each is not None])))


def _restricted(found: PatternCounts, families: int) -> PatternCounts:
    """The same pairs seen through some of the families only; pairs in which none of these agree are left out."""
    seen = found.patterns & families
    return _pooled([PatternCounts(seen[seen != 0], found.counts[seen != 0])])


def _pooled(several: Sequence[PatternCounts | None]) -> PatternCounts:
    present = [each for each in several if each is not None]
    if not present:
        return PatternCounts(np.zeros(0, np.int64), np.zeros(0, np.int64))
    patterns, place = np.unique(np.concatenate([each.patterns for each in present]), return_inverse=True)
    counts = np.bincount(place, weights=np.concatenate([each.counts for each in present]))
    return PatternCounts(patterns, np.rint(counts).astype(np.int64))


def _sizes(engine: Engine, nodes: str) -> dict[int, tuple[int, int]]:
    """Records of each register, and how many of them have a shared identity."""
    output = f"{nodes}_sizes"
    sql = f"SELECT reg, COUNT(*) AS n, CAST(SUM(identified) AS BIGINT) AS identified FROM {nodes} GROUP BY reg"  # noqa: S608 - relation names are ours
    engine.run([Step("sizes of the registers", sql, (nodes,), output)])
    table = engine.fetch(output, rows_max=1000, order_by=("reg",))
    return {row["reg"]: (row["n"], row["identified"]) for row in table.to_pylist()}


def _pair_sizes(pair: Pair, sizes: Mapping[int, tuple[int, int]], once: Sequence[int], references: Sequence[int]) -> PairSizes:
    (n, known), (k, settled) = sizes[pair[0]], sizes[pair[1]]
    if pair[0] == pair[1]:
        pairs, most = n * (n - 1) // 2 - known * (known - 1) // 2, n
    else:
        pairs = n * k - known * settled
        both, one = pair[0] in once and pair[1] in once, pair[0] in once
        most = min(n, k, n - known + k - settled) if both else k if one else n if pair[1] in once else n + k
    strange = sum(sizes[number][0] * (sizes[number][0] - 1) // 2 for number in references)
    return PairSizes(pairs, max(most, 1), strange)
