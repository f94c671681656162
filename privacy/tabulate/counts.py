"""Counting in the engine: atoms, cells, distinct privacy units, and the bounded counts that noise is added to.

Only counts are fetched; no row about one person leaves the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from privacy.tabulate.relations import FAMILIES, PERSONS, named
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
    universe = _universe(plans)
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


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Bounded:
    """What noise is added to: finest counts with bounded contributions, and the sums over the same units.

    ``counts`` int64, shape (finest cells,); ``sums`` the same for each sum of the table, in its order.
    """

    counts: Integers
    sums: tuple[Integers, ...] = ()


def bounded(engine: Engine, plan: Plan, *, units_max: int) -> Bounded:
    """Counts and sums of the finest cells with at most *units_max* counted units of each privacy unit.

    Which of a larger family count is decided by the random 128-bit id each drew at linking, on the final grouping
    rows: the rule never looks at the data, and taking one privacy unit out changes no other's rows.
    """
    names = [f"m{number}" for number in range(len(plan.table.sums))]
    carried = "".join(f", {name}" for name in names)
    order = f'SELECT "cell"{carried}, ROW_NUMBER() OVER (PARTITION BY "unit_id" ORDER BY "id") AS place'
    added = "".join(f", CAST(SUM({name}) AS BIGINT) AS {name}" for name in names)
    kept = f'SELECT "cell", COUNT(*) AS "units"{added} FROM ({order} FROM {quoted(plan.output)}) o'  # noqa: S608 - quoted names
    step = named("bounded", f'{kept} WHERE place <= {int(units_max)} GROUP BY "cell"', (plan.output,))
    engine.run((step,))
    found, *sums = (_dense(engine, step.output, plan.space.finest_size, column) for column in ("units", *names))
    return Bounded(found, tuple(sums))


def _universe(plans: Sequence[Plan]) -> Step:
    """Everything that tables of one unit may count: persons, or the families of every definition that a table names."""
    if plans[0].table.unit == "person":
        return named("universe", 'SELECT "study_id" AS "id", "unit_id" FROM "persons"', (PERSONS,))
    definitions = tuple(sorted({each.definition for each in plans}))
    marks = ", ".join("?" for _ in definitions)
    sql = 'SELECT DISTINCT f."family_id" AS "id", p."unit_id" FROM "families" f JOIN "persons" p ON p."study_id" = f."study_id"'
    return named("universe", f'{sql} WHERE f."own" AND f."definition" IN ({marks})', (FAMILIES, PERSONS), definitions)


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


def _dense(engine: Engine, relation: str, size: int, column: str = "units") -> Integers:
    """*column* by ``cell`` as an array over all cells, zero where nothing was counted."""
    found = engine.fetch(relation, rows_max=size)
    dense = np.zeros(size, dtype=np.int64)
    dense[found["cell"].to_numpy()] = found[column].to_numpy()
    return dense
