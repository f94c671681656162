"""Admitted rows as a table that waits until all rows of each person are there, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from privacy.pseudonymise.admission import CODE_MEANINGS, Admitted
from privacy.pseudonymise.coded import MISSING, from_arrow
from privacy.pseudonymise.payload import payload_columns
from privacy.pseudonymise.rows import Rows
from schemas.register import Meaning, Register

KEY = ("key high", "key low")
"""Names with a space, which no meaning has."""
ROW, FILLED, EARLIER, LEAVES = "row number", "fields filled", "code before", "leaves "


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns the waiting rows of *register* have; *changes*: whether codes may have changed."""

    register: Register
    changes: bool

    @property
    def meanings(self) -> tuple[Meaning, ...]:
        """The declared identity fields, without codes."""
        return tuple(field.meaning for field in self.register.columns if field.meaning and field.meaning not in CODE_MEANINGS)

    @property
    def codes(self) -> tuple[Meaning, ...]:
        """The declared fields of codes."""
        return tuple(field.meaning for field in self.register.columns if field.meaning in CODE_MEANINGS and field.meaning)

    def table(self, rows: Rows, admitted: Admitted) -> pa.Table:
        """*rows*, and what leaves of them as if nobody were restricted."""
        columns = {name: pa.array(half) for name, half in zip(KEY, rows.key, strict=True)}
        columns |= {ROW: pa.array(admitted.rows), FILLED: pa.array(rows.filled.astype(np.int16))}
        columns |= {meaning: rows.fields[meaning].to_arrow() for meaning in self.meanings}
        columns |= {meaning: pa.array(rows.codes[meaning]) for meaning in self.codes}
        if self.changes:
            columns[EARLIER] = pa.array(rows.earlier)
        nobody = np.zeros(len(rows), dtype=np.bool_)
        leaving = payload_columns(self.register, admitted.columns, nobody)
        return pa.table(columns | {LEAVES + name: values for name, values in leaving.items()})

    def rows(self, table: pa.Table) -> Rows:
        """The rows of a waiting *table*."""
        high, low = (table[name].to_numpy() for name in KEY)
        nothing = np.full(len(high), MISSING, dtype=np.int64)
        return Rows(
            (high, low),
            {meaning: from_arrow(table[meaning]) for meaning in self.meanings},
            {meaning: table[meaning].to_numpy() for meaning in self.codes},
            table[EARLIER].to_numpy() if self.changes else nothing,
            table[FILLED].to_numpy().astype(np.int64),
        )
