"""Text normalising, ``normalise/v1``: names and dates in forms that two registers can agree on.

Frozen by ``tests/vectors/normalise.json``.

Three forms of a name, each coarser than the one before:

* *letters*: NFC, case-folded, without spaces, hyphens and apostrophes; å, ä and ö are letters of their own;
* *folded*: letters without diacritics, Cyrillic transliterated: ``Päivi`` and ``Paivi`` meet here;
* *sound*: the folded consonants under Finnish sound rules: ``Mohammed`` and ``Muhamed`` meet here.

Used on distinct values only.  Nothing here repairs a damaged text: :mod:`~privacy.pseudonymise.damage` finds it, the
steward mends it.  The rules in their order, exact enough to write them anew: ``docs/normalising.md``.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

from privacy.pseudonymise.letters import (
    APOSTROPHES,
    CYRILLIC,
    DASHES,
    DIGRAPHS,
    INVISIBLE,
    MONTHS,
    PARTICLES,
    SOUND_PAIRS,
    SPELLINGS,
    UNDECOMPOSED,
    VOWELS,
)

MAX_CHARACTERS = 200
"""Longer texts are cut here before anything else: no name or address is longer."""

CACHED_CHARACTERS = 1 << 12
"""How many characters' forms are remembered; a region writes with a few hundred."""
CACHED_NAMES = 1 << 16
"""How many names' parts and sounds are remembered: one name stands in several columns, and in several parts of an extract."""

_COMMON = re.compile(r"[ -_a-~éüåäöáčđŋšŧžøæÉÜÅÄÖÁČĐŊŠŦŽØÆ]*")  # all that lower() folds; no accent grave, which is an apostrophe
_REPEATED = re.compile(r"(.)\1+")
_UNIFY = str.maketrans(dict.fromkeys(DASHES, "-") | dict.fromkeys(APOSTROPHES, "'") | dict.fromkeys(INVISIBLE, ""))
_PLAIN = str.maketrans(CYRILLIC | UNDECOMPOSED)
_INITIAL_J = re.compile(r"^(?:y(?=[aeiou])|i(?=[aeou]))")
_YEAR_FIRST = re.compile(r"([0-9]{4})([-./]?)([0-9]{2})\2([0-9]{2})(?:[t ].*)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[./-] ?([0-9]{1,2})[./-] ?([0-9]{4})(?:,? (?:klo )?[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2})?)?")
_WORDS = re.compile(r"([0-9]{1,2})\.? ([a-zäö]{3,10})\.? ([0-9]{4})")


def clean(text: str) -> str:
    """*text* in NFC, case-folded, spaces collapsed, every dash a hyphen-minus and every apostrophe ``'``."""
    cut = text[:MAX_CHARACTERS]
    return " ".join((cut.lower() if _COMMON.fullmatch(cut) else _folded(cut)).split())


def _folded(text: str) -> str:
    once = unify(unify(text).casefold())
    return unify(once.casefold()).replace("i\u0307", "i")  # folding may compose anew: twice makes it idempotent


def unify(text: str) -> str:
    """*text* in NFKC, every dash a hyphen-minus, every apostrophe ``'``, invisible characters gone."""
    return unicodedata.normalize("NFKC", text.translate(_UNIFY)).translate(_UNIFY)


@lru_cache(maxsize=CACHED_NAMES)
def name_parts(text: str) -> tuple[str, ...]:
    """The parts of a name in *letters* form, in written order.

    Apostrophes and digits are dropped; whatever else is no letter divides.
    """
    return tuple("".join(map(_letter, clean(text))).split())


@lru_cache(maxsize=CACHED_CHARACTERS)
def _letter(character: str) -> str:
    if character.isalpha() or unicodedata.combining(character):
        return character
    return "" if character == "'" or character.isdigit() else " "


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
    return letters if letters.isascii() else "".join(map(_bare, letters))


@lru_cache(maxsize=CACHED_CHARACTERS)
def _bare(character: str) -> str:
    decomposed = unicodedata.normalize("NFD", character.translate(_PLAIN))
    bare = "".join(part for part in decomposed if not unicodedata.combining(part))
    return unicodedata.normalize("NFC", bare.translate(_PLAIN))  # twice: the bare letter of ``ǿ`` is ``ø``


@lru_cache(maxsize=CACHED_NAMES)
def sound(letters: str) -> str:
    """The *sound* form: first letter and consonants under Finnish sound rules, repeated letters once.

    Known spellings of one name become one first (``Cabdi`` and ``Abdi``); passport ``ae``, ``oe``, ``aa`` end as ``ä``, ``ö``,
    ``å`` do.
    """
    folded = fold(letters)
    text = _INITIAL_J.sub("j", SPELLINGS.get(folded, folded))
    for written, heard in DIGRAPHS:
        text = text.replace(written, heard)
    text = text.translate(SOUND_PAIRS)
    return _REPEATED.sub(r"\1", text[:1] + text[1:].translate(VOWELS))


def date_parts(text: str) -> tuple[str, str, str] | None:
    """``(yyyy, mm, dd)`` of a date as written, or None: year first, day first, or with the month's name; a time may follow.

    Not checked against the calendar: a mistyped month still leaves a year and a day to compare.  A year of two digits is
    never completed; the years 0000 and 9999 stand for none.
    """
    written = clean(text[:40])
    if match := _YEAR_FIRST.fullmatch(written):
        year, _, month, day = match.groups()
    elif match := _DAY_FIRST.fullmatch(written):
        day, month, year = match.groups()
    elif (match := _WORDS.fullmatch(written)) and (number := MONTHS.get(fold(match[2]).removesuffix("ta"))):
        day, month, year = match[1], str(number), match[3]
    else:
        return None
    return None if year in ("0000", "9999") else (year, month.zfill(2), day.zfill(2))


def calendar_date(text: str) -> date | None:
    """The day that *text* names, or None if it names none."""
    parts = date_parts(text)
    try:
        return date(*map(int, parts)) if parts else None
    except ValueError:
        return None
