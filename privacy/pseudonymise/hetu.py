"""The Finnish personal identity code (HETU): read, judged and composed, in plain Python.

``PPKKVVyNNNt``: day, month, year, sign, individual number, control character.  The sign is part of the identity and
is not covered by the control character, so a missing sign is reported as ambiguous and never guessed.

Source: decree 128/2010 as amended by 690/2022; dvv.fi/hetu-uudistus.  Differential oracle in the tests: python-stdnum.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from privacy.pseudonymise.identifiers import CONTROL_CHARACTERS, another, control_character
from privacy.pseudonymise.letters import DASHES, INVISIBLE
from privacy.pseudonymise.normalise import calendar_date

__all__ = ["CONTROL_CHARACTERS", "REASONS", "Hetu", "Rejection", "assemble", "compose", "control_character", "parse", "whole"]

CENTURIES: Final = {"+": 1800} | dict.fromkeys("-YXWVU", 1900) | dict.fromkeys("ABCDEF", 2000)
MAX_AGE_YEARS: Final = 115
FIRST_ARTIFICIAL: Final = 900
MAX_CHARACTERS: Final = 40

Reason = Literal[
    "missing",
    "wrong_length",
    "partial",
    "sign_missing",
    "another_identifier",
    "bad_sign",
    "bad_format",
    "bad_date",
    "bad_number",
    "bad_control",
    "future_birth",
    "too_old",
]
REASONS: Final[dict[Reason, str]] = {
    "missing": "no code at all",
    "wrong_length": "not eleven characters",
    "partial": "only the birth date, or only the tail after the sign: ambiguous",
    "sign_missing": "ten characters, no sign between birth date and tail: ambiguous, never guessed",
    "another_identifier": "a SATU, a learner number (OID), a business id, or the id of a building or dwelling",
    "bad_sign": "the seventh character is not one of + - Y X W V U A B C D E F",
    "bad_format": "a letter where a digit must be, or a character no code has",
    "bad_date": "the first six digits and the sign are no day in the calendar",
    "bad_number": "the individual number is 000 or 001",
    "bad_control": "the control character does not fit the digits",
    "future_birth": "the birth date lies ahead",
    "too_old": f"the birth date lies more than {MAX_AGE_YEARS} years back",
}
"""Every reason :func:`parse` gives, and what it means."""

_MINUS = str.maketrans(dict.fromkeys(DASHES, "-"))
_SIGNLESS = re.compile(r"([0-9]{6})[0-9]{3}[0-9A-Y]")
_DAY = re.compile(r"[0-9]{6}[-+A-FU-Y]?|[0-9]{8}|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2}(?:[0-9]{2})?|[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TAIL = re.compile(r"([-+A-FU-Y]?)[0-9]{3}[0-9A-Y]")
_EDGE = INVISIBLE.replace("\u00ad", "")  # a soft hyphen may stand for the sign, or for nothing: it is not taken away
_CODE = re.compile(r"[0-9]{6}.[0-9]{3}[0-9A-Z]")


@dataclass(frozen=True, slots=True)
class Hetu:
    """A code that holds: ``code`` in canonical form (upper case, hyphen-minus), never shown by ``repr``.

    ``artificial`` codes (individual number 900-999) are given out by organisations on their own: the same one may
    stand for different people, so they never link across organisations.
    """

    code: str = field(repr=False)
    birth_date: date = field(repr=False)
    artificial: bool

    @property
    def odd(self) -> bool:
        """Whether the individual number is odd (given to men): a data quality check only, never a source of sex."""
        return int(self.code[9]) % 2 == 1


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a text is not a code we can use: a key of :data:`REASONS`."""

    reason: Reason

    @property
    def ambiguous(self) -> bool:
        """Whether the text is part of a code that several people may hold."""
        return self.reason in ("sign_missing", "partial")


def canonical(text: str) -> str:
    """*text* without surrounding space or invisible characters, in upper case, full-width forms and dash variants unified.

    Judges nothing.
    """
    return unicodedata.normalize("NFKC", text.translate(_MINUS)).translate(_MINUS).strip().strip(_EDGE).strip().upper()


