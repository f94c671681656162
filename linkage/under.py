"""An engine whose relations are made under a prefix, so that the same steps can be run twice side by side."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schemas.step import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from schemas.step import Engine


class Under:
    """*engine*, with every relation made through this one under a name that begins with *prefix*."""

    def __init__(self, engine: Engine, prefix: str) -> None:
        self._engine, self._prefix = engine, prefix
        self._made: set[str] = set()

    def _name(self, name: str) -> str:
        return f"{self._prefix}_{name}" if name in self._made else name

    def run(self, steps: Sequence[Step]) -> None:
        """Run *steps*; what each makes, and what it reads of those, bears the prefix."""
        for step in steps:
            sql = re.sub(r"\b(FROM|JOIN) (\w+)", lambda found: f"{found[1]} {self._name(found[2])}", step.sql)
            inputs = tuple(self._name(name) for name in step.inputs)
            self._made.add(step.output)
            self._engine.run([Step(step.name, sql, inputs, self._name(step.output), step.parameters)])

    def fetch(self, name: str, *, rows_max: int, order_by: Sequence[str] = ()) -> pa.Table:
        """As the engine's own."""
        return self._engine.fetch(self._name(name), rows_max=rows_max, order_by=order_by)

    def scan(self, name: str, reader: pa.RecordBatchReader) -> None:
        """As the engine's own."""
        self._made.add(name)
        self._engine.scan(self._name(name), reader)

    def load(self, name: str, table: pa.Table) -> None:
        """As the engine's own."""
        self._made.add(name)
        self._engine.load(self._name(name), table)

    def write(self, name: str) -> pa.RecordBatchReader:
        """As the engine's own."""
        return self._engine.write(self._name(name))

    def drop(self, names: Sequence[str]) -> None:
        """As the engine's own."""
        self._engine.drop([self._name(name) for name in names])
