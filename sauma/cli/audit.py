"""``sauma audit``: the officer's page over the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sauma.cli.ledger import looked_at
from sauma.cli.options import AsJson, LedgerPath
from sauma.cli.start import start


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit")(audit)


def audit(
    out: Annotated[Path | None, typer.Option("--out", help="The HTML file to write (else audit.html).", metavar="FILE")] = None,
    ledger: LedgerPath = None,
    since: Annotated[Path | None, typer.Option("--since", help="A signed checkpoint you kept.", metavar="FILE")] = None,
    as_json: AsJson = False,
) -> None:
    """Verify the ledger and write what it says as one self-contained, accessible HTML page.

    Example: sauma audit --out audit.html
    """
    from ledger.verify import summary
    from sauma import witness
    from sauma.files import shown, write_private
    from sauma.report import audit as pages

    console, project, _ = start(as_json=as_json)
    kept = witness.kept(project, since)
    verified = witness.verified(project, project.path("ledger", ledger), kept)
    releases = witness.published(project, verified)
    target = out or project.folder / "audit.html"
    size = witness.size_of(kept) if kept is not None else None
    write_private(target, pages.audit(verified, since=size))
    console.line(f"wrote {shown(target)}: {len(verified.log.entries)} entries, all of which hold")
    console.line(looked_at(releases))
    console.done({"audit": shown(target), **summary(verified), "releases": releases}, next_step=f"open {shown(target)}")
