"""The declared rules of a table: which derived variables it uses, in words for people, and which codes they can give at all.

From the request and the agreement alone; no data is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from privacy.tabulate.expressions import Aggregate, Case, Literal, Name, Operation, parse, walk
from schemas.dimension import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from privacy.tabulate.expressions import Expression
    from schemas.agreement import Agreement
    from schemas.dimension import Dimension
    from schemas.request import Derived, Table

TRUTHS = frozenset({"true", "false"})


def needed(rules: tuple[Derived, ...], table: Table) -> tuple[Derived, ...]:
    """The derived variables that *table* uses, directly or through others, in declared order."""
    texts = [text for dimension in table.dimensions for text in asked(dimension).values()]
    texts += [total.value for total in table.sums] + ([table.where] if table.where else [])
    used = {name for text in texts for name in _names(text, f"table {table.id}")}
    kept: list[Derived] = []
    for rule in reversed(rules):
        if rule.name in used:
            kept.insert(0, rule)
            used |= {name for case in rule.case for name in _names(case.when, f"derived {rule.name}")}
    return tuple(kept)


def _names(text: str, place: str) -> set[str]:
    return {part.column for part in walk(parse(text, place=place)) if isinstance(part, Name) and part.register is None}


def asked(dimension: Dimension) -> dict[str, str]:
    """What *dimension* asks of a unit: its expression by its own name, or the condition of each service by the service's."""
    if dimension.value is not None:
        return {dimension.name: dimension.value}
    return {service.id: service.when for service in dimension.services}


def in_words(rules: tuple[Derived, ...], table: Table) -> tuple[tuple[str, str], ...]:
    """Every rule of *table* as a name and a text: its filter, what each dimension asks, and the derived variables behind them."""
    found = [("only", table.where)] if table.where else []
    asking = [each for dimension in table.dimensions for each in asked(dimension).items()]
    found += [(name, text) for name, text in asking if name != text]  # a derived variable of the same name follows
    for rule in needed(rules, table):
        cases = "; ".join(f"{case.then} where {_spaced(case.when)}" for case in rule.case)
        of = " (of the family)" if rule.of == "family" else ""
        found.append((f"{rule.name}{of}", f"{cases}; else {rule.otherwise}"))
    return tuple((name, _spaced(text)) for name, text in found)


def _spaced(text: str) -> str:
    """*text* on one line."""
    return " ".join(text.split())


def never(dimension: Dimension, expression: Expression, agreement: Agreement, rules: Iterable[Derived]) -> tuple[str, ...]:
    """The codes of *dimension* that its *expression* cannot give, as far as is declared; empty where anything can come."""
    possible = _possible(expression, agreement, {rule.name: {*(case.then for case in rule.case), rule.otherwise} for rule in rules})
    return () if possible is None else tuple(code for code in dimension.codes if code not in possible and code != UNKNOWN)


def _possible(expression: Expression, agreement: Agreement, derived: Mapping[str, set[str]]) -> frozenset[str] | None:
    """Every text that *expression* can give, unknown aside; None where that is not declared."""
    match expression:
        case Literal(str() as text):
            return frozenset({text})
        case Name(None, name):
            return frozenset(derived[name]) if name in derived else None
        case Name(register, name):
            fields = (field for known in agreement.register if known.id == register for field in known.leaving if field.name == name)
            return next((frozenset(field.codes) for field in fields if field.codes and field.leaves == "as_is"), None)
        case Case(branches, otherwise):
            results = [then for _, then in branches] + ([] if otherwise is None else [otherwise])
            found = [_possible(result, agreement, derived) for result in results]
            return None if None in found else frozenset().union(*(each for each in found if each is not None))
        case Aggregate("min" | "max", _, Name() | Case() as operand):
            return _possible(operand, agreement, derived)
        case Aggregate("exists" | "any" | "all") | Operation("and" | "or" | "not" | "=" | "<>" | "<" | "<=" | ">" | ">=" | "in" | "null"):
            return TRUTHS
        case Literal(bool()):
            return TRUTHS
    return None
