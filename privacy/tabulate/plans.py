"""From a table of a request to the steps that put every counted unit into one finest cell.

The last step's relation has one row per counted unit: ``unit_id`` (the privacy unit), ``id`` (study id, or family id)
and ``cell`` (the finest cell's number).  Everything about a person depends on the records of the person's own privacy
unit alone: families are grouped within units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from privacy.tabulate.asking import Asking, asked_of, clipped
from privacy.tabulate.cells import CellSpace, cell_space
from privacy.tabulate.classifying import cells_step, values_step
from privacy.tabulate.compiling import Sql, compiled, fault
from privacy.tabulate.expressions import Case, Literal, parse
from privacy.tabulate.relations import FAMILIES, OWN_FAMILIES, PERSONS, named, payload
from privacy.tabulate.rules import needed, never
from privacy.tabulate.scopes import FamilyScope, PersonScope, register_of
from schemas import canonical
from schemas.dimension import UNKNOWN
from schemas.step import Step, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.agreement import Agreement, Definition
    from schemas.dimension import Dimension
    from schemas.request import Derived, Request, Table

FORMAT = "sauma/plan/v0"
_HINT = "write a derived variable that gives the codes; docs/requests.md shows how"


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """What one table counts.  ``digest`` is that of the canonical plan: rules, base, vintage, audience, thresholds.

    ``definition`` is that of the families that the table counts by; ``about_families``: it counts them, or persons by what
    their family is; ``registers`` are those whose payloads are read; ``output`` is the relation that
    ``steps`` end in.  ``never`` are the codes of each dimension that cannot occur, by the declared rules and codes alone.
    """

    digest: str
    table: Table
    space: CellSpace
    definition: Definition
    about_families: bool
    registers: tuple[str, ...]
    steps: tuple[Step, ...]
    output: str
    never: Mapping[str, tuple[str, ...]]


def plan(request: Request, table_id: str, agreement: Agreement, *, vintage: str) -> Plan:
    """The plan of one table of *request*.

    Raises:
        InputError: S3301 too many cells, S3302 not in the expression language, S3303 names or types do not fit.
        UsageError: S2005 the base or a register is not in the agreement.
    """
    table = next(table for table in request.table if table.id == table_id)
    register_of(agreement, request.base, "base of the request")
    space = cell_space(table)
    rules = needed(request.derived, table)
    definition = table.family or agreement.linkage.family
    steps, aggregated = _steps(agreement, request.base, definition, rules, table)
    registers = tuple(sorted({request.base, *aggregated}))
    digest = canonical.digest(_canonical(request, table, rules, agreement, vintage))
    about_families = table.unit == "family" or any(rule.of == "family" for rule in rules)
    missing = {each.name: _never(each, table, agreement, rules) for each in table.dimensions}
    unseen = {name: codes for name, codes in missing.items() if codes}
    return Plan(digest, table, space, definition, about_families, registers, steps, steps[-1].output, unseen)


def _never(dimension: Dimension, table: Table, agreement: Agreement, rules: tuple[Derived, ...]) -> tuple[str, ...]:
    """The codes of *dimension* that cannot occur; S3303 if that is all of them: everybody would be unknown, for the same price."""
    if not dimension.codes or dimension.value is None:
        return ()
    place = f"table {table.id}, dimension {dimension.name}"
    codes = never(dimension, parse(dimension.value, place=place), agreement, rules)
    if codes and len(codes) == len([code for code in dimension.codes if code != UNKNOWN]):
        raise fault(place, "its value gives none of its codes, so everybody would be unknown", hint=_HINT)
    return codes


def _steps(
    agreement: Agreement, base: str, definition: Definition, rules: tuple[Derived, ...], table: Table
) -> tuple[tuple[Step, ...], set[str]]:
    aggregates: dict[str, dict[Sql, str]] = {}
    known: dict[str, str] = {}
    branches: list[tuple[Derived, Sql]] = []
    for rule in rules:
        place = f"derived {rule.name}"
        scope = PersonScope(agreement, dict(known), aggregates, place)
        cases = tuple((parse(case.when, place=place), Literal(case.then)) for case in rule.case)
        expression = Case(cases, Literal(rule.otherwise))
        branches.append((rule, compiled(expression, scope if rule.of == "person" else FamilyScope(scope, dict(known), place))))
        known[rule.name] = rule.of
    asked = Asking(table, agreement, known, aggregates)
    values = [asked.compiled(asked_of(dimension, asked.place(dimension.name)), dimension.name) for dimension in table.dimensions]
    sums = [asked.number(clipped(total, asked.place(total.id)), total.id) for total in table.sums]
    where = None if table.where is None else asked.condition(table.where, "where")
    steps = [_aggregate(register, found) for register, found in sorted(aggregates.items())]
    counted = [(step, tuple(found.values())) for step, (_, found) in zip(steps, sorted(aggregates.items()), strict=True)]
    steps.append(_people(base, definition, counted))
    for rule, sql in branches:
        steps.extend(_derive(rule, sql, steps[-1].output))
    steps.append(values_step(table, values, sums, where, steps[-1].output))
    steps.append(cells_step(table, values, steps[-1].output))
    return tuple(steps), set(aggregates)


def _aggregate(register: str, found: dict[Sql, str]) -> Step:
    """One row a person with every number wanted from the rows of *register*."""
    selected = ", ".join(['"study_id"', *(f"{value.text} AS {quoted(name)}" for value, name in found.items())])
    parameters = tuple(parameter for value in found for parameter in value.parameters)
    source = payload(register)
    return named("rows", f'SELECT {selected} FROM {quoted(source)} GROUP BY "study_id"', (source,), parameters)  # noqa: S608 - quoted names


def _people(base: str, definition: Definition, aggregated: list[tuple[Step, tuple[str, ...]]]) -> Step:
    """Every person with those numbers and the own family under *definition*; ``in_base`` is 1 for the persons that are counted."""
    members = quoted(payload(base))
    joins = [
        f'LEFT JOIN {OWN_FAMILIES} f ON f."study_id" = p."study_id"',
        f'LEFT JOIN (SELECT DISTINCT "study_id" FROM {members}) b ON b."study_id" = p."study_id"',  # noqa: S608 - quoted names
    ]
    columns = ['p."study_id"', 'p."unit_id"', 'f."family_id"', '(CASE WHEN b."study_id" IS NULL THEN 0 ELSE 1 END) AS "in_base"']
    for number, (step, names) in enumerate(aggregated):
        joins.append(f'LEFT JOIN {quoted(step.output)} a{number} ON a{number}."study_id" = p."study_id"')
        columns.extend(f"a{number}.{quoted(name)}" for name in names)
    sql = f'SELECT {", ".join(columns)} FROM "persons" p {" ".join(joins)}'  # noqa: S608 - quoted names
    inputs = (PERSONS, FAMILIES, payload(base), *(step.output for step, _ in aggregated))
    return named("people", sql, inputs, (definition,))


def _derive(rule: Derived, sql: Sql, people: str) -> list[Step]:
    """People with one more column; a family's value is worked out once and carried by every member."""
    name, source = quoted(f"derived.{rule.name}"), quoted(people)
    if rule.of == "person":
        return [named("people", f"SELECT *, {sql.text} AS {name} FROM {source}", (people,), sql.parameters)]  # noqa: S608 - quoted names
    grouped = f'SELECT "unit_id", "family_id", {sql.text} AS {name} FROM {source}'  # noqa: S608 - quoted names
    grouped += ' WHERE "family_id" IS NOT NULL GROUP BY "unit_id", "family_id"'
    families = named("families", grouped, (people,), sql.parameters)
    joined = f"SELECT p.*, f.{name} FROM {source} p LEFT JOIN {quoted(families.output)} f"  # noqa: S608 - quoted names
    joined += ' ON f."unit_id" = p."unit_id" AND f."family_id" = p."family_id"'
    return [families, named("people", joined, (people, families.output))]


