"""The report: published releases as one page that anybody can read, keep and print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from privacy.tabulate.rules import in_words
from sauma.proposals import OpenProposal
from sauma.report.compared import definition, sensitivities, side_by_side, totals, two_by_two
from sauma.report.figures import chart, grid
from sauma.report.page import Language, grouped, render, written_date
from sauma.report.published import PublishedTable, tables_of
from sauma.report.words import said, worded, words
from schemas.code_list import CodeList
from schemas.measures import Mean, Measure, Rate, Share, Sum
from schemas.request import Request


def report(releases: Sequence[OpenProposal], lang: Language, *, in_ledger: bool) -> bytes:
    """The report over *releases* in *lang*, UTF-8; ``in_ledger`` says whether each was found in a verified ledger."""
    text = words(lang)
    return render(
        "report.html.j2",
        lang=lang,
        title=text["title"],
        w=text,
        in_ledger=in_ledger,
        demonstration=any(published.release.demonstration for published in releases),
        releases=[_shown(published, lang) for published in releases],
    )


def _shown(published: OpenProposal, lang: Language) -> dict[str, Any]:
    release = published.release
    tables = tables_of(published)
    groups = sensitivities(tables)
    beside = {each.table.id for group in groups for each in group}
    return {
        "title": said(release.request.title, lang),
        "audience": release.audience,
        "purpose": worded(release.request.purpose, lang),
        "decision": worded(release.request.decision, lang),
        "remarks": [worded(note, lang) for note in release.request.notes or ()],
        "made_on": written_date(release.made_on.isoformat(), lang),
        "digest": published.digest,
        "notes": release.notes,
        "lists": [_list(listed, lang) for listed in release.request.code_list],
        "tables": [_table(table, release.request, lang) for table in tables if table.table.id not in beside],
        "compared": [_compared(group, release.request, lang) for group in groups],
    }


def _list(listed: CodeList, lang: Language) -> str:
    text = words(lang)
    until = text["onwards"] if listed.valid_until is None else written_date(listed.valid_until.isoformat(), lang)
    term = f"{written_date(listed.valid_from.isoformat(), lang)}\N{EN DASH}{until}"
    return f"{said(listed.title, lang)}: {text['valid']} {term}. {text['source']}: {listed.source}"


def _table(published: PublishedTable, request: Request, lang: Language) -> dict[str, Any]:
    measures = [_measure(published, measure, request, lang) for measure in published.table.measures]
    return {
        **_protection(published, request, lang),
        "chart": chart(published, lang),
        "grid": grid(published, lang),
        "pairs": two_by_two(published, lang),
        "measures": measures,
    }


def _protection(published: PublishedTable, request: Request, lang: Language) -> dict[str, Any]:
    protection = published.protection
    text = words(lang)
    return {
        "title": said(published.table.title, lang),
        "kind": protection.kind,
        "counted": text["person" if protection.unit == "person" else definition(published)],
        "meant": "" if protection.unit == "person" else text[f"{definition(published)}_long"],
        "rules": in_words(request.derived, published.table),
        "epsilon": protection.epsilon,
        "cells": grouped(protection.cells, lang),
        "hidden": grouped(protection.hidden, lang),
        "attacks": protection.attacks,
    }


def _measure(published: PublishedTable, measure: Measure, request: Request, lang: Language) -> dict[str, Any]:
    return {
        "title": said(measure.title, lang),
        "about": _about(measure, request, lang),
        "chart": chart(published, lang, measure.id),
        "grid": grid(published, lang, measure.id),
    }


def _about(measure: Measure, request: Request, lang: Language) -> str:
    """What a measure is made of, in one line."""
    text = words(lang)
    match measure:
        case Share():
            return text["share_long"]
        case Rate():
            public = next(each for each in request.denominator if each.id == measure.denominator)
            day = written_date(public.as_of.isoformat(), lang)
            times = f"\N{MULTIPLICATION SIGN} {grouped(measure.per, lang)}"
            return f"{text['rate_long']} ({times}): {said(public.title, lang)}, {day}. {text['source']}: {public.source}"
        case Sum():
            return f"{text['sum_long']} {grouped(measure.low, lang)}\N{EN DASH}{grouped(measure.high, lang)}"
        case Mean():
            return text["mean_long"]


def _compared(group: Sequence[PublishedTable], request: Request, lang: Language) -> dict[str, Any]:
    first = group[0]
    return {
        "title": said(first.table.title, lang),
        "kind": first.protection.kind,
        "chart": totals(group, lang),
        "grid": side_by_side(group, lang),
        "tables": [_protection(each, request, lang) for each in group],
    }
