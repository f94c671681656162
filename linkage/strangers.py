"""What chance looks like: pairs that are surely two persons, chosen for the pair of registers that is to be judged.

Strangers are two records that have an identity of their own each, of one register or of two (then one that a third holds), or
two records of a register that holds each person once.  A register that never holds a telephone number has strangers that
never agree in one, and would make any such agreement look certain.  So two registers are a *reference* for a pair only as far
as both can fill the families in which that pair's records agree; families that no reference can fill stay *blind*, and the
decision does not rest on them.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from linkage.weights import PatternCounts, Strangers
from schemas.step import Step

if TYPE_CHECKING:
    from linkage.inputs import RegisterInput
    from schemas.step import Engine

Pair = tuple[int, int]
Kind = Literal["whole", "within", "between"]
"""Two registers that leave no near-equal token out; one that does, with itself; two of which one does."""
REGISTERS_MAX = 1000
PAIRS_MAX = 100
"""Of so many pairs for each pair of strangers chance can still be told; of more, what strangers never do may be common."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of one register: records, those with a shared identity; does it hold a person once."""

    records: int
    identified: int
    once: bool


@dataclass(frozen=True, slots=True)
class References:
    """All strangers, by pair of registers (or of one with itself).

    ``pairs``: how many pairs of their records are surely two persons; ``seen``: the families that each register can fill, as bits;
    ``drops``: the registers that send no token of the families ``held_by_one`` that two of their persons hold.
    """

    strangers: Mapping[Pair, PatternCounts]
    pairs: Mapping[Pair, int]
    seen: Mapping[int, int]
    drops: frozenset[int] = frozenset()
    held_by_one: int = 0

    def of(self, pair: Pair, live: int, pairs: int) -> Strangers:
        """The strangers to judge *pair* by, seen through the families *live* in it.

        Those of pairs of the same kind before others: what a register leaves out no two of its own persons share, and two of
        different registers seldom.  Of these the pair's own if they are as many as there are *pairs* to judge, so that what
        chance does once in all of them has been seen; else those of its registers, if they are; else all.  Those that can fill
        every live family before others, if they are enough.  A family that fewer than one for ``PAIRS_MAX`` pairs can show is blind.
        """
        present = [key for key, size in self.pairs.items() if size]
        known = [key for key in present if self._kind(key) == self._kind(pair)] or present
        able = [key for key in known if not live & ~self._shown(key)]
        nearest = ([key for key in able if key == pair], [key for key in able if set(key) & set(pair)])
        others = able if self._pairs(able) * PAIRS_MAX >= pairs else known
        chosen = next((keys for keys in nearest if self._pairs(keys) >= pairs), others)
        shown = sum(bit for bit in _bits(live) if self._pairs([key for key in chosen if self._shown(key) & bit]) * PAIRS_MAX >= pairs)
        counts = restricted(pooled([self.strangers.get(key) for key in chosen]), live & shown)
        return Strangers(counts, self._pairs(chosen), live & ~shown)

    def _kind(self, key: Pair) -> Kind:
        if not self.drops & set(key):
            return "whole"
        return "within" if key[0] == key[1] else "between"

    def _shown(self, key: Pair) -> int:
        seen = self.seen.get(key[0], 0) & self.seen.get(key[1], 0)
        return seen & ~self.held_by_one if self._kind(key) == "within" else seen

    def _pairs(self, keys: Sequence[Pair]) -> int:
        return sum(self.pairs[key] for key in keys)


def _bits(families: int) -> list[int]:
    return [1 << place for place in range(families.bit_length()) if families >> place & 1]


def restricted(found: PatternCounts, families: int) -> PatternCounts:
    """The same pairs seen through some of the families only; pairs in which none of these agree are left out."""
    seen = found.patterns & families
    return pooled([PatternCounts(seen[seen != 0], found.counts[seen != 0])])


def pooled(several: Sequence[PatternCounts | None]) -> PatternCounts:
    """The counts of several kinds of pairs in one."""
    present = [each for each in several if each is not None]
    if not present:
        return PatternCounts(np.zeros(0, np.int64), np.zeros(0, np.int64))
    patterns, place = np.unique(np.concatenate([each.patterns for each in present]), return_inverse=True)
    counts = np.bincount(place, weights=np.concatenate([each.counts for each in present]))
    return PatternCounts(patterns, np.rint(counts).astype(np.int64))


