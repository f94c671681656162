"""What an officer decides on: what each table of a proposal asks, and its figures as they would be published.

All of it is read from the request and the tables themselves, whose digests were checked, and not from what the analyst's
program says of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from privacy.tabulate.rules import in_words
from schemas.dimension import TOTAL, UNKNOWN
from schemas.request import main

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sauma.proposals import OpenProposal
    from schemas.release import RelationCell, ReleasedTable
    from schemas.request import Table

ROWS_MAX = 20
"""Rows of figures a table, unless all are asked for."""


def decided_on(opened: OpenProposal, *, full: bool) -> Iterator[str]:
    """What *opened* would tell: whom and why, then each table's unit, filter, dimensions, rules and figures."""
    request = opened.release.request
    yield "WHAT WOULD BE TOLD"
    yield f"audience {request.audience}; persons of register {request.base}"
    yield f"purpose: {main(request.purpose)}"
    yield f"decision: {main(request.decision)}"
    asked = {table.id: table for table in request.table}
    for released in opened.release.tables:
        table, cells = asked[released.id], opened.tables[released.id]
        yield ""
        yield f"{table.id}: {table.title.en or table.title.fi}"
        yield f"  counts {_unit(released)}; {table.kind}" + (f", epsilon {table.epsilon}" if table.epsilon else "")
        yield from (f"  dimension {dimension.name}: {', '.join(dimension.members)}" for dimension in table.dimensions)
        yield from (f"  rule {name}: {rule}" for name, rule in in_words(request.derived, table))
        yield from (f"  WARNING: {warning}" for warning in warnings(table, cells))
        yield from (f"  {line}" for line in figures(table, cells, rows_max=None if full else ROWS_MAX))


def _unit(released: ReleasedTable) -> str:
    return "persons" if released.unit == "person" else f"{released.family} families"


def warnings(table: Table, cells: Sequence[RelationCell]) -> Iterator[str]:
    """What would make a table worthless: a dimension of which nothing but ``unknown`` and the total is told."""
    for place, dimension in enumerate(table.dimensions):
        told = [cell for cell in cells if cell.measure is None and cell.key[place] not in (UNKNOWN, TOTAL)]
        if told and not any(cell.value for cell in told):
            yield f"every code of dimension {dimension.name} but {UNKNOWN} is hidden or empty"


def figures(table: Table, cells: Sequence[RelationCell], *, rows_max: int | None) -> Iterator[str]:
    """The told figures in columns, ``..`` where one is hidden; after *rows_max* of them, where the rest is."""
    shown = cells if rows_max is None else cells[:rows_max]
    heads = [*(dimension.name for dimension in table.dimensions), "measure", "value", "interval"]
    rows = [heads, *([*cell.key, cell.measure or "count", *_written(cell)] for cell in shown)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    if len(shown) < len(cells):
        yield f"{len(cells) - len(shown)} more figures: --full, or {table.id}.csv of the proposal, which has shares and rates too"


def _written(cell: RelationCell) -> tuple[str, str]:
    if cell.value is None:
        return "..", ""
    return str(cell.value), "" if cell.lower is None else f"{cell.lower} to {cell.upper}"
