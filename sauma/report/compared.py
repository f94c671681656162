"""Figures side by side: one question by every definition of a family, and services two by two."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from sauma.report.figures import Cell, Chart, Grid, bars, cell, order
from sauma.report.page import Language
from sauma.report.published import PublishedTable
from sauma.report.words import label, said, words
from schemas.agreement import DEFINITIONS
from schemas.dimension import TOTAL


def apart(published: PublishedTable) -> str:
    """What *published* asks, without its name and its definition of a family: equal texts belong side by side."""
    return str(published.table.model_dump(mode="json", exclude={"id", "title", "family"}))


def sensitivities(tables: Sequence[PublishedTable]) -> list[list[PublishedTable]]:
    """The groups of two or more *tables* that differ in the definition of a family alone, in the order of definitions."""
    groups: dict[str, list[PublishedTable]] = {}
    for published in tables:
        if published.table.unit == "family":
            groups.setdefault(apart(published), []).append(published)
    found = [sorted(group, key=lambda each: DEFINITIONS.index(definition(each))) for group in groups.values()]
    return [group for group in found if len({definition(each) for each in group}) == len(group) > 1]


def definition(published: PublishedTable) -> str:
    """The definition by which *published* counts families."""
    return published.protection.family or DEFINITIONS[0]


def side_by_side(group: Sequence[PublishedTable], lang: Language) -> Grid:
    """The counts of *group*: all dimensions down, one column a definition."""
    dimensions = group[0].table.dimensions
    rows = []
    for codes in product(*(order(dimension) for dimension in dimensions)):
        figures = [published.counts.get(codes) for published in group]
        if any(figure is not None for figure in figures):
            stub = tuple(label(dimension, code, lang) for dimension, code in zip(dimensions, codes, strict=True))
            rows.append((stub, tuple(cell(figure, lang) for figure in figures)))
    heads = tuple(words(lang)[definition(published)] for published in group)
    return Grid(tuple(said(dimension.title, lang) for dimension in dimensions), heads, tuple(rows), words(lang)["definition"])


def totals(group: Sequence[PublishedTable], lang: Language) -> Chart | None:
    """One bar a definition: how many families there are by it in all."""
    whole = (TOTAL,) * len(group[0].table.dimensions)
    drawn = [(words(lang)[definition(each)], figure) for each in group if (figure := each.counts.get(whole)) is not None]
    return bars(words(lang)["definitions"], drawn, lang)


def two_by_two(published: PublishedTable, lang: Language) -> Grid | None:
    """Services across services, the other dimensions at their totals: on the diagonal all users, elsewhere who uses both."""
    place = next((place for place, dimension in enumerate(published.table.dimensions) if dimension.services), None)
    if place is None:
        return None
    dimension = published.table.dimensions[place]
    ids = [service.id for service in dimension.services]

    def figure(row: int, column: int) -> Cell:
        first, second = sorted((row, column))
        code = ids[row] if row == column else f"{ids[first]}+{ids[second]}"
        key = tuple(code if other == place else TOTAL for other in range(len(published.table.dimensions)))
        return cell(published.counts.get(key), lang)

    names = tuple(said(service.title, lang) for service in dimension.services)
    rows = tuple(((name,), tuple(figure(row, column) for column in range(len(ids)))) for row, name in enumerate(names))
    return Grid((said(dimension.title, lang),), names, rows, said(dimension.title, lang))
