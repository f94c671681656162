"""A dated code list: what the codes of a classification are called, how they nest, when they hold, and who says so.

Municipalities merge, schools close: a list is valid on the days of its edition only, and a table whose people are
counted on another day may not use it.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Self

from pydantic import Field as Constrained
from pydantic import model_validator

from schemas.contract import Contract, Identifier, IsoDate, Text
from schemas.dimension import TOTAL, UNKNOWN, Code, band_codes
from schemas.register import Titles


class ListedCode(Contract):
    """One code, its name, and the code of the next coarser level that it is part of."""

    code: Code
    title: Titles
    part_of: Code | None = None


class ListedLevel(Contract):
    """One level of a list."""

    name: Identifier
    codes: Annotated[tuple[ListedCode, ...], Constrained(min_length=1, max_length=5000)]


class CodeList(Contract):
    """One edition of a classification, valid from ``valid_from`` to ``valid_until``, both days included (None: until further notice).

    ``level`` runs from finest to coarsest.  ``bands`` are the lower ends of a list of ages or other numbers; the codes of
    its finest level are then those that the bands make.
    """

    id: Identifier
    title: Titles
    source: Annotated[Text, Constrained(min_length=1)]
    valid_from: IsoDate
    valid_until: IsoDate | None = None
    bands: tuple[int, ...] = ()
    level: Annotated[tuple[ListedLevel, ...], Constrained(min_length=1, max_length=8)]

    def valid_on(self, day: datetime.date) -> bool:
        """Whether *day* lies in the edition's term."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    @property
    def titles(self) -> dict[str, Titles]:
        """What every code of every level is called."""
        return {listed.code: listed.title for level in self.level for listed in level.codes}

    @model_validator(mode="after")
    def _nests(self) -> Self:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("the list ends before it begins")
        codes = [listed.code for level in self.level for listed in level.codes]
        names = [level.name for level in self.level]
        if len(set(codes)) != len(codes) or {TOTAL, UNKNOWN} & set(codes) or len(set(names)) != len(names):
            raise ValueError("a code or level of the list is named twice, or uses a reserved word")
        above = [*({listed.code for listed in level.codes} for level in self.level[1:]), set[str]()]
        for level, parents in zip(self.level, above, strict=True):
            if any(listed.part_of is not None and listed.part_of not in parents for listed in level.codes):
                raise ValueError("a code is part of one that the next level does not have")
        if self.bands and band_codes(self.bands) != tuple(listed.code for listed in self.level[0].codes):
            raise ValueError("the finest codes are not those that the bands make")
        return self
