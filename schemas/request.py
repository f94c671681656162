"""The request: the tables an analyst wants, for whom, and which decision they serve.

``request.toml``.  Values and filters are written in the small expression language of ``privacy/tabulate`` over
``register.column`` names and derived variables.
"""

from __future__ import annotations

import itertools
from typing import Annotated, Literal, Self

from pydantic import Field as Constrained
from pydantic import model_validator

from schemas import canonical
from schemas.agreement import Audience, Kind
from schemas.contract import Contract, Decimal, Identifier, Text
from schemas.register import Titles

FORMAT = "sauma/request/v0"
TOTAL = "total"
UNKNOWN = "unknown"

Expression = Annotated[str, Constrained(min_length=1, max_length=4000)]
Code = Annotated[str, Constrained(pattern=r"^[A-Za-z0-9_.<>][A-Za-z0-9_.+<>=-]{0,39}$")]
"""A printed code; it never begins like a spreadsheet formula."""
Weight = Annotated[int, Constrained(ge=0, le=1000)]


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


class Level(Contract):
    """One coarser level of a dimension: each of its codes is a set of codes of the level below."""

    name: Identifier
    groups: dict[Code, tuple[Code, ...]]


class Dimension(Contract):
    """One dimension of a table: an expression, its public code list, and its hierarchy from finest to coarsest.

    ``bands`` cuts a number into half-open bands: ``[0, 7, 16]`` gives ``0-6``, ``7-15``, ``16+``; ``codes`` is then
    derived.  A value outside the codes counts as ``unknown``.  ``disclosive`` names the categories that say something
    about a person: a group of whom all, or all but one, fall in them is protected (group disclosure).

    ``budget`` splits a DP table's epsilon over the levels of this dimension by whole-number weights (names as in
    ``levels``, the dimension's own name for the finest, ``total``); 1 where nothing is said, 0 for a level that is
    only summed up from below.  A grouping of several dimensions gets the product of its levels' weights.
    """

    name: Identifier
    title: Titles
    value: Expression
    codes: tuple[Code, ...] = ()
    bands: tuple[int, ...] = ()
    labels: dict[Code, Titles] = {}
    levels: tuple[Level, ...] = ()
    total: bool = True
    disclosive: tuple[Code, ...] = ()
    budget: dict[Identifier, Weight] = {}

    @property
    def domain(self) -> tuple[str, ...]:
        """The finest public codes, ``unknown`` last."""
        codes = self.codes or band_codes(self.bands)
        return (*(code for code in codes if code != UNKNOWN), UNKNOWN)

    @model_validator(mode="after")
    def _has_one_domain(self) -> Self:
        if bool(self.codes) == bool(self.bands):
            raise ValueError("a dimension has either codes or bands")
        if list(self.bands) != sorted(set(self.bands)) or min(self.bands, default=0) < 0:
            raise ValueError("bands must rise, from 0 or more")
        known = set(self.domain)
        if len(known) != len(self.domain) or TOTAL in known or not set(self.disclosive) <= known:
            raise ValueError("codes repeat, use a reserved word, or name a category that is not there")
        for level in self.levels:
            grouped = [code for group in level.groups.values() for code in group]
            if len(set(grouped)) != len(grouped) or not set(grouped) <= known:
                raise ValueError("a level's groups overlap or name codes that are not there")
            if set(level.groups) & (known | {TOTAL}):
                raise ValueError("a level's code is already used below it")
            known = set(level.groups)
        names = [self.name, *(level.name for level in self.levels), *([TOTAL] if self.total else [])]
        if len(set(names)) != len(names) or not set(self.budget) <= set(names) or self.budget.get(self.name, 1) == 0:
            raise ValueError("level names repeat, or the budget names a level that is not there or leaves out the finest")
        return self


def band_codes(bands: tuple[int, ...]) -> tuple[str, ...]:
    """``(0, 7, 16)`` as ``("0-6", "7-15", "16+")``."""
    closed = tuple(f"{low}-{high - 1}" if high - low > 1 else str(low) for low, high in itertools.pairwise(bands))
    return (*closed, f"{bands[-1]}+") if bands else ()


class Table(Contract):
    """One table of counts of distinct persons, or of dwelling families, by its dimensions.

    ``policy`` says how a DP table treats small cells: ``B``, noise everywhere, then blank what is under the minimum.
    ``A``, suppress on true counts and then add noise, is not differentially private: it is refused, with that
    explanation.
    """

    id: Identifier
    title: Titles
    kind: Kind
    unit: Literal["person", "family"]
    where: Expression | None = None
    measure: Literal["count"] = "count"
    epsilon: Decimal | None = None
    policy: Literal["A", "B"] = "B"
    dimensions: Annotated[tuple[Dimension, ...], Constrained(min_length=1, max_length=6)]

    @model_validator(mode="after")
    def _spends_when_noised(self) -> Self:
        if (self.kind == "DP") != (self.epsilon is not None and float(self.epsilon) > 0):
            raise ValueError("a DP table, and only a DP table, names its epsilon, above 0")
        names = [dimension.name for dimension in self.dimensions]
        if len(set(names)) != len(names):
            raise ValueError("a dimension is named twice")
        return self


class Request(Contract):
    """What an analyst asks for.  ``base`` is the register whose persons are counted."""

    format: Literal["sauma/request/v0"]
    title: Titles
    purpose: Text
    decision: Text
    audience: Audience
    base: Identifier
    derived: tuple[Derived, ...] = ()
    table: Annotated[tuple[Table, ...], Constrained(min_length=1, max_length=50)]

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, hex."""
        return canonical.digest(self.canonical())

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        for names in ([table.id for table in self.table], [rule.name for rule in self.derived]):
            if len(set(names)) != len(names):
                raise ValueError("a table or a derived variable is named twice")
        return self
