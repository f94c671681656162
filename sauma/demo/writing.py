"""Writes a region: each steward's extracts and lists, and the truth, which no other part of the tool reads."""

from __future__ import annotations

from pathlib import Path

from sauma.demo import truth
from sauma.demo.extract import Extract
from sauma.demo.region import Region
from sauma.files import write_private

STEWARDS = {
    "population": "dvv",
    "early_education": "espoo",
    "basic_education": "espoo",
    "youth_work": "youth",
    "library_sports": "espoo",
    "health_social": "luvn",
    "home_care": "luvn",
    "ngo_activities": "ngo",
}
"""The steward of each register in the demonstration."""


def write_extracts(region: Region, folder: Path) -> None:
    """Each register's CSV, and the lists beside it, into ``folder/STEWARD/extracts``."""
    for extract in region.extracts:
        write_extract(extract, folder)


def write_extract(extract: Extract, folder: Path) -> None:
    """One register's CSV, and the lists beside it."""
    extracts = folder / STEWARDS[extract.register] / "extracts"
    write_private(extracts / f"{extract.register}.csv", extract.file())
    for name, text in extract.beside.items():
        write_private(extracts / name, text.encode("utf-8"))


def write_truth(region: Region, folder: Path) -> None:
    """``records.csv``, ``people.csv`` and ``families.csv``."""
    write_private(folder / "records.csv", b"".join(truth.records(iter(region.extracts))))
    truth.write_people(region.people, region.seed, folder)
