"""Official code lists by edition: what a code is called, what it is part of, from when to when, and according to whom.

Municipalities merge every few years and the counties began in 2023, so a list has editions, and one is used for the
people of a day in its term only.  Where a table names no list, labels come from here if the request gives none.
"""

from __future__ import annotations

import datetime
from types import MappingProxyType

from hyte.ages import AGE_5, AGE_LIFE
from hyte.municipalities import CHECKED_UNTIL, COUNTIES, COUNTRY, COUNTY_OF_ALL, SUBREGION_OF, SUBREGIONS, WEST_UUSIMAA
from schemas.code_list import CodeList, ListedCode, ListedLevel
from schemas.register import Titles

_COUNTRY = ListedLevel(name="country", codes=tuple(ListedCode(code=code, title=title) for code, title in COUNTRY.items()))
_TITLE = Titles(fi="Kunnat", sv="Kommuner", en="Municipalities")
_SOURCE = "Statistics Finland, classifications of municipalities, sub-regions and wellbeing services counties (CC BY 4.0)"


def _towns(parts: dict[str, str]) -> ListedLevel:
    listed = (
        ListedCode(code=town.code, title=Titles(fi=town.fi, sv=town.sv, en=town.fi), part_of=parts[town.code]) for town in WEST_UUSIMAA
    )
    return ListedLevel(name="municipality", codes=tuple(listed))


BEFORE_COUNTIES = CodeList(
    id="municipality",
    title=_TITLE,
    source=_SOURCE,
    valid_from=datetime.date(2013, 1, 1),  # Karjalohja and Nummi-Pusula became part of Lohja
    valid_until=datetime.date(2022, 12, 31),
    level=(_towns(dict.fromkeys(SUBREGION_OF, "FI")), _COUNTRY),
)
MUNICIPALITY = CodeList(
    id="municipality",
    title=_TITLE,
    source=_SOURCE,
    valid_from=datetime.date(2023, 1, 1),  # the wellbeing services counties began
    valid_until=CHECKED_UNTIL,
    level=(
        _towns(SUBREGION_OF),
        ListedLevel(
            name="subregion",
            codes=tuple(ListedCode(code=code, title=title, part_of=COUNTY_OF_ALL) for code, title in SUBREGIONS.items()),
        ),
        ListedLevel(name="county", codes=tuple(ListedCode(code=code, title=title, part_of="FI") for code, title in COUNTIES.items())),
        _COUNTRY,
    ),
)
SEX = CodeList(
    id="sex",
    title=Titles(fi="Sukupuoli", sv="Kön", en="Sex"),
    source="codes of Sotkanet (THL)",
    valid_from=datetime.date(1900, 1, 1),
    level=(
        ListedLevel(
            name="sex",
            codes=(
                ListedCode(code="male", title=Titles(fi="Miehet", sv="Män", en="Men")),
                ListedCode(code="female", title=Titles(fi="Naiset", sv="Kvinnor", en="Women")),
            ),
        ),
    ),
)
CODE_LISTS: tuple[CodeList, ...] = (BEFORE_COUNTIES, MUNICIPALITY, AGE_5, AGE_LIFE, SEX)
COMMON = MappingProxyType(
    {
        "total": Titles(fi="Yhteensä", sv="Totalt", en="Total"),
        "unknown": Titles(fi="Tuntematon", sv="Okänt", en="Unknown"),
        "none": Titles(fi="ei mitään näistä", sv="inget av dessa", en="none of these"),
    }
)
"""What the reserved codes of Sauma's tables are called."""


def editions(name: str) -> tuple[CodeList, ...]:
    """The editions of the list called *name*, oldest first; empty if there is no such list."""
    return tuple(known for known in CODE_LISTS if known.id == name)


def title_of(dimension: str, code: str) -> Titles | None:
    """What *code* of the dimension or level called *dimension* is called: by the newest list with such a level, else as reserved."""
    for known in reversed(CODE_LISTS):
        for level in known.level:
            if level.name == dimension:
                return next((listed.title for listed in level.codes if listed.code == code), COMMON.get(code))
    return COMMON.get(code)
