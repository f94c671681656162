"""The three scopes an expression can be written in, and what names and aggregates mean there.

*row*: one row of one register.  *person*: one linked person; a register's columns only where it holds one record per
person, else through an aggregate.  *family*: one dwelling family; everything about persons through an aggregate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from privacy.tabulate.compiling import READ_MAX, SUM_MAX, Sql, Type, clamped, compiled, condition, fault
from privacy.tabulate.expressions import Aggregate, Name, walk
from schemas.errors import UsageError
from schemas.step import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.agreement import Agreement
    from schemas.register import Field, Register


def field_type(field: Field) -> Type:
    """The type a leaving *field* has in the payload."""
    whole = (field.type == "integer" and field.leaves == "as_is") or field.leaves == "year"
    return "integer" if whole else "text"


def column(register: Register, name: str, place: str) -> Sql:
    """The payload column *name* of *register*; S3303 unless it leaves."""
    for field in register.leaving:
        if field.name == name:
            text = quoted(field.name)
            return clamped(text, (), READ_MAX) if field_type(field) == "integer" else Sql(text, (), "text")
    leaving = ", ".join(field.name for field in register.leaving) or "none"
    raise fault(place, f"register {register.id} has no such column, or it does not leave", hint=f"columns that leave: {leaving}")


def register_of(agreement: Agreement, name: str, place: str) -> Register:
    """The register called *name*; ``UsageError`` S2005 saying where it was asked for, and which there are."""
    found = next((register for register in agreement.register if register.id == name), None)
    if found is None:
        known = ", ".join(register.id for register in agreement.register)
        raise UsageError("S2005", place=place, reason="the agreement names no such register", hint=f"registers: {known}")
    return found


@dataclass(frozen=True, slots=True)
class RowScope:
    """One row of one register."""

    register: Register
    place: str

    def name(self, name: Name) -> Sql:
        """A column of the register itself."""
        if name.register != self.register.id:
            raise fault(self.place, f"only columns of {self.register.id} can be used here")
        return column(self.register, name.column, self.place)

    def aggregate(self, aggregate: Aggregate) -> Sql:
        """Nothing: a row has no rows."""
        raise fault(self.place, f"{aggregate.function} cannot be used inside another aggregate over rows")


@dataclass(frozen=True, slots=True)
class PersonScope:
    """One person.  ``aggregates`` collects, per register, what must be computed from its rows, by column name."""

    agreement: Agreement
    derived: Mapping[str, str]
    aggregates: dict[str, dict[Sql, str]]
    place: str

    def name(self, name: Name) -> Sql:
        """A derived variable, or the column of a register with one record per person."""
        if name.register is None:
            return derived(name, self.derived, self.place)
        register = register_of(self.agreement, name.register, self.place)
        if not register.one_record_per_person:
            raise fault(self.place, f"{register.id} may hold several records of a person", hint="use exists, count, sum, min or max")
        value = column(register, name.column, self.place)
        # should the register break its promise, one of its values is taken, always the same
        return self._collect(register, Sql(f"MIN({value.text})", value.parameters, value.type, value.bound))

    def aggregate(self, aggregate: Aggregate) -> Sql:
        """One number or value about the person's rows in a register."""
        if aggregate.function in ("any", "all", "members"):
            raise fault(self.place, f"{aggregate.function} is about a family", hint="use it in a variable of = 'family'")
        register = register_of(self.agreement, _register_of(aggregate, self.place), self.place)
        rows = RowScope(register, self.place)
        if aggregate.function in ("exists", "count"):
            return self._count(aggregate, register, rows)
        assert aggregate.operand is not None
        total = over(aggregate.function, compiled(aggregate.operand, rows), self.place)
        found = self._collect(register, total)
        return Sql(f"COALESCE({found.text}, 0)", (), "integer", found.bound) if aggregate.function == "sum" else found

    def _count(self, aggregate: Aggregate, register: Register, rows: RowScope) -> Sql:
        if aggregate.operand is None:
            counted = Sql("COUNT(*)", (), "integer", SUM_MAX)
        else:
            when = condition(aggregate.operand, rows)
            counted = Sql(f"SUM(CASE WHEN {when.text} THEN 1 ELSE 0 END)", when.parameters, "integer", SUM_MAX)
        found = f"COALESCE({self._collect(register, counted).text}, 0)"
        return Sql(f"({found} > 0)", (), "truth") if aggregate.function == "exists" else Sql(found, (), "integer", SUM_MAX)

    def _collect(self, register: Register, value: Sql) -> Sql:
        known = self.aggregates.setdefault(register.id, {})
        name = known.setdefault(value, f"{register.id}.{len(known)}")
        return Sql(quoted(name), (), value.type, value.bound)


@dataclass(frozen=True, slots=True)
class FamilyScope:
    """One family: aggregates over its members, and derived variables of families."""

    person: PersonScope
    derived: Mapping[str, str]
    place: str

    def name(self, name: Name) -> Sql:
        """A derived variable of families (every member carries it)."""
        if name.register is not None or self.derived.get(name.column) != "family":
            raise fault(self.place, "about a family, persons can be used through any, all, members, sum, min or max only")
        value = derived(name, self.derived, self.place)
        return Sql(f"MIN({value.text})", (), value.type)

    def aggregate(self, aggregate: Aggregate) -> Sql:
        """One number or value about the members."""
        if aggregate.function in ("exists", "count") or aggregate.operand is None:
            raise fault(self.place, f"{aggregate.function} is about a person", hint=f"use any({aggregate.function}(..)) or members(..)")
        if aggregate.function in ("sum", "min", "max"):
            value = over(aggregate.function, compiled(aggregate.operand, self.person), self.place)
            return Sql(f"COALESCE({value.text}, 0)", value.parameters, "integer", value.bound) if aggregate.function == "sum" else value
        when = condition(aggregate.operand, self.person)
        flag = f"(CASE WHEN {when.text} THEN 1 ELSE 0 END)"
        match aggregate.function:
            case "any":
                return Sql(f"(MAX({flag}) = 1)", when.parameters, "truth")
            case "all":
                return Sql(f"(MIN({flag}) = 1)", when.parameters, "truth")
            case _:
                return Sql(f"CAST(SUM({flag}) AS BIGINT)", when.parameters, "integer", READ_MAX)


def over(function: str, value: Sql, place: str) -> Sql:
    """``SUM``, ``MIN`` or ``MAX`` of *value*; a sum is clamped to ``SUM_MAX``."""
    if value.type == "truth" or (function == "sum" and value.type != "integer"):
        raise fault(place, f"{function} cannot be taken of {value.type}")
    text = f"{function.upper()}({value.text})"
    return clamped(text, value.parameters, SUM_MAX) if function == "sum" else Sql(text, value.parameters, value.type, value.bound)


def derived(name: Name, known: Mapping[str, str], place: str) -> Sql:
    """The column of the derived variable *name*; S3303 unless it is declared above its use."""
    if name.column not in known:
        above = f"derived variables declared above: {', '.join(known) or 'none'}"
        raise fault(place, "a name is neither a derived variable declared above nor register.column", hint=above)
    return Sql(quoted(f"derived.{name.column}"), (), "text")


def _register_of(aggregate: Aggregate, place: str) -> str:
    if aggregate.register is not None:
        return aggregate.register
    assert aggregate.operand is not None
    registers = {part.register for part in walk(aggregate.operand) if isinstance(part, Name)}
    if len(registers) != 1 or None in registers:
        raise fault(place, f"{aggregate.function} takes columns of exactly one register")
    return str(registers.pop())
