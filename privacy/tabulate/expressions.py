"""The request's expression language: parsed by sqlglot, kept only if every node is on an allow-list.

::

    literals      3  -2  'text'  true  false
    names         register.column      a derived variable
    comparisons   =  <>  <  <=  >  >=  IN (literals)  BETWEEN  IS NULL  IS NOT NULL
    logic         AND  OR  NOT  CASE WHEN .. THEN .. ELSE .. END
    numbers       +  -  *
    how many hold tally('no', condition, ..)                  what is unknown does not hold
                  tally('yes', condition, ..)                 what is unknown holds
                  tally('unknown', condition, ..)             one unknown makes the number unknown
    of a person   exists(register)  exists(register, condition)  count(register)  count(register, condition)
                  sum(register.column)  min(..)  max(..)        over the person's rows in that register
    of a family   any(condition)  all(condition)  members(condition)  sum(..)  min(..)  max(..)
                  over the members of the family, of something said about a person

Nothing else: no subquery, no cast, no function, no star, no decimal.  NULL is unknown, as in SQL.  The tree that comes
out is our own and small; ``privacy/tabulate/compiling.py`` gives it types and SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

DEPTH_MAX = 40
TALLY_MAX = 30
"""Conditions in one tally."""
INTEGER_MAX = 10**9
DIGITS_MAX = 20


@dataclass(frozen=True, slots=True)
class Literal:
    """An integer, a text or a truth value."""

    value: int | str | bool


@dataclass(frozen=True, slots=True)
class Name:
    """``register.column``, or a derived variable (``register`` None)."""

    register: str | None
    column: str


@dataclass(frozen=True, slots=True)
class Operation:
    """``and or not = <> < <= > >= + - * neg in null`` over operands (``in``: the value, then the literals)."""

    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first branch whose condition is true, else ``otherwise``, else NULL."""

    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``exists count sum min max any all members``; ``register`` for the first two, with an optional condition as operand."""

    function: str
    register: str | None
    operand: Expression | None


Expression = Literal | Name | Operation | Case | Aggregate

_BINARY: dict[type[exp.Expr], str] = {
    exp.And: "and",
    exp.Or: "or",
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
}
_OVER_REGISTER = {"exists": exp.Exists, "count": exp.Count}
_OVER_VALUES = {"sum": exp.Sum, "min": exp.Min, "max": exp.Max, "any": exp.Any}


class _Refused(Exception):
    """What the text uses that the language does not have."""


def parse(text: str, *, place: str) -> Expression:
    """*text* as an expression; ``InputError`` S3302 naming *place* and what is not in the language."""
    reason = ""
    try:
        tree = sqlglot.parse_one(text)
        return _convert(tree, 0)
    except SqlglotError:
        reason = "it cannot be read"
    except RecursionError:
        reason = "it is nested too deeply"
    except _Refused as refused:
        reason = str(refused)
    raise InputError("S3302", place=place, reason=f"not in the expression language: {reason}", hint="the language is small on purpose")


def walk(expression: Expression) -> Iterator[Expression]:
    """*expression* and everything below it."""
    yield expression
    children: tuple[Expression | None, ...] = ()
    match expression:
        case Operation():
            children = expression.operands
        case Case():
            children = (*(part for branch in expression.branches for part in branch), expression.otherwise)
        case Aggregate():
            children = (expression.operand,)
        case _:
            pass
    for child in children:
        if child is not None:
            yield from walk(child)


def _convert(node: exp.Expr, depth: int) -> Expression:
    if depth > DEPTH_MAX:
        raise _Refused("it is nested too deeply")
    converter = _CONVERTERS.get(type(node))
    if converter is None:
        raise _Refused(f"{type(node).__name__.lower()} is not allowed")
    return converter(node, depth + 1)


def _only(node: exp.Expr, *allowed: str) -> None:
    """Refuse *node* if sqlglot understood more in it than this module reads."""
    extra = [name for name, value in node.args.items() if value and name not in allowed]
    if extra:
        raise _Refused(f"{type(node).__name__.lower()} with {extra[0]} is not allowed")


def _literal(node: exp.Expr, _depth: int) -> Expression:
    _only(node, "this", "is_string")
    if node.args.get("is_string"):
        return Literal(str(node.this))
    if not str(node.this).isdecimal() or len(node.this) > DIGITS_MAX or int(node.this) > INTEGER_MAX:
        raise _Refused("a number is not a whole number, or larger than 10^9")
    return Literal(int(node.this))


def _boolean(node: exp.Expr, _depth: int) -> Expression:
    return Literal(bool(node.this))


def _name(node: exp.Expr, _depth: int) -> Expression:
    _only(node, "this", "table")
    table = node.args.get("table")
    if not isinstance(node.this, exp.Identifier) or not (table is None or isinstance(table, exp.Identifier)):
        raise _Refused("star is not allowed")
    return Name(None if table is None else str(table.this), str(node.this.this))


def _binary(node: exp.Expr, depth: int) -> Expression:
    _only(node, "this", "expression")
    return Operation(_BINARY[type(node)], (_convert(node.this, depth), _convert(node.expression, depth)))


def _unary(operator: str) -> Callable[[exp.Expr, int], Expression]:
    def convert(node: exp.Expr, depth: int) -> Expression:
        _only(node, "this")
        return Operation(operator, (_convert(node.this, depth),))

    return convert


def _paren(node: exp.Expr, depth: int) -> Expression:
    _only(node, "this")
    return _convert(node.this, depth)


def _is_null(node: exp.Expr, depth: int) -> Expression:
    _only(node, "this", "expression")
    if not isinstance(node.expression, exp.Null):
        raise _Refused("IS is for NULL only")
    return Operation("null", (_convert(node.this, depth),))


def _in(node: exp.Expr, depth: int) -> Expression:
    _only(node, "this", "expressions")
    members = tuple(_convert(member, depth) for member in node.expressions)
    if not members or not all(isinstance(member, Literal) for member in members):
        raise _Refused("IN needs a list of literals")
    return Operation("in", (_convert(node.this, depth), *members))


def _between(node: exp.Expr, depth: int) -> Expression:
    _only(node, "this", "low", "high")
    value = _convert(node.this, depth)
    low, high = _convert(node.args["low"], depth), _convert(node.args["high"], depth)
    return Operation("and", (Operation(">=", (value, low)), Operation("<=", (value, high))))


def _case(node: exp.Expr, depth: int) -> Expression:
    _only(node, "ifs", "default")
    branches = tuple((_convert(branch.this, depth), _convert(branch.args["true"], depth)) for branch in node.args["ifs"])
    default = node.args.get("default")
    return Case(branches, None if default is None else _convert(default, depth))


def _over_register(function: str) -> Callable[[exp.Expr, int], Expression]:
    def convert(node: exp.Expr, depth: int) -> Expression:
        _only(node, "this", "expression", "expressions", "big_int")
        conditions = [part for part in (node.args.get("expression"), *(node.args.get("expressions") or [])) if part is not None]
        register = _convert(node.this, depth)
        if not isinstance(register, Name) or register.register is not None or len(conditions) > 1:
            raise _Refused(f"{function} takes a register and at most one condition")
        return Aggregate(function, register.column, _convert(conditions[0], depth) if conditions else None)

    return convert


def _over_values(function: str) -> Callable[[exp.Expr, int], Expression]:
    def convert(node: exp.Expr, depth: int) -> Expression:
        _only(node, "this")
        return Aggregate(function, None, _convert(node.this, depth))

    return convert


def _anonymous(node: exp.Expr, depth: int) -> Expression:
    name = str(node.this).lower()
    if name == "tally":
        return _tally(node, depth)
    if name not in ("all", "members") or len(node.expressions) != 1:
        raise _Refused("there is no such function")
    return Aggregate(name, None, _convert(node.expressions[0], depth))


def _tally(node: exp.Expr, depth: int) -> Expression:
    unknown, *conditions = (_convert(part, depth) for part in node.expressions) if node.expressions else (None,)
    if not isinstance(unknown, Literal) or unknown.value not in ("no", "yes", "unknown") or not 1 <= len(conditions) <= TALLY_MAX:
        raise _Refused("tally takes 'no', 'yes' or 'unknown', what an unknown condition counts as, and up to 30 conditions")
    return tallied(conditions, [1] * len(conditions), str(unknown.value))


def tallied(conditions: Sequence[Expression], worth: Sequence[int], unknown: str) -> Expression:
    """The *worth* of the conditions that hold, added up; *unknown* says what an unknown one counts as."""
    pairs = list(zip(conditions, worth, strict=True))
    if unknown == "yes":
        terms: list[Expression] = [Case(((Operation("not", (each,)), Literal(0)),), Literal(value)) for each, value in pairs]
    else:
        terms = [Case(((each, Literal(value)),), Literal(0)) for each, value in pairs]
    total = reduce(lambda left, right: Operation("+", (left, right)), terms)
    if unknown != "unknown":
        return total
    gaps: list[Expression] = [Operation("null", (each,)) for each in conditions]
    known = Operation("not", (reduce(lambda left, right: Operation("or", (left, right)), gaps),))
    return Case(((known, total),), None)


_CONVERTERS: dict[type[exp.Expr], Callable[[exp.Expr, int], Expression]] = {
    exp.Literal: _literal,
    exp.Boolean: _boolean,
    exp.Column: _name,
    exp.Paren: _paren,
    exp.Not: _unary("not"),
    exp.Neg: _unary("neg"),
    exp.Is: _is_null,
    exp.In: _in,
    exp.Between: _between,
    exp.Case: _case,
    exp.Anonymous: _anonymous,
    **dict.fromkeys(_BINARY, _binary),
    **{kind: _over_register(name) for name, kind in _OVER_REGISTER.items()},
    **{kind: _over_values(name) for name, kind in _OVER_VALUES.items()},
}
