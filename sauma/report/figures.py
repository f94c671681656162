"""From published figures to what the page shows: a grid of cells, and a bar chart with the grid as its text twin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from sauma.report.page import Language, decimals, grouped
from sauma.report.published import PublishedTable, Reading
from sauma.report.words import label, said, words
from schemas.dimension import TOTAL, UNKNOWN, Dimension
from schemas.measures import COUNT, Mean, Measure, Rate, Share

BARS_MAX = 40
COLUMNS_MAX = 9
"""A dimension with more codes than this goes down the page, not across."""
ROW_HEIGHT = 26
LABEL_WIDTH = (230, 440)
"""Room for labels: at least, and at most."""
LETTER_WIDTH = 7.4
BAR_WIDTH = 420
VALUE_WIDTH = 190
MARKS = {"suppressed": "..", "not_collected": "\N{EN DASH}", "undefined": "\N{EN DASH}"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a grid: what is written, and for a mark what it says aloud."""

    text: str
    aloud: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as people read it: some dimensions down, at most one across; ``across`` is what that one is called."""

    stubs: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[Cell, ...]], ...]
    across: str = ""


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
    start: int

    @property
    def width(self) -> int:
        """Labels, bars and figures."""
        return self.start + BAR_WIDTH + VALUE_WIDTH


def grid(published: PublishedTable, lang: Language, measure: str = COUNT) -> Grid:
    """All figures of one measure, total first along each dimension, then coarse levels, then the finest codes.

    The last dimension goes across if it has few codes.  A dimension that the measure has totals of only is left out.
    """
    dimensions = published.table.dimensions
    readings = published.readings[measure]
    present = [_present(published, place, measure) for place in range(len(dimensions))]
    open_places = [place for place, codes in enumerate(present) if codes != [TOTAL]] or [0]
    across = open_places[-1] if len(present[open_places[-1]]) <= COLUMNS_MAX else None
    down = [place for place in open_places if place != across]
    rows = []
    for codes in product(*(present[place] for place in down)):
        fixed = dict(zip(down, codes, strict=True))
        keys = [
            _key(present, fixed | ({} if across is None else {across: column}))
            for column in ([TOTAL] if across is None else present[across])
        ]
        figures = [readings.get(key) for key in keys]
        if any(figure is not None for figure in figures):
            stub = tuple(label(dimensions[place], code, lang) for place, code in fixed.items())
            rows.append((stub, tuple(cell(figure, lang, of_measure(published, measure)) for figure in figures)))
    heads = (
        [measure_title(published, measure, lang)] if across is None else [label(dimensions[across], code, lang) for code in present[across]]
    )
    crossed = "" if across is None else said(dimensions[across].title, lang)
    return Grid(tuple(said(dimensions[place].title, lang) for place in down), tuple(heads), tuple(rows), crossed)


def _key(present: Sequence[list[str]], fixed: dict[int, str]) -> tuple[str, ...]:
    return tuple(fixed.get(place, codes[0] if codes else TOTAL) for place, codes in enumerate(present))


def of_measure(published: PublishedTable, measure: str) -> Measure | None:
    """The measure called *measure*; None for the count."""
    return next((each for each in published.table.measures if each.id == measure), None)


def measure_title(published: PublishedTable, measure: str, lang: Language) -> str:
    """What one measure is called."""
    found = of_measure(published, measure)
    return words(lang)["count"] if found is None else said(found.title, lang)


def cell(figure: Reading | None, lang: Language, measure: Measure | None = None) -> Cell:
    """How one figure is written; the marks are different: ``..`` protected, ``0`` zero, a dash for nothing to know."""
    status = "not_collected" if figure is None else figure.status
    if figure is None or figure.value is None:
        return Cell(MARKS[status], words(lang)[status], hidden=status == "suppressed")
    return Cell(written(figure, lang, measure))


def written(figure: Reading, lang: Language, measure: Measure | None = None) -> str:
    """A published figure with its interval, where it has one."""
    assert figure.value is not None
    value = number(figure.value, lang, measure)
    if figure.interval is None:
        return value
    low, high = (number(end, lang, measure) for end in figure.interval)
    return f"{value} ({low}\N{EN DASH}{high})"


def number(value: Fraction, lang: Language, measure: Measure | None) -> str:
    """*value* as its measure is read: shares in per cent with two decimals, rates and means with two, the rest whole."""
    if isinstance(measure, Share):
        return decimals(value * 100, 1, lang) + ("%" if lang == "en" else "\N{NO-BREAK SPACE}%")
    if isinstance(measure, Rate | Mean):
        return decimals(value, 2, lang)
    return grouped(int(value), lang)


def chart(published: PublishedTable, lang: Language, measure: str = COUNT) -> Chart | None:
    """Bars over the first dimension's finest codes; None where the other dimensions have no totals or nothing is shown."""
    first = published.table.dimensions[0]
    readings = published.readings[measure]
    rest = (TOTAL,) * (len(published.table.dimensions) - 1)
    codes = [*(service.id for service in first.services), UNKNOWN] if first.services else first.domain
    figures = [(label(first, code, lang), readings.get((code, *rest))) for code in codes]
    drawn = [(name, figure) for name, figure in figures if figure is not None][:BARS_MAX]
    return bars(said(first.title, lang), drawn, lang, of_measure(published, measure))


def bars(title: str, drawn: Sequence[tuple[str, Reading]], lang: Language, measure: Measure | None = None) -> Chart | None:
    """One bar a figure; None where there are fewer than two, or nothing is shown."""
    ends = [end for _, figure in drawn for end in (figure.value, *(figure.interval or ())) if end is not None]
    longest = max(ends, default=Fraction(0))
    if len(drawn) < 2 or longest <= 0:
        return None
    scale = BAR_WIDTH / float(longest)
    start = int(min(max(LABEL_WIDTH[0], LETTER_WIDTH * max(len(name) for name, _ in drawn) + 16), LABEL_WIDTH[1]))
    shown = tuple(_bar(name, place, figure, (start, scale), cell(figure, lang, measure)) for place, (name, figure) in enumerate(drawn))
    return Chart(title=title, bars=shown, height=ROW_HEIGHT * len(shown) + 8, start=start)


def _bar(name: str, place: int, figure: Reading, drawing: tuple[int, float], shown: Cell) -> Bar:
    """One bar; *drawing* is where bars start, and how many pixels a unit is."""
    start, scale = drawing
    interval = None
    if figure.interval is not None:
        low, high = (round(start + max(float(end), 0) * scale, 1) for end in figure.interval)
        interval = (low, high)
    return Bar(
        label=name,
        y=ROW_HEIGHT * place + 4,
        width=round(max(float(figure.value or 0), 0) * scale, 1),
        interval=interval,
        text=f"{shown.text} {shown.aloud}".strip(),
    )


def _present(published: PublishedTable, place: int, measure: str) -> list[str]:
    """The codes of one dimension that a measure has figures for, from the total to the finest."""
    held = {key[place] for key in published.readings[measure]}
    return [code for code in order(published.table.dimensions[place]) if code in held]


def order(dimension: Dimension) -> list[str]:
    """The codes of *dimension* as people read them: total, coarser ones, the finest."""
    coarse = [groups for _, groups in dimension.coarser]
    if dimension.services:
        return [TOTAL, *(code for groups in coarse for code in groups), *dimension.domain]
    return [TOTAL, *(code for groups in reversed(coarse) for code in groups), *dimension.domain]
