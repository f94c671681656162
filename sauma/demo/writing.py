"""Writes a region: each steward's extracts and lists, and the truth, which no other part of the tool reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sauma.demo.households import CHILD, HEAD, PARTNER
from sauma.demo.people import ADULT, NOBODY, People
from sauma.demo.region import Region
from sauma.demo.tables import YEAR_DAYS, Flags, Numbers
from sauma.files import write_private

STEWARDS = {"population": "dvv", "basic_education": "espoo", "youth_work": "youth", "health_social": "luvn"}
"""The steward of each register in the demonstration."""
COUPLE_GAP_YEARS = 16


def write_extracts(region: Region, folder: Path) -> None:
    """Each register's CSV, and the lists beside it, into ``folder/STEWARD/extracts``."""
    for extract in region.extracts:
        extracts = folder / STEWARDS[extract.register] / "extracts"
        write_private(extracts / f"{extract.register}.csv", extract.file())
        for name, text in extract.beside.items():
            write_private(extracts / name, text.encode("utf-8"))


def write_truth(region: Region, folder: Path) -> None:
    """``records.csv`` (register, row, person) and ``families.csv`` (definition, family, person)."""
    lines = ["register,row,person"]
    for extract in region.extracts:
        lines += [f"{extract.register},{row},p{person}" for row, person in enumerate(extract.person.tolist(), start=1)]
    write_private(folder / "records.csv", _file(lines))
    lines = ["definition,family,person"]
    for definition, family in families(region.people):
        lines += [f"{definition},f{number},p{person}" for person, number in enumerate(family.tolist()) if number != NOBODY]
    write_private(folder / "families.csv", _file(lines))


def _file(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("ascii")


def families(people: People) -> Iterator[tuple[str, Numbers]]:
    """Each definition of a family and the family number of each person, ``NOBODY`` where it is in none.

    ``household``: who lives in one dwelling.  ``statistics_finland``: a couple, married or taken for one by the rule
    (same dwelling, different sex, under 16 years apart), with the children at home, or a parent with children.
    ``dwelling``: the same with children under 18 only, which is as far as guardianship in the registers shows.
    """
    household = people.household
    yield "household", np.where(people.home.poste_restante[household], NOBODY, household)
    adults = _couples(people)
    for definition, children in (
        ("statistics_finland", people.part == CHILD),
        ("dwelling", (people.part == CHILD) & (people.age < ADULT)),
    ):
        with_children = np.isin(household, household[children])
        parents = np.isin(people.part, (HEAD, PARTNER)) & (with_children | adults)
        yield definition, np.where(children | parents, household, NOBODY)


def _couples(people: People) -> Flags:
    """Whether each person is one of a couple that the registers show."""
    number = len(people.home.dwelling)
    head, partner = np.full(number, NOBODY), np.full(number, NOBODY)
    for whose, part in ((head, HEAD), (partner, PARTNER)):
        here = np.flatnonzero(people.part == part)
        whose[people.household[here]] = here
    gap = np.abs((people.born[head] - people.born[partner]).astype(np.int64)) / YEAR_DAYS
    inferred = (people.male[head] != people.male[partner]) & (gap < COUPLE_GAP_YEARS)
    shown = (partner != NOBODY) & (inferred | (people.spouse[head] != NOBODY))
    couples: Flags = shown[people.household] & np.isin(people.part, (HEAD, PARTNER))
    return couples
