"""``sauma check``: the quality of an extract, before anything leaves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauma.cli.extracts import ExtractPath, RegisterId, stream_register
from sauma.cli.options import AgreementPath, AsJson, Lang
from sauma.cli.start import start

if TYPE_CHECKING:
    import datetime

    from privacy.pseudonymise.pipeline import Local
    from sauma.console import Console
    from sauma.project import Project
    from schemas.agreement import Agreement
    from schemas.batches import RawBatch


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(
    register: RegisterId,
    extract: ExtractPath = None,
    lang: Lang = "fi",
    out: Annotated[Path | None, typer.Option("--out", help="Also write the findings as this HTML page.", metavar="PAGE.html")] = None,
    agreement: AgreementPath = None,
    as_json: AsJson = False,
) -> None:
    """Say what is right and wrong in an extract, in counts and never in values; writes nothing without --out.

    Example: sauma check basic_education --lang sv --out check.html
    """
    from privacy.pseudonymise.check.findings import findings
    from sauma import agreements, files
    from sauma.report import check_page, check_text
    from sauma.report.checked import checked
    from sauma.report.words import said

    _refuse_no_page(out)
    console, project, now = start(as_json=as_json)
    agreed = agreements.opened(project, agreement, now.date())
    raw, local = read_register(project, agreed, register, extract, console, now.date())
    document = findings(raw, agreed, local).as_dict()
    name = said(raw.register.title, lang)
    page = checked(document, name=name, register=register, demonstration=agreed.demonstration, lang=lang)
    if not as_json:
        for line in check_text.lines(page):
            console.line(line)
    if out is not None:
        files.write_private(out, check_page.check_page(page, lang))
        console.note(f"wrote {files.shown(out)}")
    written = {"page": files.shown(out)} if out is not None else {}
    console.done({"register": register, **document, **written}, next_step=f"sauma pseudonymise {register}")


def _refuse_no_page(out: Path | None) -> None:
    from schemas.errors import UsageError

    if out is not None and out.suffix.lower() not in (".html", ".htm"):
        raise UsageError("S2000", place="--out", reason="is not the name of a page", hint="a name that ends in .html")


def read_register(
    project: Project, agreed: Agreement, register: str, extract: Path | None, console: Console, today: datetime.date
) -> tuple[RawBatch, Local]:
    """The whole extract of *register* and the steward's own lists; refused to anybody but the register's controller."""
    from sauma import readers

    batches, local = stream_register(project, agreed, register, extract, console, today)
    return readers.joined(agreed.register_of(register), batches), local
