"""Texts whose letters were damaged on their way: found, never repaired, because a guess would be another person's name.

The readers refuse a file that is plainly in the wrong encoding; what an older system took in damaged is found here, cell by
cell.  Used on distinct values only.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Damage = Literal["", "mojibake", "letters_lost"]

_CP1252: Final = {bytes([code]).decode("cp1252", "replace"): code for code in range(0x80, 0xA0)}
_ONE_BYTE: Final = {chr(code): code for code in range(0x100)} | {letter: code for letter, code in _CP1252.items() if letter != "\ufffd"}
"""Windows-1252 as browsers read it: its five holes are control characters, so that any byte comes back."""
_LOST = re.compile(r"\ufffd|[\x80-\x9f]|(?<=[^\W\d_])\?(?=[^\W\d_])|(?<!\S)\?(?=[a-zà-öø-ÿ])")
_DOS = re.compile(r"[^\W\d_][„”†™](?=[^\W\d_])|(?<!\S)[„†™](?=[a-z])")
_SEVEN_BIT = re.compile(r"(?<=[a-zA-Z])[{|}](?=[a-z])|(?<!\S)[\[\\\]](?=[a-z])|(?<=[A-Z])[\[\\\]](?=[A-Z])")


def damage(text: str) -> Damage:
    """What is wrong with the letters of a name or an address.

    ``mojibake``: UTF-8 that was read as a one-byte encoding, once or more often; Finnish letters of DOS (``P„ivi``); or of
    seven bits (SFS 4017, ``P{ivi``).  ``letters_lost``: a replacement character, a control character, or a question mark
    where a letter was.
    """
    if _utf8_read_as_one_byte(text):
        return "mojibake"
    if _LOST.search(text):
        return "letters_lost"
    return "mojibake" if _DOS.search(text) or _SEVEN_BIT.search(text) else ""


def _utf8_read_as_one_byte(text: str) -> bool:
    if text.isascii() or not all(letter in _ONE_BYTE for letter in text):
        return False
    try:
        bytes(map(_ONE_BYTE.__getitem__, text)).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
