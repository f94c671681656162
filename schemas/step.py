"""The engine boundary: pure code writes steps, an engine runs them.

A step's SQL names only its declared inputs, in the subset that DuckDB and Spark share, identifiers quoted, values as
``?`` parameters.  No float crosses: engines join and count integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

Parameter = str | int | bytes | bool | None


@dataclass(frozen=True, slots=True)
class Step:
    """One query: its name, its SQL over ``inputs`` (relation names), and the name of the relation it makes."""

    name: str
    sql: str
    inputs: tuple[str, ...]
    output: str
    parameters: tuple[Parameter, ...] = ()


class Engine(Protocol):
    """Six methods; relations are known by name.  Errors of the engine never escape with a value in them."""

    def scan(self, name: str, reader: pa.RecordBatchReader) -> None:
        """Make a relation called *name* from a stream of record batches."""

    def load(self, name: str, table: pa.Table) -> None:
        """Make a relation called *name* from a table."""

    def run(self, steps: Sequence[Step]) -> None:
        """Run *steps* in order; each makes its output relation."""

    def fetch(self, name: str, *, rows_max: int, order_by: Sequence[str] = ()) -> pa.Table:
        """The relation *name* as a table; refuses more than *rows_max* rows."""

    def write(self, name: str) -> pa.RecordBatchReader:
        """The relation *name* as a stream of record batches."""

    def drop(self, names: Sequence[str]) -> None:
        """Forget relations that no later step reads; what they held is memory again, and their names stay taken."""


def quoted(name: str) -> str:
    """*name* as a quoted SQL identifier; ``ValueError`` if it holds a quote, a control character or nothing."""
    if not name or '"' in name or any(character < " " for character in name):
        raise ValueError("not a usable identifier")
    return f'"{name}"'
