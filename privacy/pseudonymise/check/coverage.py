"""How the dates of an extract fill the window that its register declares, by month or year.  Counts of rows."""

from __future__ import annotations

from datetime import date
from functools import partial
from statistics import median
from typing import Any, Final

import numpy as np

from privacy.pseudonymise.check.counts import Count, Tally, least
from privacy.pseudonymise.check.examined import Examined
from privacy.pseudonymise.checking import INTEGER_DIGITS
from privacy.pseudonymise.coded import Booleans, Coded
from privacy.pseudonymise.normalise import calendar_date
from schemas.register import Field, Window

MONTHS_MAX: Final = 60
"""A longer window is shown by year."""
YEARS: Final = (1900, 2100)
"""An integer column declared within these holds years."""
THIN: Final = 2
"""A period is thin if it holds less than the median of the periods that are told, divided by this."""


def coverage(found: Examined, tally: Tally, rows: Count) -> list[dict[str, Any]]:
    """Each column of dates that says when something happened, beside the declared window."""
    return [_covered(found, field, tally, rows) for field in found.register.columns if _dates(field)]


def after_window(found: Examined) -> dict[str, Booleans]:
    """By column of dates or years, which rows say that something happened after the declared window; shape (rows,)."""
    last = found.register.window.last

    def later(text: str, *, years: bool) -> bool:
        day = _first_day(text) if years else calendar_date(text)
        return day is not None and day > last

    dated = [field for field in found.register.columns if _dates(field)]
    return {field.name: found.columns[field.name].holds(partial(later, years=field.type == "integer")) for field in dated}


def marked(dated: dict[str, Any], floor: int) -> dict[str, Any]:
    """A column's coverage, as shown, with each period marked ``empty``, ``thin`` or ``ok``: by what is shown, so a mark tells no more.

    Where more rows lie before the window than in all its periods together, the column tells *since* when
    something holds; its gaps are no fault, and no period is marked.
    """
    periods = dated["periods"]
    usual = median([period["rows"] for period in periods if isinstance(period["rows"], int) and period["rows"]] or [0])
    since = least(dated["before"]) > sum(least(period["rows"]) for period in periods)

    def mark(period: dict[str, Any]) -> str:
        if since:
            return "ok"
        if period["rows"] == 0:
            return "empty"
        most = period["rows"] if isinstance(period["rows"], int) else floor - 1
        return "thin" if most * THIN < usual else "ok"

    return {**dated, "tells": "since" if since else "when", "periods": [{**period, "mark": mark(period)} for period in periods]}


def _dates(field: Field) -> bool:
    if field.meaning is not None:
        return False
    years = field.minimum is not None and field.maximum is not None and YEARS[0] <= field.minimum and field.maximum <= YEARS[1]
    return field.type == "date" or (field.type == "integer" and years)


def _covered(found: Examined, field: Field, tally: Tally, rows: Count) -> dict[str, Any]:
    window, column = found.register.window, found.columns[field.name]
    first, last = window.first, window.last
    by_year = field.type == "integer" or _months(last) - _months(first) >= MONTHS_MAX
    numbers = _period_numbers(column, window, years_only=field.type == "integer", by_year=by_year)
    spans = range(first.year, last.year + 1) if by_year else range(_months(first), _months(last) + 1)
    before, after = len(spans), len(spans) + 1
    held = np.bincount(numbers[column.codes], minlength=len(spans) + 3).tolist()
    periods: list[dict[str, Any]] = [
        {"period": str(span) if by_year else f"{span // 12}-{span % 12 + 1:02d}", "rows": tally.count(held[place])}
        for place, span in enumerate(spans)
    ]
    outside = {"before": tally.count(held[before]), "after": tally.count(held[after]), "undated": tally.count(held[after + 1])}
    tally.sums(rows, [*(period["rows"] for period in periods), *outside.values()])
    return {"column": field.name, "by": "year" if by_year else "month", "periods": periods, **outside}


def _period_numbers(column: Coded, window: Window, *, years_only: bool, by_year: bool) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """The place of each distinct value's period; then before, after, and undated (also the last: what code -1 finds)."""
    first = window.first.year if by_year else _months(window.first)
    spans = (window.last.year if by_year else _months(window.last)) - first + 1

    def place(text: str) -> int:
        day = _year(text, window) if years_only else calendar_date(text)
        if day is None:
            return spans + 2
        if not window.first <= day <= window.last:
            return spans + (day > window.last)
        return (day.year if by_year else _months(day)) - first

    return np.array([*map(place, column.values), spans + 2], dtype=np.int64)


def _year(text: str, window: Window) -> date | None:
    """A day of the year that *text* names, within the window if the year touches it."""
    first = _first_day(text)
    return None if first is None else min(max(first, window.first), date(first.year, 12, 31))


def _first_day(text: str) -> date | None:
    """The first day of the year that *text* names."""
    if len(text) > INTEGER_DIGITS or not text.isascii() or not text.isdigit() or not YEARS[0] <= int(text) <= YEARS[1]:
        return None
    return date(int(text), 1, 1)


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1
