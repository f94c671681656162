"""``sauma propose``: a linked set is counted, protected, and proposed to the officers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sauma.cli.options import AgreementPath, AsJson, KeyPath, LedgerPath, PassphraseFile, SpillFolder
from sauma.cli.start import start
from schemas.errors import BudgetExhausted

if TYPE_CHECKING:
    from sauma.asking import Asked
    from sauma.console import Console
    from sauma.proposals import OpenProposal
    from sauma.proposing import Writer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("propose")(propose)


def propose(
    linked: Annotated[Path, typer.Argument(help="The linked set.", metavar="LINKED")],
    request: Annotated[Path, typer.Option("--request", help="The tables that are asked for (TOML).", metavar="FILE")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read no data, write nothing: show expected errors, cost and what is left.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="With --dry-run: the expected error of every level and measure.")] = False,
    proposals: Annotated[
        Path | None, typer.Option("--proposals", help="Folder for proposals (else from sauma.toml).", metavar="DIR")
    ] = None,
    memory_mb: Annotated[int | None, typer.Option("--memory-mb", min=16, help="Memory that the engine may use.", metavar="MB")] = None,
    spill: SpillFolder = None,
    agreement: AgreementPath = None,
    key: KeyPath = None,
    passphrase_file: PassphraseFile = None,
    ledger: LedgerPath = None,
    as_json: AsJson = False,
) -> int:
    """Count the tables of a request and protect them; officers decide on the proposal.

    Epsilon is paid here, before anybody reviews, and a rejection returns nothing: look with --dry-run first.

    Example: sauma propose linked/0a1b2c3d --request requests/young_people.toml
    """
    from ledger import store
    from privacy.protect.noise import opendp_laplace
    from sauma import agreements, asking, files, keys, previewing, stages
    from sauma.engine.duckdb import DuckDbEngine
    from sauma.linkedset import read_linked
    from sauma.proposing import Writer

    console, project, now = start(as_json=as_json)
    agreed = agreements.opened(project, agreement, now.date())
    agreements.require_role(agreed, project.party, "analyst")
    home = project.path("ledger", ledger)
    wanted, opened, known = asking.read_request(request, agreed), read_linked(linked, agreed), store.open(home)
    asked = asking.ask(wanted, agreed, opened.manifest.vintage, known)
    if dry_run:
        command = f"sauma propose {files.shown(linked)} --request {files.shown(request)}"
        return _preview(console, previewing.preview(asked, known), command, full=full)
    if spill is not None:
        files.require_private(spill)
    me = keys.my_key(project, key, passphrase_file, agreement=agreed)
    writer = Writer(me, home, project.path("proposals", proposals), now, os.urandom)
    found = stages.propose(opened, asked, DuckDbEngine(spill=spill, memory_mb=memory_mb), writer, draw=opendp_laplace)
    return _proposed(console, asked, found, writer)


def _proposed(console: Console, asked: Asked, found: OpenProposal | None, writer: Writer) -> int:
    from ledger import store
    from privacy.protect.budget import decimal
    from sauma.files import shown
    from sauma.previewing import PAID

    for told, proposal in asked.told.items():
        console.line(f"{told}: told before, by proposal {proposal}; not asked again, not paid again")
    state = store.open(writer.ledger).state
    document: dict[str, Any] = {"told": dict(asked.told), "spent": decimal(state.spent), "left": decimal(state.total - state.spent)}
    if found is None:
        console.done({**document, "proposal": None}, next_step="sauma ledger show")
        return 0
    for table in found.release.tables:
        spent = f", epsilon {table.epsilon}" if table.epsilon else ""
        console.line(f"{table.id}: {table.kind}, {table.cells} cells, {table.hidden} hidden{spent}")
    console.line(f"wrote {shown(found.folder)}; budget left: epsilon {document['left']}")
    if any(table.epsilon for table in found.release.tables):
        console.line(PAID)
    document |= {
        "proposal": shown(found.folder),
        "proposal_id": found.release.proposal_id,
        "release": found.digest,
        "tables": [
            {"table": table.id, "kind": table.kind, "cells": table.cells, "hidden": table.hidden, "epsilon": table.epsilon}
            for table in found.release.tables
        ],
    }
    console.done(document, next_step=f"sauma review {shown(found.folder)}  (by a privacy officer)")
    return 0


def _preview(console: Console, seen: dict[str, Any], command: str, *, full: bool) -> int:
    """Show what a request would cost and give; its exit code is the proposal's own: 7 where the budget does not cover it."""
    from sauma.previewing import lines

    for line in lines(seen, full=full):
        console.line(line)
    if seen["affordable"]:
        console.done({"dry_run": True, **seen}, next_step=command)
        return 0
    reason = f"the request needs epsilon {seen['epsilon']}, with {seen['spent']} of {seen['total']} spent already"
    refused = BudgetExhausted("S7001", place="privacy budget", reason=reason, hint="ask for less; nothing was spent")
    if console.as_json:
        console.done({"dry_run": True, **seen, "error": refused.code, "exit": refused.exit_code}, next_step="ask for less")
    else:
        console.failed(refused)
    return refused.exit_code
