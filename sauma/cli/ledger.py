"""``sauma ledger``: check the log of what was told, read it, cosign its checkpoint, add what others signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauma.cli.options import AsJson, KeyPath, LedgerPath, PassphraseFile
from sauma.cli.start import start

if TYPE_CHECKING:
    from ledger.verify import Verified
    from sauma.project import Project

LedgerFolder = Annotated[Path | None, typer.Argument(help="The ledger folder (else --ledger, else from sauma.toml).", metavar="[LEDGER]")]
Since = Annotated[
    Path | None,
    typer.Option(
        "--since", help="A signed checkpoint you kept (else kept_checkpoint of sauma.toml); the log must extend it.", metavar="FILE"
    ),
]
Files = Annotated[
    list[Path], typer.Argument(help="Agreements (.toml), signed statements (.json), cosigned checkpoints (.checkpoint).", metavar="FILE...")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The log of everything that was told, and its proofs.")
    group.command("verify")(verify)
    group.command("show")(show)
    group.command("budget")(budget)
    group.command("checkpoint")(checkpoint)
    group.command("add")(add)
    app.add_typer(group, name="ledger")


def verify(folder: LedgerFolder = None, since: Since = None, ledger: LedgerPath = None, as_json: AsJson = False) -> None:
    """Check every signature, rule and hash of the ledger, that it extends the checkpoint you kept, and the published files at hand.

    Example: sauma ledger verify --since kept.checkpoint
    """
    from ledger.verify import summary
    from sauma import witness

    console, project, _ = start(as_json=as_json)
    verified = _verified(project, project.path("ledger", folder or ledger), since)
    document = summary(verified)
    for name in ("origin", "size", "root", "publications", "cosigned_size"):
        console.line(f"{name.replace('_', ' ')}: {document[name]}")
    if witness.kept(project, since) is None:
        console.note("note: you gave no checkpoint that you kept, so an older copy or another continuation would verify too")
    releases = witness.published(project, verified)
    console.line(looked_at(releases))
    console.line("everything holds")
    found = {**document, "releases": releases, "holds": True, "since": witness.kept(project, since) is not None}
    console.done(found, next_step="sauma audit")


def looked_at(releases: int | None) -> str:
    """What was done with the published files."""
    if releases is None:
        return "published files: none at hand, so the log alone was checked ('sauma inspect DIR' checks a release)"
    return f"published files: {releases} releases, each byte as it was told"


def show(
    folder: LedgerFolder = None,
    entry: Annotated[int | None, typer.Option("--entry", help="Show one entry whole, with its inclusion proof.", min=0)] = None,
    ledger: LedgerPath = None,
    as_json: AsJson = False,
) -> None:
    """List the entries, or show one with the proof that it is in the log.

    Example: sauma ledger show --entry 4
    """
    from sauma import chronicle
    from schemas.errors import UsageError

    console, project, _ = start(as_json=as_json)
    log = _verified(project, project.path("ledger", folder or ledger), None).log
    if entry is None:
        lines = chronicle.lines(log)
        for line in lines:
            console.line(f"{line.index:>5}  {line.at}  {line.actor:<12} {line.kind:<14} {line.text}")
        console.done({"entries": [line.as_dict() for line in lines]}, next_step="sauma ledger show --entry N")
        return
    if entry >= len(log.entries):
        raise UsageError("S2124", place="--entry", reason="the ledger has no such entry", hint=f"entries are 0 to {len(log.entries) - 1}")
    document = chronicle.proven(log, entry)
    for text in chronicle.shown(document):
        console.line(text)
    console.done(document, next_step="sauma ledger verify")


def budget(folder: LedgerFolder = None, ledger: LedgerPath = None, as_json: AsJson = False) -> None:
    """Show the privacy budget of the agreement: what was spent, on what, and what is left.

    Example: sauma ledger budget
    """
    from ledger.verify import decimal

    console, project, _ = start(as_json=as_json)
    state = _verified(project, project.path("ledger", folder or ledger), None).log.state
    spends = [{"proposal": spend.proposal_id, "audience": spend.audience, "epsilon": spend.epsilon} for spend in state.spends]
    for spend in spends:
        console.line(f"proposal {spend['proposal'][:8]}  {spend['audience']:<9} epsilon {spend['epsilon']}")
    total, spent, left = decimal(state.total), decimal(state.spent), decimal(max(state.total - state.spent, state.total * 0))
    console.line(f"total {total}, spent {spent}, left {left}")
    console.done(
        {"currency": "epsilon", "total": total, "spent": spent, "left": left, "spends": spends},
        next_step="sauma propose LINKED --request REQUEST --dry-run",
    )


def checkpoint(
    folder: LedgerFolder = None,
    ledger: LedgerPath = None,
    key: KeyPath = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Officer: verify the ledger since your kept checkpoint and cosign it.  Analyst: print the signed checkpoint.

    Example: sauma ledger checkpoint
    """
    from ledger import store
    from sauma import keys, witness
    from sauma.agreements import require_role
    from sauma.files import shown

    console, project, now = start(as_json=as_json)
    place = project.path("ledger", folder or ledger)
    opened = store.open(place)
    require_role(opened.state.agreement, project.party, "analyst", "officer")
    if project.party == opened.state.writer:
        note = opened.note if opened.finished else store.finish(place, keys.my_key(project, key, passphrase_file))
        for line in note.text.splitlines():
            console.line(line)
        console.note(f"note: to hand it on, send the file {shown(place / 'checkpoint')} itself")
        console.done({"checkpoint": note.text, "size": note.checkpoint.size}, next_step="sauma ledger verify")
        return
    verified = _verified(project, place, None)
    first = witness.kept(project, None) is None
    if first:
        console.note("note: this is the first checkpoint you keep; that it is the true one, you now take on trust")
    me = keys.my_key(project, key, passphrase_file, agreement=verified.log.state.agreement)
    path = witness.cosign(project, place, verified, me, now=now)
    size = verified.checkpoint.checkpoint.size
    console.line(f"{'the log holds' if first else 'the log holds and extends what you kept'}; you cosigned its {size} entries")
    console.line(f"wrote {shown(path)}; send it to the analyst")
    console.done({"cosigned": shown(path), "size": size}, next_step=f"sauma ledger add {shown(path)} (by the analyst)")


def add(
    files: Files,
    ledger: LedgerPath = None,
    key: KeyPath = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Analyst: write the agreement (which begins the ledger), officers' decisions and cosigned checkpoints into the ledger.

    Adding a file twice adds nothing.

    Example: sauma ledger add statements/decision-1f2e3d4c.json
    """
    from sauma import intake, keys

    console, project, now = start(as_json=as_json)
    folder = project.path("ledger", ledger)
    items = [intake.read(path, today=now.date()) for path in files]
    intake.require_writer(folder, project.party, items)
    me = keys.my_key(project, key, passphrase_file)
    added = []
    for item in items:
        index = intake.add(folder, item, me, now=now)
        console.line(f"entry {index}: {item.kind}")
        added.append({"entry": index, "kind": item.kind})
    console.done({"added": added}, next_step=intake.next_step(folder))


def _verified(project: Project, folder: Path, since: Path | None) -> Verified:
    from sauma import witness

    return witness.verified(project, folder, witness.kept(project, since))
