"""What a register hands over: rows of text with the person behind each row, and the file they are written in."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sauma.demo.tables import Days, Flags, Numbers, Text, texts


@dataclass(frozen=True, slots=True, repr=False)
class Extract:
    """One register's rows.

    ``columns`` are text, shape (rows,); ``person`` is the person number behind each row.  ``faults`` tells, by the
    name of its rate in ``error_rates.toml``, which of the ``cards`` (person number of each) got which fault: the
    truth about the errors, for tests.
    """

    register: str
    columns: Mapping[str, Text]
    person: Numbers
    cards: Numbers
    faults: Mapping[str, Flags]
    delimiter: str = ";"
    encoding: str = "utf-8-sig"
    newline: str = "\r\n"
    beside: Mapping[str, str] = field(default_factory=dict)

    def file(self) -> bytes:
        """The CSV file, in the delimiter and encoding that this register's system uses."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator=self.newline)
        writer.writerow(self.columns)
        writer.writerows(zip(*self.columns.values(), strict=True))
        return out.getvalue().encode(self.encoding, "replace")

    def shuffled(self, rng: np.random.Generator) -> Extract:
        """The same rows in another order: a register is not sorted by family."""
        order = rng.permutation(len(self.person))
        columns = {name: values[order] for name, values in self.columns.items()}
        return Extract(
            self.register, columns, self.person[order], self.cards, self.faults, self.delimiter, self.encoding, self.newline, self.beside
        )


def iso(days: Days) -> Text:
    """Dates as ``2014-03-09``."""
    return np.datetime_as_string(days, unit="D").astype(object)


def finnish(dates: Text) -> Text:
    """ISO dates as ``9.3.2014``, without leading zeros."""
    parts = [date.split("-") for date in dates]
    return texts([f"{int(day)}.{int(month)}.{year}" for year, month, day in parts])
