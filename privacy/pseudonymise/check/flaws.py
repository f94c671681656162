"""What is wrong with a value that says who somebody is: the reason, one per distinct value, row by row.

No row is kept back for these; they cost links.  All capitals are no flaw: the normaliser folds them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa

from privacy.pseudonymise import phones
from privacy.pseudonymise.addresses import postcode
from privacy.pseudonymise.admission import CODE_MEANINGS
from privacy.pseudonymise.check.examined import Examined
from privacy.pseudonymise.checking import unusable
from privacy.pseudonymise.coded import MISSING, Booleans, Coded
from privacy.pseudonymise.columns import iso_date
from privacy.pseudonymise.normalise import clean, date_parts
from schemas.register import Field, Meaning

NAMES: Final[tuple[Meaning, ...]] = ("given_names", "surname", "former_surname")
OTHER_FLAWS: Final = {
    "mojibake": "letters were damaged: the text was read in another encoding than it was written in",
    "letters_lost": "a letter was lost: a question mark or a replacement character stands in its place",
    "no_letters": "a name without a letter",
    "digits_in_name": "a name with four digits or more: the columns of the row may have shifted",
    "not_a_date": "no day in the calendar",
    "no_digits": "a date without a digit: the columns of the row may have shifted",
    "two_digit_year": "a year of two digits: its century is never guessed",
    "day_and_month_swapped": "a month over 12 beside a day that could be one",
    "time_zone": "a moment with a time zone: it may be another day in Finland than the one written",
    "all_zeros": "a postcode of zeros stands for none",
    "not_five_digits": "a Finnish postcode has five digits",
    "nowhere_to_live": "poste restante or a post box",
    "no_number": "nothing in it can be dialled",
    "spreadsheet_number": "a spreadsheet or a program made a number of it: a decimal part or an exponent stands in it",
    "code_of_several": "one code beside three or more birth dates: it stands for nobody, or for many",
}
"""Every reason but those of personal identity codes, and what it means."""
SHIFTED: Final = ("digits_in_name", "no_digits")
"""What a row looks like whose cells have moved a column aside."""

_MANY_DIGITS = re.compile(r"(?:[0-9][ .-]?){4}")
_TWO_DIGIT_YEAR = re.compile(r"[0-9]{1,2}[./-]\s?[0-9]{1,2}[./-]\s?[0-9]{2}|[0-9]{6}")
_TIME_ZONE = re.compile(r"[0-9][t ] ?[0-9]{1,2}[:.]?[0-9]{2}[0-9:.,]* ?(?:z|utc|gmt|[+-][0-9]{2}(?::?[0-9]{2})?)$")
"""A time of day and a zone behind it, in a cleaned text: the day of a date ends in ``-15`` too."""
_SPREADSHEET = re.compile(r"\+?[0-9]+[.,]0+|[0-9]+(?:[.,][0-9]+)?e[+-]?[0-9]{1,3}")
"""A number as pandas and Excel write it back, in a cleaned text: what is read of it is somebody else's telephone."""
_MONTHS = 12
SEVERAL: Final = 3
"""So many birth dates beside one code are no longer one person's, of which one is mistyped."""


def flaws(found: Examined) -> dict[str, Coded]:
    """By field name, each row's reason; fields without a flaw are left out.  A relation's missing code is no flaw."""
    listed = {field.name: _of_field(found, field) for field in found.register.columns if field.meaning not in (None, "restricted")}
    return {name: reasons for name, reasons in listed.items() if reasons.present.any()}


def of_value(meaning: Meaning, text: str) -> str:
    """Why *text* under *meaning* cannot serve linkage, or nothing."""
    own: dict[Meaning, Callable[[str], str]] = {"birth_date": _date, "postcode": _postcode, "phone": _phone}
    if meaning == "dwelling":
        return ""  # an id of letters and digits, and there are as many as homes
    if meaning in NAMES and _MANY_DIGITS.search(text):
        return "digits_in_name"
    reason = unusable(meaning, text)
    return own[meaning](text) if meaning in own and reason in ("", "not_a_date") else reason


def _of_field(found: Examined, field: Field) -> Coded:
    column, meaning = found.columns[field.name], field.meaning
    assert meaning is not None
    if meaning in CODE_MEANINGS:
        judged = found.codes[meaning].reasons
        return judged.otherwise(_told(code_of_several(found), "code_of_several")) if meaning == "hetu" else judged
    return column.map(partial(of_value, meaning))


def code_of_several(found: Examined) -> Booleans:
    """The rows whose own code stands beside three or more birth dates, as a placeholder does; shape (rows,)."""
    numbers, days = found.own.numbers, found.written("birth_date").map(iso_date)
    both = found.own.valid & days.present
    if found.persons == found.rows or not both.any():
        return np.zeros(found.rows, dtype=np.bool_)
    different, which = np.unique(numbers[both], return_inverse=True)
    pairs = np.unique(which * len(days.texts) + days.codes[both])
    dates = np.bincount(pairs // len(days.texts), minlength=len(different))
    several: Booleans = np.isin(numbers, different[dates >= SEVERAL])
    return several


def _told(rows: Booleans, reason: str) -> Coded:
    """A column that says *reason* in *rows* and nothing elsewhere."""
    return Coded(np.where(rows, 0, MISSING), pa.array([reason], pa.string())).only(rows)


def _date(text: str) -> str:
    parts = date_parts(text)
    if parts is None:
        if not any(character.isdigit() for character in text):
            return "no_digits"
        return "two_digit_year" if _TWO_DIGIT_YEAR.fullmatch(clean(text)) else "not_a_date"
    if unusable("birth_date", text):
        _, month, day = parts
        return "day_and_month_swapped" if int(month) > _MONTHS >= int(day) > 0 else "not_a_date"
    return "time_zone" if _TIME_ZONE.search(clean(text)) else ""


def _postcode(text: str) -> str:
    written = postcode(text)
    if not written:
        return "all_zeros"
    return "" if len(written) == 5 and written.isdecimal() else "not_five_digits"


def _phone(text: str) -> str:
    if _SPREADSHEET.fullmatch(clean(text)):
        return "spreadsheet_number"
    return "" if phones.phone(text) else "no_number"
