"""What a register hands over: rows of text with the person behind each row, and the file they are written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sauma.demo.tables import Flags, Numbers, Text

_ROWS_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True, repr=False)
class Extract:
    """One register's rows.

    ``columns`` are text, shape (rows,); ``person`` is the person number behind each row, and ``coded`` whether the row
    as written carries a valid personal identity code, be it somebody else's.  ``faults`` tells, by the name of its rate in
    ``error_rates.toml``, which of the ``cards`` (person number of each) got which fault: the truth about the errors,
    for tests.
    """

    register: str
    columns: Mapping[str, Text]
    person: Numbers
    coded: Flags
    cards: Numbers
    faults: Mapping[str, Flags]
    delimiter: str = ";"
    encoding: str = "utf-8-sig"
    newline: str = "\r\n"
    beside: Mapping[str, str] = field(default_factory=dict)

    def file(self) -> bytes:
        """The CSV file, in the delimiter and encoding that this register's system uses.

        Raises:
            ValueError: a cell holds a letter that would need quoting; no synthetic value does.
        """
        text = lines(tuple(self.columns.values()), self.delimiter, self.newline)
        if text.count(self.delimiter) != (len(self.columns) - 1) * len(self.person) or '"' in text:
            raise ValueError(f"a cell of {self.register} holds a delimiter or a quotation mark")
        return (self.delimiter.join(self.columns) + self.newline + text).encode(self.encoding)


def lines(columns: Sequence[Text], delimiter: str, newline: str) -> str:
    """The columns joined cell by cell into lines of text, some hundred thousand rows at a time."""
    return "".join(_joined(columns, start, delimiter, newline) for start in range(0, len(columns[0]), _ROWS_AT_ONCE))


def _joined(columns: Sequence[Text], start: int, delimiter: str, newline: str) -> str:
    cells = [pa.array(values[start : start + _ROWS_AT_ONCE], type=pa.string()) for values in columns]
    rows = pc.binary_join_element_wise(pc.binary_join_element_wise(*cells, delimiter), "", newline)
    _, offsets, data = rows.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int32)[rows.offset : rows.offset + len(rows) + 1]
    return str(memoryview(data)[bounds[0] : bounds[-1]], "utf-8")
