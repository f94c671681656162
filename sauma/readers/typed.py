"""Typed columns (Parquet, a database) in the one spelling that the rest of the house reads: text.

Dates are ISO days, whole numbers have no point, decimals have one, truth is ``true`` or ``false``.  What a type cannot
say is refused, never guessed: a postcode stored as a number has lost its leading zeros, a time with a zone may be
another day here.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from sauma.readers import letters
from schemas.errors import Fault, InputError
from schemas.register import Field, Meaning

EXACT_FLOAT: Final = 2.0**53
FREE_OF_ZEROS: Final[frozenset[Meaning]] = frozenset(("sex", "restricted", "street_number", "birth_date"))
"""Identity fields whose numbers never begin with a zero that matters."""


def as_text(column: pa.Array, field: Field, *, row: int, place: str) -> pa.StringArray:
    """*column* as text in the one spelling of *field*; its first cell is row *row*.

    Raises ``InputError`` S3020 for a type or a number that cannot become text without a guess, S3006 for damaged letters.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        text = column.cast(pa.string())
        letters.check(text, field.name, row=row, place=place)
        return text
    if pa.types.is_null(kind) or column.null_count == len(column):
        return pa.nulls(len(column), pa.string())
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "true", "false")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        refuse_lost_zeros(field, place=place)
        return _number(column, field, row=row, place=place)
    if pa.types.is_date(kind):
        return column.cast(pa.date32()).cast(pa.string())
    if pa.types.is_timestamp(kind):
        return _moment(column, field, row=row, place=place)
    raise refused(field, place, "is of a type that is not read (nested, bytes or a time of day)", "make it text, a number or a date")


def refuse_lost_zeros(field: Field, *, place: str) -> None:
    """``InputError`` S3020 if a number in *field* may have lost leading zeros that say something."""
    if loses_zeros(field):
        raise refused(field, place, "is stored as a number: leading zeros are lost", "store it as text in the source")


def loses_zeros(field: Field) -> bool:
    """Whether a number in *field* may have lost leading zeros that say something: an identifier, or a code like ``049``."""
    identifying = field.meaning is not None and field.meaning not in FREE_OF_ZEROS
    return field.type in ("text", "code") and (identifying or any(code.startswith("0") for code in field.codes))


def _number(column: pa.Array, field: Field, *, row: int, place: str) -> pa.StringArray:
    if pa.types.is_integer(column.type):
        return column.cast(pa.string())
    if pa.types.is_floating(column.type):
        column = column.cast(pa.float64())
        _refuse_where(pc.invert(pc.is_finite(column)), field, row, place, "holds what is no number", "leave missing values empty")
        if field.type != "decimal":
            broken = pc.or_(pc.not_equal(pc.floor(column), column), pc.greater_equal(pc.abs(column), EXACT_FLOAT))
            hint = "store whole numbers as whole numbers, and text as text"
            _refuse_where(broken, field, row, place, "holds a broken number where a whole one or text is declared", hint)
            return column.cast(pa.int64()).cast(pa.string())
    text = column.cast(pa.string())
    written_short = pc.match_substring(text, "e", ignore_case=True)
    _refuse_where(written_short, field, row, place, "holds a number too large or too small to write out", "round it in the source")
    return pc.replace_substring_regex(text, r"\.0+$", "")


def _moment(column: pa.Array, field: Field, *, row: int, place: str) -> pa.StringArray:
    if column.type.tz is not None:
        hint = "convert it to a local date in the source"
        raise refused(field, place, "is a time with a time zone: another day elsewhere", hint)
    whole = column.cast(pa.timestamp("s"), safe=False)
    days = whole.cast(pa.date32(), safe=False)
    part_of_day = pc.not_equal(days.cast(pa.timestamp("s")).cast(column.type, safe=False), column)
    if field.type == "date":
        _refuse_where(part_of_day, field, row, place, "holds a time of day where a date is declared", "make it a date in the source")
    return pc.if_else(part_of_day, pc.strftime(whole, format="%Y-%m-%dT%H:%M:%S"), days.cast(pa.string()))


def _refuse_where(broken: pa.BooleanArray, field: Field, row: int, place: str, reason: str, hint: str) -> None:
    count = pc.sum(broken).as_py() or 0
    if count:
        first = row + pc.index(pc.fill_null(broken, fill_value=False), pa.scalar(value=True)).as_py()
        raise refused(field, place, reason, hint, row=first, count=count)


def refused(field: Field, place: str, reason: str, hint: str, *, row: int | None = None, count: int = 1) -> InputError:
    """The error of a column that *reason* (without a value) says cannot become text."""
    said = f"column {field.name} {reason}"
    return InputError("S3020", place=place, reason=said, hint=hint, faults=(Fault(reason, column=field.name, row=row, count=count),))
