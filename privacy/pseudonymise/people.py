"""Rows become persons, as far as the steward's own data tell: one identity row a person.

Whose row each is, its key says (:mod:`~privacy.pseudonymise.rows`); here a person's fields and relations are chosen among
the rows that tell of it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from privacy.pseudonymise import hetu_columns
from privacy.pseudonymise.coded import MISSING, Booleans, Coded, Integers, empty, group
from privacy.pseudonymise.codes import OF_REGISTER, Codes
from privacy.pseudonymise.columns import ADDRESS, derive, iso_date
from privacy.pseudonymise.hetu_columns import Numbers
from privacy.pseudonymise.normalise import clean
from privacy.pseudonymise.relations import PERIODS, TOGETHER, Period, best_row, conflicts, first_of_each, period
from privacy.pseudonymise.rows import Rows, rows_of
from schemas.contract import IsoDate
from schemas.register import Meaning, Register

NOT_RESTRICTED: Final = frozenset(("0", "false", "ei", "no", "nej", "n", "e", "f"))
"""What a restriction mark says where there is none; anything else, even unreadable, restricts."""
YEAR_CHARACTERS: Final = 4
NO_YEAR: Final = -1


@dataclass(frozen=True, slots=True, repr=False)
class People:
    """Persons of rows that hold all rows of each.  ``person``: each row's person, shape (rows,); the rest have one value a person.

    ``fields``: identity fields by meaning, from the person's most complete row; ``restricted``: who has a restriction
    of disclosure (turvakielto); ``codes`` and ``earlier``: codes as numbers, own and of relatives; ``periods``: when each
    relation holds; ``conflicts``: how many are declared under two family heads at once; ``bound``: the register that
    artificial codes are bound to, empty where they link.
    """

    person: Integers
    fields: Mapping[Meaning, Coded]
    restricted: Booleans
    codes: Mapping[Meaning, Numbers]
    earlier: Numbers
    periods: Mapping[Meaning, Period]
    conflicts: int
    bound: str
    _known: dict[str, Coded] = field(default_factory=dict)
    """What was asked for once and will be again."""

    @property
    def count(self) -> int:
        """How many persons."""
        return len(self.restricted)

    def numbers(self, meaning: Meaning) -> Numbers:
        """The codes of *meaning*, one a person."""
        found = self.codes.get(meaning)
        return np.full(self.count, MISSING, dtype=np.int64) if found is None else found

    def joining(self) -> Booleans:
        """Who has an own code that joins registers."""
        own = self.numbers("hetu")
        found: Booleans = (own != MISSING) & ~(hetu_columns.artificial(own) & bool(self.bound))
        return found

    def code(self, meaning: Meaning) -> Coded:
        """The linkable codes of *meaning* as text, one a person; an artificial one names its register if it is bound to it."""
        column = hetu_columns.coded(self.numbers(meaning))
        if not self.bound:
            return column
        artificial = column.map(lambda code: code if hetu_columns.is_artificial(code) else "")
        plain = column.only(~artificial.present)
        return plain.otherwise(artificial.map(lambda code: f"{code}{OF_REGISTER}{self.bound}"))

    def birth_dates(self) -> Coded:
        """ISO birth dates: as written, else the code's."""
        if "days" not in self._known:
            days = hetu_columns.born(self.numbers("hetu"))
            distinct, codes = np.unique(days, return_inverse=True)
            texts = pa.array([iso_day(day) if day else "" for day in distinct.tolist()], pa.string())
            self._known["days"] = self._written().otherwise(Coded(codes, texts).replaced(texts))
        return self._known["days"]

    def birth_years(self) -> Integers:
        """Birth years: as written, else the code's; ``NO_YEAR`` where unknown; shape (persons,)."""
        written, days = self._written(), hetu_columns.born(self.numbers("hetu"))
        years = np.array([*(int(text[:YEAR_CHARACTERS]) for text in written.values), NO_YEAR], dtype=np.int64)
        found: Integers = np.where(written.present, years[written.codes], np.where(days > 0, days // 10_000, NO_YEAR))
        return found

    def _written(self) -> Coded:
        return self.fields.get("birth_date", empty(self.count)).map(iso_date)

    def derived(self) -> dict[str, Coded]:
        """The columns that match tokens are made of; a restricted person has no address."""
        columns = derive({**self.fields, "birth_date": self.birth_dates()}, self.count)
        return columns | {name: columns[name].only(~self.restricted) for name in ADDRESS}


def persons(register: Register, columns: Mapping[str, Coded], codes: Mapping[Meaning, Codes], *, artificial: bool, day: IsoDate) -> People:
    """The persons in the rows of *columns* (by field name), a whole extract, with the judged *codes* of the same rows.

    ``artificial``: whether artificial codes link.  They group the steward's own rows either way.  ``day``: a relation of
    which several rows tell is taken from one where it holds on this day, if there is one.
    """
    rows = rows_of(register, columns, codes, secret=b"", entropy=_counted)
    return grouped(rows, bound="" if artificial else register.id, day=day)


def grouped(rows: Rows, *, bound: str, day: IsoDate) -> People:
    """The persons in *rows*, which hold all rows of each person."""
    person = _numbered(rows)
    everybody = np.arange(len(rows))
    single = bool((person == everybody).all())
    shown = person if single else first_of_each(person, np.lexsort((everybody, -rows.filled, person)))
    source = dict.fromkeys((*rows.fields, *rows.codes), shown)
    there = {meaning: numbers != MISSING for meaning, numbers in rows.codes.items()}
    there |= {meaning: column.present for meaning, column in rows.fields.items() if meaning not in there}
    for relations, carried in TOGETHER:
        if not single:
            chosen = best_row(person, relations, there, rows.fields, day, rows.filled)
            source |= dict.fromkeys([*carried, *(end for each in relations for end in PERIODS[each])], chosen)
    fields = {meaning: column.take(source[meaning]) for meaning, column in rows.fields.items()}
    return People(
        person,
        fields,
        _restricted(rows, person, len(shown)),
        {meaning: numbers[source[meaning]] for meaning, numbers in rows.codes.items()},
        rows.earlier[shown],
        {relation: period(fields, relation, len(shown)) for relation in PERIODS},
        conflicts(person, rows.codes["family_head_hetu"], rows.fields, day) if "family_head_hetu" in rows.codes else 0,
        bound,
    )


@functools.lru_cache(maxsize=1 << 16)
def iso_day(day: int) -> str:
    """``yyyy-mm-dd`` of the number ``yyyymmdd``."""
    return f"{day // 10_000:04d}-{day // 100 % 100:02d}-{day % 100:02d}"


def _numbered(rows: Rows) -> Integers:
    """Each row's person, numbered from 0; shape (n,)."""
    high = np.sort(rows.key[0])
    if (high[1:] != high[:-1]).all():
        return np.arange(len(rows))
    return group(rows.key)


def _restricted(rows: Rows, person: Integers, count: int) -> Booleans:
    """Persons of whom any row says that they are restricted; shape (persons,)."""
    found = np.zeros(count, dtype=np.bool_)
    if "restricted" in rows.fields:
        found[person[rows.fields["restricted"].holds(lambda text: clean(text) not in NOT_RESTRICTED)]] = True
    return found


def _counted(size: int) -> bytes:
    """Keys of rows that stay alone, where all rows are there to be seen: their places; no code and no hash is like one."""
    places = np.arange(size // 16, dtype=np.int64)
    return np.concatenate([places, ~places]).tobytes()
