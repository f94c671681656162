"""``sauma pseudonymise``: an extract becomes a package."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauma.cli.check import ExtractPath, RegisterId, read_register, register_files
from sauma.cli.options import AgreementPath, AsJson, KeyPath, LinkageKeyPath, PassphraseFile
from sauma.cli.start import start

if TYPE_CHECKING:
    from privacy.pseudonymise.pipeline import Outcome
    from sauma.project import Project
    from schemas.agreement import Agreement
    from schemas.batches import RawBatch


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("pseudonymise")(pseudonymise)


def pseudonymise(
    register: RegisterId,
    extract: ExtractPath = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The package to write (else packages/REGISTER.sauma).", metavar="PACKAGE")
    ] = None,
    agreement: AgreementPath = None,
    linkage_key: LinkageKeyPath = None,
    key: KeyPath = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Turn an extract into a sealed, signed package: tokens for the linker, a minimised payload for the analyst.

    Example: sauma pseudonymise basic_education
    """
    from sauma import agreements, contributions, files, keys, stages

    console, project, now = start(as_json=as_json)
    agreed = agreements.opened(project, agreement, now.date())
    raw, local = read_register(project, agreed, register, extract, console, now.date())
    me = keys.my_key(project, key, passphrase_file, agreement=agreed)
    shared = contributions.linkage_key(project.path("contributions", linkage_key), agreed, me)
    package = out or project.path("packages") / f"{register}.sauma"
    listed = register_files(project, register, extract)
    with files.lock(_out(project) / f"{register}.lock"):  # two runs would both supersede the same package
        manifest, outcome = stages.pseudonymise(raw, agreed, me, linkage_key=shared, local=local, out=package, entropy=os.urandom)
        rejects = _keep(project, agreed, raw, outcome, listed.row_map)
    console.line(
        f"wrote {files.shown(package)}: package {manifest.package_id[:8]}, sequence {manifest.sequence}, {manifest.rows_band} rows"
    )
    console.line(f"{len(outcome.rejects)} faults kept back in {files.shown(rejects)}; it stays with you")
    document = {
        "package": files.shown(package),
        "package_id": manifest.package_id,
        "sequence": manifest.sequence,
        "rows_band": manifest.rows_band,
        "rejects": files.shown(rejects),
        "faults": len(outcome.rejects),
    }
    console.done(document, next_step=f"sauma inspect {files.shown(package)}")


def _out(project: Project) -> Path:
    return project.folder / (project.settings.out if project.settings else ".")


def _keep(project: Project, agreed: Agreement, raw: RawBatch, outcome: Outcome, row_map: str | None) -> Path:
    """Write what stays here: the reject file, and in a demonstration the row map that ``sauma.toml`` asks for."""
    from sauma import files, kept

    rejects = _out(project) / f"{raw.register.id}.rejects.csv"
    files.write_private(rejects, kept.rejects_csv(outcome.rejects))
    if row_map and agreed.demonstration:
        files.write_private(project.folder / row_map, kept.row_map_csv(raw.register.id, raw.rows, outcome.record_ids))
    return rejects
