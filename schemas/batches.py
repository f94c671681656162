"""Bulk data on its way through the house, in wrappers that cannot be mistaken for one another.

The wrappers hold Arrow tables and are never validated row by row.  Only ``privacy/protect/gate.py`` makes a
:class:`ProtectedTable`, and only a :class:`ProtectedTable` can be written out (a test reads the syntax trees).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from schemas.register import Register
    from schemas.release import AttackResult, RelationCell
    from schemas.request import Table

    Integers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True, repr=False)
class RawBatch:
    """Rows of an extract as text, one string column per declared field, with the row numbers they had.

    ``rows`` are 1-based data row numbers (the header is row 0), shape (n,), int64.  Absent values are null.
    """

    register: Register
    columns: pa.Table
    rows: pa.Int64Array


@dataclass(frozen=True, slots=True, repr=False)
class TokenBatch:
    """What leaves: the identity member (one row a person) and the payload member (rows refer to it by record id).

    Each is a table, or a stream of its rows that is read once.
    """

    identity: pa.Table | pa.RecordBatchReader
    payload: pa.Table | pa.RecordBatchReader
    sentinels: Mapping[str, str]


class Spill(Protocol):
    """Where rows wait that are too many to hold: tables by name, each read once.  What is written to disk is encrypted."""

    def append(self, name: str, table: pa.Table) -> None:
        """Keep *table* behind those that are kept under *name*; all of one name have the same columns."""

    def read(self, name: str) -> pa.Table:
        """The rows kept under *name*, in the order they came, and forget them; a table without columns if there are none."""

    def close(self) -> None:
        """Forget everything."""


@dataclass(frozen=True, slots=True, repr=False)
class LinkedRelation:
    """The link table, ``LINK_COLUMNS`` of ``schemas/linked.py`` (ids 16 bytes)."""

    links: pa.Table


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class CountTable:
    """True counts, not yet protected, of every cell of a table's cell space (``privacy/tabulate/cells.py``), zeros included.

    ``units`` are the persons (in a table of families: the families) in each cell, ``families`` the distinct privacy
    units; both int64, shape (cells,), in cell order.  ``plan`` is the digest of what was counted.
    """

    table: Table
    plan: str
    units: Integers
    families: Integers


@dataclass(frozen=True, slots=True, repr=False)
class NoisedTable:
    """A differentially private table before the gate wraps it: noise, least squares and blanking are done.

    Made by ``privacy/protect/dp.py``; ``cells`` are every cell of the cell space in cell order, ``value`` None where
    the noisy value was under the minimum.  Post-processing only from here on.
    """

    table: Table
    plan: str
    cells: tuple[RelationCell, ...]
    interval: str


@dataclass(frozen=True, slots=True)
class ProtectedTable:
    """A table that passed the gate: every cell of every level, and how it was made safe."""

    table: Table
    cells: tuple[RelationCell, ...]
    attacks: tuple[AttackResult, ...]
    interval: str
