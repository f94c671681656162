"""``sauma publish``: an approved proposal becomes a release, by being in the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sauma.cli.options import AsJson, KeyPath, LedgerPath, PassphraseFile
from sauma.cli.start import start


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("publish")(publish)


def publish(
    proposal: Annotated[str, typer.Argument(help="The proposal's folder, or the first digits of its id.", metavar="PROPOSAL")],
    out: Annotated[Path | None, typer.Option("--published", help="Folder of releases (else from sauma.toml).", metavar="DIR")] = None,
    ledger: LedgerPath = None,
    key: KeyPath = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Analyst: publish a proposal that officers approved, under a checkpoint that they cosigned.

    Publishing again changes nothing; after a crash it finishes what was begun.

    Example: sauma publish 1f2e3d4c
    """
    from ledger import store
    from sauma import keys, proposals, releases, stages
    from sauma.agreements import require_role
    from sauma.files import shown

    console, project, now = start(as_json=as_json)
    folder = project.path("ledger", ledger)
    opened_ledger = store.open(folder)
    require_role(opened_ledger.state.agreement, project.party, "analyst")
    opened = proposals.read_proposal(releases.find(project, proposal))
    releases.may_publish(opened, opened_ledger, now.date())
    me = keys.my_key(project, key, passphrase_file, agreement=opened_ledger.state.agreement)
    release = stages.publish(opened, me, ledger=folder, root=project.path("published", out), now=now)
    console.line(f"{'published' if release.first else 'was published already'}: {shown(release.folder)}, ledger entry {release.entry}")
    document = {"proposal": opened.release.proposal_id, "release": opened.digest, "folder": shown(release.folder), "entry": release.entry}
    console.done({**document, "first": release.first}, next_step=f"sauma report {shown(release.folder)}")
