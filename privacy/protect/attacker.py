"""The attacker A1: what the published figures, the rules and whole numbers leave possible for each protected form.

Unknown are the atoms, whole numbers from 0.  Known are the equations, and that a hidden cell is not zero where zeros
are published.  For each form a linear programme (HiGHS, warm started) looks for the least and the greatest value; what
counts is not its bound but a *witness*: a table of whole numbers, checked in exact integers, that fits everything told.
One witness serves every form it settles.  Where the vertex is fractional a mixed-integer programme looks for a witness;
if it finds none within its node limit the form is taken to be unsafe.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from privacy.protect.forms import components

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from privacy.protect.forms import Equation, Form
    from privacy.protect.knowledge import Knowledge, Mask
    from privacy.tabulate.cells import Integers

NODES_MAX = 500
"""Branch-and-bound nodes for one witness."""
TOLERANCE = 1e-6
"""What a bound may be off by, in units; a witness is exact."""


@dataclass
class Linear:
    """A linear programme over whole numbers: ``rows @ x`` between ``lower`` and ``upper``, ``0 <= x <= most``."""

    rows: Any
    lower: Integers
    upper: Integers
    most: int
    solver: Any = field(init=False)

    def __post_init__(self) -> None:
        self.solver = solver(self.rows, self.lower, self.upper, np.full(self.rows.shape[1], float(self.most)))

    def extreme(self, objective: Integers, *, greatest: bool) -> tuple[Integers | None, float]:
        """A vertex that makes ``objective @ x`` least or greatest, rounded, and the bound; None if there is none."""
        count = len(objective)
        sense = highspy.ObjSense.kMaximize if greatest else highspy.ObjSense.kMinimize
        self.solver.changeColsCost(count, np.arange(count, dtype=np.int32), objective.astype(np.float64))
        self.solver.changeObjectiveSense(sense)
        self.solver.run()
        return point(self.solver), float(self.solver.getInfo().objective_function_value)

    def fits(self, candidate: Integers) -> bool:
        """Whether *candidate* obeys every row and bound, in exact integers."""
        values = self.rows @ candidate
        return bool(((candidate >= 0) & (candidate <= self.most)).all() and ((values >= self.lower) & (values <= self.upper)).all())

    def whole(self, objective: Integers, bound: int, *, greatest: bool) -> Integers | None:
        """Whole numbers that fit, with ``objective @ x`` at least (*greatest*) or at most *bound*; None if none was found."""
        model = solver(self.rows, self.lower, self.upper, np.full(self.rows.shape[1], float(self.most)), integer=True)
        inside = np.flatnonzero(objective).astype(np.int32)
        lower, upper = (float(bound), highspy.kHighsInf) if greatest else (-highspy.kHighsInf, float(bound))
        model.addRow(lower, upper, len(inside), inside, objective[inside].astype(np.float64))
        model.setOptionValue("mip_max_nodes", NODES_MAX)
        model.run()
        found = point(model)
        return found if found is not None and self.fits(found) else None


def solver(rows: Any, lower: Integers, upper: Integers, most: Any, *, integer: bool = False, cost: Any = None) -> Any:
    """A silent, single-threaded, deterministic HiGHS model of ``lower <= rows @ x <= upper``, ``0 <= x <= most``."""
    csr = rows.tocsr()
    columns = csr.shape[1]
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = columns, csr.shape[0]
    program.col_cost_ = np.zeros(columns) if cost is None else cost
    program.col_lower_, program.col_upper_ = np.zeros(columns), np.asarray(most, dtype=np.float64)
    program.row_lower_, program.row_upper_ = lower.astype(np.float64), upper.astype(np.float64)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_, program.a_matrix_.index_ = csr.indptr.astype(np.int32), csr.indices.astype(np.int32)
    program.a_matrix_.value_ = csr.data.astype(np.float64)
    if integer:
        program.integrality_ = [highspy.HighsVarType.kInteger] * columns
    model: Any = new_solver()
    for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 0), ("parallel", "off")):
        model.setOptionValue(option, value)
    model.passModel(program)
    return model


new_solver: Callable[[], Any] = highspy.Highs
"""An empty HiGHS model; the library is not typed."""


def point(model: Any) -> Integers | None:
    """The solver's point, rounded to whole numbers; None unless it found one."""
    status = model.getInfo().primal_solution_status
    if status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    found: Integers = np.rint(np.asarray(model.getSolution().col_value)).astype(np.int64)
    return found


