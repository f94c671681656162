"""Counting in the engine: atoms, cells, distinct privacy units, and the bounded counts that noise is added to.

Only counts are fetched; no row about one person leaves the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from privacy.tabulate.relations import PERSONS, named
from schemas.batches import CountTable
from schemas.step import Step, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from privacy.tabulate.cells import CellSpace, Integers
    from privacy.tabulate.plans import Plan
    from schemas.step import Engine

ATOMS_MAX = 2_000_000
ABSENT = -1


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Atoms:
    """The common refinement of several tables of one unit: which membership patterns occur, and how often.

    ``cells``: finest cell index per table, or -1 where the units are not counted in it; shape (atoms, tables), int64.
    ``units``: how many counted units have the pattern; shape (atoms,), int64.
    """

    cells: Integers
    units: Integers


def classify(engine: Engine, plans: Sequence[Plan]) -> None:
    """Run the steps of *plans*, each distinct step once.  Needs ``persons`` and the payloads; call once per engine."""
    steps: dict[str, Step] = {}
    for plan in plans:
        for step in plan.steps:
            steps.setdefault(step.output, step)
    engine.run(tuple(steps.values()))


def atoms(engine: Engine, plans: Sequence[Plan]) -> Atoms:
    """Joint refinement of classified *plans* of one unit, counted in the engine."""
    if len({plan.table.unit for plan in plans}) != 1:
        raise ValueError("atoms are of one unit")
    universe = _universe(plans[0].table.unit)
    columns = [f'COALESCE(c{number}."cell", {ABSENT}) AS c{number}' for number in range(len(plans))]
    joins = [
        f'LEFT JOIN {quoted(plan.output)} c{number} ON c{number}."id" = u."id" AND c{number}."unit_id" = u."unit_id"'
        for number, plan in enumerate(plans)
    ]
    wide = f"SELECT {', '.join(columns)} FROM {quoted(universe.output)} u {' '.join(joins)}"  # noqa: S608 - quoted names
    names = ", ".join(f"c{number}" for number in range(len(plans)))
    inputs = (universe.output, *dict.fromkeys(plan.output for plan in plans))
    step = named("atoms", f'SELECT {names}, COUNT(*) AS "units" FROM ({wide}) w GROUP BY {names}', inputs)  # noqa: S608 - quoted names
    engine.run((universe, step))
    found = engine.fetch(step.output, rows_max=ATOMS_MAX, order_by=[f"c{number}" for number in range(len(plans))])
    cells = np.stack([found[f"c{number}"].to_numpy() for number in range(len(plans))], axis=1).astype(np.int64)
    counted = (cells != ABSENT).any(axis=1)
    return Atoms(cells[counted], found["units"].to_numpy().astype(np.int64)[counted])


def counts(engine: Engine, plan: Plan) -> CountTable:
    """True counts of every cell of a classified plan: counted units, and distinct privacy units."""
    step = named("tally", f'SELECT "cell", COUNT(*) AS "units" FROM {quoted(plan.output)} GROUP BY "cell"', (plan.output,))  # noqa: S608 - quoted names
    engine.run((step,))
    finest = _dense(engine, step.output, plan.space.finest_size)
    return CountTable(plan.table, plan.digest, plan.space.sums(finest), _distinct(engine, plan))


def bounded(engine: Engine, plan: Plan, *, units_max: int) -> Integers:
    """Counts of the finest cells with at most *units_max* counted units of each privacy unit; int64, shape (finest,).

    Which of a larger family count is decided by the random 128-bit id each drew at linking, on the final grouping
    rows: the rule never looks at the data, and taking one privacy unit out changes no other's rows.
    """
    order = 'SELECT "cell", ROW_NUMBER() OVER (PARTITION BY "unit_id" ORDER BY "id") AS place'
    kept = f'SELECT "cell", COUNT(*) AS "units" FROM ({order} FROM {quoted(plan.output)}) o WHERE place <= {int(units_max)} GROUP BY "cell"'  # noqa: S608 - quoted names
    step = named("bounded", kept, (plan.output,))
    engine.run((step,))
    return _dense(engine, step.output, plan.space.finest_size)


def _universe(unit: str) -> Step:
    if unit == "person":
        return named("universe", 'SELECT "study_id" AS "id", "unit_id" FROM "persons"', (PERSONS,))
    sql = 'SELECT DISTINCT "family_id" AS "id", "unit_id" FROM "persons" WHERE "family_id" IS NOT NULL'
    return named("universe", sql, (PERSONS,))


def _distinct(engine: Engine, plan: Plan) -> Integers:
    """Distinct privacy units of every cell, shape (cells,): the finest cells joined with the cells that sum them."""
    space = plan.space
    sums = f"sums_{plan.digest[:24]}"
    engine.load(sums, _membership(space))
    pairs = f'SELECT DISTINCT "unit_id", "cell" FROM {quoted(plan.output)}'  # noqa: S608 - quoted names
    sql = f'SELECT s."cell", COUNT(DISTINCT p."unit_id") AS "units" FROM ({pairs}) p JOIN {quoted(sums)} s'  # noqa: S608 - quoted names
    step = named("units", f'{sql} ON s."finest" = p."cell" GROUP BY s."cell"', (plan.output, sums))
    engine.run((step,))
    return _dense(engine, step.output, space.size)


def _membership(space: CellSpace) -> pa.Table:
    pairs = space.membership.tocoo()
    return pa.table({"cell": pa.array(pairs.row.astype(np.int64)), "finest": pa.array(pairs.col.astype(np.int64))})


def _dense(engine: Engine, relation: str, size: int) -> Integers:
    """``cell, units`` as an array over all cells, zero where nothing was counted."""
    found = engine.fetch(relation, rows_max=size)
    dense = np.zeros(size, dtype=np.int64)
    dense[found["cell"].to_numpy()] = found["units"].to_numpy()
    return dense
