"""The minimised payload: declared columns only, in the declared form, addresses of restricted persons withheld.

Location of a restricted person and an unknown location are one class, ``unknown``: being in it tells nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from privacy.pseudonymise.coded import Booleans, Coded
from privacy.pseudonymise.normalise import calendar_date
from schemas.register import Field, Leaves, Meaning, Register

UNKNOWN: Final = "unknown"
LOCATION: Final[frozenset[Meaning]] = frozenset(("municipality", "area", "postcode", "locality"))


def payload_columns(register: Register, columns: Mapping[str, Coded], restricted: Booleans) -> dict[str, pa.Array]:
    """Each leaving field's values, generalised; ``restricted`` marks rows whose location is withheld, shape (n,).

    Integers and years are int64; everything else is text.
    """
    return {field.name: _leaving(field, columns[field.name], restricted) for field in register.leaving}


def generalise(field: Field) -> Callable[[str], str]:
    """The function from a whole value of *field* to the form in which it leaves."""
    forms: dict[Leaves, Callable[[str], str]] = {
        "as_is": _canonical(field),
        "year": lambda text: _iso(text)[:4],
        "month": lambda text: _iso(text)[:7],
        "prefix_2": lambda text: text[:2],
        "prefix_3": lambda text: text[:3],
        "band_5": lambda text: f"{int(text) // 5 * 5}-{int(text) // 5 * 5 + 4}",
    }
    return forms[field.leaves]


def payload_fields(register: Register) -> list[pa.Field]:
    """The columns of the payload member behind the record id."""
    return [pa.field(field.name, pa.int64() if _is_number(field) else pa.string()) for field in register.leaving]


def withheld(field: Field, values: pa.Array, restricted: Booleans) -> pa.Array:
    """*values* of *field* as they leave where nobody is restricted, now that it is known who is."""
    if field.meaning not in LOCATION or not restricted.any():
        return values
    return pc.if_else(pa.array(restricted), pa.scalar(None, values.type) if _is_number(field) else UNKNOWN, values)


def _is_number(field: Field) -> bool:
    return field.leaves == "year" or (field.type == "integer" and field.leaves == "as_is")


def _leaving(field: Field, column: Coded, restricted: Booleans) -> pa.Array:
    located = field.meaning in LOCATION
    shown = column.only(~restricted) if located else column
    values = _generalised(field, shown)
    if _is_number(field):
        numbers = np.array([*(int(value) for value in values.values), 0], dtype=np.int64)
        return pa.array(numbers[values.codes], mask=~values.present)
    return values.to_arrow().fill_null(UNKNOWN) if located else values.to_arrow()


def _generalised(field: Field, column: Coded) -> Coded:
    """The values of *column* in the form in which they leave; what leaves as it is written need not be looked at one by one."""
    if field.leaves == "as_is" and field.type in ("text", "code"):
        return column
    if field.leaves == "as_is" and field.type == "decimal":
        return column.replaced(pc.replace_substring(column.texts, ",", "."))
    return column.map(generalise(field))


def _canonical(field: Field) -> Callable[[str], str]:
    """A value left as it is, in one spelling: numbers without leading zeros, a decimal point, ISO dates."""
    spellings: dict[str, Callable[[str], str]] = {
        "integer": lambda text: str(int(text)),
        "decimal": lambda text: text.replace(",", "."),
        "date": _iso,
    }
    return spellings.get(field.type, str)


@functools.lru_cache(maxsize=1 << 16)
def _iso(text: str) -> str:
    day = calendar_date(text)
    return day.isoformat() if day else ""
