"""Personal identity codes of a whole column: judged, brought up to date, and screened by the rules of the agreement.

The steward's history (old -> current code) and opt-out list are applied here, before anything is hashed, and never leave.

An artificial code (individual number 900-999) is given out by an organisation on its own: the same one may stand for
different people elsewhere.  Unless the agreement links them, it becomes a token *of its register*: it joins no two
registers, but a register's own relations (a child, its guardian with a temporary code) hold together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from privacy.pseudonymise.coded import Booleans, Coded, Integers
from privacy.pseudonymise.hetu import Hetu, Rejection, canonical, parse
from schemas.errors import PolicyRefusal

MAX_CHANGES = 10
"""Nobody's code has changed more often; a longer chain in a history file is a loop."""
OF_REGISTER = "@"
"""Stands between an artificial code and the register that it is bound to; outside the alphabet of codes."""


@dataclass(frozen=True, slots=True, repr=False)
class Codes:
    """One column of codes.  ``current``: the valid code in force; ``previous``: the one before it, where it changed.

    ``artificial``: rows whose code is valid but artificial, shape (n,).  ``reasons``: rows by reason of rejection.
    ``register``: whose codes they are.
    """

    current: Coded
    previous: Coded
    artificial: Booleans
    reasons: Mapping[str, int]
    register: str

    def take(self, rows: Integers) -> Codes:
        """The codes at *rows*, in that order; ``reasons`` stay those of the whole column."""
        return replace(self, current=self.current.take(rows), previous=self.previous.take(rows), artificial=self.artificial[rows])

    def without(self, mask: Booleans) -> Codes:
        """The codes with the rows in *mask* emptied."""
        return replace(self, current=self.current.only(~mask), previous=self.previous.only(~mask), artificial=self.artificial & ~mask)

    def linkable(self, *, artificial: bool) -> Coded:
        """The codes that become identity tokens; artificial ones bound to their register unless the agreement links them."""
        return self.current if artificial else self.current.map(self._bound)

    def previous_linkable(self, *, artificial: bool) -> Coded:
        """The previous codes that become identity tokens."""
        return self.previous if artificial else self.previous.map(self._bound)

    def _bound(self, code: str) -> str:
        return f"{code}{OF_REGISTER}{self.register}" if is_artificial(code) else code


@dataclass(frozen=True, slots=True, repr=False)
class History:
    """Old -> current codes, both ways; pairs with a code that does not hold are left out."""

    successor: Mapping[str, str]
    predecessor: Mapping[str, str]

    def current(self, code: str) -> str:
        """The code in force that *code* became."""
        for _ in range(MAX_CHANGES):
            if code not in self.successor:
                break
            code = self.successor[code]
        return code

    def previous(self, code: str) -> str:
        """The code before the one in force that *code* became; empty if there was none."""
        return self.predecessor.get(self.current(code), "")


def read_history(pairs: Mapping[str, str], *, today: date) -> History:
    """*pairs* of old and current codes as a :class:`History`."""
    parsed = ((parse(old, today=today), parse(new, today=today)) for old, new in pairs.items())
    valid = {old.code: new.code for old, new in parsed if isinstance(old, Hetu) and isinstance(new, Hetu) and old.code != new.code}
    return History(valid, {new: old for old, new in valid.items()})


def read_codes(column: Coded, history: History, *, today: date, register: str) -> Codes:
    """*column* of codes written in *register*, judged as of *today*: one parse per distinct text."""
    parsed = {text: parse(text, today=today) for text in column.values}
    valid = {text: found.code for text, found in parsed.items() if isinstance(found, Hetu)}
    current = column.map(lambda text: history.current(valid[text]) if text in valid else "")
    previous = column.map(lambda text: history.previous(valid[text]) if text in valid else "")
    return Codes(current, previous, current.holds(is_artificial), _reasons(column, parsed), register)


def _reasons(column: Coded, parsed: Mapping[str, Hetu | Rejection]) -> Counter[str]:
    """Rows by reason of rejection; a row without a code is ``missing``."""
    rows = np.bincount(column.codes[column.present], minlength=len(column.values))
    counts = Counter({"missing": int((~column.present).sum())})
    for text, number in zip(column.values, rows.tolist(), strict=True):
        found = parsed[text]
        if isinstance(found, Rejection):
            counts[found.reason] += number
    return +counts


def is_artificial(code: str) -> bool:
    """Whether a canonical, valid *code* is artificial (individual number 900-999)."""
    return code[7] == "9"


def joins_registers(code: str) -> bool:
    """Whether a linkable *code* joins records of different registers: it is not bound to its own."""
    return OF_REGISTER not in code


def opted_out(current: Coded, listed: frozenset[str], history: History) -> Booleans:
    """Which rows belong to a person on the opt-out list, under any code that the history knows; shape (n,)."""
    gone = {history.current(canonical(code)) for code in listed}
    return current.holds(gone.__contains__)


def refuse_real(columns: Mapping[str, Coded], lists: Mapping[str, frozenset[str]], *, today: date) -> None:
    """``PolicyRefusal`` S4101 if a demonstration's *columns* or the steward's *lists* hold a code a real person may have."""
    texts = {name: column.values for name, column in columns.items()} | {name: tuple(codes) for name, codes in lists.items()}
    for place, values in texts.items():
        if _any_real(values, today):
            raise PolicyRefusal(
                "S4101",
                place=place,
                reason="a demonstration holds a personal identity code that a real person may have",
                hint="use artificial codes (individual numbers 900-999); real people need an agreement that is no demonstration",
            )


def _any_real(texts: tuple[str, ...], today: date) -> bool:
    return any(isinstance(found, Hetu) and not found.artificial for found in (parse(text, today=today) for text in texts))
