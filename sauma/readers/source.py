"""Where a register's extract comes from: a file, or a query to a database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import UsageError

if TYPE_CHECKING:
    from sauma.project import RegisterFiles

PARQUET, SPREADSHEET = b"PAR1", b"PK\x03\x04"
"""The first bytes of a file that is not delimited text; a spreadsheet (XLSX) is a zip."""


@dataclass(frozen=True, slots=True)
class Query:
    """A private file with an SQLAlchemy URL, and a file with the SQL."""

    connection: Path
    statement: Path


Source = Path | Query


def source(folder: Path, declared: RegisterFiles, flag: Path | None = None) -> Source:
    """The extract that *declared* names, from *folder*; a file given as *flag* comes first."""
    if flag is not None:
        return flag
    if declared.extract is not None:
        return folder / declared.extract
    if declared.query is None or declared.connection is None:
        hint = "give --extract, or set extract, or query and connection, in sauma.toml"
        raise UsageError("S2003", place="sauma.toml", reason="no path for 'extract'", hint=hint)
    return Query(folder / declared.connection, folder / declared.query)
