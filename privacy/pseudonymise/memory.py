"""A spill that spills nothing: for extracts that fit in memory."""

from __future__ import annotations

import pyarrow as pa


class Memory:
    """Tables by name, in memory; a :class:`~schemas.batches.Spill`."""

    def __init__(self) -> None:
        self._tables: dict[str, list[pa.Table]] = {}

    def append(self, name: str, table: pa.Table) -> None:
        """Keep *table* behind those under *name*."""
        self._tables.setdefault(name, []).append(table)

    def read(self, name: str) -> pa.Table:
        """The tables under *name* as one, and forget them."""
        found = self._tables.pop(name, [])
        return pa.concat_tables(found) if found else pa.table({})

    def close(self) -> None:
        """Forget everything."""
        self._tables.clear()
