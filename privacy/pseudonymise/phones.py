"""Telephone numbers in one form, as Finland writes them.  Frozen by ``tests/vectors/normalise.json``.

``+358 40 123 4567``, ``00358401234567``, ``+358 (0)40 1234567``, ``040-123 4567`` and, its zero eaten by a spreadsheet,
``401234567`` are one number.  A foreign number keeps its country code.  A family often has one number for all, so a
number never stands in a token without a name, and even then it may be a parent's.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.pseudonymise.normalise import MAX_CHARACTERS, clean

HOME: Final = "358"
"""Finland's country code."""
DIGITS_MIN, DIGITS_MAX = 5, 15
"""Digits of a number without trunk prefix: the shortest national one, and the longest that ITU-T E.164 allows."""
BARE_DIGITS_MIN: Final = 11
"""A number that starts with 358 and has lost its plus has at least these; a shorter one is a number of Pirkanmaa (03 58...)."""

_DIVIDERS = re.compile(r"[/,;|]|\b(?:tai|or|eller|ja|och)\b")
_WRITTEN = re.compile(r"\+?[0-9][0-9 ().\-]*")
_BETWEEN: Final = str.maketrans("", "", "+ ().-")
"""All that is written between the digits of a number."""
BLOCK: Final = 1 << 15
"""Texts that are worked on at once: what they need then fits in a processor's cache."""
PLAIN_BYTES: Final = 24
"""Texts of so many bytes are read one by one, as are those with anything beside digits, space, ``.``, ``-`` and a plus in front."""

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


def phone(text: str) -> str:
    """The first number in *text* as ``+`` and digits; empty if there is none that could be dialled."""
    if len(text) <= MAX_CHARACTERS and _WRITTEN.fullmatch(text):  # nothing but a number, as nearly all are: nothing to clean
        return _international(text)
    for part in _DIVIDERS.split(_ascii_digits(clean(text))):
        written = _WRITTEN.search(part)
        number = _international(written.group()) if written else ""
        if number:
            return number
    return ""


def _international(written: str) -> str:
    """Country code and number without trunk zero, behind a plus; empty if nothing dialled is like it."""
    digits = written.translate(_BETWEEN)
    if digits.startswith("00") or (written.startswith("+") and not digits.startswith("0")):
        digits = written.replace("(0)", "").translate(_BETWEEN).removeprefix("00")
    elif digits.startswith("0") or not (digits.startswith(HOME) and len(digits) >= BARE_DIGITS_MIN):
        digits = HOME + digits.lstrip("0")
    if digits.startswith(HOME):
        digits = HOME + digits.removeprefix(HOME).lstrip("0")
    own = digits.removeprefix(HOME)
    whole = len(own) >= DIGITS_MIN and len(digits) <= DIGITS_MAX and not digits.startswith("0")
    return f"+{digits}" if whole and len(set(own)) > 1 else ""


def _ascii_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(character)) if character.isdecimal() else character for character in text)


def phones(texts: pa.StringArray) -> pa.StringArray:
    """:func:`phone` of each of *texts*, in columns of digits where they are plainly written; of *texts*, none is null."""
    blocks = [_block(texts.slice(start, BLOCK)) for start in range(0, len(texts), BLOCK)]
    return pa.concat_arrays(blocks) if blocks else texts


def _block(texts: pa.StringArray) -> pa.StringArray:
    written, lengths = _rows(texts)
    place = np.arange(PLAIN_BYTES)
    is_digit = (written >= ord("0")) & (written <= ord("9"))
    plus = written[:, 0] == ord("+")
    between = (written == ord(" ")) | (written == ord(".")) | (written == ord("-")) | (place >= lengths[:, None])
    first = np.where(plus, is_digit[:, 1], is_digit[:, 0])
    plain = first & (lengths < PLAIN_BYTES) & (is_digit | between)[:, 1:].all(axis=1)
    digits, count = _to_the_left(written, is_digit)
    made, shown = _dialled(digits, count, plus)
    made[~plain], shown[~plain] = 0, False
    found = _texts(made, shown)
    if plain.all():
        return found
    others = [phone(text) for text in texts.filter(pa.array(~plain)).to_pylist()]
    at = np.where(plain, np.arange(len(plain)), len(plain) - 1 + np.cumsum(~plain))
    return pa.concat_arrays([found, pa.array(others, pa.string())]).take(pa.array(at))