def register_sizes(engine: Engine, inputs: Sequence[RegisterInput], nodes: str) -> dict[int, Size]:
    """The size of each register, from the relation *nodes* (reg, person, identified)."""
    output = f"{nodes}_sizes"
    sql = (
        "SELECT reg, COUNT(*) AS records, CAST(SUM(identified) AS BIGINT) AS identified"  # noqa: S608 - relation names are ours
        f" FROM {nodes} GROUP BY reg"
    )
    engine.run([Step("sizes of the registers", sql, (nodes,), output)])
    rows = engine.fetch(output, rows_max=REGISTERS_MAX, order_by=("reg",)).to_pylist()
    return {row["reg"]: Size(row["records"], row["identified"], inputs[row["reg"]].register.one_record_per_person) for row in rows}


def stranger_pairs(engine: Engine, sizes: Mapping[int, Size], carrying: Sequence[int], nodes: str, *, between: bool) -> dict[Pair, int]:
    """How many pairs of records of one register, or *between* two as well, are surely two persons, among those *carrying* tokens.

    From ``{nodes}_spread``.  Between two registers: of those whose identity a third register holds, as ``compare`` lists them.
    """
    output, spread = f"{nodes}_settled", f"{nodes}_spread"
    sql = (
        "SELECT x.reg AS reg_a, y.reg AS reg_b,"  # noqa: S608 - relation names are ours
        " CAST(SUM(CASE WHEN x.reg = y.reg OR x.registers > 2 THEN x.n * y.n ELSE 0 END) AS BIGINT) AS pairs,"
        " CAST(SUM(CASE WHEN x.registers > 2 THEN 0 ELSE x.n END) AS BIGINT) AS only_a,"
        " CAST(SUM(CASE WHEN x.registers > 2 THEN 0 ELSE y.n END) AS BIGINT) AS only_b,"
        " CAST(SUM(x.n) AS BIGINT) AS records, CAST(SUM(CASE WHEN x.registers > 1 THEN x.n ELSE 0 END) AS BIGINT) AS elsewhere"
        f" FROM {spread} x JOIN {spread} y ON x.person = y.person AND x.reg {'<=' if between else '='} y.reg GROUP BY x.reg, y.reg"
    )
    engine.run([Step("pairs of records that share an identity", sql, (spread,), output)])
    rows = engine.fetch(output, rows_max=REGISTERS_MAX**2, order_by=("reg_a", "reg_b")).to_pylist()
    shared = {(row["reg_a"], row["reg_b"]): row for row in rows}
    found = {(one, one): _within(sizes[one], shared.get((one, one), _NOTHING)) for one in carrying if one in sizes}
    if between:
        elsewhere = {one: shared.get((one, one), _NOTHING)["elsewhere"] for one in carrying}
        for one, other in itertools.combinations(sorted(number for number, _ in found), 2):
            both = shared.get((one, other), _NOTHING)
            found[one, other] = (elsewhere[one] - both["only_a"]) * (elsewhere[other] - both["only_b"]) - both["pairs"]
    return found


_NOTHING: Mapping[str, int] = {"pairs": 0, "only_a": 0, "only_b": 0, "records": 0, "elsewhere": 0}


def _within(size: Size, shared: Mapping[str, int]) -> int:
    if size.once:
        return size.records * (size.records - 1) // 2
    return size.identified * (size.identified - 1) // 2 - (shared["pairs"] - shared["records"]) // 2


def pair_sizes(pair: Pair, sizes: Mapping[int, Size]) -> tuple[int, int]:
    """How many pairs of records of two registers (or of one) could be linked, and how many links there can be."""
    one, other = sizes[pair[0]], sizes[pair[1]]
    if pair[0] == pair[1]:
        return (one.records * (one.records - 1) - one.identified * (one.identified - 1)) // 2, one.records
    pairs = one.records * other.records - one.identified * other.identified
    if one.once and other.once:
        most = min(one.records, other.records, one.records - one.identified + other.records - other.identified)
    else:
        most = other.records if one.once else one.records if other.once else one.records + other.records
    return pairs, max(most, 1)
