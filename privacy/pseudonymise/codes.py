"""Personal identity codes of a whole column: judged, brought up to date, and screened by the rules of the agreement.

The steward's history (old -> current code) and opt-out list are applied here, before anything is hashed, and never leave.

An artificial code (individual number 900-999) is given out by an organisation on its own: the same one may stand for
different people elsewhere.  Unless the agreement links them, it becomes a token *of its register*: it joins no two
registers, but a register's own relations (a child, its guardian with a temporary code) hold together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa

from privacy.pseudonymise import hetu_columns
from privacy.pseudonymise.coded import MISSING, Booleans, Coded, Integers
from privacy.pseudonymise.hetu import Hetu, Reason, canonical, parse
from privacy.pseudonymise.hetu_columns import Judged, Numbers, number_of
from privacy.pseudonymise.history import History, read_history
from schemas.errors import PolicyRefusal

__all__ = ["Codes", "History", "judged", "opted_out", "read_codes", "read_history", "refuse_real"]

OF_REGISTER = "@"
"""Stands between an artificial code and the register that it is bound to; outside the alphabet of codes."""


@dataclass(frozen=True, slots=True, repr=False)
class Codes:
    """One column of codes.  ``numbers``: the valid code in force; ``earlier``: the one before it, where it changed.

    Both are numbers of :mod:`~privacy.pseudonymise.hetu_columns`, shape (n,).  ``reasons``: rows by reason of rejection.
    ``register``: whose codes they are.
    """

    numbers: Numbers
    earlier: Numbers
    reasons: Mapping[Reason, int]
    register: str

    @property
    def current(self) -> Coded:
        """The valid code in force, as text."""
        return hetu_columns.coded(self.numbers)

    @property
    def previous(self) -> Coded:
        """The code before the one in force, as text, where it changed."""
        return hetu_columns.coded(self.earlier)

    @property
    def artificial(self) -> Booleans:
        """Rows whose code is valid but artificial, shape (n,)."""
        return hetu_columns.artificial(self.numbers)

    def take(self, rows: Integers) -> Codes:
        """The codes at *rows*, in that order; ``reasons`` stay those of the whole column."""
        return replace(self, numbers=self.numbers[rows], earlier=self.earlier[rows])

    def without(self, mask: Booleans) -> Codes:
        """The codes with the rows in *mask* emptied."""
        return replace(self, numbers=np.where(mask, MISSING, self.numbers), earlier=np.where(mask, MISSING, self.earlier))


def read_codes(column: Coded, history: History, *, today: date, register: str) -> Codes:
    """*column* of codes written in *register*, judged as of *today*: each distinct text once."""
    return judged(hetu_columns.judge(column.texts, today=today).at(column.codes), history, register)


def judged(found: Judged, history: History, register: str) -> Codes:
    """Codes as they were *found* in *register*, brought up to date."""
    current = _changed(found.numbers, history.successor)
    return Codes(current, _changed(current, history.predecessor, otherwise=MISSING), found.counts(), register)


def _changed(numbers: Numbers, changes: Mapping[str, str], otherwise: int | None = None) -> Numbers:
    """*numbers* after *changes* of codes; *otherwise* for those that did not change, if given, else as they are."""
    rest = numbers if otherwise is None else np.full(len(numbers), otherwise, dtype=np.int64)
    if not changes:
        return rest
    old = np.array([number_of(code) for code in changes], dtype=np.int64)
    new = np.array([number_of(code) for code in changes.values()], dtype=np.int64)
    order = np.argsort(old)
    place = np.minimum(np.searchsorted(old[order], numbers), len(old) - 1)
    found: Numbers = np.where(old[order][place] == numbers, new[order][place], rest)
    return found


def opted_out(numbers: Numbers, listed: frozenset[str], history: History, *, today: date) -> Booleans:
    """Which rows belong to a person on the opt-out list, under any code that the history knows; shape (n,)."""
    parsed = (parse(canonical(code), today=today) for code in listed)
    gone = [number_of(history.current(found.code)) for found in parsed if isinstance(found, Hetu)]
    return np.isin(numbers, np.array(gone, dtype=np.int64))


def refuse_real(columns: Iterable[str], lists: Mapping[str, frozenset[str]], *, today: date) -> None:
    """``PolicyRefusal`` S4101 if a demonstration holds a code a real person may have: in *columns*, or in the steward's *lists*."""
    listed = (
        name for name, codes in lists.items() if any_real(hetu_columns.judge(pa.array(sorted(codes), pa.string()), today=today).numbers)
    )
    found = next(iter((*columns, *listed)), None)
    if found is not None:
        raise PolicyRefusal(
            "S4101",
            place=found,
            reason="a demonstration holds a personal identity code that a real person may have",
            hint="use artificial codes (individual numbers 900-999); real people need an agreement that is no demonstration",
        )


def any_real(numbers: Numbers) -> bool:
    """Whether a real person may have one of the valid codes *numbers*."""
    return bool(((numbers != MISSING) & ~hetu_columns.artificial(numbers)).any())
