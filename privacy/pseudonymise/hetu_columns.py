"""Personal identity codes by the column: judged, numbered and written out by NumPy, a million a second.

A valid canonical code is one integer, its *number*: everything but the control character, which follows from the rest.
Codes are compared, grouped and taken as numbers; text appears again only where it is hashed.  A text that is plainly of the
code's form is judged here; any other is left to :func:`~privacy.pseudonymise.hetu.parse`, once per distinct text, and the
tests hold both to the same answer for every reason.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from privacy.pseudonymise.coded import MISSING, Booleans, Coded, Integers, whole
from privacy.pseudonymise.hetu import CENTURIES, CONTROL_CHARACTERS, FIRST_ARTIFICIAL, MAX_AGE_YEARS, REASONS, Hetu, Reason, parse

CODE_CHARACTERS: Final = 11
_SIGNS: Final = "".join(CENTURIES)
_CENTURY: Final = np.array([*CENTURIES.values()], dtype=np.int64)
_DIGITS: Final = (0, 1, 2, 3, 4, 5, 7, 8, 9)
_REASONS: Final[tuple[Reason, ...]] = tuple(REASONS)
_NO_SUCH: Final = 255
_DAYS_IN_MONTH: Final = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, *(0,) * 87], dtype=np.int64)
_VALID: Final = -1

Letters = npt.NDArray[np.uint8]
"""Codes as ASCII, shape (n, 11)."""
Numbers = npt.NDArray[np.int64]
"""Codes as numbers, ``MISSING`` for none, shape (n,)."""


def _places(letters: str, beyond: int) -> Letters:
    """From an ASCII character, of either case, to its place in *letters*; *beyond* for other digits and letters."""
    table = np.full(256, _NO_SUCH, dtype=np.uint8)
    if beyond != _NO_SUCH:
        for character in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            table[[ord(character), ord(character.lower())]] = beyond
    for place, character in enumerate(letters):
        table[[ord(character), ord(character.lower())]] = place
    return table


_SIGN_PLACE: Final = _places(_SIGNS, _NO_SUCH)
_WRONG_CONTROL: Final = len(CONTROL_CHARACTERS)
_CONTROL_PLACE: Final = _places(CONTROL_CHARACTERS, _WRONG_CONTROL)


class Judged(NamedTuple):
    """A column's codes: ``numbers``, and ``reasons`` as places in the list of reasons, -1 where the code holds; shape (n,)."""

    numbers: Numbers
    reasons: npt.NDArray[np.int8]

    def at(self, codes: Integers) -> Judged:
        """The judged values of a column whose rows have *codes*, ``MISSING`` for none."""
        missing = np.int8(_REASONS.index("missing"))
        return Judged(np.append(self.numbers, MISSING)[codes], np.append(self.reasons, missing)[codes])

    def counts(self) -> dict[Reason, int]:
        """Rows by reason."""
        rows = np.bincount(self.reasons[self.reasons >= 0], minlength=len(_REASONS)).tolist()
        return {reason: count for reason, count in zip(_REASONS, rows, strict=True) if count}


def judge(column: pa.ChunkedArray | pa.Array, *, today: date) -> Judged:
    """Every text of *column* as :func:`~privacy.pseudonymise.hetu.parse` would judge it."""
    texts = whole(column)
    rows, letters = _of_eleven(texts)
    numbers = np.full(len(texts), MISSING, dtype=np.int64)
    reasons = np.full(len(texts), _REASONS.index("missing"), dtype=np.int8)
    digits, sign, control = letters[:, _DIGITS] - np.uint8(ord("0")), _SIGN_PLACE[letters[:, 6]], _CONTROL_PLACE[letters[:, 10]]
    plain = (digits <= 9).all(axis=1) & (sign != _NO_SUCH) & (control != _NO_SUCH)
    if not plain.all():
        rows, digits, sign, control = rows[plain], digits[plain], sign[plain], control[plain]
    numbers[rows], reasons[rows] = _judged(digits, sign.astype(np.int64), control, today)
    odd = texts.is_valid().to_numpy(zero_copy_only=False)
    odd[rows] = False
    if odd.any():
        others = np.flatnonzero(odd)
        numbers[others], reasons[others] = _parsed(texts.take(pa.array(others)), today)
    return Judged(numbers, reasons)


def _of_eleven(texts: pa.StringArray) -> tuple[Integers, Letters]:
    """The rows whose text has eleven bytes, and those bytes."""
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2] or b"", dtype=np.uint8)
    rows = np.flatnonzero(np.diff(offsets) == CODE_CHARACTERS)
    if texts.null_count:
        rows = rows[texts.is_valid().to_numpy(zero_copy_only=False)[rows]]
    if len(rows) == len(texts) and len(texts):
        return rows, data[offsets[0] : offsets[-1]].reshape(-1, CODE_CHARACTERS)
    return rows, data[offsets[rows][:, None] + np.arange(CODE_CHARACTERS)]


