"""Who is left over is judged by the pairs that the left can make; patterns that no two strangers make, by those that two made once."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from synthetic import TokenFamily, digest, entropy, number, register

from linkage.inputs import COLUMNS, RegisterInput
from linkage.link import link
from linkage.measures import within
from linkage.second_look import _looked_at_again
from linkage.weights import PairSizes, PatternCounts, Strangers, learn, learn_again, never_by_chance
from sauma.engine.duckdb import DuckDbEngine
from schemas.tokens import MONTH_COLUMNS, OPEN_MONTH

AGREEMENT = SimpleNamespace(linkage=SimpleNamespace(accept_probability="0.9", hold_out_share="0", unit_persons_max=12))
FAMILIES = tuple(TokenFamily(name=f"m{place:02d}", components=(name,), slots=1) for place, name in enumerate(("whole", "name", "place")))
PEOPLE, BROKEN = 600, 30


def opened(side: str, *, once: bool, broken: range, drops: bool = False) -> RegisterInput:
    """Everybody holds a token of their own; of the *broken* only a name, which every sixth has in common with somebody."""
    rows = range(PEOPLE)
    whole = [number("whole", str(row)) if row not in broken else number("whole", side, str(row)) for row in rows]
    name = [number("name", str(row % 500)) for row in rows]
    place = [number("place", str(row)) if row not in broken else number("place", side, str(row)) for row in rows]
    random = {column: pa.array([digest(side, column, str(row)) for row in rows], pa.binary(16)) for column in COLUMNS[1:]}
    months = {column: pa.array([OPEN_MONTH] * PEOPLE, pa.int32()) for column in MONTH_COLUMNS}
    table = pa.table(
        {"record_id": pa.array([digest(side, str(row)) for row in rows], pa.binary(16)), **random, **months}
        | {f"m{at:02d}_00": pa.array(values, pa.int64()) for at, values in enumerate((whole, name, place))}
    )
    return RegisterInput(register(side, one=once), table.to_reader(), FAMILIES, drops=drops)


def found(*, once: bool):
    inputs = [opened(side, once=once, broken=range(BROKEN)) for side in "ab"]
    rows = link(DuckDbEngine(threads=1), inputs, AGREEMENT, entropy(1)).links.to_pylist()
    true = {digest(side, str(row)): row for side in "ab" for row in range(PEOPLE)}
    _, studies = np.unique([row["study_id"] for row in rows], return_inverse=True)
    return within(studies.astype(np.int64), np.array([true[row["record_id"]] for row in rows]))


def test_a_weak_token_links_those_who_are_left_and_nobody_else():
    linked = found(once=True)
    assert (linked.right, linked.linked) == (PEOPLE, PEOPLE)


def test_registers_that_hold_persons_many_times_are_not_looked_at_again():
    linked = found(once=False)
    assert linked.right == PEOPLE - BROKEN


def test_registers_that_leave_tokens_out_are_not_looked_at_again():
    whole, leaving_out = (opened(side, once=True, broken=range(0), drops=drops) for side, drops in (("a", False), ("b", True)))
    assert _looked_at_again([whole, whole])
    assert not _looked_at_again([whole, leaving_out])


STRONG, WEAK = 1, 2


def counts(found):
    return PatternCounts(np.array(list(found), dtype=np.int64), np.array(list(found.values()), dtype=np.int64))


def judged(strangers, candidates):
    return learn(counts(candidates), counts({}), Strangers(counts(strangers), 1_000_000), PairSizes(1_000_000, 1000), 3)


def test_fewer_pairs_make_fewer_chance_pairs():
    judge = judged({WEAK: 50}, {STRONG | WEAK: 900, WEAK: 80})
    alone = np.array([WEAK])
    assert judge.probability(alone)[0] < 0.6
    assert learn_again(judge, counts({WEAK: 20}), 0.005).probability(alone)[0] > 0.9
    assert learn_again(judge, counts({WEAK: 20}), 1.0).probability(alone)[0] < 0.1
    assert learn_again(judge, counts({}), 0.005) is judge


@pytest.mark.parametrize(("once", "least"), [([], 1 - 1 / 30), ([5, 8, 9], 1 - 4 / 30), ([5, 8, 15], 1 - 3 / 30)])
def test_patterns_strangers_make_once_tell_of_those_they_never_made(once, least):
    """Each pattern made once stands for a chance pair at the next weight above, and one more at the least."""
    found = never_by_chance(np.array([10, 20]), np.array([30.0, 900.0]), np.array(once, dtype=np.int64), 1.0)
    assert found[0] == pytest.approx(least)
    assert found[1] == pytest.approx(1 - (15 in once) / 900)
