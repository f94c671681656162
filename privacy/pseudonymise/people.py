"""Rows become persons, as far as the steward's own data tell: one identity row a person.

Rows with the same code in force are one person.  A row without one stays alone; in a register of events, rows whose identity
fields all agree, with a name and a birth date among them, are one person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from privacy.pseudonymise.coded import Booleans, Coded, Integers, empty, group
from privacy.pseudonymise.codes import Codes
from privacy.pseudonymise.columns import ADDRESS, derive, iso_date
from privacy.pseudonymise.hetu import birth_date_of
from privacy.pseudonymise.normalise import clean
from schemas.register import Meaning, Register

NOT_RESTRICTED: Final = frozenset(("0", "false", "ei", "no", "nej", "n", "e", "f"))
"""What a restriction mark says where there is none; anything else, even unreadable, restricts."""


@dataclass(frozen=True, slots=True, repr=False)
class People:
    """Persons of one extract.  ``person``: each kept row's person, shape (rows kept,); the rest have one value a person.

    ``fields``: identity fields by meaning, from the person's most complete row; ``restricted``: who has a restriction
    of disclosure (turvakielto); ``current`` and ``previous``: own codes.
    """

    person: Integers
    fields: Mapping[Meaning, Coded]
    restricted: Booleans
    codes: Mapping[Meaning, Coded]
    previous: Coded

    @property
    def count(self) -> int:
        """How many persons."""
        return len(self.restricted)

    def code(self, meaning: Meaning) -> Coded:
        """The linkable codes of *meaning*, one a person."""
        return self.codes.get(meaning) or empty(self.count)

    def derived(self) -> dict[str, Coded]:
        """The columns that match tokens are made of; a restricted person has no address."""
        written = self.fields.get("birth_date", empty(self.count)).map(iso_date)
        born = written.otherwise(self.code("hetu").map(lambda code: birth_date_of(code).isoformat()))
        columns = derive({**self.fields, "birth_date": born}, self.count)
        return columns | {name: columns[name].only(~self.restricted) for name in ADDRESS}


def persons(register: Register, columns: Mapping[str, Coded], codes: Mapping[Meaning, Codes], *, artificial: bool) -> People:
    """The persons in the rows of *columns* (by field name), with the judged *codes* of the same rows.

    ``artificial``: whether artificial codes link.  They group the steward's own rows either way.
    """
    fields = {field.meaning: columns[field.name] for field in register.columns if field.meaning}
    rows = len(next(iter(columns.values())))
    person = _group_rows(register, fields, codes["hetu"].current if "hetu" in codes else empty(rows))
    shown = _most_complete(person, fields)
    mark = fields.get("restricted", empty(rows)).holds(lambda text: clean(text) not in NOT_RESTRICTED)
    restricted = np.bincount(person, weights=mark, minlength=len(shown)) > 0
    return People(
        person,
        {meaning: column.take(shown) for meaning, column in fields.items()},
        restricted,
        {meaning: judged.linkable(artificial=artificial).take(shown) for meaning, judged in codes.items()},
        codes["hetu"].previous_linkable(artificial=artificial).take(shown) if "hetu" in codes else empty(len(shown)),
    )


def _group_rows(register: Register, fields: Mapping[Meaning, Coded], current: Coded) -> Integers:
    """Each row's person, numbered from 0; shape (n,)."""
    rows = np.arange(len(current))
    kind, value = np.full(len(rows), 2), rows.copy()
    if register.rows == "event" and fields:
        alike = group([column.map(clean) for column in fields.values()])
        none = empty(len(rows))
        named = fields.get("given_names", none).present | fields.get("surname", none).present
        known = named & fields.get("birth_date", none).present
        kind, value = np.where(known, 1, kind), np.where(known, alike, value)
    kind, value = np.where(current.present, 0, kind), np.where(current.present, current.codes, value)
    return group([kind, value])


def _most_complete(person: Integers, fields: Mapping[Meaning, Coded]) -> Integers:
    """The row that describes each person: the one with most identity fields, the earliest among equals; shape (persons,)."""
    filled = np.zeros(len(person), dtype=np.int64)
    for column in fields.values():
        filled += column.present
    order = np.lexsort((np.arange(len(person)), -filled, person))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = person[order][1:] != person[order][:-1]
    return order[first]
