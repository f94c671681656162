"""Address normalising, Finnish and Swedish.  Frozen by ``tests/vectors/normalise.json``.

A street's Finnish and Swedish names are different words (Mikkolantie, Mickelsvägen) and are not matched here; localities
of the bilingual coast are.
"""

from __future__ import annotations

import re
from typing import Final

from privacy.pseudonymise.normalise import clean, fold, name_parts

ABBREVIATIONS: Final = (("t.", "tie"), ("k.", "katu"), ("kj.", "kuja"), ("p.", "polku"), ("v.", "vägen"), ("g.", "gatan"), ("gr.", "gränd"))
"""Endings of street names that are written short, Finnish then Swedish."""

LOCALITIES: Final = {
    "abo": "turku", "borga": "porvoo", "ekenas": "tammisaari", "esbo": "espoo", "grankulla": "kauniainen", "hango": "hanko",
    "helsingfors": "helsinki", "hogfors": "karkkila", "inga": "inkoo", "karis": "karjaa", "kimito": "kemio",
    "kyrkslatt": "kirkkonummi", "lojo": "lohja", "lovisa": "loviisa", "nadendal": "naantali", "pargas": "parainen",
    "pojo": "pohja", "raseborg": "raasepori", "sibbo": "sipoo", "sjundea": "siuntio", "tammerfors": "tampere",
    "vanda": "vantaa", "vasa": "vaasa", "vichtis": "vihti",
}  # fmt: skip
"""Swedish -> Finnish name of a locality, both folded."""

_APARTMENT_WORDS = re.compile(r"\b(?:as|asunto|bst|bostad|lgh|huoneisto)\b\.?")
_NUMBER = re.compile(r"(?<=\s)[0-9].*$")
_POSTE_RESTANTE = re.compile(r"\bposte\s*restante\b|\bp\.?\s?r\.?$|^pr$")
_BOX = re.compile(r"^(?:pl|po\s?box|pb|box|postilokero|postbox)\b")


def street(text: str) -> str:
    """The street's name, folded and without spaces; a house number written along is left out."""
    written = _NUMBER.sub("", clean(text)).strip()
    for short, long in ABBREVIATIONS:
        if written.endswith(short) and len(written) > len(short) + 2:
            written = written.removesuffix(short).rstrip() + long
            break
    return fold("".join(name_parts(written)))


def number_within(text: str) -> str:
    """The house number written along with a street's name, as written; empty if there is none."""
    match = _NUMBER.search(clean(text))
    return match.group() if match else ""


def street_number(text: str) -> str:
    """House number, staircase and flat as one text: ``12 A as. 3`` and ``12a3`` are ``12a3``."""
    written = _APARTMENT_WORDS.sub(" ", clean(text))
    return "".join(character for character in written if character.isalnum())


def postcode(text: str) -> str:
    """The postcode's letters and digits; an all-zero one is none."""
    written = "".join(character for character in clean(text) if character.isalnum())
    return written if written.strip("0") else ""


def locality(text: str) -> str:
    """The locality, folded; its Swedish name gives the Finnish one."""
    written = fold("".join(name_parts(text)))
    return LOCALITIES.get(written, written)


def nowhere(text: str) -> bool:
    """Whether an address is none to live at: *poste restante* or a post box.  Such addresses never form a household."""
    written = clean(text)
    return bool(_POSTE_RESTANTE.search(written) or _BOX.search(written))
