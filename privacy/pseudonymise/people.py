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
from privacy.pseudonymise.relations import PERIODS, TOGETHER, Period, best_row, conflicts, first_of_each, period
from schemas.contract import IsoDate
from schemas.register import VALIDITY, Meaning, Register

NOT_RESTRICTED: Final = frozenset(("0", "false", "ei", "no", "nej", "n", "e", "f"))
"""What a restriction mark says where there is none; anything else, even unreadable, restricts."""


@dataclass(frozen=True, slots=True, repr=False)
class People:
    """Persons of one extract.  ``person``: each kept row's person, shape (rows kept,); the rest have one value a person.

    ``fields``: identity fields by meaning, from the person's most complete row; ``restricted``: who has a restriction
    of disclosure (turvakielto); ``codes`` and ``previous``: linkable codes, own and of relatives; ``periods``: when each
    relation holds; ``conflicts``: how many are declared under two family heads at once.
    """

    person: Integers
    fields: Mapping[Meaning, Coded]
    restricted: Booleans
    codes: Mapping[Meaning, Coded]
    previous: Coded
    periods: Mapping[Meaning, Period]
    conflicts: int

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


def persons(register: Register, columns: Mapping[str, Coded], codes: Mapping[Meaning, Codes], *, artificial: bool, day: IsoDate) -> People:
    """The persons in the rows of *columns* (by field name), with the judged *codes* of the same rows.

    ``artificial``: whether artificial codes link.  They group the steward's own rows either way.  ``day``: a relation of
    which several rows tell is taken from one where it holds on this day, if there is one.
    """
    fields = {field.meaning: columns[field.name] for field in register.columns if field.meaning}
    rows = len(next(iter(columns.values())))
    person = _group_rows(register, fields, codes["hetu"].current if "hetu" in codes else empty(rows))
    filled = _filled(fields, rows)
    shown = first_of_each(person, np.lexsort((np.arange(rows), -filled, person)))
    linkable = fields | {meaning: judged.linkable(artificial=artificial) for meaning, judged in codes.items()}
    source = dict.fromkeys(fields, shown)
    for relations, carried in TOGETHER:
        source |= dict.fromkeys(
            [*carried, *(end for each in relations for end in PERIODS[each])], best_row(person, relations, linkable, day, filled)
        )
    mark = fields.get("restricted", empty(rows)).holds(lambda text: clean(text) not in NOT_RESTRICTED)
    taken = {meaning: column.take(source[meaning]) for meaning, column in fields.items()}
    return People(
        person,
        taken,
        np.bincount(person, weights=mark, minlength=len(shown)) > 0,
        {meaning: linkable[meaning].take(source[meaning]) for meaning in codes},
        codes["hetu"].previous_linkable(artificial=artificial).take(shown) if "hetu" in codes else empty(len(shown)),
        {relation: period(taken, relation, len(shown)) for relation in PERIODS},
        conflicts(person, linkable.get("family_head_hetu", empty(rows)), fields, day),
    )


def _group_rows(register: Register, fields: Mapping[Meaning, Coded], current: Coded) -> Integers:
    """Each row's person, numbered from 0; shape (n,)."""
    rows = np.arange(len(current))
    kind, value = np.full(len(rows), 2), rows.copy()
    if register.rows == "event" and fields:
        alike = group([column.map(clean) for column in _describing(fields)])
        none = empty(len(rows))
        named = fields.get("given_names", none).present | fields.get("surname", none).present
        known = named & fields.get("birth_date", none).present
        kind, value = np.where(known, 1, kind), np.where(known, alike, value)
    kind, value = np.where(current.present, 0, kind), np.where(current.present, current.codes, value)
    return group([kind, value])


def _filled(fields: Mapping[Meaning, Coded], rows: int) -> Integers:
    """How many identity fields each row has, shape (n,)."""
    filled = np.zeros(rows, dtype=np.int64)
    for column in _describing(fields):
        filled += column.present
    return filled


def _describing(fields: Mapping[Meaning, Coded]) -> list[Coded]:
    """The fields that say who a person is: all but those that say since when."""
    return [column for meaning, column in fields.items() if meaning not in VALIDITY]
