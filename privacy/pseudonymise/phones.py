"""Telephone numbers in one form, as Finland writes them.  Frozen by ``tests/vectors/normalise.json``.

``+358 40 123 4567``, ``00358401234567``, ``+358 (0)40 1234567``, ``040-123 4567`` and, its zero eaten by a spreadsheet,
``401234567`` are one number.  A foreign number keeps its country code.  A family often has one number for all, so a
number never stands in a token without a name, and even then it may be a parent's.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

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
