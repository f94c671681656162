"""An extract as the findings look at it: coded columns, judged codes, which rows would leave, and the persons in all rows.

The only place where the findings touch the rest of the way in.  Nobody is left out and no address withheld here: the page is the
same whoever has opted out or has a restriction of disclosure, and the history of changed codes changes one count of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from privacy.pseudonymise import hetu_columns
from privacy.pseudonymise.admission import CODE_MEANINGS
from privacy.pseudonymise.checking import coded_columns, fault_of, identifying
from privacy.pseudonymise.coded import MISSING, Booleans, Coded, Integers, empty, group
from privacy.pseudonymise.codes import any_real, refuse_real
from privacy.pseudonymise.columns import derive, iso_date
from privacy.pseudonymise.hetu import REASONS
from privacy.pseudonymise.normalise import clean
from privacy.pseudonymise.people import iso_day
from schemas.agreement import Agreement
from schemas.batches import RawBatch
from schemas.register import VALIDITY, Field, Meaning, Register

if TYPE_CHECKING:
    from privacy.pseudonymise.pipeline import Local

Faults = Mapping[str, Mapping[str, Booleans]]


@dataclass(frozen=True, slots=True, repr=False)
class Codes:
    """A column of codes.

    ``numbers`` as in :mod:`privacy.pseudonymise.hetu_columns`, -1 for none that holds, shape (rows,); ``reasons``: why a
    text is no code, row by row.
    """

    numbers: Integers
    reasons: Coded

    @property
    def valid(self) -> Booleans:
        """The rows with a code that holds."""
        holds: Booleans = self.numbers != MISSING
        return holds


@dataclass(frozen=True, slots=True, repr=False)
class Examined:
    """All rows of an extract.

    ``numbers``: of the rows, as the reader counts them; ``columns`` by field name;
    ``codes`` by meaning, judged; ``faults``: rows by column and reason that keep them back, shape
    (rows,) each; ``whole``: the rows without one; ``person``: each row's person; ``shown``: each person's most complete row;
    ``lost``: the persons of whom no row would leave; ``derived``: what match tokens are made of; ``identifying``: rows by column
    that look like an identifier where they would leave unchanged, which refuses the whole extract.
    """

    register: Register
    numbers: Integers
    columns: Mapping[str, Coded]
    codes: Mapping[Meaning, Codes]
    faults: Faults
    whole: Booleans
    person: Integers
    shown: Integers
    lost: Booleans
    derived: Mapping[str, Coded]
    identifying: Mapping[str, Booleans]
    artificial_links: bool
    today: date

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(self.whole)

    @property
    def persons(self) -> int:
        """How many persons."""
        return len(self.shown)

    @property
    def own(self) -> Codes:
        """The persons' own codes, by row; none where the register declares no such field."""
        return self.codes.get("hetu") or Codes(np.full(self.rows, MISSING, dtype=np.int64), empty(self.rows))

    def written(self, meaning: Meaning) -> Coded:
        """What the extract says under *meaning*, one value a row; nothing where the register declares no such field."""
        field = self.register.by_meaning(meaning)
        return self.columns[field.name] if field else empty(self.rows)

    def of_person(self, meaning: Meaning) -> Coded:
        """What the most complete row of each person says under *meaning*."""
        return self.written(meaning).take(self.shown)

    def any_row(self, rows: Booleans) -> Booleans:
        """The persons who have one of *rows*; shape (persons,)."""
        found = np.zeros(self.persons, dtype=np.bool_)
        found[self.person[rows]] = True
        return found


