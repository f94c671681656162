"""The layout of the identity member: which token columns there are, how many slots each family has.

A *token family* is a keyed hash of a tuple of fields, some replaced by each of their one-deletion or one-wildcard
variants.  A family always has the same number of slots, whatever the record: a count would show a name's length.
The layout is public; the keys are not.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Constrained

from schemas.contract import Contract

Profile = Literal["lean", "standard", "thorough"]
"""Which families a record gets: 48, 88 or 186 match tokens a record."""

IDENTITY_COLUMNS = ("id_a", "id_b")
"""Current personal identity code, and the previous one: each a 16-byte keyed hash or a random dummy."""
RELATION_COLUMNS = ("guardian_1", "guardian_2", "partner", "dwelling", "family_head", "family_partner")
"""Identity tokens of guardians, partner and a declared family's adults, and the dwelling token: 16 bytes or a dummy."""
MONTH_COLUMNS = tuple(
    f"{relation}_{end}" for relation in ("guardian_1", "guardian_2", "partner", "dwelling", "family") for end in ("from", "until")
)
"""The months between which a relation holds, as the number ``yyyymm``, 32 bits; ``OPEN_MONTH`` where nothing is said."""
OPEN_MONTH = 0
BIRTH_YEAR_COLUMN = "birth_year"
"""Keyed hash of the birth year, 16 bytes or a dummy: lets the linker see a contradiction, not the year."""
RECORD_ID = "record_id"


class TokenFamily(Contract):
    """One match-token family: ``name`` (``m00``...), its components and its fixed number of slots."""

    name: Annotated[str, Constrained(pattern=r"^m[0-9]{2}$")]
    components: tuple[str, ...]
    slots: Annotated[int, Constrained(ge=1, le=64)]

    @property
    def dated(self) -> bool:
        """Whether it holds the birth date."""
        return any("birth_date" in component for component in self.components)

    @property
    def namesakes(self) -> bool:
        """Whether it holds a name and the birth date: only namesakes of nearly one birth date share its tokens."""
        return self.dated and any(name in component for component in self.components for name in ("given", "surname", "low"))

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names of the family's slots: ``m00_00``, ``m00_01``...; each a signed 64-bit integer."""
        return tuple(f"{self.name}_{slot:02d}" for slot in range(self.slots))
