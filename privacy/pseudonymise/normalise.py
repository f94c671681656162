"""Text normalising: names and dates in forms that two registers can agree on.  Frozen by ``tests/vectors/normalise.json``.

Three forms of a name, each coarser than the one before:

* *letters*: NFC, case-folded, without spaces, hyphens and apostrophes; å, ä and ö are letters of their own;
* *folded*: letters without diacritics, Cyrillic transliterated: ``Päivi`` and ``Paivi`` meet here;
* *sound*: the folded consonants under Finnish sound rules: ``Mohammed`` and ``Muhamed`` meet here.

Used on distinct values only.  Nothing here repairs encoding damage: :func:`mojibake` finds it, the steward mends it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from itertools import groupby

from privacy.pseudonymise.letters import (
    APOSTROPHES,
    CYRILLIC,
    DASHES,
    DIGRAPHS,
    INVISIBLE,
    PARTICLES,
    SOUND_PAIRS,
    SPELLINGS,
    UNDECOMPOSED,
    VOWELS,
)

MAX_CHARACTERS = 200
"""Longer texts are cut here before anything else: no name or address is longer."""

_UNIFY = str.maketrans(dict.fromkeys(DASHES, "-") | dict.fromkeys(APOSTROPHES, "'") | dict.fromkeys(INVISIBLE, ""))
_TRANSLITERATE = str.maketrans(CYRILLIC)
_WHOLE = str.maketrans(UNDECOMPOSED)
_ISO = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:[t ].*)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[./-]\s?([0-9]{1,2})[./-]\s?([0-9]{4})")


def clean(text: str) -> str:
    """*text* in NFC, case-folded, spaces collapsed, every dash a hyphen-minus and every apostrophe ``'``."""
    once = unify(unify(text[:MAX_CHARACTERS]).casefold())
    folded = unify(once.casefold()).replace("i\u0307", "i")  # folding may compose anew: twice makes it idempotent
    return " ".join(folded.split())


def unify(text: str) -> str:
    """*text* in NFKC, every dash a hyphen-minus, every apostrophe ``'``, invisible characters gone."""
    return unicodedata.normalize("NFKC", text.translate(_UNIFY)).translate(_UNIFY)


def name_parts(text: str) -> tuple[str, ...]:
    """The parts of a name in *letters* form, in written order: split at spaces and hyphens, apostrophes dropped."""
    split = clean(text).replace("-", " ").replace("/", " ").split()
    parts = ("".join(character for character in part if character.isalpha() or unicodedata.combining(character)) for part in split)
    return tuple(part for part in parts if part)


def given_names(text: str) -> tuple[str, ...]:
    """All given names and their hyphen parts: ``Anna Liisa-Maria`` is ``anna``, ``liisa``, ``maria``."""
    return name_parts(text)


def surnames(text: str) -> tuple[str, ...]:
    """The parts of a surname without particles, sorted: a double surname is the same in either order.

    A name of particles only keeps them (``Le`` is a surname too).
    """
    parts = name_parts(text)
    return tuple(sorted(part for part in parts if part not in PARTICLES)) or tuple(sorted(parts))


def fold(letters: str) -> str:
    """The *folded* form of a text in *letters* form: no diacritics, Cyrillic transliterated.  Idempotent."""
    whole = letters.translate(_TRANSLITERATE).translate(_WHOLE)
    decomposed = unicodedata.normalize("NFD", whole)
    return unicodedata.normalize("NFC", "".join(character for character in decomposed if not unicodedata.combining(character)))


def sound(letters: str) -> str:
    """The *sound* form: first letter and consonants under Finnish sound rules, repeated letters once.

    Known spellings of one name become one first (``Cabdi`` and ``Abdi``); passport ``ae``, ``oe``, ``aa`` end as ``ä``, ``ö``,
    ``å`` do.
    """
    folded = fold(letters)
    text = SPELLINGS.get(folded, folded)
    for written, heard in DIGRAPHS:
        text = text.replace(written, heard)
    text = text.translate(SOUND_PAIRS)
    skeleton = text[:1] + "".join(character for character in text[1:] if character not in VOWELS)
    return "".join(character for character, _run in groupby(skeleton))


def mojibake(text: str) -> bool:
    """Whether *text* looks like UTF-8 that was read as a one-byte encoding, or holds a replacement character."""
    if text.isascii():
        return False
    if "\ufffd" in text:
        return True
    return any(_decodes(text, encoding) for encoding in ("cp1252", "latin-1"))


def _decodes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding).decode("utf-8")
    except UnicodeError:
        return False
    return True


def date_parts(text: str) -> tuple[str, str, str] | None:
    """``(yyyy, mm, dd)`` of a date as written (ISO, ``yyyymmdd`` or ``d.m.yyyy``), or None.

    Not checked against the calendar: a mistyped month still leaves a year and a day to compare.
    """
    written = clean(text[:40])
    if match := _ISO.fullmatch(written):
        year, month, day = match.groups()
    elif match := _DAY_FIRST.fullmatch(written):
        day, month, year = match.groups()
    else:
        return None
    return year, month.zfill(2), day.zfill(2)


def calendar_date(text: str) -> date | None:
    """The day that *text* names, or None if it names none."""
    parts = date_parts(text)
    try:
        return date(*map(int, parts)) if parts else None
    except ValueError:
        return None
