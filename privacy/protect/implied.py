"""Every small sum that what is told implies, however many figures it takes: T1 - T2 + T3 as well as T1 - T2.

A set of atoms, as a 0/1 vector x, is told when x lies in the span of the equations.  For each component a mixed-integer
programme (HiGHS) looks for such an x that counts from 1 to below the minimum, and ends only when it has proved that
there is none (duality of cell suppression: Fischetti and Salazar, "Models and algorithms for optimizing cell suppression
in tabular data with linear constraints", JASA 95, 2000).  Atoms that all equations hold alike are one column.  First
most columns are ruled out: x counts the same in *every* table that fits what is told, so a column that reaches the
minimum in one fitting table, fractions allowed, is in no small sum.  Fewer figures told fit more tables, so what was
ruled out stays so while cells are hidden.  What cannot be searched to the end is not safe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from scipy import sparse

from privacy.protect.attacker import Linear, new_solver
from privacy.protect.forms import components
from privacy.protect.knowledge import bits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from privacy.protect.forms import Equation
    from privacy.protect.knowledge import Flags, Knowledge, Mask
    from privacy.tabulate.cells import Integers

COLUMNS_MAX = 20_000
"""A component with more distinct columns is not searched: refused."""
SECONDS_MAX = 20.0
"""For one integer programme; running out refuses, and never changes which cells are shown."""
NODES_MAX = 20_000
"""Branch-and-bound nodes for one integer programme; running out refuses."""
FOUND_MAX = 40
"""Sums looked for in one component before they are protected and the search starts again."""
MARGIN = 0.01
"""How far above the greatest small count, a whole number, a fitting table must go to rule a column out."""
WHOLE = 0.5


@dataclass(frozen=True)
class _Component:
    """Equations tied together: ``rows`` (equations, columns), their ``values``; atoms, units and openness of each column."""

    rows: Any
    values: Integers
    atoms: tuple[Integers, ...]
    units: Integers
    candidate: Flags


@dataclass
class Search:
    """The search of one audience's store for sums of 1 to ``less_than`` - 1 units.

    Attributes:
        knowledge: the cells over atoms.
        less_than: the minimum count of a sum.
        beyond: sets told as such earlier, which nothing can protect.
        whole: whether a search that stops at ``FOUND_MAX`` has not ended either, as in an audit.
        out: atoms that no small sum holds, shape (atoms,); stays valid while cells are hidden, not when they are shown.
    """

    knowledge: Knowledge
    less_than: int
    beyond: frozenset[Mask] = frozenset()
    whole: bool = False
    out: Flags = field(init=False)

    def __post_init__(self) -> None:
        self.out = self.knowledge.units >= self.less_than

    def find(self, facts: Sequence[Equation]) -> tuple[Mask, ...] | None:
        """Small sums that *facts* imply: none exactly when there is none; None where the search did not end.

        Any that exists is found or holds a found one, so a store is searched again once these are protected.
        """
        empty = 0
        for fact in facts:
            empty |= fact.mask if fact.value == 0 else 0
        told = [(fact.mask & ~empty, fact.value) for fact in facts if fact.mask & ~empty]
        beyond = {mask & ~empty for mask in self.beyond}
        found: list[Mask] = []
        for component in self._components([mask for mask, _ in told], np.array([value for _, value in told], dtype=np.int64)):
            if len(component.atoms) > COLUMNS_MAX:
                return None
            sums = self._search(component, beyond)
            if sums is None:
                return None
            found += sums
        return tuple(found)

    def _components(self, masks: Sequence[Mask], values: Integers) -> Iterator[_Component]:
        """Components in which some column is not ruled out."""
        if not masks:
            return
        rows = self.knowledge.rows(masks)
        labels = components(self.knowledge, masks)
        of_row = labels[rows.indices[rows.indptr[:-1]]]
        for label in np.unique(labels[rows.indices][~self.out[rows.indices]]):
            mine, inside = np.flatnonzero(of_row == label), np.flatnonzero(labels == label)
            columns = rows[mine][:, inside].tocsc()
            columns.sort_indices()
            alike: dict[bytes, list[int]] = {}
            for place, atom in enumerate(inside):
                key = columns.indices[columns.indptr[place] : columns.indptr[place + 1]].tobytes()
                alike.setdefault(key, []).append(int(atom))
            atoms = tuple(np.array(group, dtype=np.int64) for group in alike.values())
            first = np.searchsorted(inside, [group[0] for group in atoms])
            units = np.array([self.knowledge.units[group].sum() for group in atoms], dtype=np.int64)
            candidate = (units < self.less_than) & ~np.array([self.out[group].any() for group in atoms])
            yield _Component(columns[:, first].tocsr(), values[mine], atoms, units, candidate)

    def _search(self, component: _Component, beyond: set[Mask]) -> list[Mask] | None:
        candidate = _narrowed(component, self.less_than)
        for place in np.flatnonzero(~candidate):
            self.out[component.atoms[place]] = True
        if not (component.units[candidate] > 0).any():
            return []
        model, columns = _programme(component, candidate, self.less_than)
        found: list[Mask] = []
        while len(found) < FOUND_MAX:
            model.run()
            status = model.getModelStatus()
            if status == highspy.HighsModelStatus.kInfeasible:
                return found
            if status != highspy.HighsModelStatus.kOptimal:
                return None
            chosen = np.asarray(model.getSolution().col_value)[: len(columns)] > WHOLE
            members = np.concatenate([component.atoms[place] for place in columns[chosen]])
            mask = bits(members, len(self.knowledge.units))
            if mask in beyond:
                _forbid(model, chosen)
            else:
                found.append(mask)
                _forbid_holding(model, chosen & (component.units[columns] > 0))
        return None if self.whole else found


def _narrowed(component: _Component, less_than: int) -> Flags:
    """Columns that stay below *less_than* in every table that fits, shape (columns,)."""
    candidate = component.candidate.copy()
    most = int(component.units.sum()) + less_than
    linear = Linear(component.rows, component.values, component.values, most)
    for column in np.flatnonzero(candidate):
        if candidate[column]:
            objective = np.zeros(len(candidate), dtype=np.int64)
            objective[column] = 1
            linear.extreme(objective, greatest=True)
            if linear.solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
                fitting = np.asarray(linear.solver.getSolution().col_value)
                candidate &= fitting < less_than - 1 + MARGIN
    return candidate


def _programme(component: _Component, candidate: Flags, less_than: int) -> tuple[Any, Integers]:
    """The programme ``x = rows.T @ y``, x 0 or 1 on *candidate* columns and 0 elsewhere, and the columns x stands for."""
    columns = np.flatnonzero(candidate)
    equations, width = component.rows.shape
    chosen = sparse.csr_matrix((-np.ones(len(columns)), (columns, np.arange(len(columns)))), shape=(width, len(columns)))
    size = sparse.csr_matrix(component.units[columns][None, :].astype(np.float64))
    matrix = sparse.bmat([[chosen, component.rows.T], [size, None]], format="csr")
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = matrix.shape[1], matrix.shape[0]
    program.col_cost_ = np.concatenate([component.units[columns], np.zeros(equations)]).astype(np.float64)
    free = np.full(equations, highspy.kHighsInf)
    program.col_lower_, program.col_upper_ = np.concatenate([np.zeros(len(columns)), -free]), np.concatenate([np.ones(len(columns)), free])
    program.row_lower_ = np.concatenate([np.zeros(width), [1.0]])
    program.row_upper_ = np.concatenate([np.zeros(width), [float(less_than - 1)]])
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    program.a_matrix_.value_ = matrix.data.astype(np.float64)
    program.integrality_ = [highspy.HighsVarType.kInteger] * len(columns) + [highspy.HighsVarType.kContinuous] * equations
    model = new_solver()
    options = (("output_flag", False), ("threads", 1), ("random_seed", 0), ("parallel", "off"))
    for option, value in (*options, ("mip_max_nodes", NODES_MAX), ("time_limit", SECONDS_MAX)):
        model.setOptionValue(option, value)
    model.passModel(program)
    return model, columns


def _forbid_holding(model: Any, chosen: Flags) -> None:
    """No further sum may hold all the columns *chosen*."""
    inside = np.flatnonzero(chosen).astype(np.int32)
    model.addRow(-highspy.kHighsInf, float(len(inside) - 1), len(inside), inside, np.ones(len(inside)))


def _forbid(model: Any, chosen: Flags) -> None:
    """No further sum may be exactly the columns *chosen*."""
    every = np.arange(len(chosen), dtype=np.int32)
    model.addRow(-highspy.kHighsInf, float(chosen.sum() - 1), len(every), every, np.where(chosen, 1.0, -1.0))
