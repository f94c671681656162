"""``sauma inspect``: what an artefact is, that nobody changed it, what it carries and what it never carries."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sauma.cli.options import AgreementPath, AsJson
from sauma.cli.start import start

if TYPE_CHECKING:
    import datetime

    from sauma.console import Console
    from sauma.package import OpenPackage
    from sauma.project import Project
    from schemas.agreement import Agreement


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("inspect")(inspect)


def inspect(
    artefact: Annotated[Path, typer.Argument(help="Any file or folder that sauma writes.", metavar="ARTEFACT")],
    agreement: AgreementPath = None,
    as_json: AsJson = False,
) -> None:
    """Verify an artefact and say what it carries; needs no key and decrypts nothing.

    Example: sauma inspect packages/basic_education.sauma
    """
    from sauma import agreements, files, inspecting, recognising, rehearsing

    console, project, now = start(as_json=as_json)
    kind = recognising.kind_of(artefact)
    agreement_path = project.optional("agreement", agreement)
    named = agreements.read_agreement(agreement_path) if agreement_path is not None and agreement_path.exists() else None
    ruling = agreements.read_agreement(artefact) if kind == "agreement" else named
    rehearsed = ruling is not None and rehearsing.is_rehearsal(ruling)
    console.lines(rehearsing.MARK if rehearsed else ())
    if kind == "agreement":
        lines, document = inspecting.agreement(artefact)
    elif kind == "project file":
        lines, document = inspecting.project_file(artefact)
    elif kind == "key file":
        lines, document = inspecting.key_file(artefact)
    elif kind == "public key":
        lines, document = inspecting.public_key(artefact, named)
    else:
        lines, document = _under_agreement(
            kind, artefact, named or agreements.read_agreement(project.path("agreement", agreement)), console
        )
    console.lines(lines)
    checked = kind not in UNSIGNED
    if checked:
        console.line("integrity: holds")
    integrity = "holds" if checked else "not signed"
    document = {"kind": kind, "artefact": files.shown(artefact), "integrity": integrity, "rehearsal": rehearsed, **document}
    console.done(document, next_step=_next(project, now.date()))


def _next(project: Project, today: datetime.date) -> str:
    """The next command of whoever looks; none where there is nothing left to do, or the project itself is not in order."""
    from sauma.status import next_command, standing
    from schemas.errors import SaumaError

    found = ""
    with contextlib.suppress(SaumaError):
        found = next_command(standing(project, today=today))
    return found


UNSIGNED = ("project file", "request", "key file")


def _under_agreement(kind: str, artefact: Path, agreed: Agreement, console: Console) -> tuple[list[str], dict[str, Any]]:
    """What only the agreement lets one check."""
    from sauma import inspecting

    folders = {"package": _package, "linked set": _linked_set, "release": _release, "ledger": _ledger}
    if kind in folders:
        return [], folders[kind](artefact, agreed, console)
    files = {
        "request": inspecting.request,
        "contribution": inspecting.contribution,
        "statement": inspecting.statement,
        "checkpoint": inspecting.checkpoint,
    }
    return files[kind](artefact, agreed)


def _package(path: Path, agreed: Agreement, console: Console) -> dict[str, Any]:
    from sauma.package import read_package

    package = read_package(path, agreed)
    manifest = package.manifest
    console.line(
        f"package {manifest.package_id}: {manifest.register} of {manifest.party}, sequence {manifest.sequence}, made {manifest.made_on}"
    )
    console.line(f"window {manifest.window.first} to {manifest.window.last}; {manifest.rows_band} rows; sha256 {package.sha256}")
    leaves = {column.name: column.leaves for column in manifest.payload_columns}
    console.line("payload, sealed to the analyst: " + (", ".join(f"{name} ({form})" for name, form in leaves.items()) or "nothing"))
    tokens = sum(family.slots for family in manifest.tokens)
    console.line(f"identity, sealed to the linker: keyed tokens only, {len(manifest.tokens)} match-token families in {tokens} slots")
    withheld = _withheld(package, agreed)
    console.line("never leaves: " + (", ".join(withheld) or "nothing was declared so"))
    return {
        "kind": "package",
        "sha256": package.sha256,
        "manifest": manifest.canonical(),
        "leaves": leaves,
        "never_leaves": withheld,
        "recipients": {member.name: [sealed.recipient for sealed in member.keys] for member in manifest.members},
    }


def _withheld(package: OpenPackage, agreed: Agreement) -> list[str]:
    declared = agreed.register_of(package.manifest.register)
    return [field.name for field in declared.columns if field.leaves == "never"]


def _linked_set(folder: Path, agreed: Agreement, console: Console) -> dict[str, Any]:
    from sauma.linkedset import read_linked

    manifest = read_linked(folder, agreed).manifest
    registers = [package.manifest.register for package in manifest.packages]
    console.line(f"linked set {manifest.linked_id}, vintage {manifest.vintage[:16]}..., made {manifest.made_on} by {manifest.linker}")
    console.line(f"registers: {', '.join(registers)}; payloads and links are sealed to the analyst")
    console.line("never in it: identifiers, tokens, the linkage key")
    return {"kind": "linked set", "manifest": manifest.canonical(), "registers": registers}


def _release(folder: Path, agreed: Agreement, console: Console) -> dict[str, Any]:
    from sauma.proposals import read_proposal
    from schemas.errors import IntegrityError

    release = read_proposal(folder).release
    if release.genesis != agreed.genesis:
        raise IntegrityError(
            "S5005", place="release.json", reason="made under another agreement", hint="give its agreement with --agreement"
        )
    console.line(f"release {release.proposal_id} for the {release.audience} audience, made {release.made_on} by {release.proposer}")
    for table in release.tables:
        console.line(f"  {table.id}: {table.kind}, {table.unit}, {table.cells} cells, {table.hidden} hidden")
    console.line("never in it: records, tokens, true counts of hidden cells")
    return {"kind": "release", "release": release.canonical()}


def _ledger(folder: Path, agreed: Agreement, console: Console) -> dict[str, Any]:
    from ledger.verify import summary, verify
    from schemas.errors import IntegrityError

    verified = verify(folder)
    if verified.log.origin != f"sauma/{agreed.genesis}":
        raise IntegrityError("S5005", place="ledger", reason="made under another agreement", hint="give its agreement with --agreement")
    document = summary(verified)
    console.line(f"ledger {verified.log.origin[:22]}..., {len(verified.log.entries)} entries")
    console.line("never in it: true counts, hidden cells, tokens, anything about one person")
    return {"kind": "ledger", **document}
