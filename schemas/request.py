"""The request: the tables an analyst wants, for whom, and which decision they serve.

``request.toml``.  Values and filters are written in the small expression language of ``privacy/tabulate`` over
``register.column`` names and derived variables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Tag, model_validator
from pydantic import Field as Constrained

from schemas import canonical
from schemas.agreement import Audience, Definition, Kind
from schemas.code_list import CodeList
from schemas.contract import Contract, Decimal, Identifier, Text
from schemas.dimension import TOTAL, UNKNOWN, Code, Dimension, Expression
from schemas.measures import COUNT, Denominator, Mean, Measure, Part, Rate, Share, Sum
from schemas.register import Titles

FORMAT = "sauma/request/v0"


class Wording(Contract):
    """What is said once in several languages; a page shows its own, else what is there."""

    fi: Text = ""
    sv: Text = ""
    en: Text = ""

    @property
    def main(self) -> str:
        """What plain-text documents, which are in English, say."""
        return self.en or self.fi or self.sv

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.main:
            raise ValueError("nothing is said in any of fi, sv and en")
        return self


Said = Annotated[
    Annotated[Text, Tag("text")] | Annotated[Wording, Tag("languages")],
    Discriminator(lambda said: "text" if isinstance(said, str) else "languages"),
]
"""A plain text, or one a language."""


def main(said: Said) -> str:
    """*said* for a plain-text document."""
    return said if isinstance(said, str) else said.main


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
            raise ValueError(f"table {self.id}: a measure is named twice, or {COUNT}")
        dimensions = {dimension.name: dimension for dimension in self.dimensions}
        for measure in self.measures:
            match measure:
                case Share():
                    problem = _share_problem(measure, dimensions)
                case Rate():
                    problem = (
                        "" if set(measure.over) <= set(dimensions) else f"'over' names no dimension of the table: {_listed(dimensions)}"
                    )
                case Mean():
                    sums = [total.id for total in self.sums]
                    problem = "" if measure.of in sums else f"'of' names no sum of the table: {_listed(sums)}"
                case _:
                    problem = ""
            if problem:
                raise ValueError(f"table {self.id}, measure {measure.id}: {problem}")
        return self


def _listed(known: Iterable[str]) -> str:
    """What could be named there instead: declared names and codes, which are no data."""
    return f"it has {', '.join(known) or 'none'}"


def _share_problem(share: Share, dimensions: Mapping[str, Dimension]) -> str:
    """Why *share* cannot be taken; empty if it can."""
    dimension = dimensions.get(share.dimension)
    if dimension is None:
        return f"'dimension' names no dimension of the table: {_listed(dimensions)}"
    if not share.of and not dimension.total:
        return f"'of' is needed, because dimension {dimension.name} has no total"
    if not dimension.listed:
        return ""
    members = dimension.members
    for key, codes in (("codes", share.codes), ("of", share.of)):
        if not set(codes) <= set(members):
            return f"'{key}' names a code that dimension {dimension.name} does not have: {_listed(members)}"
    part, whole = _joined(members, share.codes), _joined(members, share.of or (TOTAL,))
    if part is None or whole is None:
        return "the codes in 'codes' or in 'of' overlap"
    return "" if part <= whole else "'codes' are not part of 'of'"


def _joined(members: dict[str, frozenset[str]], codes: tuple[str, ...]) -> frozenset[str] | None:
    """The finest codes that *codes* sum together; None if two of them overlap."""
    joined = frozenset[str]().union(*(members[code] for code in codes))
    return joined if len(joined) == sum(len(members[code]) for code in codes) else None


class Request(Contract):
    """What an analyst asks for.  ``base`` is the register whose persons are counted.

    ``code_list`` are the dated code lists that dimensions name: the request's own, and, once it was read, those of
    Sauma's that it uses.  ``notes`` are printed in the report with the tables: what a reader should be warned of.
    """

    hint = "see docs/requests.md for what a request may hold; [2] is the second"

    format: Literal["sauma/request/v0"]
    title: Titles
    purpose: Said
    decision: Said
    notes: Annotated[tuple[Said, ...], Constrained(max_length=20)] | None = None
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
                    rest = f": it can also give {', '.join(sorted(found - set(dimension.codes)))}" if found else ""
                    raise ValueError(
                        f"table {table.id}, dimension {dimension.name}: a closed dimension is a derived variable of what is counted, "
                        f"whose every branch gives one of its codes{rest}"
                    )
        return self

    @model_validator(mode="after")
    def _denominators_fit(self) -> Self:
        known = {figures.id: figures for figures in self.denominator}
        for table in self.table:
            dimensions = {dimension.name: dimension for dimension in table.dimensions}
            for measure in table.measures:
                if not isinstance(measure, Rate):
                    continue
                place = f"table {table.id}, measure {measure.id}"
                public = known.get(measure.denominator)
                if public is None:
                    raise ValueError(f"{place}: 'denominator' names none of the request: {_listed(known)}")
                if not set(public.by) <= set(dimensions) or set(public.by) & set(measure.over):
                    raise ValueError(
                        f"{place}: its denominator goes by {', '.join(public.by)}, which must be dimensions of the table and not in 'over'"
                    )
                for number, name in enumerate(public.by):
                    codes = set(dimensions[name].members)
                    if dimensions[name].listed and not {figure.codes[number] for figure in public.counts} <= codes:
                        reason = f"'counts' has a code that dimension {name} of table {table.id} does not have"
                        raise ValueError(f"denominator {public.id}: {reason}: {_listed(dimensions[name].members)}")
        return self
