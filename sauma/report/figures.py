"""From published cells to what the page shows: a grid of cells, and one bar chart with the grid as its text twin."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from sauma.report.page import Language, grouped
from sauma.report.published import PublishedTable
from sauma.report.words import label, said, words
from schemas.release import RelationCell
from schemas.request import TOTAL, Dimension

BARS_MAX = 40
ROW_HEIGHT = 26
LABEL_WIDTH = 230
BAR_WIDTH = 420
VALUE_WIDTH = 190


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a grid: what is written, and for a mark what it says aloud."""

    text: str
    aloud: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as people read it: the last dimension across, all others down."""

    stubs: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in pixels: where it lies, how long it is, its interval's ends, and its text."""

    label: str
    y: int
    width: float
    interval: tuple[float, float] | None
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A horizontal bar chart over the first dimension, all others at their totals."""

    title: str
    bars: tuple[Bar, ...]
    height: int
    width: int = LABEL_WIDTH + BAR_WIDTH + VALUE_WIDTH
    start: int = LABEL_WIDTH


def grid(published: PublishedTable, lang: Language) -> Grid:
    """All cells of *published*, total first along each dimension, then coarse levels, then the finest codes."""
    *down, across = published.table.dimensions
    present = [_present(published, place) for place in range(len(published.table.dimensions))]
    columns = present[-1]
    rows = []
    for codes in product(*present[:-1]):
        figures = [published.cells.get((*codes, column)) for column in columns]
        if any(figure is not None for figure in figures):
            stub = tuple(label(dimension, code, lang) for dimension, code in zip(down, codes, strict=True))
            rows.append((stub, tuple(cell(figure, lang) for figure in figures)))
    return Grid(
        stubs=tuple(said(dimension.title, lang) for dimension in down),
        heads=tuple(label(across, column, lang) for column in columns),
        rows=tuple(rows),
    )


def cell(figure: RelationCell | None, lang: Language) -> Cell:
    """How one figure is written; the three marks are different: ``..`` protected, ``0`` zero, ``-`` not collected."""
    text = words(lang)
    if figure is None:
        return Cell("\N{EN DASH}", text["not_collected"])
    if figure.value is None:
        return Cell("..", text["suppressed"], hidden=True)
    return Cell(written(figure, lang))


def written(figure: RelationCell, lang: Language) -> str:
    """A published figure with its interval, where it has one."""
    value = grouped(figure.value or 0, lang)
    if figure.lower is None or figure.upper is None:
        return value
    return f"{value} ({grouped(figure.lower, lang)}\N{EN DASH}{grouped(figure.upper, lang)})"


def chart(published: PublishedTable, lang: Language) -> Chart | None:
    """Bars over the first dimension's finest codes; None where the other dimensions have no totals or nothing is shown."""
    first = published.table.dimensions[0]
    rest = (TOTAL,) * (len(published.table.dimensions) - 1)
    figures = [(code, published.cells.get((code, *rest))) for code in first.domain]
    drawn = [(code, figure) for code, figure in figures if figure is not None][:BARS_MAX]
    longest = max((max(figure.value or 0, figure.upper or 0) for _, figure in drawn), default=0)
    if len(drawn) < 2 or longest <= 0:
        return None
    scale = BAR_WIDTH / longest
    bars = tuple(_bar(label(first, code, lang), place, figure, scale, lang) for place, (code, figure) in enumerate(drawn))
    return Chart(title=said(first.title, lang), bars=bars, height=ROW_HEIGHT * len(bars) + 8)


def _bar(name: str, place: int, figure: RelationCell, scale: float, lang: Language) -> Bar:
    shown = cell(figure, lang)
    interval = None
    if figure.lower is not None and figure.upper is not None:
        interval = (round(LABEL_WIDTH + max(figure.lower, 0) * scale, 1), round(LABEL_WIDTH + figure.upper * scale, 1))
    return Bar(
        label=name,
        y=ROW_HEIGHT * place + 4,
        width=round(max(figure.value or 0, 0) * scale, 1),
        interval=interval,
        text=f"{shown.text} {shown.aloud}".strip(),
    )


def _present(published: PublishedTable, place: int) -> list[str]:
    """The codes of one dimension that the table holds, from the total to the finest."""
    held = {key[place] for key in published.cells}
    return [code for code in _order(published.table.dimensions[place]) if code in held]


def _order(dimension: Dimension) -> list[str]:
    coarse = [code for level in reversed(dimension.levels) for code in level.groups]
    return [TOTAL, *coarse, *dimension.domain]
