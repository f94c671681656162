"""From the document of ``sauma check`` to what people read: sections of tables, the same for the terminal and the page.

The document is all it looks at, beside the register's title and column names: no value can come out of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from privacy.pseudonymise.check.counts import least, per_cent
from privacy.pseudonymise.people import NOT_RESTRICTED
from sauma.report.check_coverage import coverage
from sauma.report.check_reasons import ADVICE, FIXES, REASONS
from sauma.report.check_view import Cell, Checked, Grid, Section, Speech, Step
from sauma.report.check_words import CLASSES, FORMS, HEADINGS, HEADS, HOLDINGS, LEADS, MEANINGS, OTHERS, PAGE
from sauma.report.page import LANGUAGES, Language, written_date

Document = Mapping[str, Any]
_NONE = "missing"
CHANGES_SHOWN = 8
"""So many changes to leaving columns are worth reading."""

READ_WRONGLY = ("spreadsheet_number", "time_zone")
"""Values that are read, as something else than was meant: what to do is said even where mending them links nobody more."""

UNLIKE_PER_CENT = 10
"""From so many persons on who are alone in what leaves of them, the page says so before all else."""


def checked(
    document: Document, *, name: str, register: str, demonstration: bool, lang: Language, marks: tuple[str, ...] = (), encoded: bool = False
) -> Checked:
    """The page about *document*, the findings of the register called *name* with id *register*.

    *marks*: in three languages, that the agreement is only a rehearsal; else none.  *encoded*: whether the agreement allows
    similarity encodings of the register.
    """
    speech = Speech(lang)
    say = speech.say
    alike, bad = _uniqueness(document, speech), _unlike(document, speech)
    return Checked(
        title=f"{name}: {say(PAGE, 'title')[:1].lower()}{say(PAGE, 'title')[1:]}",
        facts=_facts(document, speech, agreed=not marks),
        headline=_headline(document, speech),
        fixes=Section("fixes", say(HEADINGS, "fixes"), say(LEADS, "fixes" if document["fixes"] else "no_fixes")),
        steps=_steps(document, speech),
        sections=(
            *((alike,) * bool(bad)),
            _linkability(document, speech),
            _columns(document, speech),
            *([_codes(document, speech)] if document["codes"] else []),
            _persons(document, speech),
            coverage(document, speech, agreed=not marks),
            *((alike,) * (not bad)),
            _likeness(document, speech),
        ),
        method=_method(speech),
        warnings=(*marks[LANGUAGES.index(lang) :][:1], *bad),
        notices=_notices(document, speech, demonstration=demonstration, encoded=encoded),
        next_lead=say(PAGE, "next_after" if document["fixes"] else "next_ready"),
        next_word=say(PAGE, "next_word"),
        next_step=f"sauma pseudonymise {register}",
    )


def _facts(document: Document, speech: Speech, *, agreed: bool) -> tuple[str, ...]:
    kept, expected = document["rows_kept_back"], document["linkability"]["expected_per_cent"]
    counts = speech.say(PAGE, "counts", speech.count(document["rows"]), speech.count(document["persons"]["in_extract"]))
    window = speech.say(PAGE, "window", *(written_date(document["window"][end], speech.lang) for end in ("first", "last")))
    leaving = speech.say(PAGE, "kept_back", speech.count(kept)) if kept != 0 else speech.say(PAGE, "all_leave")
    linked = speech.say(PAGE, "expected", expected) if expected is not None else speech.say(PAGE, "not_expected")
    return f"{counts} {window}" if agreed else counts, linked, leaving


def _headline(document: Document, speech: Speech) -> tuple[tuple[str, str], ...]:
    """The figures a steward sees first, each with what it counts."""
    expected, alone = document["linkability"]["expected_per_cent"], document["uniqueness"]["alone"]
    unlike = () if alone is None else ((speech.share(alone, document["persons"]["leaving"]).text or "?", speech.say(PAGE, "unlike_share")),)
    return (
        ("?" if expected is None else f"{expected} %", speech.say(PAGE, "likely")),
        (speech.count(document["persons"]["in_extract"]), speech.say(PAGE, "in_extract")),
        (speech.count(document["rows_kept_back"]), speech.say(PAGE, "staying")),
        *unlike,
    )


def _unlike(document: Document, speech: Speech) -> tuple[str, ...]:
    """That many persons are alone in what leaves of them, and what would change that most; nothing where they are few."""
    found, left = document["uniqueness"], document["persons"]["leaving"]
    share = per_cent(found["alone"], left) if found["alone"] is not None else 0
    if share < UNLIKE_PER_CENT:
        return ()
    best = found["greediest"][0]
    rest = speech.share(best["alone"], left).text or speech.count(best["alone"])
    helps = per_cent(best["alone"], left) < share // 2
    less = speech.say(PAGE, "unlike_less", _change(best, speech), rest) if helps else speech.say(PAGE, "unlike_none")
    return (f"{speech.say(PAGE, 'unlike', share)} {less}",)


def _notices(document: Document, speech: Speech, *, demonstration: bool, encoded: bool) -> tuple[str, ...]:
    floor = document["floor"]
    notices = [speech.say(PAGE, "privacy", document["rounded_down_to"], floor, floor)]
    if not document["zero_is_none"]:
        notices.append(speech.say(PAGE, "zero_hidden", floor))
    if demonstration:
        notices.append(speech.say(PAGE, "demonstration"))
    if encoded:
        notices.append(speech.say(PAGE, "encoded"))
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

    def counts(column: Mapping[str, Any]) -> tuple[Cell, ...]:
        if column["empty"] is None:
            return (Cell(speech.say(OTHERS, "restricted"), number=True),) * 3
        filled = Cell(f"{column['filled_per_cent']} %", number=True, bar=column["filled_per_cent"])
        return filled, speech.number(column["empty"], weak=column["required"]), Cell(column["distinct"], number=True)

    rows = tuple(
        (
            Cell(column["column"]),
            *counts(column),
            Cell(speech.say(FORMS, column["leaves"])),
            Cell(faults(column), weak=bool(faults(column))),
        )
        for column in document["columns"]
    )
    grid = Grid(speech.say(HEADINGS, "columns"), speech.heads("column", "filled", "empty", "distinct", "leaves", "faults"), rows)
    padded = {column["column"]: column.get("padded", 0) for column in document["columns"]}
    remarks = tuple(speech.say(OTHERS, "padded", name, speech.count(shown)) for name, shown in padded.items() if shown != 0)
    remarks += tuple(
        f"{column['column']}: {speech.say(ADVICE, reason)}"
        for column in document["columns"]
        for reason in READ_WRONGLY
        if column["flawed"].get(reason, 0) != 0
    )
    restricting = (column["column"] for column in document["columns"] if column.get("all_restricted"))
    instead = speech.say(OTHERS, "unrestricted", ", ".join(sorted(NOT_RESTRICTED)))
    remarks += tuple(f"{speech.say(OTHERS, 'all_restricted', name)} {instead}" for name in restricting)
    return Section("columns", speech.say(HEADINGS, "columns"), speech.say(LEADS, "columns"), (grid,), remarks)


def _codes(document: Document, speech: Speech) -> Section:
    rows = []
    for column in document["codes"]:
        told = {_NONE: column.get(_NONE, 0), **column["rejected"]}
        lines = [(speech.say(REASONS, reason), shown) for reason, shown in told.items() if shown != 0]
        lines += [(speech.say(OTHERS, kind), column[kind]) for kind in ("artificial", "of_several", "changed") if column.get(kind, 0) != 0]
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


def _uniqueness(document: Document, speech: Speech) -> Section:
    found, left = document["uniqueness"], document["persons"]["leaving"]
    heading = speech.say(HEADINGS, "uniqueness")
    if found["alone"] is None:
        return Section("uniqueness", heading, speech.say(LEADS, "no_uniqueness"))

    def row(said: str, one: Mapping[str, Any]) -> tuple[Cell, ...]:
        return (Cell(said), speech.number(one["alone"]), speech.share(one["alone"], left), speech.number(one["few"]))

    rows = [row(speech.say(OTHERS, "now"), found), *(row(_change(one, speech), one) for one in found["greediest"][:CHANGES_SHOWN])]
    grid = Grid(heading, speech.heads("change", "alone", "share", "few"), tuple(rows))
    smallest = f"{speech.say(OTHERS, 'smallest')}: {speech.count(found['smallest'])}."
    remarks = (smallest, f"{speech.say(HEADS, 'leaves')}: {', '.join(found['columns'])}.")
    return Section("uniqueness", heading, speech.say(LEADS, "uniqueness"), (grid,), remarks)


def _change(one: Mapping[str, Any], speech: Speech) -> str:
    """A change to a leaving column, in words."""
    if one["instead"] == "never":
        return speech.say(OTHERS, "without", one["column"])
    return speech.say(OTHERS, "coarser", one["column"], speech.say(FORMS, one["instead"]))


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
