"""What linkage starts from: one identity relation per register, and records numbered over all of them.

Relations made here (``rec`` numbers all records; ``reg`` is the register's place in the agreement's order of inputs):

- ``registers``  reg, one (1: at most one record a person), carries (1: has match tokens), bit (a power of two for each
  register of which both hold, else 0)
- ``records``    rec, reg, record_id, id_a, id_b, birth_year, then the relations and their months (``schemas/tokens.py``)
- ``tokens``     rec, reg, family, token: the distinct match tokens that another record holds too, and no register holds more than
  ``HELD_MAX`` times; ``family`` is a power of two, one bit each
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


def families(inputs: Sequence[RegisterInput]) -> tuple[TokenFamily, ...]:
    """The token families of the registers that have match tokens, all the same; none where no register has.

    Raises:
        ValueError: the registers' layouts differ.
    """
    layouts = [each.families for each in inputs if each.families]
    if any(layout != layouts[0] for layout in layouts):
        raise ValueError("registers whose token layouts differ")
    return layouts[0] if layouts else ()


def bits(inputs: Sequence[RegisterInput], chosen: Callable[[TokenFamily], bool]) -> int:
    """The token families that are *chosen*, one bit each, as in a pattern."""
    return sum(1 << bit for bit, family in enumerate(families(inputs)) if chosen(family))


def load(engine: Engine, inputs: Sequence[RegisterInput]) -> None:
    """Scan the identity relations and make ``registers``, ``records`` and ``tokens``; what only led to these is dropped."""
    layout = families(inputs)
    if len(layout) > BITS_MAX:
        raise ValueError("more token families than a pattern has bits")
    scanned = [_identity(number) for number in range(len(inputs))]
    for name, each in zip(scanned, inputs, strict=True):
        engine.scan(name, each.reader)
    engine.load("registers", _registers(inputs))
    carrying = [number for number, each in enumerate(inputs) if each.families]
    wide = [_wide(number) for number in carrying]
    engine.run([_records(len(inputs)), *(_numbered(number) for number in carrying)])
    engine.drop(scanned)
    for bit, family in enumerate(layout):  # one at a time: the slots of all at once would be most of the memory
        engine.run(_shared(bit, family, wide))
        engine.drop([f"slots_{bit:02d}", f"holders_{bit:02d}"])
    engine.drop(wide)
    tokens, dropped = ([f"{kind}_{bit:02d}" for bit in range(len(layout))] for kind in ("tokens", "dropped"))
    engine.run(_together(tokens, dropped))
    engine.drop([*tokens, *dropped])


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


def _wide(number: int) -> str:
    return f"wide_{number:03d}"


def _numbered(number: int) -> Step:
    sql = f"SELECT r.rec, r.reg, i.* FROM records r JOIN {_identity(number)} i ON r.record_id = i.record_id WHERE r.reg = {number}"  # noqa: S608 - relation names are ours
    return Step("number the token rows", sql, ("records", _identity(number)), _wide(number))


def _shared(bit: int, family: TokenFamily, tables: Sequence[str]) -> list[Step]:
    """Make ``tokens_BIT`` (rec, reg, family, token) and ``dropped_BIT`` (dropped), from *tables* of one column per slot of *family*."""
    slots, holders = f"slots_{bit:02d}", f"holders_{bit:02d}"
    parts = [f"SELECT rec, reg, {quoted(column)} AS token FROM {table}" for table in tables for column in family.columns]  # noqa: S608 - relation names are ours
    counted = f"SELECT token, reg, COUNT(*) AS held FROM {slots} GROUP BY token, reg"  # noqa: S608 - relation names are ours
    return [
        Step(
            "unfold the token slots",
            f"SELECT DISTINCT rec, reg, token FROM ({' UNION ALL '.join(parts)}) AS slot",  # noqa: S608 - relation names are ours
            tuple(tables),
            slots,
        ),
        Step(
            "count the holders of each token",
            f"SELECT token, MAX(held) AS held FROM ({counted}) AS counted GROUP BY token HAVING SUM(held) >= 2",  # noqa: S608 - relation names are ours
            (slots,),
            holders,
        ),
        Step(
            "drop tokens of one record and of too many",
            f"SELECT s.rec, s.reg, CAST({1 << bit} AS BIGINT) AS family, s.token FROM {slots} s JOIN {holders} h ON s.token = h.token"  # noqa: S608 - relation names are ours
            " WHERE h.held <= ?",
            (slots, holders),
            f"tokens_{bit:02d}",
            (HELD_MAX,),
        ),
        Step(
            "count the tokens dropped",
            f"SELECT COUNT(*) AS dropped FROM {holders} WHERE held > ?",  # noqa: S608 - relation names are ours
            (holders,),
            f"dropped_{bit:02d}",
            (HELD_MAX,),
        ),
    ]


def _together(tokens: Sequence[str], dropped: Sequence[str]) -> list[Step]:
    """Make ``tokens`` and ``tokens_dropped`` of those of each family."""
    none = "SELECT rec, reg, CAST(0 AS BIGINT) AS family, CAST(0 AS BIGINT) AS token FROM records WHERE rec < 0"
    every = " UNION ALL ".join([none, *(f"SELECT rec, reg, family, token FROM {part}" for part in tokens)])  # noqa: S608 - relation names are ours
    counts = " UNION ALL ".join(["SELECT 0 AS dropped", *(f"SELECT dropped FROM {part}" for part in dropped)])  # noqa: S608 - relation names are ours
    return [
        Step("tokens of all families", every, ("records", *tokens), "tokens"),
        Step(
            "tokens dropped of all families",
            f"SELECT CAST(SUM(dropped) AS BIGINT) AS dropped FROM ({counts}) AS d",  # noqa: S608 - relation names are ours
            tuple(dropped),
            "tokens_dropped",
        ),
    ]
