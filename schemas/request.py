"""The request: the tables an analyst wants, for whom, and which decision they serve.

``request.toml``.  Values and filters are written in the small expression language of ``privacy/tabulate`` over
``register.column`` names and derived variables.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field as Constrained
from pydantic import model_validator

from schemas import canonical
from schemas.agreement import Audience, Definition, Kind
from schemas.code_list import CodeList
from schemas.contract import Contract, Decimal, Identifier, Text
from schemas.dimension import TOTAL, UNKNOWN, Code, Dimension, Expression
from schemas.measures import COUNT, Denominator, Mean, Measure, Part, Rate, Share, Sum
from schemas.register import Titles

FORMAT = "sauma/request/v0"


class Case(Contract):
    """One branch of a derived variable: where ``when`` holds, the value is ``then``."""

    when: Expression
    then: Code


class Derived(Contract):
    """A declared, versioned rule for a variable of a person or a family; what no branch covers is ``otherwise``."""

    name: Identifier
    of: Literal["person", "family"] = "person"
    title: Titles
    case: Annotated[tuple[Case, ...], Constrained(min_length=1, max_length=50)]
    otherwise: Code = UNKNOWN


class Table(Contract):
    """One table of counts of distinct persons, or of families, by its dimensions, and what is said beside the counts.

    ``family`` is the definition by which a table of families counts them (else the agreement's).  Several tables that
    differ in it alone are shown side by side.

    ``policy`` says how a DP table treats small cells: ``B``, noise everywhere, then blank what is under the minimum.
    ``A``, suppress on true counts and then add noise, is not differentially private: it is refused, with that
    explanation.  Its counts get ``count_weight`` parts of epsilon, each of its sums their own ``weight``.

    ``contribution`` is how many of its units one privacy unit may count for in a DP table, where that is not the
    agreement's bound for persons, or one family: more of them costs more noise.
    """

    id: Identifier
    title: Titles
    kind: Kind
    unit: Literal["person", "family"]
    family: Definition | None = None
    where: Expression | None = None
    epsilon: Decimal | None = None
    policy: Literal["A", "B"] = "B"
    contribution: Annotated[int, Constrained(ge=1, le=50)] | None = None
    count_weight: Part = 1
    measures: Annotated[tuple[Measure, ...], Constrained(max_length=20)] = ()
    dimensions: Annotated[tuple[Dimension, ...], Constrained(min_length=1, max_length=6)]

    @property
    def sums(self) -> tuple[Sum, ...]:
        """The measures that are told with noise of their own, in declared order."""
        return tuple(measure for measure in self.measures if isinstance(measure, Sum))

    @model_validator(mode="after")
    def _spends_when_noised(self) -> Self:
        if (self.kind == "DP") != (self.epsilon is not None and float(self.epsilon) > 0):
            raise ValueError("a DP table, and only a DP table, names its epsilon, above 0")
        if self.kind == "EXACT" and (self.contribution is not None or self.count_weight != 1):
            raise ValueError("only a DP table bounds contributions and divides its epsilon")
        names = [dimension.name for dimension in self.dimensions]
        if len(set(names)) != len(names):
            raise ValueError("a dimension is named twice")
        if self.family is not None and self.unit != "family":
            raise ValueError("only a table of families names a definition of them")
        return self

    @model_validator(mode="after")
    def _measures_fit(self) -> Self:
        names = [COUNT, *(measure.id for measure in self.measures)]
        if len(set(names)) != len(names):
            raise ValueError("a measure is named twice, or count")
        dimensions = {dimension.name: dimension for dimension in self.dimensions}
        for measure in self.measures:
            match measure:
                case Share():
                    _check_share(measure, dimensions.get(measure.dimension))
                case Rate():
                    if not set(measure.over) <= set(dimensions):
                        raise ValueError("a rate is over a dimension that the table does not have")
                case Mean():
                    if measure.of not in {total.id for total in self.sums}:
                        raise ValueError("a mean is of no sum of its table")
        return self


def _check_share(share: Share, dimension: Dimension | None) -> None:
    if dimension is None or (not share.of and not dimension.total):
        raise ValueError("a share is of a dimension that the table does not have, or that has no total")
    if not dimension.listed:
        return
    members = dimension.members
    if not {*share.codes, *share.of} <= set(members):
        raise ValueError("a share names codes that are not there")
    part, whole = _joined(members, share.codes), _joined(members, share.of or (TOTAL,))
    if part is None or whole is None or not part <= whole:
        raise ValueError("a share's codes overlap, or its part is not in its whole")


def _joined(members: dict[str, frozenset[str]], codes: tuple[str, ...]) -> frozenset[str] | None:
    """The finest codes that *codes* sum together; None if two of them overlap."""
    joined = frozenset[str]().union(*(members[code] for code in codes))
    return joined if len(joined) == sum(len(members[code]) for code in codes) else None


class Request(Contract):
    """What an analyst asks for.  ``base`` is the register whose persons are counted.

    ``code_list`` are the dated code lists that dimensions name: the request's own, and, once it was read, those of
    Sauma's that it uses.
    """

    format: Literal["sauma/request/v0"]
    title: Titles
    purpose: Text
    decision: Text
    audience: Audience
    base: Identifier
    derived: tuple[Derived, ...] = ()
    denominator: Annotated[tuple[Denominator, ...], Constrained(max_length=20)] = ()
    code_list: Annotated[tuple[CodeList, ...], Constrained(max_length=20)] = ()
    table: Annotated[tuple[Table, ...], Constrained(min_length=1, max_length=50)]

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, hex."""
        return canonical.digest(self.canonical())

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        for names in (
            [table.id for table in self.table],
            [rule.name for rule in self.derived],
            [figures.id for figures in self.denominator],
            [listed.id for listed in self.code_list],
        ):
            if len(set(names)) != len(names):
                raise ValueError("a table, derived variable, denominator or code list is named twice")
        return self

    @model_validator(mode="after")
    def _closed_dimensions_are(self) -> Self:
        given = {(rule.name, rule.of): {*(case.then for case in rule.case), rule.otherwise} for rule in self.derived}
        for table in self.table:
            for dimension in table.dimensions:
                found = given.get((dimension.value or "", table.unit))
                if dimension.closed and not (found and found <= set(dimension.codes)):
                    raise ValueError(
                        "a closed dimension is a derived variable of what is counted, whose every branch gives one of its codes"
                    )
        return self

    @model_validator(mode="after")
    def _denominators_fit(self) -> Self:
        known = {figures.id: figures for figures in self.denominator}
        for table in self.table:
            names = {dimension.name for dimension in table.dimensions}
            for measure in table.measures:
                if isinstance(measure, Rate):
                    by = set(known[measure.denominator].by) if measure.denominator in known else None
                    if by is None or not by <= names or by & set(measure.over):
                        raise ValueError("a rate's denominator is not declared, or goes by dimensions that its table does not have")
        return self
