"""The faults of rejected rows as columns: a file that is wrong in every row costs a few bytes a row, not an object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from privacy.pseudonymise.coded import Integers
from schemas.errors import Fault


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Rejects(Sequence[Fault]):
    """Faults in row order, of one row by column and reason; a sequence of :class:`~schemas.errors.Fault`.

    ``rows``: row numbers; ``kinds``: places in ``names``, which are column and reason; shape (n,) both.
    """

    rows: Integers
    kinds: npt.NDArray[np.int32]
    names: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, found: Iterable[tuple[str, str, Integers]]) -> Rejects:
        """Faults given as column, reason and the numbers of its rows."""
        sets = sorted((each for each in found if len(each[2])), key=lambda each: each[:2])
        rows = np.concatenate([numbers for _column, _reason, numbers in sets] or [np.empty(0, dtype=np.int64)])
        kinds = np.repeat(np.arange(len(sets), dtype=np.int32), [len(numbers) for _column, _reason, numbers in sets])
        order = np.lexsort((kinds, rows))
        return cls(rows[order], kinds[order], tuple((column, reason) for column, reason, _numbers in sets))

    @classmethod
    def joined(cls, parts: Sequence[Rejects]) -> Rejects:
        """The faults of *parts*, one after the other."""
        starts = np.cumsum([0, *(len(part.names) for part in parts)])
        kinds = [part.kinds + np.int32(start) for part, start in zip(parts, starts, strict=False)]
        return cls(
            np.concatenate([np.empty(0, dtype=np.int64), *(part.rows for part in parts)]),
            np.concatenate([np.empty(0, dtype=np.int32), *kinds]),
            tuple(name for part in parts for name in part.names),
        )

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Fault]:
        for row, kind in zip(self.rows, self.kinds, strict=True):
            yield self._fault(int(row), int(kind))

    @overload
    def __getitem__(self, place: int) -> Fault: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Fault, ...]: ...

    def __getitem__(self, place: int | slice) -> Fault | tuple[Fault, ...]:
        if isinstance(place, slice):
            return tuple(self[each] for each in range(*place.indices(len(self))))
        return self._fault(int(self.rows[place]), int(self.kinds[place]))

    def _fault(self, row: int, kind: int) -> Fault:
        column, reason = self.names[kind]
        return Fault(reason, column=column, row=row)