def parse(text: str, *, today: date) -> Hetu | Rejection:
    """*text* as a :class:`Hetu`, or the :class:`Rejection` that says why not.

    ``today`` bounds the birth date: births after it and more than :data:`MAX_AGE_YEARS` before it are refused.
    """
    if len(text) > MAX_CHARACTERS:
        return Rejection("wrong_length")
    code = canonical(text)
    if len(code) != 11 or not code.isascii():
        return Rejection(_malformed(code))
    if code[6] not in CENTURIES:
        return Rejection("bad_sign")
    if not _CODE.fullmatch(code):
        return Rejection("bad_format")
    birth = _birth_date(code)
    if birth is None:
        return Rejection("bad_date")
    number = int(code[7:10])
    if number < 2:
        return Rejection("bad_number")
    if control_character(code[:6] + code[7:10]) != code[10]:
        return Rejection("bad_control")
    if birth > today:
        return Rejection("future_birth")
    if age_on(today, birth) > MAX_AGE_YEARS:
        return Rejection("too_old")
    return Hetu(code, birth, number >= FIRST_ARTIFICIAL)


def whole(text: str) -> bool:
    """Whether *text* is a whole code on some day: form, birth date, individual number and control character hold."""
    found = parse(text, today=date.max)
    return isinstance(found, Hetu) or found.reason == "too_old"


def tail_of(text: str) -> tuple[str, int]:
    """The canonical tail that *text* is, with its sign or without, and the sign's century (0: no sign); empty if it is none."""
    written = canonical(text)
    match = _TAIL.fullmatch(written)
    return (written, CENTURIES.get(match[1], 0)) if match else ("", 0)


def assemble(birth_date: str, tail: str) -> str:
    """The code of a birth date and of a *tail* that stands in a column of its own: a text for :func:`parse` to judge.

    A tail with its sign (``-999W``) follows the day, if the sign is of the birth date's century; one without gives ten
    characters, and their sign is missing.  Where nothing can be joined the tail is left alone, and is ``partial``: no birth
    date, or one of another century than the sign's.  A tail that is no tail comes back as it is.
    """
    (written, century), day = tail_of(tail), calendar_date(birth_date)
    if not written or not day or century not in (0, day.year // 100 * 100):
        return tail
    return f"{day:%d%m}{day.year % 100:02d}{written}"


def compose(birth_date: date, number: int, sign: str) -> str:
    """The code of *birth_date*, individual *number* (2-999) and *sign*; ``ValueError`` if the sign is of another century."""
    if CENTURIES.get(sign) != birth_date.year // 100 * 100 or not 2 <= number <= 999:
        raise ValueError("the sign or the individual number does not fit")
    day, tail = f"{birth_date:%d%m%y}", f"{number:03d}"
    return f"{day}{sign}{tail}{control_character(day + tail)}"


def birth_date_of(code: str) -> date:
    """The birth date in a valid canonical *code*; ``ValueError`` if it names no day."""
    return date(CENTURIES[code[6]] + int(code[4:6]), int(code[2:4]), int(code[:2]))


def age_on(day: date, birth_date: date) -> int:
    """Full years from *birth_date* to *day* (negative before birth)."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def _malformed(code: str) -> Reason:
    if not code:
        return "missing"
    if match := _SIGNLESS.fullmatch(code):
        return "sign_missing" if _is_a_day(match[1]) or not another(code) else "another_identifier"
    if another(code):
        return "another_identifier"
    if _DAY.fullmatch(code) or _TAIL.fullmatch(code):
        return "partial"
    return "wrong_length" if len(code) != 11 else "bad_format"


def _is_a_day(digits: str) -> bool:
    """Whether ``ddmmyy`` names a day in some century."""
    return any(_birth_date(f"{digits}{sign}") for sign in "+-A")


def _birth_date(code: str) -> date | None:
    try:
        return birth_date_of(code)
    except ValueError:
        return None
