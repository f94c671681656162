"""The steward's own lists: changed personal identity codes, and those who opted out.  They never leave the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from privacy.pseudonymise.hetu import canonical, whole
from privacy.pseudonymise.history import in_force
from sauma import reading
from sauma.readers import delimited
from sauma.readers.cells import Sieve
from schemas.errors import Fault, InputError

LIST_BYTES_MAX = 256 * 1024**2


def read_history(path: Path) -> Mapping[str, str]:
    """Changed personal identity codes, each to the one it became, from a CSV with the columns ``old`` and ``current``.

    ``InputError`` S3009 if a change is incomplete or not of two codes, contradicts another, or they turn in a circle.
    """
    columns, rows = _whole(path, ["old", "current"])
    step: dict[str, str] = {}
    for before, after, row in zip(columns["old"].to_pylist(), columns["current"].to_pylist(), rows.to_pylist(), strict=True):
        old, new = _code(before), _code(after)
        if not old or not new:
            raise _unfit(path, "a change is incomplete, or not of two personal identity codes", row)
        if step.setdefault(old, new) != new:
            raise _unfit(path, "a change contradicts an earlier row", row)
    if len(in_force(step)) < len(step):
        raise _unfit(path, "changes turn in a circle", None)
    return step


def read_opt_out(path: Path) -> frozenset[str]:
    """The personal identity codes of those who opted out, from a CSV with the one column ``hetu``.

    ``InputError`` S3009 if a row is not one: its person would leave all the same, and nobody would know.
    """
    columns, rows = _whole(path, ["hetu"])
    codes = {row: _code(text) for text, row in zip(columns["hetu"].to_pylist(), rows.to_pylist(), strict=True) if text is not None}
    for row, code in codes.items():
        if not code:
            raise _unfit(path, "a row is not a whole personal identity code", row)
    return frozenset(codes.values())


def _code(text: str | None) -> str:
    """The canonical code that *text* is; empty if it is none."""
    return canonical(text) if text and whole(text) else ""


def _unfit(path: Path, reason: str, row: int | None) -> InputError:
    hint = "correct the list; what it cannot say of a person would be passed over in silence"
    return InputError("S3009", place=reading.shown(path), reason=reason, hint=hint, faults=(Fault(reason, row=row),))


def _whole(path: Path, names: Sequence[str]) -> tuple[pa.Table, pa.Int64Array]:
    place = reading.shown(path)
    with reading.regular(path, limit=LIST_BYTES_MAX) as (opened, size):
        tables = delimited.batches(opened, size, names, place=place, tell=lambda _line: None)
        found = list(Sieve(names, place=place).sifted(tables, may_be_empty=True))
    empty = pa.table({name: pa.array([], pa.string()) for name in names})
    columns = pa.concat_tables([empty, *(table for table, _ in found)])
    return columns, pa.concat_arrays([pa.array([], pa.int64()), *(rows for _, rows in found)])
