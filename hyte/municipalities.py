"""The municipalities of the wellbeing services county of West Uusimaa (03), and the counties' names.

Names and codes: Statistics Finland's classifications as of :data:`AS_OF`.  Population: Statistics Finland, 31 December
2022.  Codes are strings of three digits with leading zeros: many files carry them as numbers, which loses the zero.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

from schemas.register import Titles

AS_OF = datetime.date(2026, 1, 1)
CHECKED_UNTIL = datetime.date(2026, 12, 31)
"""Classifications are issued for a calendar year; the next one must be looked up before it is used."""
POPULATION_ON = datetime.date(2022, 12, 31)


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality: official code, names, language status, and population on :data:`POPULATION_ON`."""

    code: str
    fi: str
    sv: str
    languages: Literal["fi", "fi_sv", "sv_fi"]
    population: int


WEST_UUSIMAA: tuple[Municipality, ...] = (
    Municipality("049", "Espoo", "Esbo", "fi_sv", 305_274),
    Municipality("078", "Hanko", "Hangö", "fi_sv", 7_832),
    Municipality("149", "Inkoo", "Ingå", "sv_fi", 5_384),
    Municipality("224", "Karkkila", "Högfors", "fi", 8_603),
    Municipality("235", "Kauniainen", "Grankulla", "fi_sv", 10_284),
    Municipality("257", "Kirkkonummi", "Kyrkslätt", "fi_sv", 40_722),
    Municipality("444", "Lohja", "Lojo", "fi_sv", 45_811),
    Municipality("710", "Raasepori", "Raseborg", "sv_fi", 27_306),
    Municipality("755", "Siuntio", "Sjundeå", "fi_sv", 6_217),
    Municipality("927", "Vihti", "Vichtis", "fi", 28_913),
)

COUNTIES: dict[str, Titles] = {
    "HVA03": Titles(fi="Länsi-Uudenmaan hyvinvointialue", sv="Västra Nylands välfärdsområde", en="West Uusimaa wellbeing services county"),
}
"""Wellbeing services counties, coded ``HVA`` and the official two digits."""

SUBREGIONS: dict[str, Titles] = {
    "SK011": Titles(fi="Helsingin seutukunta", sv="Helsingfors ekonomiska region", en="Helsinki sub-region"),
    "SK014": Titles(fi="Raaseporin seutukunta", sv="Raseborgs ekonomiska region", en="Raasepori sub-region"),
}
"""Sub-regions (seutukunta) that West Uusimaa's municipalities belong to, coded ``SK`` and the official three digits."""
SUBREGION_OF: dict[str, str] = {town.code: "SK014" if town.code in ("078", "149", "710") else "SK011" for town in WEST_UUSIMAA}
"""The sub-region of each municipality."""
COUNTY_OF_ALL = "HVA03"
COUNTRY: dict[str, Titles] = {"FI": Titles(fi="Suomi", sv="Finland", en="Finland")}
"""The country, by its ISO 3166 code."""


def official_code(text: str) -> str | None:
    """A municipality code as it stands in somebody's file (``49``, ``049``, ``KU049``) in its official form, or None."""
    digits = text.strip().removeprefix("KU")
    return digits.zfill(3) if digits.isascii() and digits.isdigit() and len(digits) <= 3 else None
