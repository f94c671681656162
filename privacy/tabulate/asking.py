"""What a table asks of each counted unit, as expressions: its dimensions, its filter, and what it sums.

A co-use dimension asks for the pattern of services used, as a number whose bits are the services.  What is summed is
clipped to the declared bounds here, before anything is added up, so that no unit can weigh more than the noise allows for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from privacy.tabulate import compiling
from privacy.tabulate.compiling import Sql, fault
from privacy.tabulate.expressions import Case, Expression, Literal, Operation, parse, tallied
from privacy.tabulate.scopes import FamilyScope, PersonScope

if TYPE_CHECKING:
    from schemas.agreement import Agreement
    from schemas.dimension import Dimension
    from schemas.measures import Sum
    from schemas.request import Table


@dataclass(frozen=True, slots=True)
class Asking:
    """One table's expressions on their way to SQL.

    ``known`` are the derived variables above; ``aggregates`` collects, per register, what is computed from its rows.
    """

    table: Table
    agreement: Agreement
    known: dict[str, str]
    aggregates: dict[str, dict[Sql, str]]

    def place(self, what: str) -> str:
        """What an error names."""
        return f"table {self.table.id}, {what}"

    def compiled(self, expression: Expression, what: str) -> Sql:
        """*expression* about one counted unit, a person or a family; S3303 if names or types do not fit."""
        person = PersonScope(self.agreement, self.known, self.aggregates, self.place(what))
        return compiling.compiled(expression, person if self.table.unit == "person" else FamilyScope(person, self.known, person.place))

    def number(self, expression: Expression, what: str) -> Sql:
        """*expression*, which must be a whole number."""
        found = self.compiled(expression, what)
        if found.type != "integer":
            raise fault(self.place(what), "a sum needs a whole number")
        return found

    def condition(self, text: str, what: str) -> Sql:
        """*text*, which must be true or false."""
        found = self.compiled(parse(text, place=self.place(what)), what)
        if found.type != "truth":
            raise fault(self.place(what), f"the expression gives {found.type} where truth is needed")
        return found


def asked_of(dimension: Dimension, place: str) -> Expression:
    """What *dimension* asks of a unit: its own expression, or the pattern of services, unknown where one of them is."""
    if dimension.value is not None:
        return parse(dimension.value, place=place)
    uses = [parse(service.when, place=place) for service in dimension.services]
    return tallied(uses, [1 << number for number in range(len(uses))], "unknown")


def clipped(total: Sum, place: str) -> Expression:
    """What *total* sums of one unit, between its bounds, and ``otherwise`` where it is unknown."""
    value = parse(total.value, place=place)
    low, high = Literal(total.low), Literal(total.high)
    return Case(
        (
            (Operation("null", (value,)), Literal(total.otherwise)),
            (Operation("<", (value, low)), low),
            (Operation(">", (value, high)), high),
        ),
        value,
    )
