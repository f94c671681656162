"""``sauma review``: an officer reads a proposal against the ledger, and decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sauma.cli.options import AsJson, KeyPath, LedgerPath, PassphraseFile
from sauma.cli.start import start

if TYPE_CHECKING:
    from sauma.proposals import OpenProposal


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("review")(review)


def review(
    proposal: Annotated[str, typer.Argument(help="The proposal's folder, or the first digits of its id.", metavar="PROPOSAL")],
    approve: Annotated[bool, typer.Option("--approve", help="Approve exactly this proposal.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Reject it.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; everyone who reads the ledger reads it.", metavar="TEXT")] = "",
    full: Annotated[bool, typer.Option("--full", help="Show every figure, and not only the first of each table.")] = False,
    ledger: LedgerPath = None,
    key: KeyPath = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Officer: print what would be told and the release sheet; with a verdict, sign it as a statement to send to the analyst.

    Example: sauma review 1f2e3d4c --approve --reason "small cells protected, purpose as agreed"
    """
    from sauma import keys, proposals, releases, reviewing, witness
    from sauma.agreements import require_role
    from sauma.files import shown
    from schemas.errors import UsageError

    console, project, now = start(as_json=as_json)
    if (approve and reject) or ((approve or reject) != bool(reason.strip())):
        hint = "--approve or --reject, and --reason TEXT"
        raise UsageError("S2000", place="review", reason="one verdict goes with one reason", hint=hint)
    seen = witness.verified(project, project.path("ledger", ledger), witness.kept(project, None))
    state = seen.log.state
    require_role(state.agreement, project.party, "officer")
    opened = proposals.read_proposal(releases.find(project, proposal))
    entry = releases.proposed(opened, state)
    document = {"proposal": opened.release.proposal_id, "release": opened.digest, "ledger_entry": entry.index}
    if not approve and not reject:
        console.lines((*reviewing.decided_on(opened, full=full), "", *releases.sheet(opened, entry)))
        decisions = {officer: decision.entry.verdict for officer, decision in sorted(entry.decisions.items())}
        console.done(
            {**document, "sheet": opened.release.canonical(), "decisions": decisions, "warnings": _warnings(opened)},
            next_step=f"sauma review {opened.release.proposal_id[:8]} --approve (or --reject) --reason TEXT",
        )
        return
    verdict = "approve" if approve else "reject"
    me = keys.my_key(project, key, passphrase_file, agreement=state.agreement)
    console.lines(releases.replaced(project, opened, verdict, reason.strip()))
    path = releases.decide(project, opened, entry, seen.checkpoint.checkpoint, me, (verdict, reason.strip()), now)
    console.line(f"{verdict}: proposal {opened.release.proposal_id[:8]}, release {opened.digest[:16]}; signed: {shown(path)}")
    console.line("send it to the analyst; when it is in the ledger, cosign: 'sauma ledger checkpoint'")
    console.done({**document, "verdict": verdict, "statement": shown(path)}, next_step=f"sauma ledger add {path.name} (by the analyst)")


def _warnings(opened: OpenProposal) -> dict[str, list[str]]:
    """By table, what would make it worthless."""
    from sauma.reviewing import warnings

    asked = {table.id: table for table in opened.release.request.table}
    return {name: found for name, cells in opened.tables.items() if (found := list(warnings(asked[name], cells)))}
