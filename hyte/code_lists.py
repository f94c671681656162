"""Official code lists: what a code in a published table is called, as of when, and according to whom.

Code lists change (municipalities merge every few years), so each carries its date.  Labels come from here only where a
request does not give its own.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hyte.municipalities import AS_OF, COUNTIES, SUBREGIONS, WEST_UUSIMAA
from schemas.register import Titles


@dataclass(frozen=True, slots=True)
class CodeList:
    """``titles`` by code, valid as of ``as_of``, from ``source``."""

    id: str
    as_of: datetime.date
    source: str
    titles: Mapping[str, Titles]


MUNICIPALITY = CodeList(
    id="municipality",
    as_of=AS_OF,
    source="Statistics Finland, classification of municipalities (CC BY 4.0)",
    titles=MappingProxyType({town.code: Titles(fi=town.fi, sv=town.sv, en=town.fi) for town in WEST_UUSIMAA}),
)
COUNTY = CodeList(
    id="county",
    as_of=AS_OF,
    source="Statistics Finland, classification of wellbeing services counties (CC BY 4.0)",
    titles=MappingProxyType(COUNTIES),
)
SUBREGION = CodeList(
    id="subregion",
    as_of=AS_OF,
    source="Statistics Finland, classification of sub-regions (CC BY 4.0)",
    titles=MappingProxyType(SUBREGIONS),
)
SEX = CodeList(
    id="sex",
    as_of=AS_OF,
    source="codes of Sotkanet (THL)",
    titles=MappingProxyType(
        {
            "male": Titles(fi="Miehet", sv="Män", en="Men"),
            "female": Titles(fi="Naiset", sv="Kvinnor", en="Women"),
        }
    ),
)
COMMON = CodeList(
    id="common",
    as_of=AS_OF,
    source="reserved codes of Sauma's tables",
    titles=MappingProxyType(
        {
            "total": Titles(fi="Yhteensä", sv="Totalt", en="Total"),
            "unknown": Titles(fi="Tuntematon", sv="Okänt", en="Unknown"),
        }
    ),
)
CODE_LISTS: tuple[CodeList, ...] = (MUNICIPALITY, SUBREGION, COUNTY, SEX, COMMON)


def code_list(name: str) -> CodeList | None:
    """The code list called *name*, or None."""
    return next((known for known in CODE_LISTS if known.id == name), None)


def title_of(dimension: str, code: str) -> Titles | None:
    """What *code* of the dimension called *dimension* is called: by its own list, else by the reserved codes."""
    own = code_list(dimension)
    if own is not None and code in own.titles:
        return own.titles[code]
    return COMMON.titles.get(code)
