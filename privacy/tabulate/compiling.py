"""Types and SQL for expressions; what names and aggregates mean is the scope's to say (``privacy/tabulate/scopes.py``).

Integers cannot overflow, because an error that depends on the data would tell something about it: what is read from
data is clamped to ``READ_MAX``, sums to ``SUM_MAX``, and a product or sum that could pass 2**62 is refused when the
request is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from privacy.tabulate.expressions import Aggregate, Case, Name, Operation
from privacy.tabulate.expressions import Literal as Constant
from schemas.errors import InputError

if TYPE_CHECKING:
    from privacy.tabulate.expressions import Expression
    from schemas.step import Parameter

READ_MAX = 2**31 - 1
SUM_MAX = 2**40
BOUND_MAX = 2**62
Type = Literal["integer", "text", "truth"]


@dataclass(frozen=True, slots=True)
class Sql:
    """A fragment with its parameters in text order, its type, and for integers the largest magnitude it can have."""

    text: str
    parameters: tuple[Parameter, ...]
    type: Type
    bound: int = 0


class Scope(Protocol):
    """Where names and aggregates are looked up."""

    @property
    def place(self) -> str:
        """What an error names."""

    def name(self, name: Name) -> Sql:
        """The column that *name* stands for."""

    def aggregate(self, aggregate: Aggregate) -> Sql:
        """What *aggregate* stands for."""


def fault(place: str, reason: str, hint: str = "") -> InputError:
    """``InputError`` S3303: an expression names what is not there, or its types do not fit."""
    return InputError("S3303", place=place, reason=reason, hint=hint or "see the registers and fields of the agreement")


def compiled(expression: Expression, scope: Scope) -> Sql:
    """*expression* as SQL in *scope*; ``InputError`` S3303 if names or types do not fit."""
    match expression:
        case Constant():
            return _constant(expression)
        case Name():
            return scope.name(expression)
        case Aggregate():
            return scope.aggregate(expression)
        case Case():
            return _case(expression, scope)
        case Operation():
            return _operation(expression, scope)


def condition(expression: Expression, scope: Scope) -> Sql:
    """*expression* as SQL; S3303 unless it is true or false."""
    return _expect(compiled(expression, scope), "truth", scope)


def clamped(text: str, parameters: tuple[Parameter, ...], bound: int) -> Sql:
    """The integer *text*, at most *bound* in magnitude (NULL stays NULL)."""
    # a CASE, because GREATEST and LEAST skip NULLs in one engine and keep them in another
    parts = f"(CASE WHEN {text} > {bound} THEN {bound} WHEN {text} < -{bound} THEN -{bound} ELSE CAST({text} AS BIGINT) END)"
    return Sql(parts, parameters * 3, "integer", bound)


def _constant(literal: Constant) -> Sql:
    if isinstance(literal.value, bool):
        return Sql("TRUE" if literal.value else "FALSE", (), "truth")
    if isinstance(literal.value, int):
        return Sql(str(literal.value), (), "integer", abs(literal.value))
    return Sql("?", (literal.value,), "text")


def _expect(sql: Sql, wanted: Type, scope: Scope) -> Sql:
    if sql.type != wanted:
        raise fault(scope.place, f"the expression gives {sql.type} where {wanted} is needed")
    return sql


def _case(case: Case, scope: Scope) -> Sql:
    branches = [(condition(when, scope), compiled(then, scope)) for when, then in case.branches]
    otherwise = None if case.otherwise is None else compiled(case.otherwise, scope)
    results = [then for _, then in branches] + ([] if otherwise is None else [otherwise])
    for result in results:
        _expect(result, results[0].type, scope)
    text = " ".join(f"WHEN {when.text} THEN {then.text}" for when, then in branches) + (
        "" if otherwise is None else f" ELSE {otherwise.text}"
    )
    parameters = tuple(p for when, then in branches for p in (*when.parameters, *then.parameters))
    parameters += () if otherwise is None else otherwise.parameters
    return Sql(f"(CASE {text} END)", parameters, results[0].type, max(result.bound for result in results))


def _operation(operation: Operation, scope: Scope) -> Sql:
    parts = [compiled(operand, scope) for operand in operation.operands]
    parameters = tuple(p for part in parts for p in part.parameters)
    texts = [part.text for part in parts]
    match operation.operator:
        case "and" | "or" as operator:
            for part in parts:
                _expect(part, "truth", scope)
            return Sql(f"({texts[0]} {operator.upper()} {texts[1]})", parameters, "truth")
        case "not":
            _expect(parts[0], "truth", scope)
            return Sql(f"(NOT {texts[0]})", parameters, "truth")
        case "null":
            return Sql(f"({texts[0]} IS NULL)", parameters, "truth")
        case "in":
            _alike(parts, scope)
            return Sql(f"({texts[0]} IN ({', '.join(texts[1:])}))", parameters, "truth")
        case "+" | "-" | "*" | "neg" as operator:
            return _arithmetic(operator, parts, scope)
        case comparison:
            _alike(parts, scope)
            return Sql(f"({texts[0]} {comparison} {texts[1]})", parameters, "truth")


def _alike(parts: list[Sql], scope: Scope) -> None:
    for part in parts:
        _expect(part, parts[0].type, scope)


def _arithmetic(operator: str, parts: list[Sql], scope: Scope) -> Sql:
    for part in parts:
        _expect(part, "integer", scope)
    if operator == "neg":
        return Sql(f"(-{parts[0].text})", parts[0].parameters, "integer", parts[0].bound)
    left, right = parts
    bound = left.bound * right.bound if operator == "*" else left.bound + right.bound
    if bound > BOUND_MAX:
        raise fault(scope.place, "a product of data could become too large", hint="multiply by literals only")
    # literals are 32-bit to some engines
    text = f"(CAST({left.text} AS BIGINT) {operator} CAST({right.text} AS BIGINT))"
    return Sql(text, left.parameters + right.parameters, "integer", bound)
