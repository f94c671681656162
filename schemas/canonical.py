"""Canonical JSON: one byte string for one value, so that a digest or a signature has one meaning.

The subset of RFC 8785 that needs no number formatting: objects with ASCII keys sorted by code point, arrays,
strings in Unicode NFC, integers below 2**53 in magnitude, booleans and null.  Floats are refused (decimals travel
as strings), and so is any byte string that is valid JSON but not *the* canonical form: refused, never repaired.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any, NoReturn

from schemas.errors import IntegrityError

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1

Json = Any
"""A JSON value: ``None | bool | int | str | list | tuple | dict`` with string keys."""


def dumps(value: Json) -> bytes:
    """Canonical bytes of *value*; raises ``ValueError`` naming the rule that *value* breaks (never the value)."""
    check(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def digest(value: Json) -> str:
    """Lower-case hex SHA-256 of the canonical bytes of *value*."""
    return hashlib.sha256(dumps(value)).hexdigest()


def check(value: Json, depth: int = 0) -> None:
    """Raise ``ValueError`` unless *value* has a canonical form."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    match value:
        case None | bool():
            return
        case int():
            _check_integer(value)
        case str():
            _check_text(value)
        case list() | tuple():
            for item in value:
                check(item, depth + 1)
        case dict():
            for key, item in value.items():
                _check_key(key)
                check(item, depth + 1)
        case _:
            raise ValueError(f"a {type(value).__name__} has no canonical form")


def _check_integer(number: int) -> None:
    if abs(number) > MAX_INTEGER:
        raise ValueError("an integer is 2**53 or more")


def _check_key(key: object) -> None:
    if not isinstance(key, str) or not key.isascii():
        raise ValueError("a key is not an ASCII string")


def _check_text(text: str) -> None:
    if text.isascii():
        return
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError("a string is not in Unicode NFC")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise ValueError("a string holds a lone surrogate")


def loads(data: bytes, *, place: str) -> Json:
    """The value whose canonical bytes are exactly *data*; ``IntegrityError`` S5001 naming *place* otherwise."""
    reason = ""
    if len(data) > MAX_BYTES:
        reason = "larger than a canonical document may be"
    else:
        try:
            value = json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_float=_no_float, parse_constant=_no_float)
            if dumps(value) != data:
                reason = "not in canonical form"
        except (ValueError, RecursionError):
            reason = "not canonical JSON"
    if reason:
        raise IntegrityError("S5001", place=place, reason=reason, hint="fetch the file again from its sender")
    return value


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key is repeated")
    return result


def _no_float(_text: str) -> NoReturn:
    raise ValueError("a number is not an integer")
