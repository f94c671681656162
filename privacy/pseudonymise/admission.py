"""Which rows may leave: each batch checked against its declaration and the agreement, its codes judged, opted-out people left out.

A refusal waits for the end of the extract: what is said then is the same however the extract was cut into batches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from privacy.pseudonymise import hetu_columns
from privacy.pseudonymise.checking import Sightings, check_rows, coded_columns, identifying, refuse_fields
from privacy.pseudonymise.coded import Coded, Integers
from privacy.pseudonymise.codes import Codes, any_real, judged, opted_out, read_history, refuse_real
from privacy.pseudonymise.history import History
from privacy.pseudonymise.rejects import Rejects
from schemas.agreement import Agreement
from schemas.batches import RawBatch
from schemas.register import Meaning, Register

CODE_MEANINGS: Final[tuple[Meaning, ...]] = (
    "hetu", "guardian_1_hetu", "guardian_2_hetu", "partner_hetu", "family_head_hetu", "family_partner_hetu",
)  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Local:
    """What only the steward has and what never leaves: today, old -> current codes, and who has opted out."""

    today: date
    history: Mapping[str, str]
    opt_out: frozenset[str]

    @property
    def lists(self) -> dict[str, frozenset[str]]:
        """The codes of each list, by its name."""
        return {"history": frozenset(self.history) | frozenset(self.history.values()), "opt_out": self.opt_out}


@dataclass(frozen=True, slots=True, repr=False)
class Admitted:
    """The rows of a batch that may leave: ``rows`` are their numbers; columns and codes are of those rows only.

    ``rejects``: the faults of the batch's other rows.
    """

    rows: Integers
    columns: Mapping[str, Coded]
    codes: Mapping[Meaning, Codes]
    rejects: Rejects


@dataclass(slots=True, repr=False)
class Admission:
    """The door: batches go in one by one, in row order; what is found besides is kept until the extract has ended.

    ``rows``, ``left``: how many rows came and how many of them may leave.
    """

    register: Register
    agreement: Agreement
    local: Local
    rows: int = 0
    left: int = 0
    _history: History = field(init=False)
    _rejects: list[Rejects] = field(default_factory=list)
    _real: set[str] = field(default_factory=set)
    _identifying: dict[str, Sightings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._history = read_history(self.local.history, today=self.local.today)

    def admit(self, raw: RawBatch) -> Admitted:
        """The rows of the next batch that may leave."""
        register, today = self.register, self.local.today
        columns = coded_columns(raw)
        codes = {}
        for declared in register.columns:
            if declared.meaning in CODE_MEANINGS and declared.meaning:
                column = columns[declared.name]
                texts = hetu_columns.judge(column.texts, today=today)
                codes[declared.meaning] = judged(texts.at(column.codes), self._history, register.id)
                if self.agreement.demonstration and any_real(texts.numbers):
                    self._real.add(declared.name)
        numbers = raw.rows.to_numpy()
        for name, seen in identifying(register, columns).items():
            self._identifying.setdefault(name, Sightings()).add(numbers[seen])
        whole, rejects = check_rows(register, numbers, columns)
        self._rejects.append(rejects)
        out = {meaning: opted_out(each.numbers, self.local.opt_out, self._history, today=today) for meaning, each in codes.items()}
        rows = np.flatnonzero(whole & ~out["hetu"]) if "hetu" in out else np.flatnonzero(whole)
        self.rows += len(numbers)
        self.left += len(rows)
        return Admitted(
            numbers[rows],
            {name: column.take(rows) for name, column in columns.items()},
            {meaning: each.without(out[meaning]).take(rows) for meaning, each in codes.items()},
            rejects,
        )

    @property
    def rejects(self) -> Rejects:
        """The faults found so far, in row order."""
        return Rejects.joined(self._rejects)

    def refuse(self) -> None:
        """Once all batches are in.  ``PolicyRefusal`` S4101 (a real code in a demonstration), S4102 (an identifier would pass)."""
        if self.agreement.demonstration:
            real = [declared.name for declared in self.register.columns if declared.name in self._real]
            refuse_real(real, self.local.lists, today=self.local.today)
        refuse_fields(self.register, self._identifying)
