"""The figure of coverage on the page of ``sauma check``: rows by period, long empty ends folded, and what to know of them in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from privacy.pseudonymise.check.counts import Shown, least, per_cent
from sauma.report.check_view import Bar, Cell, Chart, Grid, Section, Speech
from sauma.report.check_words import HEADINGS, LEADS, OTHERS

BAR_STEP: Final = 22
"""Pixels from one period to the next."""
TRACE: Final = 3
"""The height of a bar for a hidden count, in a height of 100."""
FOLDED_FROM: Final = 6
"""So many empty periods at an end of the window are drawn; of more, only :data:`ENDS_DRAWN`, and the rest is one line of the table."""
ENDS_DRAWN: Final = 2
Periods = Sequence[Mapping[str, Any]]


def coverage(document: Mapping[str, Any], speech: Speech, *, agreed: bool) -> Section:
    """The section about the columns of dates; not *agreed*, the window is nobody's and its empty ends are no gaps."""
    heading = speech.say(HEADINGS, "coverage")
    if not document["coverage"]:
        return Section("coverage", heading, speech.say(LEADS, "no_coverage"))
    charts = tuple(_chart(dated, speech, agreed=agreed) for dated in document["coverage"])
    remarks = () if agreed else (speech.say(OTHERS, "no_window"),)
    return Section("coverage", heading, speech.say(LEADS, "coverage"), remarks=remarks, charts=charts)


def folded(periods: Periods, *, agreed: bool) -> tuple[int, int]:
    """The first of *periods* to draw and the one after the last: long runs without a row at either end are cut, all if not *agreed*."""
    told = [place for place, period in enumerate(periods) if period["rows"] != 0]
    first, last = (told[0], told[-1]) if told else (0, len(periods) - 1)
    if not agreed:
        return first, last + 1
    before, after = first, len(periods) - 1 - last
    start = first - ENDS_DRAWN if before > FOLDED_FROM else 0
    return start, last + 1 + ENDS_DRAWN if after > FOLDED_FROM else len(periods)


def _chart(dated: Mapping[str, Any], speech: Speech, *, agreed: bool) -> Chart:
    periods = dated["periods"]
    start, end = folded(periods, agreed=agreed)
    most = max(least(period["rows"]) for period in periods)
    drawn = () if all(isinstance(period["rows"], str) for period in periods) else periods[start:end]
    bars = tuple(
        Bar(
            x=place * BAR_STEP,
            height=per_cent(period["rows"], most) or (TRACE if period["rows"] != 0 else 0),
            name=period["period"][:4] if place == 0 or period["period"].endswith("-01") or _named(dated, place) else "",
            weak=period["mark"] != "ok",
        )
        for place, period in enumerate(drawn)
    )
    caption = speech.say(OTHERS, "rows_column", dated["column"])
    remark = " ".join(_gaps(dated, speech, agreed=agreed, drawn=bool(bars)))
    return Chart(caption, bars, max(len(bars) * BAR_STEP, BAR_STEP * 4), _periods(dated, speech, start, end), remark)


def _named(dated: Mapping[str, Any], place: int) -> bool:
    """Whether a year's name stands under its bar: every second one, because a name is wider than a bar."""
    return bool(dated["by"] == "year" and place % 2 == 0)


def _periods(dated: Mapping[str, Any], speech: Speech, start: int, end: int) -> Grid:
    periods = dated["periods"]
    most = max(least(period["rows"]) for period in periods)

    def row(period: str, shown: Shown, mark: str) -> tuple[Cell, ...]:
        return (Cell(period), Cell(speech.count(shown), number=True, bar=per_cent(shown, most)), Cell(mark, weak=bool(mark)))

    marks = {"ok": "", "thin": speech.say(OTHERS, "thin"), "empty": speech.say(OTHERS, "empty_period")}
    ends = [(row(f"{part[0]['period']} - {part[-1]['period']}", 0, ""),) if part else () for part in (periods[:start], periods[end:])]
    rows = [*ends[0], *(row(period["period"], period["rows"], marks[period["mark"]]) for period in periods[start:end]), *ends[1]]
    rows += [row(speech.say(OTHERS, name), dated[name], "") for name in ("before", "after", "undated") if dated[name] != 0]
    return Grid(speech.say(OTHERS, "rows_column", dated["column"]), speech.heads("period", "rows", "mark"), tuple(rows))


def _gaps(dated: Mapping[str, Any], speech: Speech, *, agreed: bool, drawn: bool) -> list[str]:
    """What a steward should know of a column's coverage, in sentences."""
    told = [f"{speech.say(OTHERS, name)} {speech.count(dated[name])}." for name in ("before", "after", "undated") if dated[name] != 0]
    if not drawn:
        return [*told, speech.say(OTHERS, "too_few")]
    if dated["tells"] == "since":
        return [*told, speech.say(OTHERS, "since")]
    periods = dated["periods"] if agreed else _between(dated["periods"])
    for mark, words in (("empty", "gaps"), ("thin", "thins")):
        if spans := runs([period["mark"] == mark for period in periods], [period["period"] for period in periods]):
            told.append(f"{speech.say(OTHERS, words)}: {', '.join(spans)}.")
    return told or [speech.say(OTHERS, "no_gaps")]


def _between(periods: Periods) -> Periods:
    """*periods* from the first with a row to the last."""
    told = [place for place, period in enumerate(periods) if period["rows"] != 0]
    return periods[told[0] : told[-1] + 1] if told else ()


def runs(chosen: Sequence[bool], names: Sequence[str]) -> list[str]:
    """The chosen *names*, neighbours as one span: ``2025-03``, ``2025-06 - 2025-08``."""
    spans: list[list[str]] = []
    for place, (is_chosen, name) in enumerate(zip(chosen, names, strict=True)):
        if is_chosen and place and chosen[place - 1]:
            spans[-1].append(name)
        elif is_chosen:
            spans.append([name])
    return [span[0] if len(span) == 1 else f"{span[0]} - {span[-1]}" for span in spans]
