"""Code lists filled in: a request that names them becomes one that holds them, whole, with their dates.

From here on nobody needs the list: what is proposed, published and verified carries its codes, levels and labels.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from hyte.code_lists import CODE_LISTS, editions
from schemas.contract import parse
from schemas.errors import InputError
from schemas.request import Request

if TYPE_CHECKING:
    from schemas.code_list import CodeList, ListedLevel
    from schemas.dimension import Dimension

_HINT = "name another list or edition, or write the codes of that day as a [[code_list]] of the request; docs/requests.md"


def filled(request: Request, day: datetime.date, *, place: str) -> Request:
    """*request* with every named code list filled in, as of *day*, the day as of which people are counted.

    Raises:
        InputError: S3305 no such list, or none valid on *day*; codes or levels that it does not have; S3001 if what
            comes out does not hold together (a share of a code that is not there).
    """
    own = {listed.id: listed for listed in request.code_list}
    used = dict(own)
    tables = []
    for table in request.table:
        dimensions = []
        for dimension in table.dimensions:
            if dimension.code_list is None:
                dimensions.append(dimension.canonical())
                continue
            where = f"{place}, table {table.id}, dimension {dimension.name}"
            known = _edition(own, dimension.code_list, day, where)
            used[known.id] = known
            dimensions.append(_with_list(dimension, known, where))
        tables.append({**table.canonical(), "dimensions": dimensions})
    if used == own and all(dimension.code_list is None for table in request.table for dimension in table.dimensions):
        return request
    lists = [listed.canonical() for listed in used.values()]
    return parse(Request, {**request.canonical(), "table": tables, "code_list": lists}, place=place)


def _edition(own: dict[str, CodeList], name: str, day: datetime.date, place: str) -> CodeList:
    candidates = (own[name],) if name in own else editions(name)
    if not candidates:
        lists = ", ".join(dict.fromkeys([*own, *(known.id for known in CODE_LISTS)]))
        raise InputError("S3305", place=place, reason=f"there is no such code list; there are {lists}", hint=_HINT)
    found = next((known for known in candidates if known.valid_on(day)), None)
    if found is None:
        terms = "; ".join(f"{known.valid_from} to {known.valid_until or 'further notice'}" for known in candidates)
        raise InputError(
            "S3305", place=place, reason=f"the code list is not valid on {day}, the day of the count; it is valid {terms}", hint=_HINT
        )
    return found


def _with_list(dimension: Dimension, known: CodeList, place: str) -> dict[str, Any]:
    """*dimension* with the codes (or those of them that it names), levels and labels of *known*."""
    finest = [listed.code for listed in known.level[0].codes]
    codes = list(dimension.codes) or finest
    wanted = dimension.list_levels
    names = [level.name for level in known.level[1:]]
    problem = ""
    if set(codes) - set(finest):
        problem = f"'codes' names one that code list {known.id} does not have; it has {', '.join(finest)}"
    elif set(wanted or ()) - set(names):
        problem = f"'list_levels' names one that code list {known.id} does not have; it has {', '.join(names) or 'none'}"
    elif dimension.levels:
        problem = f"levels come from code list {known.id}: choose among them with 'list_levels'"
    elif dimension.bands and dimension.bands != known.bands:
        has = (
            f"bands = {list(known.bands)}" if known.bands else "no bands: its value must give its codes, or the list needs bands of its own"
        )
        problem = f"'bands' stands beside code list {known.id}, which has {has}"
    elif known.bands and dimension.codes:
        problem = f"'codes' stands beside code list {known.id}, whose codes its bands make; leave it out"
    if problem:
        raise InputError("S3305", place=place, reason=problem, hint=_HINT)
    levels = _levels(known, codes, wanted)
    printed = {*codes, *(code for level in levels for code in level["groups"])}
    titles = {code: title.canonical() for code, title in known.titles.items() if code in printed}
    labels = {**titles, **{code: title.canonical() for code, title in dimension.labels.items()}}
    domain = {"bands": list(known.bands)} if known.bands else {"codes": codes}
    return {**dimension.canonical(), **domain, "levels": levels, "labels": labels}


def _levels(known: CodeList, codes: list[str], wanted: tuple[str, ...] | None) -> list[dict[str, Any]]:
    """The coarser levels of *known* above *codes*, those in *wanted* only; a level above one that is left out skips it."""
    above = {code: code for code in codes}  # each code of the last level kept, with where it has come to
    found = []
    for below, level in zip(known.level, known.level[1:], strict=False):
        parts = {listed.code: listed.part_of for listed in below.codes}
        above = {code: part for code, now in above.items() if (part := parts[now]) is not None}
        if wanted is None or level.name in wanted:
            groups = _groups(level, above)
            found.append({"name": level.name, "groups": groups})
            above = {code: code for code in groups}
    return found


def _groups(level: ListedLevel, above: dict[str, str]) -> dict[str, list[str]]:
    groups = {listed.code: [code for code, part in above.items() if part == listed.code] for listed in level.codes}
    return {code: members for code, members in groups.items() if members}
