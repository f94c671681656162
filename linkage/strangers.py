"""What chance looks like: pairs that are surely two persons, chosen for the pair of registers that is to be judged.

A register's strangers are two records of a register that holds each person once, or two records of any register that
have an identity of their own each.  A register that never holds a telephone number has strangers that never agree in
one, and would make any such agreement look certain.  So a register is a *reference* for a pair only as far as it can
fill the families in which that pair's records agree; families that no reference can fill stay *blind*, and the decision
does not rest on them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from linkage.weights import PatternCounts, Strangers
from schemas.step import Step

if TYPE_CHECKING:
    from linkage.inputs import RegisterInput
    from schemas.step import Engine

Pair = tuple[int, int]
REGISTERS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Size:
    """Of one register: records, those with a shared identity, pairs of these that are one person; does it hold a person once."""

    records: int
    identified: int
    settled: int
    once: bool

    @property
    def stranger_pairs(self) -> int:
        """Pairs of its records that are surely two persons."""
        if self.once:
            return self.records * (self.records - 1) // 2
        return self.identified * (self.identified - 1) // 2 - self.settled


@dataclass(frozen=True, slots=True)
class References:
    """All registers' strangers; ``seen``: the families that each register can fill, as bits."""

    strangers: Mapping[Pair, PatternCounts]
    sizes: Mapping[int, Size]
    carrying: frozenset[int]
    seen: Mapping[int, int]

    def of(self, pair: Pair, live: int, pairs: int) -> Strangers:
        """The strangers to judge *pair* by, seen through the families *live* in it.

        The pair's own registers if they have as many strangers as there are *pairs* to judge, so that what chance
        does once in all of them has been seen; else all registers; those that can fill every live family before others.
        """
        known = [number for number in sorted(self.carrying) if self.sizes[number].stranger_pairs]
        able = [number for number in known if not live & ~self.seen.get(number, 0)]
        own = [number for number in able if number in pair]
        chosen = own if self._pairs(own) >= pairs else able or known
        shown = int(np.bitwise_or.reduce([self.seen.get(number, 0) for number in chosen] or [0]))
        counts = restricted(pooled([self.strangers.get((number, number)) for number in chosen]), live & shown)
        return Strangers(counts, self._pairs(chosen), live & ~shown)

    def _pairs(self, numbers: Sequence[int]) -> int:
        return sum(self.sizes[number].stranger_pairs for number in numbers)


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
    held = f"SELECT reg, person, identified, COUNT(*) AS n FROM {nodes} GROUP BY reg, person, identified"  # noqa: S608 - relation names are ours
    sql = (
        "SELECT reg, CAST(SUM(n) AS BIGINT) AS records, CAST(SUM(n * identified) AS BIGINT) AS identified,"  # noqa: S608 - relation names are ours
        f" CAST(SUM(n * (n - 1) * identified) AS BIGINT) AS settled FROM ({held}) AS held GROUP BY reg"
    )
    engine.run([Step("sizes of the registers", sql, (nodes,), output)])
    rows = engine.fetch(output, rows_max=REGISTERS_MAX, order_by=("reg",)).to_pylist()
    return {
        row["reg"]: Size(row["records"], row["identified"], row["settled"] // 2, inputs[row["reg"]].register.one_record_per_person)
        for row in rows
    }


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