def _judged(digits: Letters, sign: Integers, control: Letters, today: date) -> tuple[Numbers, npt.NDArray[np.int8]]:
    """Number and reason of codes that are plainly of the form, in the order in which ``parse`` looks."""
    ten = digits.astype(np.int64)
    day, month, short = (ten[:, place] * 10 + ten[:, place + 1] for place in (0, 2, 4))
    number = ten[:, 6] * 100 + ten[:, 7] * 10 + ten[:, 8]
    year = _CENTURY[sign] + short
    written = day * 10_000 + month * 100 + short
    born = year * 10_000 + month * 100 + day
    now = today.year * 10_000 + today.month * 100 + today.day
    common = (year % 4 != 0) | ((year % 100 == 0) & (year % 400 != 0))
    no_day = (day < 1) | (day > _DAYS_IN_MONTH[month]) | (common & (month == 2) & (day == 29))
    faults: tuple[tuple[Reason, Booleans], ...] = (  # the first that is true is the reason
        ("bad_date", no_day),
        ("bad_number", number < 2),
        ("bad_control", (written * 1000 + number) % 31 != control),
        ("future_birth", born > now),
        ("too_old", (now - born) // 10_000 > MAX_AGE_YEARS),
    )
    reasons = np.full(len(number), _VALID, dtype=np.int8)
    for reason, rows in reversed(faults):
        reasons[rows] = _REASONS.index(reason)
    numbers = (written * len(_SIGNS) + sign) * 1000 + number
    return np.where(reasons == _VALID, numbers, MISSING), reasons


def _parsed(texts: pa.StringArray, today: date) -> tuple[Numbers, npt.NDArray[np.int8]]:
    """Number and reason of texts of any form, by :func:`parse`."""
    column = pc.utf8_trim_whitespace(texts).dictionary_encode()
    found = [parse(text, today=today) for text in column.dictionary.to_pylist()]
    numbers = [number_of(each.code) if isinstance(each, Hetu) else MISSING for each in found]
    reasons = [_VALID if isinstance(each, Hetu) else _REASONS.index(each.reason) for each in found]
    place = column.indices.to_numpy(zero_copy_only=False)
    return np.array(numbers, dtype=np.int64)[place], np.array(reasons, dtype=np.int8)[place]


def number_of(code: str) -> int:
    """The number of a valid canonical *code*."""
    return (int(code[:6]) * len(_SIGNS) + _SIGNS.index(code[6])) * 1000 + int(code[7:10])


def letters_of(numbers: Numbers) -> Letters:
    """The codes of *numbers*, none missing, as ASCII."""
    written, tail = numbers // (1000 * len(_SIGNS)), numbers % 1000
    letters = np.empty((len(numbers), CODE_CHARACTERS), dtype=np.uint8)
    for place in range(6):
        letters[:, place] = written // 10 ** (5 - place) % 10 + ord("0")
    letters[:, 6] = np.frombuffer(_SIGNS.encode(), dtype=np.uint8)[numbers // 1000 % len(_SIGNS)]
    for place in range(3):
        letters[:, 7 + place] = tail // 10 ** (2 - place) % 10 + ord("0")
    letters[:, 10] = np.frombuffer(CONTROL_CHARACTERS.encode(), dtype=np.uint8)[(written * 1000 + tail) % 31]
    return letters


def texts_of(numbers: Numbers) -> pa.StringArray:
    """The codes of *numbers*, none missing, as Arrow strings."""
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * CODE_CHARACTERS
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(letters_of(numbers)))


def coded(numbers: Numbers) -> Coded:
    """The codes of *numbers* as a column of text."""
    present = numbers != MISSING
    codes = np.full(len(numbers), MISSING, dtype=np.int64)
    distinct, codes[present] = np.unique(numbers[present], return_inverse=True)
    texts = texts_of(distinct)
    return Coded(codes, texts).replaced(texts)


def artificial(numbers: Numbers) -> Booleans:
    """Which codes are artificial (individual number 900-999), shape (n,)."""
    found: Booleans = (numbers % 1000 >= FIRST_ARTIFICIAL) & (numbers != MISSING)
    return found


def is_artificial(code: str) -> bool:
    """Whether a valid canonical *code* is artificial."""
    return int(code[7:10]) >= FIRST_ARTIFICIAL


def born(numbers: Numbers) -> Integers:
    """The birth dates in codes as ``yyyymmdd``, 0 where there is no code; shape (n,)."""
    written = numbers // (1000 * len(_SIGNS))
    year = _CENTURY[numbers // 1000 % len(_SIGNS)] + written % 100
    days: Integers = np.where(numbers == MISSING, 0, year * 10_000 + written // 100 % 100 * 100 + written // 10_000)
    return days