def _rows(texts: pa.StringArray) -> tuple[Bytes, Integers]:
    """The first ``PLAIN_BYTES`` bytes of each text, shape (n, ``PLAIN_BYTES``), zeros behind its end, and its length in bytes."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32, len(texts) + 1, 4 * texts.offset).astype(np.int64)
    held = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]] if data else np.zeros(0, np.uint8)
    starts, lengths = ends[:-1] - ends[0], np.diff(ends)
    padded = np.append(held, np.zeros(PLAIN_BYTES, np.uint8))
    rows: Bytes = np.lib.stride_tricks.sliding_window_view(padded, PLAIN_BYTES)[starts]
    rows[np.arange(PLAIN_BYTES) >= lengths[:, None]] = 0
    return rows, lengths


def _to_the_left(written: Bytes, chosen: Flags) -> tuple[Bytes, Integers]:
    """The *chosen* bytes of each row from its beginning on, zeros behind them, and how many they are."""
    count = chosen.sum(axis=1)
    found = np.zeros_like(written)
    found[np.arange(written.shape[1]) < count[:, None]] = written[chosen]
    return found, count


def _dialled(digits: Bytes, count: Integers, plus: Flags) -> tuple[Bytes, Flags]:
    """What :func:`_international` makes of rows of *digits* without brackets: the bytes, and which of them there are; both shape (n, w)."""
    trunk = digits[:, 0] == ord("0")
    abroad = trunk & (digits[:, 1] == ord("0"))
    whole = abroad | (plus & ~trunk)
    home = ~whole & (trunk | ~(_starts(digits, HOME) & (count >= BARE_DIGITS_MIN)))
    skipped = np.where(abroad, 2, np.where(home, _zeros(digits), 0))
    rest = _shifted(digits, skipped)
    coded = ~home & _starts(rest, HOME)
    rest = _shifted(rest, np.where(coded, len(HOME) + _zeros(_shifted(rest, np.where(coded, len(HOME), 0))), 0))
    size = (rest != 0).sum(axis=1)
    home |= coded
    good = (size >= DIGITS_MIN) & (size + len(HOME) * home <= DIGITS_MAX) & (home | (rest[:, 0] != ord("0")))
    good &= ((rest != rest[:, :1]) & (rest != 0)).any(axis=1)
    before = np.broadcast_to(np.frombuffer(f"+{HOME}".encode(), np.uint8), (len(rest), 1 + len(HOME)))
    made = np.concatenate([before, rest], axis=1)
    shown = made != 0
    shown[:, 1 : 1 + len(HOME)] = home[:, None]
    return made, shown & good[:, None]


def _starts(digits: Bytes, prefix: str) -> Flags:
    found: Flags = (digits[:, : len(prefix)] == np.frombuffer(prefix.encode(), np.uint8)).all(axis=1)
    return found


def _zeros(digits: Bytes) -> Integers:
    """How many zeros each row begins with."""
    found: Integers = (digits != ord("0")).argmax(axis=1)  # behind the digits there is always a byte that is none
    return found


def _shifted(digits: Bytes, by: Integers) -> Bytes:
    """Each row without its first *by* digits."""
    kept = (np.arange(digits.shape[1]) >= by[:, None]) & (digits != 0)
    return _to_the_left(digits, kept)[0]


def _texts(made: Bytes, shown: Flags) -> pa.StringArray:
    """The *shown* bytes of each row as a text."""
    offsets = np.zeros(len(made) + 1, np.int32)
    np.cumsum(shown.sum(axis=1), out=offsets[1:])
    return pa.StringArray.from_buffers(len(made), pa.py_buffer(offsets), pa.py_buffer(made[shown]))
