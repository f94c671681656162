"""``sauma report``: published releases as one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauma.cli.options import AsJson, Lang, LedgerPath
from sauma.console import Console

if TYPE_CHECKING:
    from sauma.project import Project
    from sauma.proposals import OpenProposal

FOLDERS = typer.Argument(help="Folders with published releases (else 'published' of sauma.toml).", metavar="[DIR]...")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    folders: Annotated[list[Path] | None, FOLDERS] = None,
    lang: Lang = "fi",
    out: Annotated[Path | None, typer.Option("--out", help="The HTML file to write (else report.html).", metavar="FILE")] = None,
    ledger: LedgerPath = None,
    as_json: AsJson = False,
) -> None:
    """Write the published tables as one self-contained, accessible HTML page.

    Example: sauma report published --lang sv --out report.html
    """
    from sauma.files import shown, write_private
    from sauma.project import find
    from sauma.report import report as pages
    from sauma.report.published import read_releases

    console = Console(as_json=as_json)
    project = find(Path.cwd())
    if project.file:
        console.note(f"project: {project.file}")
    releases = read_releases(folders or [project.path("published", given="the folders of releases")])
    in_ledger = check_published(releases, project, ledger)
    target = out or project.folder / "report.html"
    write_private(target, pages.report(releases, lang, in_ledger=in_ledger))
    tables = sum(len(release.tables) for release in releases)
    console.line(f"wrote {shown(target)}: {len(releases)} releases, {tables} tables")
    if not in_ledger:
        console.note("note: no ledger at hand, so the page says that the releases were not checked against one; give --ledger")
    document = {"report": shown(target), "releases": [release.digest for release in releases], "tables": tables, "in_ledger": in_ledger}
    console.done(document, next_step="sauma ledger verify")


def check_published(releases: list[OpenProposal], project: Project, flag: Path | None) -> bool:
    """Whether a ledger was at hand; ``IntegrityError`` S5180 if it was and does not hold one of *releases*."""
    from ledger import store
    from sauma.report.published import check_told

    folder = project.optional("ledger", flag)
    if folder is None or (flag is None and not folder.exists()):
        return False
    check_told(releases, [publication.release for publication in store.open(folder).state.publications])
    return True
