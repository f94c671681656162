"""Numbers as people write them in a text file: decimal comma or point, spaces between thousands, a real minus sign.

One file has one decimal mark: in a file with commas, ``1.234`` may be a thousand more than it says.  What is not a
number in any of these ways is left as it is; the register's declaration judges it, row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import Fault, InputError
from schemas.register import Register

Mark = Literal["comma", "point"]
_SPACES = " \u00a0\u2007\u2009\u202f"
_GROUPED = rf"^[-+]?[0-9]{{1,3}}([{_SPACES}][0-9]{{3}})+([.,][0-9]+)?$"
_WITH: Final[Mapping[Mark, str]] = {"comma": r"^[-+]?[0-9]+,[0-9]+$", "point": r"^[-+]?[0-9]+\.[0-9]+$"}
_PLAIN = np.zeros(256, dtype=np.bool_)
_PLAIN[list(b"0123456789-+")] = True


class Numbers:
    """Writes the numbers of a text file in one spelling; remembers which decimal mark it has, and says so once.

    With *mixed* the mark does not matter: the file has typed numbers, and text beside them.
    """

    def __init__(self, register: Register, declared: Mark | None, *, place: str, tell: Callable[[str], None], mixed: bool = False) -> None:
        self._kinds = {field.name: field.type for field in register.columns if field.type in ("integer", "decimal")}
        self._mark, self._declared, self._place, self._tell = declared, declared, place, tell
        self._mixed = mixed
        self._faults: dict[str, tuple[int, int]] = {}

    def spelled(self, table: pa.Table, *, row: int) -> pa.Table:
        """*table*, whose first row is row *row*, with its numbers in one spelling (decimal point, no spaces)."""
        for name, kind in self._kinds.items():
            column = table[name]
            if all(_is_plain(chunk) for chunk in column.chunks):
                continue
            column = _ungrouped(column)
            column = self._with_point(name, column, row) if kind == "decimal" else column
            table = table.set_column(table.column_names.index(name), name, column)
        return table

    def refuse_mixed(self) -> None:
        """``InputError`` S3007 if numbers were written with another decimal mark than the file's."""
        if self._faults:
            said = f"a decimal {self._mark} is declared" if self._declared else f"the first decimal mark is a {self._mark}"
            reason = f"{said}, and other numbers have another"
            faults = tuple(Fault("another decimal mark", column=name, row=row, count=count) for name, (row, count) in self._faults.items())
            hint = "write decimals in one way in the source; 'decimal' in sauma.toml says which"
            raise InputError("S3007", place=self._place, reason=reason, hint=hint, faults=faults)

    def _with_point(self, name: str, column: pa.ChunkedArray, row: int) -> pa.ChunkedArray:
        marked = {mark: pc.fill_null(pc.match_substring_regex(column, pattern), fill_value=False) for mark, pattern in _WITH.items()}
        firsts = {mark: pc.index(rows, pa.scalar(value=True)).as_py() for mark, rows in marked.items()}
        present = sorted((first, mark) for mark, first in firsts.items() if first >= 0)
        if present and self._mark is None and not self._mixed:
            self._mark = present[0][1]
            self._tell(f"{self._place}: decimal {self._mark}")
        for first, mark in present:
            if mark != self._mark and not self._mixed:
                earlier, count = self._faults.get(name, (row + first, 0))
                self._faults[name] = (earlier, count + pc.sum(marked[mark]).as_py())
        return pc.if_else(marked["comma"], pc.replace_substring(column, ",", "."), column)


def _is_plain(chunk: pa.StringArray) -> bool:
    """Whether the cells hold digits and signs only: nothing to do."""
    if not len(chunk):
        return True
    offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    values = np.frombuffer(chunk.buffers()[2] or b"", dtype=np.uint8)[offsets[0] : offsets[-1]]
    return bool(_PLAIN[values].all())


def _ungrouped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """*column* with a hyphen for the minus sign, and without the spaces between groups of three digits."""
    signed = pc.replace_substring_regex(column, "^\u2212", "-")
    grouped = pc.match_substring_regex(signed, _GROUPED)
    return pc.if_else(grouped, pc.replace_substring_regex(signed, f"[{_SPACES}]", ""), signed)
