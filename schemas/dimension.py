"""One dimension of a table: what is asked of each counted unit, and the public codes that the answers fall into."""

from __future__ import annotations

import itertools
from typing import Annotated, Any, Self

from pydantic import Field as Constrained
from pydantic import field_validator, model_validator

from schemas.contract import Contract, Identifier
from schemas.register import Titles

TOTAL = "total"
UNKNOWN = "unknown"
NO_SERVICE = "none"
"""The pattern of somebody who uses none of the services of a co-use dimension."""

Expression = Annotated[str, Constrained(min_length=1, max_length=4000)]
Code = Annotated[str, Constrained(pattern=r"^[A-Za-z0-9_.<>][A-Za-z0-9_.+<>=-]{0,39}$")]
"""A printed code; it never begins like a spreadsheet formula."""
Weight = Annotated[int, Constrained(ge=0, le=1000)]
ServiceId = Annotated[str, Constrained(pattern=r"^[a-z][a-z0-9_]{0,18}$")]
"""Two of them and a plus sign make a code."""
Groups = dict[str, tuple[str, ...]]
"""Codes, each with the finest codes that it sums."""


class Level(Contract):
    """One coarser level of a dimension: each of its codes is a set of codes of the level below."""

    name: Identifier
    groups: dict[Code, tuple[Code, ...]]


class Service(Contract):
    """One service of a co-use dimension: who uses it is whoever ``when`` holds for."""

    id: ServiceId
    title: Titles
    when: Expression


class Dimension(Contract):
    """One dimension of a table: an expression, its public code list, and its hierarchy from finest to coarsest.

    ``bands`` cuts a number into half-open bands: ``[0, 7, 16]`` gives ``0-6``, ``7-15``, ``16+``; ``codes`` is then
    derived.  ``code_list`` names a dated list, one of Sauma's or one of the request's own, from which codes, levels and
    labels are filled in when the request is read; ``list_levels`` says which of its coarser levels (else all).
    A value outside the codes counts as ``unknown``; a ``closed`` dimension has no such class, because its value is a
    derived variable whose every branch gives one of the codes (the request is refused otherwise).  ``disclosive`` names
    the categories that say something about a person: a group of whom all, or all but one, fall in them is protected
    (group disclosure).

    ``services`` makes a dimension of *co-use* instead: everybody falls in the pattern of the services used, and each
    service and each pair of services (``school+youth``: both, whatever else) is a coarser code.  The patterns
    themselves are printed only if ``patterns`` says so.  Whoever it is unknown of for one service is ``unknown``.

    ``budget`` splits a DP table's epsilon over the levels of this dimension by whole-number weights (names as in
    ``levels``, the dimension's own name for the finest, ``total``); 1 where nothing is said (0 for services and pairs),
    0 for a level that is only summed up from below.  A grouping of several dimensions gets the product of its levels'
    weights.
    """

    name: Identifier
    title: Titles
    value: Expression | None = None
    codes: tuple[Code, ...] = ()
    closed: bool = False
    bands: tuple[int, ...] = ()
    code_list: Identifier | None = None
    list_levels: tuple[Identifier, ...] | None = None
    services: Annotated[tuple[Service, ...], Constrained(max_length=8)] = ()
    patterns: bool = False
    labels: dict[Code, Titles] = {}
    levels: tuple[Level, ...] = ()
    total: bool = True
    disclosive: tuple[Code, ...] = ()
    budget: dict[Identifier, Weight] = {}

    @property
    def listed(self) -> bool:
        """Whether the codes are known: false for one that names a code list and was not filled in yet."""
        return bool(self.codes or self.bands or self.services)

    @property
    def domain(self) -> tuple[str, ...]:
        """The finest public codes, ``unknown`` last; without it if the dimension is closed."""
        codes = self.codes or band_codes(self.bands) or pattern_codes(self.services)
        return codes if self.closed else (*(code for code in codes if code != UNKNOWN), UNKNOWN)

    @property
    def rule(self) -> str:
        """What is asked of each counted unit, as one text: equal texts ask the same."""
        return self.value or "; ".join(service.when for service in self.services)

    @property
    def coarser(self) -> tuple[tuple[str, Groups], ...]:
        """The coarser levels by name, each code with its finest codes; for co-use one level a service, then one a pair."""
        if self.services:
            return tuple((code, {code: finest}) for code, finest in _co_use(self.services).items())
        below: Groups = {code: (code,) for code in self.domain}
        found = []
        for level in self.levels:
            below = {code: tuple(finest for member in members for finest in below[member]) for code, members in level.groups.items()}
            found.append((level.name, below))
        return tuple(found)

    @property
    def members(self) -> dict[str, frozenset[str]]:
        """Every code that is printed along this dimension, with the finest codes it sums."""
        kept = self.patterns or not self.services
        found = {code: frozenset([code]) for code in self.domain if kept or code == UNKNOWN}
        found |= {code: frozenset(finest) for _, groups in self.coarser for code, finest in groups.items()}
        return found | ({TOTAL: frozenset(self.domain)} if self.total else {})

    def weight(self, level: str) -> int:
        """The budget weight of one level."""
        summed = bool(self.services) and level not in (self.name, TOTAL)
        return self.budget.get(level, 0 if summed else 1)

    @field_validator("labels", mode="before")
    @classmethod
    def _plain_labels(cls, labels: Any) -> Any:
        """A label that is a plain text is its Finnish one, which every language shows where it has none of its own."""
        if not isinstance(labels, dict):
            return labels
        return {code: {"fi": label} if isinstance(label, str) else label for code, label in labels.items()}

    @model_validator(mode="after")
    def _has_one_domain(self) -> Self:
        plain = bool(self.codes) + bool(self.bands)
        if self.services:
            if plain or self.value or self.code_list or self.levels or len(self.services) < 2:
                raise ValueError("a dimension of services, two or more, has neither value, codes, bands, code list nor levels")
            ids = {service.id for service in self.services}
            if len(ids) != len(self.services) or ids & {*self.domain, TOTAL, self.name} or self.disclosive:
                raise ValueError("a service is named twice or like another code, or services name disclosive categories")
        elif not self.value or plain > 1 or not (plain or self.code_list):
            raise ValueError("a dimension has a value, and either codes or bands, or a code list")
        if self.closed and not self.codes:
            raise ValueError("only a dimension with codes of its own can be closed")
        if list(self.bands) != sorted(set(self.bands)) or min(self.bands, default=0) < 0:
            raise ValueError("bands must rise, from 0 or more")
        if self.listed:
            _check_codes(self)
        return self


