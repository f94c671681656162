"""Letters that were damaged on their way: found, told by row, never repaired.

A name with a wrong letter gives another token, and the person is silently lost; so the whole extract is refused.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from schemas.errors import Fault, InputError

_DAMAGED = sorted({letter.encode().decode(wrong) for letter in "äöåÄÖÅéüšž" for wrong in ("cp1252", "latin-1")})
"""What common letters look like when their UTF-8 bytes were read as Windows-1252 or Latin-1."""
_BEGINS = {(pattern[0], pattern.encode()[:3]) for pattern in _DAMAGED}
"""Their first letter, and their first three bytes: rare ones, while Å alone begins many a Swedish name."""
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]")
_AGAIN = "make the extract again, or correct the declared encoding"


class Damage(NamedTuple):
    """What is wrong with a text, and at which byte it first shows."""

    reason: str
    hint: str
    position: int


def damage(text: str, data: bytes) -> Damage | None:
    """The first kind of damage in *text*, whose UTF-8 bytes are *data*, or None."""
    may_be = any(letter in text and begins in data for letter, begins in _BEGINS)  # one letter is found faster than two
    damaged = [pattern for pattern in _DAMAGED if pattern in text] if may_be else []
    if damaged:
        hint = "an earlier program read UTF-8 as Windows-1252: make the extract again, or correct the declared encoding"
        return Damage("letters are damaged (mojibake)", hint, min(data.find(pattern.encode()) for pattern in damaged))
    if "\ufffd" in text:
        return Damage("holds replacement characters: letters were lost", _AGAIN, data.find("\ufffd".encode()))
    if "\0" in text:
        return Damage("holds NUL bytes", _AGAIN, data.find(b"\0"))
    if _may_hold_controls(data) and (control := _CONTROL.search(data)):
        return Damage("holds control characters", _AGAIN, control.start())
    return None


def check(column: pa.StringArray, name: str, *, row: int, place: str) -> None:
    """``InputError`` S3006 if a cell of *column* is damaged; its first cell is row *row*."""
    if not len(column):
        return
    offsets = np.frombuffer(column.buffers()[1], dtype=np.int32)[column.offset : column.offset + len(column) + 1]
    data = (column.buffers()[2] or pa.py_buffer(b"")).to_pybytes()[offsets[0] : offsets[-1]]
    found: Damage | None = None
    try:
        found = damage(data.decode(), data)
    except UnicodeDecodeError as problem:
        found = Damage("not UTF-8", _AGAIN, problem.start)
    if found is not None:
        cell = int(np.searchsorted(offsets - offsets[0], found.position, side="right")) - 1
        faults = (Fault(found.reason, column=name, row=row + cell),)
        raise InputError("S3006", place=place, reason=found.reason, hint=found.hint, faults=faults)


def _may_hold_controls(data: bytes) -> bool:
    """Whether looking closer is worth its time: a byte of a control character other than tab and line ends."""
    values = np.frombuffer(data, dtype=np.uint8)
    low = np.count_nonzero(values < ord(" "))
    return b"\xc2" in data or b"\x7f" in data or bool(low != data.count(b"\n") + data.count(b"\r") + data.count(b"\t"))
