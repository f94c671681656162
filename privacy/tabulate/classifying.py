"""From values to cells: the last two steps of a plan.

First each counted unit with the value of every dimension, then the number of its finest cell.  A value outside a
dimension's public domain, NULL included, counts as ``unknown``: the domain never depends on the data.  A closed dimension
has no such value, by its request: its last code stands for what no other code is.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from privacy.tabulate.compiling import fault
from privacy.tabulate.relations import named
from schemas.dimension import UNKNOWN
from schemas.step import quoted

if TYPE_CHECKING:
    from privacy.tabulate.compiling import Sql, Type
    from schemas.dimension import Dimension
    from schemas.request import Table
    from schemas.step import Parameter, Step

_FORMS: dict[Type, re.Pattern[str]] = {
    "text": re.compile(".*"),
    "integer": re.compile("0|[1-9][0-9]*"),
    "truth": re.compile("true|false"),
}
"""What a value of each type looks like as a code."""
_KINDS: dict[Type, str] = {"text": "a text", "integer": "a whole number", "truth": "true or false"}
_HINT = "cut a number with bands = [..], or write a derived variable that gives the codes; docs/requests.md shows both"


def values_step(table: Table, values: list[Sql], sums: list[Sql], where: Sql | None, people: str) -> Step:
    """``id, unit_id, v0, v1, .., m0, m1, ..`` for every unit that *table* counts: dimensions, then what is summed."""
    named_values = [(f"v{number}", value) for number, value in enumerate(values)] + [
        (f"m{number}", value) for number, value in enumerate(sums)
    ]
    selected = ", ".join(f"{value.text} AS {name}" for name, value in named_values)
    filtered = "" if where is None else f" AND {where.text}"
    if table.unit == "person":
        sql = f'SELECT "study_id" AS "id", "unit_id", {selected} FROM {quoted(people)} WHERE "in_base" = 1{filtered}'  # noqa: S608 - quoted names
    else:
        sql = f'SELECT "family_id" AS "id", "unit_id", {selected} FROM {quoted(people)} WHERE "family_id" IS NOT NULL'  # noqa: S608 - quoted names
        sql += f' GROUP BY "unit_id", "family_id" HAVING MAX("in_base") = 1{filtered}'
    parameters = tuple(parameter for _, value in named_values for parameter in value.parameters) + (
        () if where is None else where.parameters
    )
    return named("values", sql, (people,), parameters)


def cells_step(table: Table, values: list[Sql], source: str) -> Step:
    """``id, unit_id, cell, m0, m1, ..``: the number of the finest cell, C order over the domains, and what is summed."""
    terms: list[str] = []
    parameters: list[Parameter] = []
    sizes = [len(dimension.domain) for dimension in table.dimensions]
    for number, (dimension, value) in enumerate(zip(table.dimensions, values, strict=True)):
        text, used = _position(dimension, f"v{number}", value, f"table {table.id}, dimension {dimension.name}")
        terms.append(f"{text} * {math.prod(sizes[number + 1 :])}")
        parameters.extend(used)
    kept = "".join(f", m{number}" for number in range(len(table.sums)))
    sql = f'SELECT "id", "unit_id", CAST({" + ".join(terms)} AS BIGINT) AS "cell"{kept} FROM {quoted(source)}'  # noqa: S608 - quoted names
    return named("cells", sql, (source,), tuple(parameters))


def _position(dimension: Dimension, column: str, value: Sql, place: str) -> tuple[str, list[Parameter]]:
    """The place of *column*'s value in the domain of *dimension*; S3303 if it is of a type that its codes are not."""
    rest = len(dimension.domain) - 1
    if dimension.services:
        return f"CAST(COALESCE({column}, {rest}) AS BIGINT)", []
    if dimension.bands:
        if value.type != "integer":
            raise fault(place, "bands need a whole number")
        branches = [f"WHEN {column} < {dimension.bands[0]} THEN {rest}"]
        branches += [f"WHEN {column} >= {low} THEN {number}" for number, low in reversed(list(enumerate(dimension.bands)))]
        return f"CAST((CASE {' '.join(branches)} ELSE {rest} END) AS BIGINT)", []
    unlike = [code for code in dimension.codes if code != UNKNOWN and not _FORMS[value.type].fullmatch(code)]
    if unlike:
        raise fault(place, f"its value is {_KINDS[value.type]}, and never {', '.join(unlike[:5])}", hint=_HINT)
    texts = {
        "text": column,
        "integer": f"CAST({column} AS STRING)",
        "truth": f"(CASE WHEN {column} THEN 'true' WHEN NOT {column} THEN 'false' END)",
    }
    codes = dimension.domain[:-1]
    branches = [f"WHEN {texts[value.type]} = ? THEN {number}" for number, _ in enumerate(codes)]
    return f"CAST((CASE {' '.join(branches)} ELSE {rest} END) AS BIGINT)", list(codes)
