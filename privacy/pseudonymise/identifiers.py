"""Identifiers that Finnish registers hold beside the personal identity code, and sometimes in its column.

None of them is one, and none is turned into one: they are recognised so that the steward hears what the column holds.
Source: DVV on SATU and on the permanent building identifier (VTJ-PRT), both with the control characters of the personal
identity code; the tax administration on the business id; OPH's object identifiers (oppijanumero).
"""

from __future__ import annotations

import re
from typing import Final

CONTROL_CHARACTERS: Final = "0123456789ABCDEFHJKLMNPRSTUVWXY"
"""The remainder of a number modulo 31, as a character: G, I, O, Q and Z are left out."""
BUSINESS_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2)

_NUMBERED = re.compile(r"([0-9]{8,9})([0-9A-Y])")  # SATU: eight digits; building: nine
_DWELLING = re.compile(r"([0-9]{9})([0-9A-Y])[0-9][A-ZÅÄÖ ]?[0-9 ]{0,3}[A-ZÅÄÖ ]?")
_OBJECT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,20}){5,}")
_BUSINESS = re.compile(r"([0-9]{7})-([0-9])")


def control_character(digits: str) -> str:
    """The control character of ASCII *digits*: their remainder modulo 31 in the official table."""
    return CONTROL_CHARACTERS[int(digits) % len(CONTROL_CHARACTERS)]


def another(text: str) -> bool:
    """Whether canonical *text* is a SATU, a learner number or another OID, a business id, or a building's or dwelling's id."""
    if match := _NUMBERED.fullmatch(text) or _DWELLING.fullmatch(text):
        return control_character(match[1]) == match[2]
    if match := _BUSINESS.fullmatch(text):
        return _business_check(match[1]) == int(match[2])
    return bool(_OBJECT.fullmatch(text))


def _business_check(digits: str) -> int:
    """The check digit of a business id; 10 where there is none."""
    left = sum(weight * int(digit) for weight, digit in zip(BUSINESS_WEIGHTS, digits, strict=True)) % 11
    return left and 11 - left