def examined(raw: RawBatch, agreement: Agreement, local: Local) -> Examined:
    """*raw* made ready.  ``PolicyRefusal`` S4101 (a real code in a demonstration), as the way in raises it."""
    register, today = raw.register, local.today
    columns = coded_columns(raw)
    faults = {field.name: found for field in register.columns if (found := _faults(field, columns[field.name]))}
    whole = np.ones(len(raw.rows), dtype=np.bool_)
    for rows in (rows for found in faults.values() for rows in found.values()):
        whole &= ~rows
    codes = {
        field.meaning: _codes(columns[field.name], today)
        for field in register.columns
        if field.meaning is not None and field.meaning in CODE_MEANINGS
    }
    if agreement.demonstration:
        real = (column.name for column in register.columns if column.meaning in codes and any_real(codes[column.meaning].numbers))
        refuse_real(real, local.lists, today=today)
    numbers = codes["hetu"].numbers if "hetu" in codes else np.full(len(whole), MISSING, dtype=np.int64)
    fields = {field.meaning: columns[field.name] for field in register.columns if field.meaning}
    person = _persons(register, fields, numbers)
    shown = _most_complete(fields, person)
    lost = np.ones(len(shown), dtype=np.bool_)
    lost[person[whole]] = False
    derived = _derived({meaning: column.take(shown) for meaning, column in fields.items()}, numbers[shown])
    links = agreement.linkage.artificial_hetu == "link"
    seen = identifying(register, columns)
    return Examined(register, raw.rows.to_numpy(), columns, codes, faults, whole, person, shown, lost, derived, seen, links, today)


def _faults(field: Field, column: Coded) -> dict[str, Booleans]:
    """The rows of each reason for which *field* keeps them back; reasons that no row has are left out."""
    found = {"missing": ~column.present} if field.required and not column.present.all() else {}
    if field.required or field.leaves != "never":
        reasons = column.map(fault_of(field))
        found |= {reason: reasons.codes == code for code, reason in enumerate(reasons.values)}
    return found


def _codes(column: Coded, today: date) -> Codes:
    judged = hetu_columns.judge(column.texts, today=today)
    said = pa.array([*REASONS, ""], pa.string()).take(pa.array(judged.reasons.astype(np.int64) % (len(REASONS) + 1)))
    return Codes(np.append(judged.numbers, MISSING)[column.codes], column.replaced(said))


def _persons(register: Register, fields: Mapping[Meaning, Coded], numbers: Integers) -> Integers:
    """Each row's person, numbered from 0, as the way in tells them apart; shape (rows,).

    Rows with one code are one person; in a register of events so are rows without one whose identity fields all agree, a name
    and the birth date among them.
    """
    rows = np.arange(len(numbers))
    kind, value = np.full(len(rows), 2), rows.copy()
    none = empty(len(rows))
    named = fields.get("given_names", none).present | fields.get("surname", none).present
    known = named & fields.get("birth_date", none).present
    if register.rows == "event" and known.any():
        alike = np.full(len(rows), MISSING, dtype=np.int64)
        chosen = np.flatnonzero(known)
        alike[chosen] = group([column.take(chosen).map(clean) for meaning, column in fields.items() if meaning not in VALIDITY])
        kind, value = np.where(known, 1, kind), np.where(known, alike, value)
    coded = numbers != MISSING
    return group([np.where(coded, 0, kind), np.where(coded, numbers, value)]) if len(rows) else rows


def _most_complete(fields: Mapping[Meaning, Coded], person: Integers) -> Integers:
    """Each person's row with most identity fields, the first of equals; shape (persons,)."""
    filled = np.zeros(len(person), dtype=np.int64)
    for meaning, column in fields.items():
        if meaning not in VALIDITY:
            filled += column.present
    order = np.lexsort((np.arange(len(person)), -filled, person))
    _, first = np.unique(person[order], return_index=True)
    return order[first]


def _derived(fields: Mapping[Meaning, Coded], numbers: Integers) -> dict[str, Coded]:
    """The columns that tokens are made of, as if nobody had a restriction: its effect on a count would show who has one."""
    written = fields.get("birth_date", empty(len(numbers))).map(iso_date)
    days = hetu_columns.born(numbers)
    distinct, place = np.unique(days, return_inverse=True)
    texts = [iso_day(day) if day else "" for day in distinct.tolist()]
    said = Coded(place.astype(np.int64), pa.array(texts, pa.string())).map(str)
    return derive({**fields, "birth_date": written.otherwise(said)}, len(numbers))
