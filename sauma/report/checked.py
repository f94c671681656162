"""From the document of ``sauma check`` to what people read: sections of tables, the same for the terminal and the page.

The document is all it looks at, beside the register's title and column names: no value can come out of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from privacy.pseudonymise.check.counts import Shown, least, per_cent
from sauma.report.check_reasons import ADVICE, FIXES, REASONS
from sauma.report.check_view import Bar, Cell, Chart, Checked, Grid, Section, Speech, Step
from sauma.report.check_words import CLASSES, FORMS, HEADINGS, HEADS, HOLDINGS, LEADS, MEANINGS, OTHERS, PAGE
from sauma.report.page import Language, written_date

Document = Mapping[str, Any]
BAR_STEP = 22
"""Pixels from one period to the next."""
TRACE = 3
"""The height of a bar for a hidden count, in a height of 100."""
_NONE = "missing"
CHANGES_SHOWN = 8
"""So many changes to leaving columns are worth reading."""


def checked(document: Document, *, name: str, register: str, demonstration: bool, lang: Language) -> Checked:
    """The page about *document*, the findings of the register called *name* with id *register*."""
    speech = Speech(lang)
    say = speech.say
    return Checked(
        title=f"{name}: {say(PAGE, 'title')[:1].lower()}{say(PAGE, 'title')[1:]}",
        facts=_facts(document, speech),
        headline=_headline(document, speech),
        fixes=Section("fixes", say(HEADINGS, "fixes"), say(LEADS, "fixes" if document["fixes"] else "no_fixes")),
        steps=_steps(document, speech),
        sections=(
            _linkability(document, speech),
            _columns(document, speech),
            *([_codes(document, speech)] if document["codes"] else []),
            _persons(document, speech),
            _coverage(document, speech),
            _uniqueness(document, speech),
            _likeness(document, speech),
        ),
        method=_method(speech),
        notices=_notices(document, speech, demonstration=demonstration),
        next_lead=say(PAGE, "next_after" if document["fixes"] else "next_ready"),
        next_step=f"sauma pseudonymise {register}",
    )


def _facts(document: Document, speech: Speech) -> tuple[str, ...]:
    kept, expected = document["rows_kept_back"], document["linkability"]["expected_per_cent"]
    counts = speech.say(PAGE, "counts", speech.count(document["rows"]), speech.count(document["persons"]["in_extract"]))
    window = speech.say(PAGE, "window", *(written_date(document["window"][end], speech.lang) for end in ("first", "last")))
    leaving = speech.say(PAGE, "kept_back", speech.count(kept)) if kept != 0 else speech.say(PAGE, "all_leave")
    linked = speech.say(PAGE, "expected", expected) if expected is not None else speech.say(PAGE, "not_expected")
    return f"{counts} {window}", linked, leaving


def _headline(document: Document, speech: Speech) -> tuple[tuple[str, str], ...]:
    """The three figures a steward sees first, each with what it counts."""
    expected = document["linkability"]["expected_per_cent"]
    return (
        ("?" if expected is None else f"{expected} %", speech.say(PAGE, "likely")),
        (speech.count(document["persons"]["in_extract"]), speech.say(PAGE, "in_extract")),
        (speech.count(document["rows_kept_back"]), speech.say(PAGE, "staying")),
    )


def _notices(document: Document, speech: Speech, *, demonstration: bool) -> tuple[str, ...]:
    floor = document["floor"]
    notices = [speech.say(PAGE, "privacy", document["rounded_down_to"], floor, floor)]
    if not document["zero_is_none"]:
        notices.append(speech.say(PAGE, "zero_hidden", floor))
    if demonstration:
        notices.append(speech.say(PAGE, "demonstration"))
    return tuple(notices)


def _steps(document: Document, speech: Speech) -> tuple[Step, ...]:
    most = max((least(fix["gain"]) for fix in document["fixes"]), default=0)

    def step(fix: Mapping[str, Any]) -> Step:
        meaning = next((column["meaning"] for column in document["columns"] if column["column"] == fix["columns"][0]), None)
        advice = fix["reason"] if fix["reason"] in ADVICE and fix["fix"] in ("code_rejected", "value_flawed") else fix["fix"]
        return Step(
            title=speech.say(FIXES, fix["fix"], speech.say(REASONS, fix["reason"]), speech.say(MEANINGS, meaning or "")),
            advice=speech.say(ADVICE, advice),
            columns=", ".join(fix["columns"]),
            gain=speech.say(PAGE, "gain", speech.count(fix["persons"]), speech.count(fix["gain"])),
            bar=per_cent(fix["gain"], most),
        )

    return tuple(step(fix) for fix in document["fixes"])


def _linkability(document: Document, speech: Speech) -> Section:
    found, left = document["linkability"], document["persons"]["leaving"]
    classes = {name: shown for name, shown in found["best"].items() if shown != 0}
    best = tuple(
        (
            Cell(speech.say(CLASSES, name)),
            speech.number(shown),
            speech.share(shown, left),
            Cell(f"{found['chance_permille'][name] // 10} %", number=True),
        )
        for name, shown in classes.items()
    )
    holding = tuple(
        (Cell(speech.say(HOLDINGS, name)), speech.number(shown), speech.share(shown, left)) for name, shown in found["holding"].items()
    )
    grids = (
        Grid(speech.say(HEADINGS, "linkability"), speech.heads("class", "persons", "share", "chance"), best),
        Grid(speech.say(HEADS, "holds"), speech.heads("finding", "persons", "share"), holding),
    )
    return Section("linkability", speech.say(HEADINGS, "linkability"), speech.say(LEADS, "linkability"), grids)


def _columns(document: Document, speech: Speech) -> Section:
    def faults(column: Mapping[str, Any]) -> str:
        said = {**column["kept_back"], **column["flawed"]}
        told = (f"{speech.say(REASONS, reason)} {speech.count(shown)}" for reason, shown in said.items() if shown != 0)
        return ", ".join(told)

    rows = tuple(
        (
            Cell(column["column"]),
            Cell(f"{column['filled_per_cent']} %", number=True, bar=column["filled_per_cent"]),
            speech.number(column["empty"], weak=column["required"]),
            Cell(column["distinct"] or speech.say(OTHERS, "restricted"), number=True),
            Cell(speech.say(FORMS, column["leaves"])),
            Cell(faults(column), weak=bool(faults(column))),
        )
        for column in document["columns"]
    )
    grid = Grid(speech.say(HEADINGS, "columns"), speech.heads("column", "filled", "empty", "distinct", "leaves", "faults"), rows)
    return Section("columns", speech.say(HEADINGS, "columns"), speech.say(LEADS, "columns"), (grid,))


def _codes(document: Document, speech: Speech) -> Section:
    rows = []
    for column in document["codes"]:
        told = {_NONE: column.get(_NONE, 0), **column["rejected"]}
        lines = [(speech.say(REASONS, reason), shown) for reason, shown in told.items() if shown != 0]
        lines += [(speech.say(OTHERS, kind), column[kind]) for kind in ("artificial", "changed") if column.get(kind, 0) != 0]
        rows += [(Cell(column["column"]), Cell(said), speech.number(shown), speech.share(shown, document["rows"])) for said, shown in lines]
    grid = Grid(speech.say(HEADINGS, "codes"), speech.heads("column", "finding", "rows", "share"), tuple(rows))
    remarks = () if rows else (speech.say(PAGE, "none_found"),)
    return Section("codes", speech.say(HEADINGS, "codes"), speech.say(LEADS, "codes"), (grid,) if rows else (), remarks)


def _persons(document: Document, speech: Speech) -> Section:
    persons = document["persons"]
    told = {name: persons[name] for name in ("repeated_rows", "possible_duplicates", "lost")} | document["contradictions"]
    rows = tuple((Cell(speech.say(OTHERS, name)), speech.number(shown, weak=name != "repeated_rows")) for name, shown in told.items())
    grid = Grid(speech.say(HEADINGS, "persons"), speech.heads("finding", "count"), rows)
    return Section("persons", speech.say(HEADINGS, "persons"), speech.say(LEADS, "persons"), (grid,))


def _coverage(document: Document, speech: Speech) -> Section:
    heading = speech.say(HEADINGS, "coverage")
    if not document["coverage"]:
        return Section("coverage", heading, speech.say(LEADS, "no_coverage"))
    charts = tuple(_chart(dated, speech) for dated in document["coverage"])
    return Section("coverage", heading, speech.say(LEADS, "coverage"), charts=charts)


def _chart(dated: Mapping[str, Any], speech: Speech) -> Chart:
    most = max(least(period["rows"]) for period in dated["periods"])
    bars = tuple(
        Bar(
            x=place * BAR_STEP,
            height=per_cent(period["rows"], most) or (TRACE if period["rows"] != 0 else 0),
            name=period["period"][:4] if place == 0 or period["period"].endswith("-01") or dated["by"] == "year" else "",
            weak=period["mark"] != "ok",
        )
        for place, period in enumerate(dated["periods"])
    )
    caption = speech.say(OTHERS, "rows_column", dated["column"])
    return Chart(caption, bars, max(len(bars) * BAR_STEP, BAR_STEP * 4), _periods(dated, speech), " ".join(_gaps(dated, speech)))


def _periods(dated: Mapping[str, Any], speech: Speech) -> Grid:
    most = max(least(period["rows"]) for period in dated["periods"])

    def row(period: str, shown: Shown, mark: str) -> tuple[Cell, ...]:
        return (Cell(period), Cell(speech.count(shown), number=True, bar=per_cent(shown, most)), Cell(mark, weak=bool(mark)))

    marks = {"ok": "", "thin": speech.say(OTHERS, "thin"), "empty": speech.say(OTHERS, "empty_period")}
    rows = [row(period["period"], period["rows"], marks[period["mark"]]) for period in dated["periods"]]
    rows += [row(speech.say(OTHERS, name), dated[name], "") for name in ("before", "after", "undated") if dated[name] != 0]
    return Grid(speech.say(OTHERS, "rows_column", dated["column"]), speech.heads("period", "rows", "mark"), tuple(rows))


def _gaps(dated: Mapping[str, Any], speech: Speech) -> list[str]:
    """What a steward should know of a column's coverage, in sentences."""
    told = [f"{speech.say(OTHERS, name)} {speech.count(dated[name])}." for name in ("before", "after", "undated") if dated[name] != 0]
    if dated["tells"] == "since":
        return [*told, speech.say(OTHERS, "since")]
    for mark, words in (("empty", "gaps"), ("thin", "thins")):
        if spans := runs([period["mark"] == mark for period in dated["periods"]], [period["period"] for period in dated["periods"]]):
            told.append(f"{speech.say(OTHERS, words)}: {', '.join(spans)}.")
    return told or [speech.say(OTHERS, "no_gaps")]