def _canonical(request: Request, table: Table, rules: tuple[Derived, ...], agreement: Agreement, vintage: str) -> dict[str, Any]:
    """What makes two tables the same question.

    Titles and labels do not, nor how epsilon is written, nor what is only derived from told figures.
    """
    words: Any = dict.fromkeys(("title", "labels", "code_list", "list_levels", "closed"), True) | {"services": {"__all__": {"title"}}}
    dimensions = [
        {**dimension.model_dump(mode="json", exclude=words, exclude_none=True), "domain": list(dimension.domain)}
        for dimension in table.dimensions
    ]
    of_families = table.unit == "family" or any(rule.of == "family" for rule in rules)
    epsilon = "" if table.epsilon is None else str(Fraction(table.epsilon))
    return {
        "format": FORMAT,
        "kind": table.kind,
        "unit": table.unit,
        "policy": table.policy,
        "family": (table.family or agreement.linkage.family) if of_families else "",
        "where": table.where or "",
        "contribution": table.contribution or 0,
        "count_weight": table.count_weight if table.sums else 1,
        "sums": [total.model_dump(mode="json", exclude={"title"}) for total in table.sums],
        "epsilon": epsilon,
        "dimensions": dimensions,
        "derived": [rule.model_dump(mode="json", exclude={"title"}, exclude_none=True) for rule in rules],
        "base": request.base,
        "genesis": agreement.genesis,
        "vintage": vintage,
        "audience": request.audience,
        "rules": agreement.release_class(request.audience).canonical(),
        "persons_per_family": agreement.budget.persons_per_family,
    }


def cells_per_unit(space: CellSpace) -> int:
    """In how many cells one counted unit can be: one of each grouping."""
    return math.prod(len(axis.levels) for axis in space.axes)
