"""What every engine asks of a step before running it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import expressions as exp

if TYPE_CHECKING:
    from schemas.step import Step


def undeclared(step: Step) -> frozenset[str]:
    """Names in the FROM clauses of *step* that are neither its declared inputs nor its own common table expressions."""
    return _named(step.sql) - set(step.inputs)


@functools.lru_cache(maxsize=4096)
def _named(sql: str) -> frozenset[str]:
    """What *sql* reads that it does not make itself; kept, since many runs in one process read the same texts, which hold no value."""
    query = sqlglot.parse_one(sql, dialect="duckdb")
    own = {cte.alias for cte in query.find_all(exp.CTE)}
    named = {table.name or type(table.this).__name__ for table in query.find_all(exp.Table)}
    return frozenset(named - own)
