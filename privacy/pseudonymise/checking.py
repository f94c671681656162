"""An extract against its register's declared fields: every fault by row, column and reason, never by value.

A value that breaks its declaration rejects its row where the field is required or leaves.  Identity fields that
never leave are judged by the normaliser instead: a mistyped birth date still links, and never shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import numpy as np

from privacy.pseudonymise import addresses, normalise
from privacy.pseudonymise.coded import Booleans, Coded, from_arrow
from schemas.batches import RawBatch
from schemas.errors import Fault, PolicyRefusal
from schemas.register import VALIDITY, Field, Meaning, Register

REASONS: Final = {
    "missing": "the field is required and empty",
    "not_an_integer": "not a whole number",
    "not_a_number": "not a decimal number",
    "not_a_date": "no day in the calendar (write yyyy-mm-dd or d.m.yyyy)",
    "not_in_codes": "not in the field's declared code list",
    "too_small": "below the declared minimum",
    "too_large": "above the declared maximum",
    "too_long": "longer than a field may be",
}
"""Every reason a row is rejected for, and what it means."""

MAX_TEXT: Final = 4000
IDENTIFIERS: Final = (
    re.compile(r"(?<![0-9A-Z])[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y](?![0-9A-Z])"),  # HETU
    re.compile(r"[^\s@]+@[^\s@]+\.[A-Z]{2,}"),  # e-mail
)
PHONES: Final = (
    re.compile(r"(?<![0-9A-Z])(?:\+|00)[1-9](?:[ ()-]{0,2}[0-9]){7,14}(?![0-9])"),  # with country code
    re.compile(r"(?<![0-9A-Z.,/-])0(?:4[0-9]|50|[1-9])(?:[ -]?[0-9]){5,9}(?![0-9A-Z])"),  # Finnish
)
_INTEGER = re.compile(r"[-+]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,15}(?:[.,][0-9]{1,9})?")


def coded_columns(raw: RawBatch) -> dict[str, Coded]:
    """Every declared column of *raw* as distinct values and codes, by field name."""
    return {field.name: from_arrow(raw.columns.column(field.name)) for field in raw.register.columns}


def check_rows(raw: RawBatch, columns: dict[str, Coded]) -> tuple[Booleans, tuple[Fault, ...]]:
    """Which rows are whole, shape (n,), and the faults of the others in row order."""
    whole = np.ones(len(raw.rows), dtype=np.bool_)
    numbers = raw.rows.to_numpy()
    found: list[tuple[int, str, str]] = []
    for field in raw.register.columns:
        for reason, rows in _broken(field, columns[field.name]).items():
            whole &= ~rows
            found.extend((number, field.name, reason) for number in numbers[rows].tolist())
    return whole, tuple(Fault(reason, column=column, row=row) for row, column, reason in sorted(found))


def fault_of(field: Field) -> Callable[[str], str]:
    """The check of one value of *field*: a key of :data:`REASONS`, or nothing."""
    kinds: dict[str, Callable[[str], str]] = {
        "integer": lambda text: _integer_fault(field, text),
        "decimal": lambda text: "" if _DECIMAL.fullmatch(text) else "not_a_number",
        "date": lambda text: "" if normalise.calendar_date(text) else "not_a_date",
        "code": lambda text: "" if not field.codes or text in field.codes else "not_in_codes",
        "text": lambda text: "too_long" if len(text) > MAX_TEXT else "",
    }
    return kinds[field.type]


def refuse_identifiers(register: Register, columns: dict[str, Coded]) -> None:
    """``PolicyRefusal`` S4102 if a text that would leave unchanged holds what looks like a code, an e-mail address or a phone number."""
    for field in register.columns:
        passes = field.type in ("text", "code") and not field.codes and field.leaves == "as_is"
        if passes and any(looks_identifying(value, phones=field.type == "text") for value in columns[field.name].values):
            raise PolicyRefusal(
                "S4102",
                place=field.name,
                reason="a value that would leave looks like a personal identity code, a phone number or an e-mail address",
                hint="clean the column in the source, declare its codes, or let it never leave",
            )


def looks_identifying(text: str, *, phones: bool) -> bool:
    """Whether *text* holds what looks like a HETU, an e-mail address or, with *phones*, a phone number (codes may look like one)."""
    written = normalise.unify(text).upper()
    return any(pattern.search(written) for pattern in (IDENTIFIERS + PHONES if phones else IDENTIFIERS))


def unusable(meaning: Meaning, text: str) -> str:
    """Why an identity field's value cannot serve linkage, or nothing: what ``sauma check`` counts, and no row is rejected for."""
    if normalise.mojibake(text):
        return "mojibake"
    if meaning == "birth_date" or meaning in VALIDITY:
        return "" if normalise.calendar_date(text) else "not_a_date"
    if meaning == "street":
        return "nowhere_to_live" if addresses.nowhere(text) else ""
    if meaning in ("given_names", "surname", "former_surname"):
        return "" if normalise.name_parts(text) else "no_letters"
    return ""


def _integer_fault(field: Field, text: str) -> str:
    if not _INTEGER.fullmatch(text):
        return "not_an_integer"
    if field.minimum is not None and int(text) < field.minimum:
        return "too_small"
    return "too_large" if field.maximum is not None and int(text) > field.maximum else ""


def _broken(field: Field, column: Coded) -> dict[str, Booleans]:
    """The rows of each reason for which *field* rejects them."""
    broken: dict[str, Booleans] = {}
    if field.required:
        broken["missing"] = ~column.present
    if field.required or field.leaves != "never":
        reasons = column.map(fault_of(field))
        broken |= {reason: reasons.holds(reason.__eq__) for reason in reasons.values}
    return broken
