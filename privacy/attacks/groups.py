"""The groups by which a steward sees whom an attack finds: only what the register itself declares.  Language group it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from privacy.pseudonymise.coded import Booleans, Coded, Integers
from privacy.pseudonymise.normalise import clean
from privacy.pseudonymise.people import NO_YEAR, People
from schemas.register import Register

AGE_YEARS: Final = (7, 18, 30, 65)
"""Where age bands begin, after the first."""
NAME_HOLDERS: Final = (2, 20)
"""Whole names by how many persons of the register bear them: one, fewer than the last, or more."""
GROUPS_MAX: Final = 60
"""A column of more values is no grouping."""


def groups(people: People, register: Register) -> Mapping[str, Mapping[str, Booleans]]:
    """Each grouping that the register's columns allow, and who is in each of its groups; shape (persons,) each.

    Names of groups are bands, marks, and the codes that the agreement itself lists; never a value of the extract.
    """
    found: dict[str, Mapping[str, Booleans]] = {}
    for meaning in ("sex", "municipality"):
        field = register.by_meaning(meaning)
        if field is not None and 0 < len(field.codes) <= GROUPS_MAX and meaning in people.fields:
            column = people.fields[meaning]
            found[meaning] = {code: column.holds(code.__eq__) for code in field.codes}
    years = people.birth_years()
    if (years != NO_YEAR).any():
        found["age"] = _bands(years, register.window.last.year)
        new_year = people.birth_dates().holds(lambda text: text.endswith("-01-01"))
        found["born_1_january"] = {"yes": new_year, "no": ~new_year & (years != NO_YEAR)}
    if "restricted" in people.fields:
        found["restricted"] = {"yes": people.restricted, "no": ~people.restricted}
    if "given_names" in people.fields and "surname" in people.fields:
        found["name"] = _by_holders(people.fields["given_names"].map(clean), people.fields["surname"].map(clean))
    return found


def _bands(years: Integers, now: int) -> dict[str, Booleans]:
    ages = np.where(years == NO_YEAR, -1, np.maximum(now - years, 0))
    ends = (*AGE_YEARS, 1000)
    return {
        f"{start}-{end - 1}" if end < ends[-1] else f"{start}-": (ages >= start) & (ages < end)
        for start, end in zip((0, *AGE_YEARS), ends, strict=True)
    }


def _by_holders(given: Coded, surname: Coded) -> dict[str, Booleans]:
    whole = given.present & surname.present
    key = given.codes * (len(surname.texts) + 1) + surname.codes
    _, place, held = np.unique(key, return_inverse=True, return_counts=True)
    holders = held[place]
    few, many = NAME_HOLDERS
    return {
        "one_holder": whole & (holders < few),
        "few_holders": whole & (holders >= few) & (holders < many),
        "many_holders": whole & (holders >= many),
    }
