"""Which relations of a person hold on the agreement's day, judged by the steward to the day, and the months that leave.

A relation that does not hold on the day is dropped here, before anything is hashed, so neither the linker nor anybody
else learns that it ever was.  Of one that holds only months leave, and none that lie close to the person's birth: a
relation that began before the first birthday, and a guardianship that ends within a year of the child's coming of age,
are open, because such days follow the birth.
"""

from __future__ import annotations

import functools
from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from privacy.pseudonymise.coded import MISSING, Booleans, Coded, Integers, empty
from privacy.pseudonymise.normalise import calendar_date
from schemas.contract import IsoDate
from schemas.register import Meaning
from schemas.tokens import OPEN_MONTH

Months = npt.NDArray[np.int32]
Columns = Mapping[Meaning, Coded]

ADULT_YEARS: Final = 18
NEAR_DAYS: Final = 366
"""Days within a year of a birth or a coming of age follow it, and their months would tell the birth's."""
ALWAYS: Final = 0
FOREVER: Final = date.max.toordinal()
"""Open ends, as day ordinals."""
_EPOCH: Final = date(1970, 1, 1).toordinal()

GUARDIANS: Final[tuple[Meaning, ...]] = ("guardian_1_hetu", "guardian_2_hetu")
GUARDIANS_COLUMNS: Final = ("guardian_1", "guardian_2")
PERIODS: Final[dict[Meaning, tuple[Meaning, Meaning]]] = {
    "guardian_1_hetu": ("guardian_1_from", "guardian_1_until"),
    "guardian_2_hetu": ("guardian_2_from", "guardian_2_until"),
    "partner_hetu": ("partner_from", "partner_until"),
    "dwelling": ("dwelling_from", "dwelling_until"),
    "family_head_hetu": ("family_from", "family_until"),
}
"""Each relation's first and last day, by meaning."""
TOGETHER: Final[tuple[tuple[tuple[Meaning, ...], tuple[Meaning, ...]], ...]] = (
    (GUARDIANS, GUARDIANS),
    (("partner_hetu",), ("partner_hetu",)),
    (("dwelling",), ("dwelling", "street", "street_number", "postcode", "locality", "area", "municipality")),
    (("family_head_hetu",), ("family_head_hetu", "family_partner_hetu")),
)
"""Relations that are taken from one row of a person, and the fields that come with them."""


@dataclass(frozen=True, slots=True, repr=False)
class Period:
    """First and last day of a relation as ordinals, both included, ``ALWAYS`` and ``FOREVER`` where open; shape (n,)."""

    first: Integers
    last: Integers

    def on(self, day: IsoDate) -> Booleans:
        """Which relations hold on *day*, shape (n,)."""
        found: Booleans = (self.first <= day.toordinal()) & (day.toordinal() <= self.last)
        return found


def period(fields: Columns, relation: Meaning, count: int) -> Period:
    """The period of *relation* in *count* rows; a day that is missing or no day in the calendar is open."""
    first, last = (fields.get(meaning, empty(count)) for meaning in PERIODS[relation])
    return Period(_ordinals(first, ALWAYS), _ordinals(last, FOREVER))


def best_row(
    person: Integers, relations: tuple[Meaning, ...], there: Mapping[Meaning, Booleans], fields: Columns, day: IsoDate, filled: Integers
) -> Integers:
    """The row that each person's *relations* are taken from, *there* where a row has one; shape (persons,).

    The one where most of them hold on *day*, of those the one that began last, then the most *filled*, then the first.
    """
    rows = len(person)
    holding, began = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    for relation in relations:
        stands = period(fields, relation, rows)
        holds = stands.on(day) & there.get(relation, np.ones(rows, dtype=np.bool_))
        holding += holds
        began = np.maximum(began, np.where(holds, stands.first, ALWAYS))
    return first_of_each(person, np.lexsort((np.arange(rows), -filled, -began, -holding, person)))


def first_of_each(person: Integers, order: Integers) -> Integers:
    """Of rows in *order* (by person first), the first of each person; shape (persons,)."""
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = person[order][1:] != person[order][:-1]
    chosen: Integers = order[first]
    return chosen


def conflicts(person: Integers, heads: Integers, fields: Columns, day: IsoDate) -> int:
    """How many persons are declared under two family *heads*, codes as numbers, on *day*."""
    rows = np.flatnonzero((heads != MISSING) & period(fields, "family_head_hetu", len(person)).on(day))
    pairs = np.unique(np.stack([person[rows], heads[rows]]), axis=1)
    return int((np.unique(pairs[0], return_counts=True)[1] > 1).sum())


def minors(birth_date: Coded, day: IsoDate) -> Booleans:
    """Who is under age on *day*, or of unknown age; *birth_date* in ISO form; shape (n,)."""
    under: Booleans = day.toordinal() < _come_of_age(birth_date)
    return under


def months(stands: Period, held: Booleans, birth_date: Coded, *, comes_of_age: bool) -> tuple[Months, Months]:
    """The first and last month (``yyyymm``) of the relations that are *held*, ``OPEN_MONTH`` where nothing is to be said.

    Args:
        stands: the days, shape (n,).
        held: which relations leave, shape (n,).
        birth_date: of the persons the relations are about, ISO; a month of it is never told.
        comes_of_age: whether the relation ends by itself as the person comes of age.
    """
    born = _ordinals(birth_date, ALWAYS)
    first, last = _month(stands.first), _month(stands.last)
    since_birth = (stands.first == ALWAYS) | (stands.first <= born + NEAR_DAYS) & (born != ALWAYS)
    natural = stands.last == FOREVER
    if comes_of_age:
        natural |= stands.last >= _come_of_age(birth_date) - NEAR_DAYS
    told = ((first, held & ~since_birth), (last, held & ~natural))
    begin, end = (np.where(tell, month, OPEN_MONTH).astype(np.int32) for month, tell in told)
    return begin, end


def _ordinals(column: Coded, otherwise: int) -> Integers:
    days = [_day(text) for text in column.values]
    lookup = np.array([*(day.toordinal() if day else otherwise for day in days), otherwise], dtype=np.int64)
    found: Integers = lookup[column.codes]
    return found


def _come_of_age(birth_date: Coded) -> Integers:
    """The day on which each person is ``ADULT_YEARS`` old; ``FOREVER`` where the birth date is unknown or no day."""
    days = [_day(text) for text in birth_date.values]
    lookup = np.array([*(_of_age(day) if day else FOREVER for day in days), FOREVER], dtype=np.int64)
    found: Integers = lookup[birth_date.codes]
    return found


@functools.lru_cache(maxsize=1 << 16)
def _day(text: str) -> date | None:
    """Remembered: the days of an extract are few and come again in each of its parts."""
    return calendar_date(text)


def _of_age(born: date) -> int:
    year = min(born.year + ADULT_YEARS, date.max.year)
    leap_day = (born.month, born.day) == (2, 29)
    return (date(year, 3, 1) if leap_day and not isleap(year) else date(year, born.month, born.day)).toordinal()


def _month(ordinals: Integers) -> Integers:
    """Day ordinals as ``yyyymm``."""
    number = (ordinals - _EPOCH).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (number // 12 + 1970) * 100 + number % 12 + 1
