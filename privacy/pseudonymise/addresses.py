"""Address normalising, Finnish and Swedish, ``normalise/v1``.  Frozen by ``tests/vectors/normalise.json``.

A street's Finnish and Swedish names are different words (Mikkolantie, Mickelsvägen) and are not matched here; localities
of the bilingual coast are.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from privacy.pseudonymise.normalise import CACHED_NAMES, clean, fold, name_parts

ABBREVIATIONS: Final = (("t.", "tie"), ("k.", "katu"), ("kj.", "kuja"), ("p.", "polku"), ("v.", "vägen"), ("g.", "gatan"), ("gr.", "gränd"))
"""Endings of street names that are written short, Finnish then Swedish."""

LOCALITIES: Final = {
    "abo": "turku", "anar": "inari", "bjorneborg": "pori", "borga": "porvoo", "borgnas": "pornainen", "brahestad": "raahe",
    "ekenas": "tammisaari", "enare": "inari", "eanodat": "enontekio", "esbo": "espoo", "fredrikshamn": "hamina",
    "grankulla": "kauniainen", "hango": "hanko", "helsingfors": "helsinki", "hogfors": "karkkila", "hyvinge": "hyvinkaa",
    "inga": "inkoo", "jakobstad": "pietarsaari", "kajana": "kajaani", "karis": "karjaa", "karleby": "kokkola", "kasko": "kaskinen",
    "kervo": "kerava", "kimito": "kemio", "korsholm": "mustasaari", "kristinestad": "kristiinankaupunki",
    "kyrkslatt": "kirkkonummi", "lahtis": "lahti", "lapptrask": "lapinjarvi", "lojo": "lohja", "lovisa": "loviisa",
    "malax": "maalahti", "morskom": "myrskyla", "nadendal": "naantali", "narpes": "narpio", "nykarleby": "uusikaarlepyy",
    "nyslott": "savonlinna", "nystad": "uusikaupunki", "ohcejohka": "utsjoki", "pargas": "parainen", "perna": "pernaja",
    "pojo": "pohja", "raseborg": "raasepori", "raumo": "rauma", "sibbo": "sipoo", "sjundea": "siuntio", "soadegilli": "sodankyla",
    "svarta": "mustio", "tammerfors": "tampere", "tavastehus": "hameenlinna", "tenala": "tenhola", "tornea": "tornio",
    "traskanda": "jarvenpaa", "tusby": "tuusula", "uleaborg": "oulu", "vanda": "vantaa", "vasa": "vaasa", "vichtis": "vihti",
    "villmanstrand": "lappeenranta",
}  # fmt: skip
"""Swedish or Saami -> Finnish name of a locality, both folded."""

_APARTMENT_WORDS = re.compile(r"\b(?:as|asunto|bst|bostad|lgh|huoneisto)\b\.?")
_NUMBER = re.compile(r"(?<=\s)[0-9].*$")
_PARTS = re.compile(r"([0-9]+)|[^\W\d_]+")
_FIVE_DIGITS = re.compile(r"(?<![0-9])[0-9]{5}(?![0-9])")
_POSTE_RESTANTE = re.compile(r"\bposte\s*restante\b|\bp\.?\s?r\.?$|^pr$")
_BOX = re.compile(r"^(?:p\.?\s?[lb]|p\.?\s?o\.?\s?box|box|postilokero|postbox|postfack)\.?\s*(?:[0-9]|$)")
_NO_HOME = re.compile(
    r"\b(?:vailla|ilman|utan|ei)\b.*\b(?:asuntoa|osoitetta|bostad|adress|tiedossa)\b|^(?:asunnoton|tuntematon|ok[aä]nd|salainen|turvakielto)\b"
)


@lru_cache(maxsize=CACHED_NAMES)
def street(text: str) -> str:
    """The street's name, folded and without spaces; a house number written along is left out."""
    written = _NUMBER.sub("", clean(text)).strip()
    for short, long in ABBREVIATIONS:
        if written.endswith(short) and len(written) > len(short) + 2:
            written = written.removesuffix(short).rstrip() + long
            break
    return fold("".join(name_parts(written)))


def number_within(text: str) -> str:
    """The house number written along with a street's name, up to a comma, as written; empty if there is none."""
    match = _NUMBER.search(clean(text))
    return match.group().partition(",")[0].rstrip() if match else ""


@lru_cache(maxsize=CACHED_NAMES)
def street_number(text: str) -> str:
    """House number, staircase and flat as one text: ``12 A as. 3``, ``12 A 003`` and ``12a3`` are ``12a3``.

    Two numbers side by side keep a hyphen between, so that flat 3 of number 12 is not number 123.
    """
    found, after_number = [], False
    for match in _PARTS.finditer(_APARTMENT_WORDS.sub(" ", clean(text))):
        number = match[1]
        found.append(f"{'-' * after_number}{number.lstrip('0') or '0'}" if number else match[0])
        after_number = bool(number)
    return "".join(found)


def postcode(text: str) -> str:
    """The postcode: its five digits wherever they stand, else its letters and digits; an all-zero one is none.

    Zeros that a spreadsheet ate come back: ``2100`` is ``02100``.
    """
    written = clean(text)
    if match := _FIVE_DIGITS.search(written):
        written = match.group()
    written = "".join(character for character in written if character.isalnum())
    if not written.strip("0"):
        return ""
    return written.zfill(5) if written.isdecimal() and len(written) in (3, 4) else written


def lost_zeros(text: str) -> bool:
    """Whether :func:`postcode` puts leading zeros back to *text*: ``2100``, which a spreadsheet made of ``02100``."""
    written = "".join(character for character in clean(text) if character.isalnum())
    return written.isdecimal() and len(written) in (3, 4) and bool(written.strip("0"))


def locality(text: str) -> str:
    """The locality, folded; its Swedish or Saami name, or both names together, give the Finnish one."""
    parts = [fold(part) for part in name_parts(text)]
    named = {LOCALITIES.get(part, part) for part in parts}
    if len(named) == 1:
        return named.pop()
    written = "".join(parts)
    return LOCALITIES.get(written, written)


@lru_cache(maxsize=CACHED_NAMES)
def nowhere(text: str) -> bool:
    """Whether an address is none to live at: *poste restante*, a post box, or words for having or telling none.

    Such addresses never form a household.
    """
    written = clean(text)
    return any(pattern.search(written) for pattern in (_POSTE_RESTANTE, _BOX, _NO_HOME))