@dataclass(frozen=True)
class Puzzle:
    """One component: its atoms, what is known of them, and its forms (positions in the list that was asked about)."""

    atoms: Integers
    linear: Linear
    forms: tuple[int, ...]
    objectives: Integers
    truth: Integers


@dataclass(frozen=True, slots=True)
class Reach:
    """The least and the greatest value of each form for which there is a witness, shapes (forms,)."""

    least: Integers
    greatest: Integers

    def covers(self, forms: Sequence[Form]) -> list[bool]:
        """Whether the band of each form is covered."""
        bounds = zip(forms, self.least, self.greatest, strict=True)
        return [bool(low <= form.low and high >= form.high) for form, low, high in bounds]


def attack(knowledge: Knowledge, facts: Sequence[Equation], positive: Sequence[Mask], forms: Sequence[Form]) -> Reach:
    """What the attacker must hold possible for each of *forms*; searching ends where a form's band is covered.

    Args:
        knowledge: the cells over atoms; its true counts are the first witness, and serve no other end.
        facts: the attacker's equations.
        positive: sets of atoms known to hold at least one unit.
        forms: what is protected.
    """
    least = np.array([knowledge.count(form.mask) for form in forms], dtype=np.int64)
    reach = Reach(least, least.copy())
    for puzzle in _puzzles(knowledge, facts, positive, forms):
        _solve(puzzle, forms, reach)
    return reach


def _puzzles(knowledge: Knowledge, facts: Sequence[Equation], positive: Sequence[Mask], forms: Sequence[Form]) -> Iterator[Puzzle]:
    masks = [*(fact.mask for fact in facts), *positive, *(form.mask for form in forms)]
    labels = components(knowledge, masks)
    rows = knowledge.rows(masks)
    component = labels[rows.indices[rows.indptr[:-1]]]
    first_form, most = len(facts) + len(positive), int(knowledge.units.sum()) + max((form.high for form in forms), default=0)
    lower = np.array([*(fact.value for fact in facts), *(1 for _ in positive)], dtype=np.int64)
    upper = np.array([*(fact.value for fact in facts), *(most for _ in positive)], dtype=np.int64)
    for label in np.unique(component[first_form:]):
        atoms = np.flatnonzero(labels == label)
        mine = np.flatnonzero(component == label)
        told, asked = mine[mine < first_form], mine[mine >= first_form]
        linear = Linear(rows[told][:, atoms].tocsr(), lower[told], upper[told], most)
        yield Puzzle(atoms, linear, tuple(int(row) - first_form for row in asked), rows[asked][:, atoms].toarray(), knowledge.units[atoms])


def least_by_rules(knowledge: Knowledge, positive: Sequence[Mask], form: Form) -> int:
    """The least count of *form* that follows from the rules alone (each hidden cell holds somebody), no figure read."""
    inside = [mask for mask in positive if mask & form.mask == mask]
    if len(inside) <= 1:
        return max(form.low, len(inside))
    rows = knowledge.rows(inside)
    used = np.unique(rows.indices)
    linear = Linear(rows[:, used].tocsr(), np.ones(len(inside), dtype=np.int64), np.full(len(inside), len(inside)), len(inside))
    _, bound = linear.extreme(np.ones(len(used), dtype=np.int64), greatest=False)
    return max(form.low, math.ceil(bound - TOLERANCE))


def _solve(puzzle: Puzzle, forms: Sequence[Form], reach: Reach) -> None:
    numbers = np.array(puzzle.forms, dtype=np.int64)

    def witness(candidate: Integers | None) -> None:
        if candidate is not None and puzzle.linear.fits(candidate):
            values = puzzle.objectives @ candidate
            reach.least[numbers] = np.minimum(reach.least[numbers], values)
            reach.greatest[numbers] = np.maximum(reach.greatest[numbers], values)

    assert puzzle.linear.fits(puzzle.truth)
    witness(puzzle.truth)
    for greatest in (True, False):
        for objective, number in zip(puzzle.objectives, puzzle.forms, strict=True):
            bound = forms[number].high if greatest else forms[number].low
            if not _covers(reach, number, bound, greatest=greatest):
                vertex, value = puzzle.linear.extreme(objective, greatest=greatest)
                witness(vertex)
                possible = value >= bound - TOLERANCE if greatest else value <= bound + TOLERANCE
                if possible and not _covers(reach, number, bound, greatest=greatest):
                    witness(puzzle.linear.whole(objective, bound, greatest=greatest))


def _covers(reach: Reach, number: int, bound: int, *, greatest: bool) -> bool:
    return bool(reach.greatest[number] >= bound if greatest else reach.least[number] <= bound)
