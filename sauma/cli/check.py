"""``sauma check``: the quality of an extract, before anything leaves."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sauma.cli.extracts import ExtractPath, RegisterId, has_lines, stream_register
from sauma.cli.options import AgreementPath, AsJson
from sauma.cli.start import start

if TYPE_CHECKING:
    import datetime

    from privacy.pseudonymise.check.examined import Examined
    from privacy.pseudonymise.pipeline import Local
    from sauma.console import Console
    from sauma.project import Project
    from sauma.report.check_view import Checked
    from sauma.report.page import Language
    from schemas.agreement import Agreement
    from schemas.batches import RawBatch
    from schemas.register import Register


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(
    register: RegisterId,
    extract: ExtractPath = None,
    lang: Annotated[
        Literal["fi", "sv", "en"] | None,
        typer.Option("--lang", help="Finnish, Swedish or English (else English here, and Finnish on a page)."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the findings as this HTML page.", metavar="PAGE.html")] = None,
    rows: Annotated[
        Path | None,
        typer.Option("--rows", help="Also write which rows are at fault: lines, columns and reasons, for you alone.", metavar="LIST.csv"),
    ] = None,
    agreement: AgreementPath = None,
    as_json: AsJson = False,
) -> None:
    """Say what is right and wrong in an extract, in counts and never in values; writes nothing without --out or --rows.

    Example: sauma check basic_education --lang sv --out check.html --rows faulty.csv
    """
    from privacy.pseudonymise.check.findings import of_examined
    from sauma import agreements, files, rehearsing
    from sauma.report import check_page, check_text

    _check_targets(out, rows)
    console, project, now = start(as_json=as_json)
    agreed = agreements.opened(project, agreement, now.date())
    found, local = _examine(project, agreed, register, extract, console, now.date())
    if rows is not None:
        _list_rows(rows, found, console, numbered=has_lines(project, register, extract))
    document = of_examined(found, agreed, local).as_dict()
    page = partial(_page, document, found.register, agreed)
    shown = page(lang or "en")
    if not as_json:
        console.lines(check_text.lines(shown))
    if out is not None:
        files.write_private(out, check_page.check_page(page(lang or "fi"), lang or "fi"))
        console.note(f"wrote {files.shown(out)}")
    written = {name: files.shown(path) for name, path in (("page", out), ("rows_list", rows)) if path is not None}
    told = {"register": register, "rehearsal": rehearsing.is_rehearsal(agreed), **document, **written}
    console.done(told, next_step=shown.next_step, word=shown.next_word)


def _examine(
    project: Project, agreed: Agreement, register: str, extract: Path | None, console: Console, today: datetime.date
) -> tuple[Examined, Local]:
    """The extract as the findings look at it: coded columns; a second copy of its text would be the largest thing in memory."""
    import pyarrow as pa

    from privacy.pseudonymise.check.examined import examined

    raw, local = read_register(project, agreed, register, extract, console, today)
    found = examined(raw, agreed, local)
    del raw
    pa.default_memory_pool().release_unused()
    return found, local


def _page(document: dict[str, Any], declared: Register, agreed: Agreement, lang: Language) -> Checked:
    from sauma import rehearsing
    from sauma.report.checked import checked
    from sauma.report.words import said

    return checked(
        document,
        name=said(declared.title, lang),
        register=declared.id,
        demonstration=agreed.demonstration,
        lang=lang,
        marks=rehearsing.MARK if rehearsing.is_rehearsal(agreed) else (),
        encoded=declared.encoding is not None,
    )


def _check_targets(out: Path | None, rows: Path | None) -> None:
    from schemas.errors import UsageError

    if out is not None and out.suffix.lower() not in (".html", ".htm"):
        raise UsageError("S2000", place="--out", reason="is not the name of a page", hint="a name that ends in .html")
    if rows is not None:
        from sauma import faulty

        faulty.check_target(rows)


def _list_rows(path: Path, found: Examined, console: Console, *, numbered: bool) -> None:
    from privacy.pseudonymise.check.listing import listing
    from sauma import faulty, files

    faulty.write(path, listing(found), numbered=numbered)
    lines = " (line 1 is the header, as Excel counts)" if numbered else ""
    console.note(f"wrote {files.shown(path)}: faults by row, column and reason{lines}, without values; it stays with you")


def read_register(
    project: Project, agreed: Agreement, register: str, extract: Path | None, console: Console, today: datetime.date
) -> tuple[RawBatch, Local]:
    """The whole extract of *register* and the steward's own lists; refused to anybody but the register's controller."""
    from sauma import readers

    batches, local = stream_register(project, agreed, register, extract, console, today, count_zeros=False)
    return readers.joined(agreed.register_of(register), batches), local
