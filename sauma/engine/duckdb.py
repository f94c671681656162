"""DuckDB as an engine: embedded, in memory, and shut.

It reads no file and no network, loads no extension, sees no Python variable, and its settings are locked.  What does
not fit in memory is spilled only to a folder that the party declares to lie on an encrypted or memory-backed volume;
without one the query is refused.  DuckDB's messages carry cell values (``Could not convert string 'Aino'``), so none
of them leaves this module.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeVar

import duckdb

from sauma.engine.steps import undeclared
from schemas.errors import InputError
from schemas.step import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from schemas.step import Step

T = TypeVar("T")
Settings = dict[str, str | bool | int | float | list[str]]

INCOMING = "incoming_batches"
"""The name under which a stream is known while it is read; no relation may have it."""
BATCH_ROWS = 122_880


class EngineFailure(Exception):
    """A step that the engine could not run: a defect of ours.  Names the step and the kind of failure, no value."""


class DuckDbEngine:
    """An :class:`schemas.step.Engine` on one private in-memory DuckDB database.

    Args:
        spill: folder for what does not fit in memory.  Giving it declares that it lies on an encrypted or
            memory-backed volume; None forbids spilling.
        memory_mb: how much memory the queries may use, three quarters of the machine's if None.
        threads: worker threads, all cores if None.
    """

    def __init__(self, *, spill: Path | None = None, memory_mb: int | None = None, threads: int | None = None) -> None:
        self._connection = duckdb.connect(":memory:", config=_settings(spill, memory_mb, threads))
        self._connection.execute("SET enable_progress_bar = false")  # it would stand in the middle of a command's output
        self._connection.execute("SET lock_configuration = true")
        self._taken: set[str] = set()
        self._relations: set[str] = set()

    def scan(self, name: str, reader: pa.RecordBatchReader) -> None:
        """Make a relation called *name* from a stream of record batches, read once and to its end."""
        self._take(name, reader)

    def load(self, name: str, table: pa.Table) -> None:
        """Make a relation called *name* from a table."""
        self._take(name, table)

    def run(self, steps: Sequence[Step]) -> None:
        """Run *steps* in order; each makes its output relation, and may name its declared inputs only."""
        for step in steps:
            self._declare(step.output)
            self._check_inputs(step)
            sql = f"CREATE TABLE {quoted(step.output)} AS {step.sql}"
            self._guard(step.name, functools.partial(self._connection.execute, sql, list(step.parameters)))

    def fetch(self, name: str, *, rows_max: int, order_by: Sequence[str] = ()) -> pa.Table:
        """The relation *name* as a table, ordered by the columns *order_by*; refuses more than *rows_max* rows."""
        self._check_known(name, (name,))
        order = " ORDER BY " + ", ".join(quoted(column) for column in order_by) if order_by else ""
        sql = f"SELECT * FROM {quoted(name)}{order} LIMIT {int(rows_max) + 1}"  # noqa: S608 - relation names are ours
        table: pa.Table = self._guard(name, lambda: self._connection.sql(sql).to_arrow_table())
        if table.num_rows > rows_max:
            raise EngineFailure(f"{name}: more than {rows_max} rows")
        return table

    def write(self, name: str) -> pa.RecordBatchReader:
        """The relation *name* as a stream of record batches; other queries may run while it is read."""
        self._check_known(name, (name,))
        sql = f"SELECT * FROM {quoted(name)}"  # noqa: S608 - relation names are ours
        reader: pa.RecordBatchReader = self._guard(name, lambda: self._connection.cursor().sql(sql).to_arrow_reader(BATCH_ROWS))
        return reader

    def drop(self, names: Sequence[str]) -> None:
        """Forget relations that no later step reads; what they held is memory again, and their names stay taken."""
        for name in names:
            self._check_known(name, (name,))
            self._relations.remove(name)
            self._guard(name, functools.partial(self._connection.execute, f"DROP TABLE {quoted(name)}"))

    def _take(self, name: str, batches: pa.RecordBatchReader | pa.Table) -> None:
        self._declare(name)

        def create() -> None:
            self._connection.register(INCOMING, batches)
            try:
                self._connection.execute(f"CREATE TABLE {quoted(name)} AS SELECT * FROM {INCOMING}")  # noqa: S608 - relation names are ours
            finally:
                self._connection.unregister(INCOMING)

        self._guard(name, create)

    def _declare(self, name: str) -> None:
        if name in self._taken or name == INCOMING:
            raise EngineFailure(f"{name}: the name is taken already")
        self._taken.add(name)
        self._relations.add(name)

    def _check_known(self, place: str, names: Iterable[str]) -> None:
        if not set(names) <= self._relations:
            raise EngineFailure(f"{place}: names a relation that is not there")

    def _check_inputs(self, step: Step) -> None:
        self._check_known(step.name, step.inputs)
        if undeclared(step):
            raise EngineFailure(f"{step.name}: its SQL names a relation that it does not declare")

    def _guard(self, place: str, action: Callable[[], T]) -> T:
        """The result of *action*; DuckDB's own error is dropped before ours is raised, so that no traceback holds it."""
        try:
            return action()
        except duckdb.OutOfMemoryException:
            full, kind = True, ""
        except duckdb.Error as error:
            full, kind = False, type(error).__name__
        if full:
            raise InputError(
                "S3200",
                place=place,
                reason="the data do not fit in the memory that the engine may use",
                hint="raise --memory-mb, or give --spill a folder on an encrypted volume",
            )
        raise EngineFailure(f"{place}: {kind}")


def _settings(spill: Path | None, memory_mb: int | None, threads: int | None) -> Settings:
    settings: Settings = {
        "enable_external_access": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,
        "preserve_insertion_order": False,
        "temp_directory": str(spill) if spill else "",
        "memory_limit": f"{memory_mb}MB" if memory_mb else "75%",
    }
    if threads:
        settings["threads"] = threads
    return settings
