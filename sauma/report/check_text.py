"""The findings of ``sauma check`` as lines for a terminal: a hundred columns at most, nothing that cp1252 cannot say.

What to mend comes last, where the eye is when the command ends.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from sauma.report.check_view import Cell, Checked, Grid, Section, Step

WIDTH: Final = 100
_GAP: Final = "  "
_NARROWEST: Final = 12


def lines(page: Checked) -> tuple[str, ...]:
    """*page* as lines."""
    return tuple(_all(page))


def _all(page: Checked) -> Iterator[str]:
    yield from (page.title, "=" * min(len(page.title), WIDTH))
    for fact in (*page.warnings, *page.facts, *page.notices):
        yield from _wrapped(fact)
    for section in page.sections:
        yield from _section(section)
    yield from ("", page.fixes.heading, "-" * len(page.fixes.heading), *_wrapped(page.fixes.lead))
    for number, step in enumerate(page.steps, start=1):
        yield from _step(number, step)
    yield from ("", *_wrapped(page.next_lead))


def _section(section: Section) -> Iterator[str]:
    yield from ("", section.heading, "-" * len(section.heading), *_wrapped(section.lead))
    for grid in section.grids:
        yield ""
        yield from _grid(grid)
    for chart in section.charts:  # a terminal shows the gaps, the page every period
        yield from _wrapped(f"{chart.caption.partition(':')[0]}: {chart.remark}", indent="  ")
    if section.grids and section.remarks:
        yield ""
    for remark in section.remarks:
        yield from _wrapped(remark, indent="  ")


def _step(number: int, step: Step) -> Iterator[str]:
    left = f" {number}. {step.title}"
    right = step.gain
    first = f"{left} ({step.columns})"
    if len(first) + len(right) + 2 <= WIDTH:
        yield f"{first:<{WIDTH - len(right)}}{right}"
    else:
        yield from _wrapped(first, indent="    ", first="")
        yield f"{right:>{WIDTH}}"
    yield from _wrapped(step.advice, indent="    ")


def _grid(grid: Grid) -> Iterator[str]:
    """The table in columns; the last one of words takes what is left of the line and is wrapped."""
    rows = [tuple(cell.text for cell in row) for row in grid.rows]
    if not rows:
        return
    numbers = [cell.number for cell in grid.rows[0]]
    widths = [max(len(text) for text in column) for column in zip(grid.heads, *rows, strict=True)]
    spare = WIDTH - 2 - sum(widths) - len(_GAP) * (len(widths) - 1)
    widest = max((place for place, number in enumerate(numbers) if not number), key=lambda place: widths[place])
    widths[widest] = max(widths[widest] + min(spare, 0), _NARROWEST)
    yield _line(tuple(Cell(head, number=number) for head, number in zip(grid.heads, numbers, strict=True)), widths)
    for row in grid.rows:
        cells = textwrap.wrap(row[widest].text, widths[widest]) or [""]
        yield _line((*row[:widest], Cell(cells[0]), *row[widest + 1 :]), widths)
        blank = tuple(Cell("") for _ in row)
        yield from (_line((*blank[:widest], Cell(more), *blank[widest + 1 :]), widths) for more in cells[1:])


def _line(row: tuple[Cell, ...], widths: list[int]) -> str:
    texts = [f"{cell.text:>{width}}" if cell.number else f"{cell.text:<{width}}" for cell, width in zip(row, widths, strict=True)]
    return ("  " + _GAP.join(texts)).rstrip()


def _wrapped(text: str, indent: str = "", first: str | None = None) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent if first is None else first, subsequent_indent=indent, break_on_hyphens=False
    ) or [""]
