"""The base of every contract, and the one way to read one.

Contracts are frozen, strict and closed: an unknown key is an error, nothing is coerced.  Pydantic's own errors carry
the offending input; :func:`parse` turns them into ours, which never do.
"""

from __future__ import annotations

import datetime
import json
import re
import tomllib
import warnings
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from schemas.errors import Fault, InputError, SaumaError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# 'register' is the field's own noun; pydantic warns because every abstract class has a method of that name, unused here.
warnings.filterwarnings("ignore", message='Field name "register"', category=UserWarning)

MAX_TOML_BYTES = 1024 * 1024
_TOO_DEEP = re.compile(
    r"""(?<![\w"'-]) (?: (?: [\w-]+ | "[^"\n]*" | '[^'\n]*' ) [ \t]* \. [ \t]* ){32}""",
    re.VERBOSE,
)
"""A dotted key of more than 32 parts: reading one takes time that grows with the square of its length."""

UNKNOWN_KEY = "unknown key"
"""The rule that a key breaks which nobody declared."""
IDENTIFIER = r"[a-z][a-z0-9_]{0,39}"
"""The pattern of an :data:`Identifier`, to be matched whole."""
Identifier = Annotated[str, StringConstraints(pattern=f"^{IDENTIFIER}$")]
"""A name that may become a file name or a column: lower-case ASCII, at most 40 characters."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""Lower-case hex SHA-256."""
Id128 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""A random 128-bit id in lower-case hex."""
Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=1_000_000)]
"""Standard base64."""
Decimal = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?$")]
"""A non-negative decimal number, written out: no float ever crosses a contract."""
Text = Annotated[str, StringConstraints(max_length=4000)]
"""Free text for people."""
IsoDate = datetime.date


class Contract(BaseModel):
    """Frozen, strict, closed."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)
    hint: ClassVar[str] = "see docs/protocol.md for the format"
    """Where somebody whose document is refused can read what it should look like."""
    names_unknown_keys: ClassVar[bool] = False
    """Whether a message repeats a key that nobody declared: only where the document holds nothing of anybody's data."""

    def canonical(self) -> dict[str, Any]:
        """The contract as canonical-JSON-ready data (dates as ISO text, absent values left out)."""
        data: dict[str, Any] = self.model_dump(mode="json", exclude_none=True)
        return data


C = TypeVar("C", bound=Contract)


def parse(model: type[C], data: Any, *, place: str, error: type[SaumaError] = InputError, code: str = "S3001") -> C:
    """*data* (from TOML or JSON) as a *model*; all faults at once as *error*/*code*, naming *place* and keys, no values."""
    faults: tuple[Fault, ...] = ()
    try:
        return model.model_validate_json(json.dumps(data, default=_iso))
    except ValidationError as invalid:
        found = invalid.errors(include_input=False, include_context=False, include_url=False)
        named = model.names_unknown_keys
        faults = tuple(
            Fault(_rule(each["type"], each["msg"]), column=_key(each["loc"], each["type"], named=named)) for each in _first(found)
        )
    except (TypeError, ValueError, RecursionError):
        faults = (Fault("a time of day, a number of too many digits, or nested too deeply", column="document"),)
    listed = "; ".join(f"{fault.column}: {fault.reason}" for fault in faults[:10])
    raise error(code, place=place, reason=listed, hint=model.hint, faults=faults)


def load_toml(data: bytes, *, place: str) -> dict[str, Any]:
    """*data* as TOML; ``InputError`` S3002 naming *place* and no content."""
    reason = "larger than a TOML document may be" if len(data) > MAX_TOML_BYTES else ""
    if not reason:
        try:
            text = data.decode("utf-8")
            if not _TOO_DEEP.search(text):
                return tomllib.loads(text)
            reason = "a key of too many parts"
        except UnicodeDecodeError:
            reason = "not UTF-8"
        except (ValueError, RecursionError):  # also a number of too many digits
            reason = "not valid TOML"
    raise InputError("S3002", place=place, reason=reason, hint="check quotes and brackets; save as UTF-8 without a byte order mark")


def _iso(value: Any) -> str:
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def key_path(location: tuple[int | str, ...]) -> str:
    """*location* as a person finds it in a TOML file: ``register[2].columns[5].leaves``, counted from 1."""
    path = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location)
    return path.removeprefix(".") or "document"


def _key(location: tuple[int | str, ...], kind: str, *, named: bool) -> str:
    """Where a fault is; a key that nobody declared is not repeated unless *named* and plain: it may be a value in the wrong place."""
    if kind == "extra_forbidden":
        if named and re.fullmatch(IDENTIFIER, str(location[-1])):
            return key_path(location)
        return f"{key_path(location[:-1])} (unknown key)"
    if location and location[-1] == "[key]":
        return f"{key_path(location[:-2])} (a name in it)"
    return key_path(location)


def _first(found: list[ErrorDetails]) -> list[ErrorDetails]:
    """*found* without lists that are too short only because something in them was refused."""
    places = [fault["loc"] for fault in found]

    def follows(fault: ErrorDetails) -> bool:
        own = fault["loc"]
        return fault["type"] == "too_short" and any(len(place) > len(own) and place[: len(own)] == own for place in places)

    return [fault for fault in found if not follows(fault)]


_RULES = (
    ("extra_forbidden", UNKNOWN_KEY),
    ("missing", "is missing"),
    ("string_type", "must be text between quotes"),
    ("int_", "must be a whole number"),
    ("bool_", "must be true or false"),
    ("date", "must be a day, written as 2026-01-31 without quotes"),
    ("too_short", "has too few items"),
    ("too_long", "has too many items"),
    ("tuple_type", "must be a list"),
    ("model_", "must be a table of keys"),
    ("dict_type", "must be a table of keys"),
)
"""The beginning of a kind of error of pydantic, and the rule in words."""
_FORMS = (
    (IDENTIFIER, "must be lower-case letters, digits and underscores, a letter first, at most 40"),
    ("[0-9a-f]{64}", "must be 64 hexadecimal digits"),
    ("[0-9a-f]{32}", "must be 32 hexadecimal digits"),
    ("[A-Za-z0-9+/]*", "must be base64"),
    ("[A-Za-z0-9_.<>]", "must be a code: letters a to z, digits and _ . + - < > =, at most 40; other letters go into its label"),
    ("(0|[1-9][0-9]{0,8})", 'must be a number between quotes, such as "0.5"'),
)
"""Part of a pattern, and what it asks for in words."""


def _rule(kind: str, message: str) -> str:
    """The rule that was broken, in words; *message* never carries the input."""
    if kind == "string_pattern_mismatch":
        return next((words for pattern, words in _FORMS if pattern in message), "does not have the form that is asked for")
    found = next((words for start, words in _RULES if kind.startswith(start)), "")
    if found:
        return found
    return message.removeprefix("Value error, ").replace("Input should", "must").replace("should have", "must have")
