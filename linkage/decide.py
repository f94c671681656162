"""Every register pair's judge, learned from the counted patterns, and its verdicts as a relation of integers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from linkage.inputs import bits, families
from linkage.resolve import MARGIN
from linkage.strangers import References, pair_sizes, pooled, register_sizes, stranger_pairs
from linkage.weights import M_START_MIN, Judge, PairSizes, PatternCounts, learn, learn_again
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
        nodes: relation (rec, reg, person, identified) of the records as they were when the candidates were found.
    """
    layout = families(inputs)
    dated, held_by_one = bits(inputs, lambda family: family.dated), bits(inputs, lambda family: not family.namesakes)
    drops = frozenset(number for number, each in enumerate(inputs) if each.drops)
    found, matched = _counts(engine, counts), _counts(engine, "matches_counts")
    sizes = register_sizes(engine, inputs, nodes)
    carrying = [number for number, each in enumerate(inputs) if each.families]
    known = stranger_pairs(engine, sizes, carrying, nodes, between=bool(drops))
    references = References(_counts(engine, "strangers_counts"), known, _seen(found, matched), drops, held_by_one)
    judges = {}
    for pair, candidates in found.items():
        matches = matched.get(pair)
        live = _live(candidates, matches)
        if matches is None or matches.counts.sum() < M_START_MIN:
            matches = pooled(list(matched.values()))
        pairs, most = pair_sizes(pair, sizes)
        strangers = references.of(pair, live, pairs)
        judges[pair] = learn(candidates, matches, strangers, PairSizes(pairs, most), len(layout), dated)
    return judges


def learn_left(engine: Engine, judges: Judges, counts: str, shares: Mapping[Pair, float]) -> Judges:
    """The *judges* again, for the *shares* of their pairs that are left, whose patterns are in *counts*."""
    return {pair: learn_again(judges[pair], found, shares[pair]) for pair, found in _counts(engine, counts).items() if pair in judges}


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


def _seen(*several: Mapping[Pair, PatternCounts]) -> Mapping[int, int]:
    """The families in which each register's records ever agree with any other register's: what it can fill, as bits."""
    seen: dict[int, int] = {}
    for counts in several:
        for pair, found in counts.items():
            for number in pair:
                seen[number] = seen.get(number, 0) | _live(found)
    return seen
