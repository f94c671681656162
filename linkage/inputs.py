"""What linkage starts from: one identity relation per register, and records numbered over all of them.

Relations made here (``rec`` numbers all records; ``reg`` is the register's place in the agreement's order of inputs):

- ``registers``  reg, one (1: at most one record a person), carries (1: has match tokens), bit (a power of two for each
  register of which both hold, else 0)
- ``records``    rec, reg, record_id, id_a, id_b, birth_year, then the relations and their months (``schemas/tokens.py``)
- ``slots``      rec, reg, family, token: every distinct match token; ``family`` is a power of two, one bit each
- ``tokens``     the slots whose value another record holds too, and no register holds more than ``HELD_MAX`` times
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from schemas.step import Step, quoted
from schemas.tokens import BIRTH_YEAR_COLUMN, IDENTITY_COLUMNS, MONTH_COLUMNS, RECORD_ID, RELATION_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schemas.register import Register
    from schemas.step import Engine
    from schemas.tokens import TokenFamily

HELD_MAX = 50
"""A token value held by more records of one register than this says nothing (a dummy, a default date): dropped, counted."""
BITS_MAX = 62
"""An agreement pattern is a signed 64-bit integer, one bit a family."""
COLUMNS = (RECORD_ID, *IDENTITY_COLUMNS, BIRTH_YEAR_COLUMN, *RELATION_COLUMNS)


@dataclass(frozen=True, slots=True)
class RegisterInput:
    """One register's opened identity member.

    ``families`` is empty for a register without match tokens; ``drops``: whether it sends no token that two of its persons
    hold, namesakes of nearly one birth date apart (``Agreement.drops_near_equal``).
    """

    register: Register
    reader: pa.RecordBatchReader
    families: tuple[TokenFamily, ...] = ()
    drops: bool = field(kw_only=True)


def bits(inputs: Sequence[RegisterInput], chosen: Callable[[TokenFamily], bool]) -> int:
    """The token families that are *chosen*, one bit each, as in a pattern."""
    families = max((each.families for each in inputs), key=len, default=())
    return sum(1 << bit for bit, family in enumerate(families) if chosen(family))


def load(engine: Engine, inputs: Sequence[RegisterInput]) -> None:
    """Scan the identity relations and make ``registers``, ``records``, ``slots`` and ``tokens``."""
    if any(len(each.families) > BITS_MAX for each in inputs):
        raise ValueError("more token families than a pattern has bits")
    for number, each in enumerate(inputs):
        engine.scan(_identity(number), each.reader)
    engine.load("registers", _registers(inputs))
    engine.run([_records(len(inputs)), *_slots(inputs), *_usable()])


def _identity(number: int) -> str:
    return f"identity_{number:03d}"


def _registers(inputs: Sequence[RegisterInput]) -> pa.Table:
    bits, bit = [], 1
    for each in inputs:
        both = each.register.one_record_per_person and bool(each.families)
        bits.append(bit if both else 0)
        bit <<= both
    if bit > 1 << BITS_MAX:
        raise ValueError("more one-record-per-person registers with match tokens than an integer has bits")
    return pa.table(
        {
            "reg": pa.array(range(len(inputs)), pa.int64()),
            "bit": pa.array(bits, pa.int64()),
            "one": pa.array([int(each.register.one_record_per_person) for each in inputs], pa.int64()),
            "carries": pa.array([int(bool(each.families)) for each in inputs], pa.int64()),
        }
    )


def _records(count: int) -> Step:
    names = ", ".join(quoted(name) for name in (*COLUMNS, *MONTH_COLUMNS))
    parts = [f"SELECT CAST({number} AS BIGINT) AS reg, {names} FROM {_identity(number)}" for number in range(count)]  # noqa: S608 - relation names are ours
    sql = f"SELECT ROW_NUMBER() OVER (ORDER BY reg, record_id) AS rec, reg, {names} FROM ({' UNION ALL '.join(parts)}) AS part"  # noqa: S608 - relation names are ours
    return Step("number the records", sql, tuple(_identity(number) for number in range(count)), "records")


def _slots(inputs: Sequence[RegisterInput]) -> list[Step]:
    """One row per record and distinct token, from one column per slot."""
    parts, carrying, steps = [], [], []
    for number, each in enumerate(inputs):
        if not each.families:
            continue
        wide = f"wide_{number:03d}"
        steps.append(
            Step(
                "number the token rows",
                f"SELECT r.rec, r.reg, i.* FROM records r JOIN {_identity(number)} i ON r.record_id = i.record_id WHERE r.reg = {number}",  # noqa: S608 - relation names are ours
                ("records", _identity(number)),
                wide,
            )
        )
        carrying.append(wide)
        for bit, family in enumerate(each.families):
            parts += [
                f"SELECT rec, reg, CAST({1 << bit} AS BIGINT) AS family, {quoted(column)} AS token FROM {wide}"  # noqa: S608 - relation names are ours
                for column in family.columns
            ]
    empty = "SELECT rec, reg, CAST(0 AS BIGINT) AS family, CAST(0 AS BIGINT) AS token FROM records WHERE rec < 0"
    sql = f"SELECT DISTINCT rec, reg, family, token FROM ({' UNION ALL '.join([empty, *parts])}) AS slot"  # noqa: S608 - relation names are ours
    return [*steps, Step("unfold the token slots", sql, ("records", *carrying), "slots")]


def _usable() -> list[Step]:
    return [
        Step(
            "count the holders of each token",
            "SELECT family, token, reg, COUNT(*) AS held FROM slots GROUP BY family, token, reg",
            ("slots",),
            "holders",
        ),
        Step(
            "drop tokens of one record and of too many",
            "SELECT s.rec, s.reg, s.family, s.token FROM slots s JOIN (SELECT family, token FROM holders GROUP BY family, token"
            " HAVING SUM(held) >= 2 AND MAX(held) <= ?) AS usable ON s.family = usable.family AND s.token = usable.token",
            ("slots", "holders"),
            "tokens",
            (HELD_MAX,),
        ),
        Step(
            "count the tokens dropped",
            "SELECT COUNT(*) AS dropped FROM (SELECT family, token FROM holders GROUP BY family, token HAVING MAX(held) > ?) AS many",
            ("holders",),
            "tokens_dropped",
            (HELD_MAX,),
        ),
    ]