def _check_codes(dimension: Dimension) -> None:
    known = set(dimension.domain)
    codes = f"dimension {dimension.name} has {', '.join(dimension.domain)}"
    if len(known) != len(dimension.domain) or TOTAL in known:
        raise ValueError(f"codes repeat, or use the reserved word {TOTAL}")
    if not set(dimension.disclosive) <= known:
        raise ValueError(f"'disclosive' names a category that is not there; {codes}")
    for level in dimension.levels:
        grouped = [code for group in level.groups.values() for code in group]
        if len(set(grouped)) != len(grouped) or not set(grouped) <= known:
            raise ValueError(f"a group of level {level.name} overlaps another, or sums a code that the level below does not have; {codes}")
        if set(level.groups) & (known | {TOTAL}):
            raise ValueError(f"a code of level {level.name} is already used below it; {codes}")
        known = set(level.groups)
    names = [dimension.name, *(level.name for level in dimension.levels), *([TOTAL] if dimension.total else [])]
    if len(set(names)) != len(names):
        raise ValueError(f"level names of dimension {dimension.name} repeat: {', '.join(names)}")
    if not set(dimension.budget) <= set(names) or dimension.budget.get(dimension.name, 1) == 0:
        raise ValueError(
            f"'budget' names a level that is not there, or leaves out the finest; dimension {dimension.name} has {', '.join(names)}"
        )


def band_codes(bands: tuple[int, ...]) -> tuple[str, ...]:
    """``(0, 7, 16)`` as ``("0-6", "7-15", "16+")``."""
    closed = tuple(f"{low}-{high - 1}" if high - low > 1 else str(low) for low, high in itertools.pairwise(bands))
    return (*closed, f"{bands[-1]}+") if bands else ()


def pattern_codes(services: tuple[Service, ...]) -> tuple[str, ...]:
    """The patterns of use of *services*, by number: ``none``, ``s1``, ``s2``, ``s1.2``, ...; place *i* has the bits of *i*."""
    used = [[str(place + 1) for place in range(len(services)) if pattern >> place & 1] for pattern in range(2 ** len(services))]
    return tuple(f"s{'.'.join(numbers)}" if numbers else NO_SERVICE for numbers in used) if services else ()


def _co_use(services: tuple[Service, ...]) -> Groups:
    """The patterns in which each service is used, then those in which both services of each pair are."""
    codes = pattern_codes(services)
    places = range(len(services))
    chosen: list[tuple[int, ...]] = [*((place,) for place in places), *itertools.combinations(places, 2)]
    return {
        "+".join(services[place].id for place in together): tuple(
            code for pattern, code in enumerate(codes) if all(pattern >> place & 1 for place in together)
        )
        for together in chosen
    }
