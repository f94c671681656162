"""The minimised payload: declared columns only, in the declared form, addresses of restricted persons withheld.

Location of a restricted person and an unknown location are one class, ``unknown``: being in it tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pyarrow as pa

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


def _leaving(field: Field, column: Coded, restricted: Booleans) -> pa.Array:
    located = field.meaning in LOCATION
    shown = column.only(~restricted) if located else column
    values = shown.map(generalise(field))
    if field.leaves == "year" or (field.type == "integer" and field.leaves == "as_is"):
        numbers = np.array([*(int(value) for value in values.values), 0], dtype=np.int64)
        return pa.array(numbers[values.codes], mask=~values.present)
    return values.to_arrow().fill_null(UNKNOWN) if located else values.to_arrow()


def _canonical(field: Field) -> Callable[[str], str]:
    """A value left as it is, in one spelling: numbers without leading zeros, a decimal point, ISO dates."""
    spellings: dict[str, Callable[[str], str]] = {
        "integer": lambda text: str(int(text)),
        "decimal": lambda text: text.replace(",", "."),
        "date": _iso,
    }
    return spellings.get(field.type, str)


def _iso(text: str) -> str:
    day = calendar_date(text)
    return day.isoformat() if day else ""