def runs(chosen: Sequence[bool], names: Sequence[str]) -> list[str]:
    """The chosen *names*, neighbours as one span: ``2025-03``, ``2025-06 - 2025-08``."""
    spans: list[list[str]] = []
    for place, (is_chosen, name) in enumerate(zip(chosen, names, strict=True)):
        if is_chosen and place and chosen[place - 1]:
            spans[-1].append(name)
        elif is_chosen:
            spans.append([name])
    return [span[0] if len(span) == 1 else f"{span[0]} - {span[-1]}" for span in spans]


def _uniqueness(document: Document, speech: Speech) -> Section:
    found, left = document["uniqueness"], document["persons"]["leaving"]
    heading = speech.say(HEADINGS, "uniqueness")
    if found["alone"] is None:
        return Section("uniqueness", heading, speech.say(LEADS, "no_uniqueness"))

    def change(one: Mapping[str, Any]) -> str:
        if one["instead"] == "never":
            return speech.say(OTHERS, "without", one["column"])
        return speech.say(OTHERS, "coarser", one["column"], speech.say(FORMS, one["instead"]))

    def row(said: str, one: Mapping[str, Any]) -> tuple[Cell, ...]:
        return (Cell(said), speech.number(one["alone"]), speech.share(one["alone"], left), speech.number(one["few"]))

    rows = [row(speech.say(OTHERS, "now"), found), *(row(change(one), one) for one in found["greediest"][:CHANGES_SHOWN])]
    grid = Grid(heading, speech.heads("change", "alone", "share", "few"), tuple(rows))
    smallest = f"{speech.say(OTHERS, 'smallest')}: {speech.count(found['smallest'])}."
    remarks = (smallest, f"{speech.say(HEADS, 'leaves')}: {', '.join(found['columns'])}.")
    return Section("uniqueness", heading, speech.say(LEADS, "uniqueness"), (grid,), remarks)


def _likeness(document: Document, speech: Speech) -> Section:
    heading = speech.say(HEADINGS, "likeness")
    if not document["likeness"]:
        return Section("likeness", heading, speech.say(LEADS, "no_likeness"))
    kinds = ("none", "one", "two_to_four", "five_or_more")

    def row(group: Mapping[str, Any]) -> tuple[Cell, ...]:
        name = f"{group['column']} {group['code']}" if group["group"] == "code" else speech.say(OTHERS, group["group"])
        alone = speech.share(group["share"]["none"], group["persons"])
        return (Cell(name), speech.number(group["persons"]), *(speech.number(group["share"][kind]) for kind in kinds), alone)

    shown = [group for group in document["likeness"] if group["persons"] != 0]
    heads = (*speech.heads("group", "persons", *kinds), f"{speech.say(HEADS, 'none')} %")
    return Section("likeness", heading, speech.say(LEADS, "likeness"), (Grid(heading, heads, tuple(map(row, shown))),))


def _method(speech: Speech) -> Section:
    remarks = tuple(speech.say(LEADS, f"method_{name}") for name in ("rounding", "lists", "chance", "gain"))
    return Section("method", speech.say(HEADINGS, "method"), remarks[0], (), remarks[1:])
