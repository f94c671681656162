"""What a dry run shows: cost, expected errors, and what a person would want to know before anything is paid.  Reads no data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from privacy.protect import dp
from privacy.protect.budget import decimal
from privacy.protect.primary import threshold
from schemas.measures import COUNT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.store import Ledger
    from privacy.tabulate.plans import Plan
    from sauma.asking import Asked
    from schemas.dimension import Dimension

LOUD = 3
"""Noise of so many times the audience's minimum is told of: then little but large groups will show."""
PAID = "epsilon is paid by 'sauma propose', before anybody reviews; a rejection returns nothing"


def preview(asked: Asked, ledger: Ledger) -> dict[str, object]:
    """What a dry run shows: expected errors, cost and what is left."""
    bound = asked.agreement.budget.persons_per_family
    return {
        "tables": [_previewed(plan, bound, asked) for plan in asked.new],
        "told": dict(asked.told),
        "epsilon": decimal(asked.epsilon),
        "spent": decimal(ledger.state.spent),
        "total": decimal(ledger.state.total),
        "left_after": decimal(ledger.state.total - ledger.state.spent - asked.epsilon),
        "affordable": ledger.state.spent + asked.epsilon <= ledger.state.total,
    }


def _previewed(plan: Plan, persons_per_family: int, asked: Asked) -> dict[str, object]:
    table = plan.table
    shown: dict[str, object] = {"table": table.id, "kind": table.kind, "unit": table.unit, "cells": plan.space.size}
    remarks = list(_remarks(plan))
    if table.kind == "EXACT":
        return {**shown, "checked_against_tables": len(asked.known), "remarks": remarks}
    rows: Sequence[dp.Expectation] = dp.expectations(table, plan.space, persons_per_family)
    errors = [{"measure": row.measure, "levels": list(row.levels), "cells": row.cells, "half_width_95": row.half_width} for row in rows]
    finest = max((row for row in rows if row.measure == COUNT), key=lambda row: row.cells)
    minimum = threshold(table, asked.agreement.release_class(asked.request.audience))
    times = round(finest.half_width / minimum, 1)
    if times > LOUD:
        remarks.insert(0, f"warning: the noise is {times} times the minimum: small groups drown in it")
    noise = {"half_width_95": finest.half_width, "minimum": minimum, "times_minimum": times}
    return {**shown, "epsilon": table.epsilon, "noise": noise, "expected_error": errors, "remarks": remarks}


def _remarks(plan: Plan) -> Iterator[str]:
    """What the request asks for without saying so, and codes that cannot occur."""
    for dimension in plan.table.dimensions:
        codes = plan.never.get(dimension.name)
        if codes:
            yield f"warning: dimension {dimension.name} never gives {', '.join(codes)}: those cells hold nobody"
        if dimension.code_list is not None and dimension.list_levels is None and dimension.levels:
            names = ", ".join(level.name for level in dimension.levels)
            yield f"dimension {dimension.name} has every level of its code list: {names}; 'list_levels' chooses"
    unsaid = [f"{level} of {each.name}" for each in plan.table.dimensions for level in _unsaid(each)]
    if unsaid and plan.table.kind == "DP":
        yield f"epsilon is spent on {', '.join(unsaid)} too; with 0 in a dimension's 'budget' a level is summed up instead"


def _unsaid(dimension: Dimension) -> list[str]:
    """The levels above the finest that get a part of epsilon because the request does not say otherwise."""
    names = [*(name for name, _ in dimension.coarser), *(["total"] if dimension.total else [])]
    return [name for name in names if name not in dimension.budget and dimension.weight(name)]


def lines(seen: dict[str, Any], *, full: bool) -> Iterator[str]:
    """What :func:`preview` found, for people: one line a table, or with *full* one more for each grouping of its cells."""
    for table in seen["tables"]:
        yield _line(table)
        if full:
            for row in table.get("expected_error", []):
                named = "" if row["measure"] == COUNT else f"{row['measure']} "
                yield f"  {named}by {', '.join(row['levels'])}: {row['cells']} cells, each within {row['half_width_95']} in 95 of 100"
        yield from (f"  {remark}" for remark in table["remarks"])
    for table, proposal in seen["told"].items():
        yield f"{table}: told before, by proposal {proposal}; costs nothing"
    yield f"epsilon: {seen['epsilon']} now, {seen['spent']} spent of {seen['total']}, {seen['left_after']} left after"
    if seen["epsilon"] != "0":
        yield PAID
    if not full and any("expected_error" in table for table in seen["tables"]):
        yield "--full shows the noise of every level and measure"


def _line(table: dict[str, Any]) -> str:
    said = f"{table['table']}: {table['kind']}, counts of {table['unit']}, {table['cells']} cells; "
    if table["kind"] == "EXACT":
        return f"{said}will be made safe with {table['checked_against_tables']} tables told before"
    noise = table["noise"]
    within = f"a count within {noise['half_width_95']} in 95 of 100, {noise['times_minimum']} times the minimum of {noise['minimum']}"
    return f"{said}epsilon {table['epsilon']}; {within}"
