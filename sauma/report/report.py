"""The report: published releases as one page that anybody can read, keep and print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sauma.proposals import OpenProposal
from sauma.report.figures import chart, grid
from sauma.report.page import Language, grouped, render, written_date
from sauma.report.published import PublishedTable, tables_of
from sauma.report.words import said, words


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
    return {
        "title": said(release.request.title, lang),
        "audience": release.audience,
        "purpose": release.request.purpose,
        "decision": release.request.decision,
        "made_on": written_date(release.made_on.isoformat(), lang),
        "digest": published.digest,
        "notes": release.notes,
        "tables": [_table(table, lang) for table in tables_of(published)],
    }


def _table(published: PublishedTable, lang: Language) -> dict[str, Any]:
    protection = published.protection
    return {
        "title": said(published.table.title, lang),
        "kind": protection.kind,
        "unit": protection.unit,
        "epsilon": protection.epsilon,
        "cells": grouped(protection.cells, lang),
        "hidden": grouped(protection.hidden, lang),
        "attacks": protection.attacks,
        "chart": chart(published, lang),
        "grid": grid(published, lang),
    }
