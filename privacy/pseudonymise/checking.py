"""An extract against its register's declared fields: every fault by row, column and reason, never by value.

A value that breaks its declaration rejects its row where the field is required or leaves.  Identity fields that
never leave are judged by the normaliser instead: a mistyped birth date still links, and never shows.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from privacy.pseudonymise import addresses, normalise
from privacy.pseudonymise.coded import Booleans, Coded, Integers, from_arrow
from privacy.pseudonymise.damage import damage
from privacy.pseudonymise.rejects import Rejects
from privacy.pseudonymise.tails import completed
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
SIGHTINGS_SHOWN: Final = 20
"""So many rows of a column are named where the whole extract is refused for them."""
IDENTIFIERS: Final = (
    re.compile(r"(?<![0-9A-Z])[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y](?![0-9A-Z])"),  # HETU
    re.compile(r"[^\s@]@[^\s@]+\.[A-Z]{2,}"),  # e-mail: one letter before the sign is enough, and more would be looked for from each
)
PHONES: Final = (
    re.compile(r"(?<![0-9A-Z])(?:\+|00)[1-9](?:[ ()-]{0,2}[0-9]){7,14}(?![0-9])"),  # with country code
    re.compile(r"(?<![0-9A-Z.,/-])0(?:4[0-9]|50|[1-9])(?:[ -]?[0-9]){5,9}(?![0-9A-Z])"),  # Finnish
)
_SURELY_NONE_ELSE: Final = "@|(?:[0-9][^0-9]*){7}|[^\\x00-\\x7f\u00c0-\u00ff]"
"""What every such text has: an at sign, seven digits, or a character that :func:`normalise.unify` may make one of these."""
INTEGER_DIGITS: Final = 15
"""So many digits a number may have before the comma: a double holds them exactly."""
DECIMALS: Final = 20
"""So many a number may have: a double is written with up to seventeen digits, and a few noughts before them."""
_INTEGER = re.compile(rf"[-+]?[0-9]{{1,{INTEGER_DIGITS}}}")
_DECIMAL = re.compile(rf"[-+]?[0-9]{{1,{INTEGER_DIGITS}}}(?:[.,][0-9]{{1,{DECIMALS}}})?")


def coded_columns(raw: RawBatch) -> dict[str, Coded]:
    """Every declared column of *raw* as distinct values and codes, by field name; those of codes in no order, tails completed."""
    columns = {
        field.name: from_arrow(raw.columns.column(field.name), ordered=not (field.meaning or "").endswith("hetu"))
        for field in raw.register.columns
    }
    code, born = raw.register.by_meaning("hetu"), raw.register.by_meaning("birth_date")
    if code and born:
        columns[code.name] = completed(columns[code.name], columns[born.name])
    return columns


def check_rows(register: Register, rows: Integers, columns: Mapping[str, Coded]) -> tuple[Booleans, Rejects]:
    """Which of the rows with numbers *rows* are whole, shape (n,), and the faults of the others in row order."""
    whole = np.ones(len(rows), dtype=np.bool_)
    found: list[tuple[str, str, Integers]] = []
    for field in register.columns:
        if field.required or field.leaves != "never":
            column = columns[field.name]
            missing = {"missing": ~column.present} if field.required else {}
            for reason, broken in (missing | broken_values(field, column)).items():
                whole &= ~broken
                found.append((field.name, reason, rows[broken]))
    return whole, Rejects.of(found)


def broken_values(field: Field, column: Coded) -> dict[str, Booleans]:
    """The rows whose value of *field* breaks its declaration, by reason."""
    doubtful = _doubtful(field, column.texts)
    if not doubtful.any():
        return {}
    fault = fault_of(field)
    reasons = np.zeros(len(doubtful), dtype=object)
    reasons[doubtful] = [fault(text) for text in column.texts.filter(pa.array(doubtful)).to_pylist()]
    return {reason: column.where(reasons == reason) for reason in sorted({each for each in reasons.tolist() if each})}


def _doubtful(field: Field, texts: pa.StringArray) -> Booleans:
    """Which *texts* :func:`fault_of` must look at one by one: the rest surely hold."""
    if field.type == "decimal":
        sure = pc.match_substring_regex(texts, f"\\A(?:{_DECIMAL.pattern})\\z")
    elif field.type == "code":
        sure = pc.is_in(texts, value_set=pa.array(field.codes, pa.string())) if field.codes else pc.is_valid(texts)
    elif field.type == "text":
        sure = pc.less_equal(pc.utf8_length(texts), MAX_TEXT)
    else:
        sure = pa.repeat(False, len(texts))  # noqa: FBT003 - Arrow's own signature
    doubtful: Booleans = ~sure.to_numpy(zero_copy_only=False)
    return doubtful


def fault_of(field: Field) -> Callable[[str], str]:
    """The check of one value of *field*: a key of :data:`REASONS`, or nothing."""
    kinds: dict[str, Callable[[str], str]] = {
        "integer": lambda text: _integer_fault(field, text),
        "decimal": lambda text: "" if _DECIMAL.fullmatch(text) else "not_a_number",
        "date": lambda text: "" if is_day(text) else "not_a_date",
        "code": lambda text: "" if not field.codes or text in field.codes else "not_in_codes",
        "text": lambda text: "too_long" if len(text) > MAX_TEXT else "",
    }
    return kinds[field.type]


def identifying(register: Register, columns: Mapping[str, Coded]) -> dict[str, Booleans]:
    """By field, the rows whose text would leave unchanged and holds what looks like an identifier; shape (n,); no field without one."""
    found = {}
    for field in register.columns:
        if field.type in ("text", "code") and not field.codes and field.leaves == "as_is":
            texts = columns[field.name].texts
            doubtful = pc.match_substring_regex(texts, _SURELY_NONE_ELSE).to_numpy(zero_copy_only=False)
            phones = field.type == "text"
            looks = [looks_identifying(value, phones=phones) for value in texts.filter(pa.array(doubtful)).to_pylist()]
            if any(looks):
                doubtful[doubtful] = looks
                found[field.name] = columns[field.name].where(doubtful)
    return found


@dataclass(slots=True)
class Sightings:
    """Where something was seen, row by row: how many rows, and the numbers of the first :data:`SIGHTINGS_SHOWN`."""

    count: int = 0
    first: list[int] = dataclasses.field(default_factory=list)

    def add(self, rows: Integers) -> None:
        """Seen in the rows with numbers *rows*, which come after all earlier ones."""
        self.count += len(rows)
        self.first += rows[: SIGHTINGS_SHOWN - len(self.first)].tolist()


def sightings(rows: Integers) -> Sightings:
    """Something seen in the rows with numbers *rows*, and nowhere else."""
    seen = Sightings()
    seen.add(rows)
    return seen


def refuse_fields(register: Register, seen: Mapping[str, Sightings]) -> None:
    """``PolicyRefusal`` S4102 if identifiers were *seen* in a field of *register* that would leave unchanged; names rows, no value."""
    fields = [field.name for field in register.columns if field.name in seen]
    if not fields:
        return
    faults = []
    for name in fields:
        rows = seen[name].first
        counts = [1] * (len(rows) - 1) + [seen[name].count - len(rows) + 1]
        faults += [Fault("looks like an identifier", column=name, row=row, count=count) for row, count in zip(rows, counts, strict=True)]
    raise PolicyRefusal(
        "S4102",
        place=fields[0],
        reason="a value that would leave looks like a personal identity code, a phone number or an e-mail address",
        hint="clean the column in the source ('sauma check --rows FILE.csv' lists every row), declare its codes, or let it never leave",
        faults=tuple(faults),
    )


def looks_identifying(text: str, *, phones: bool) -> bool:
    """Whether *text* holds what looks like a HETU, an e-mail address or, with *phones*, a phone number (codes may look like one)."""
    written = normalise.unify(text).upper()
    return any(pattern.search(written) for pattern in (IDENTIFIERS + PHONES if phones else IDENTIFIERS))


@functools.lru_cache(maxsize=1 << 16)
def is_day(text: str) -> bool:
    """Whether *text* is a day in the calendar; remembered, because the days of an extract are few and come again in every batch."""
    return normalise.calendar_date(text) is not None


def unusable(meaning: Meaning, text: str) -> str:
    """Why an identity field's value cannot serve linkage, or nothing: what ``sauma check`` counts, and no row is rejected for."""
    if found := damage(text):
        return found
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
