"""``sauma pseudonymise``: an extract becomes a package."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauma.cli.extracts import ExtractPath, RegisterId, register_files, stream_register
from sauma.cli.options import AgreementPath, AsJson, KeyPath, LinkageKeyPath, PassphraseFile
from sauma.cli.start import start

if TYPE_CHECKING:
    import datetime

    from privacy.pseudonymise.pipeline import Outcome
    from sauma.console import Console
    from sauma.project import Project
    from schemas.agreement import Agreement
    from schemas.package import Manifest


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
    batches, local = stream_register(project, agreed, register, extract, console, now.date())
    me = keys.my_key(project, key, passphrase_file, agreement=agreed)
    keys.check_recipients(agreed, "linker", "analyst", on=now.date())
    _under_ceiling(project, agreed, register, extract, console, now.date())
    shared = contributions.linkage_key(project.path("contributions", linkage_key, given="--linkage-key"), agreed, me)
    package = out or project.path("packages") / f"{register}.sauma"
    listed = register_files(project, register, extract)
    with files.lock(_out(project) / f"{register}.lock"):  # two runs would both supersede the same package
        manifest, outcome = stages.pseudonymise(
            batches,
            agreed.register_of(register),
            agreed,
            me,
            linkage_key=shared,
            local=local,
            out=package,
            entropy=os.urandom,
            remembered=_out(project),
            row_map=agreed.demonstration and listed.row_map is not None,
        )
        rejects = _keep(project, register, outcome, listed.row_map)
    _say(console, package, manifest, outcome, rejects)


def _under_ceiling(
    project: Project, agreed: Agreement, register: str, extract: Path | None, console: Console, today: datetime.date
) -> None:
    """Where the agreement sets a ceiling, the extract is read once more and attacked first; refused if too many are found."""
    if agreed.linkage.attack_ceiling is None:
        return
    from sauma import attacking

    console.note(f"attacking what would leave: the agreement's ceiling is {agreed.linkage.attack_ceiling}")
    batches, local = stream_register(project, agreed, register, extract, console, today)
    attacking.require_under_ceiling(attacking.attacked(batches, register, agreed, local, None), register, agreed)


def _say(console: Console, package: Path, manifest: Manifest, outcome: Outcome, rejects: Path) -> None:
    from sauma import files

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


def _keep(project: Project, register: str, outcome: Outcome, row_map: str | None) -> Path:
    """Write what stays here: the reject file, and in a demonstration the row map that ``sauma.toml`` asks for."""
    from sauma import files, kept

    rejects = _out(project) / f"{register}.rejects.csv"
    files.write_private(rejects, kept.rejects_csv(outcome.rejects))
    if row_map and outcome.row_map is not None:
        rows, ids = (outcome.row_map.column(name).combine_chunks() for name in ("row", "record_id"))
        files.write_private(project.folder / row_map, kept.row_map_csv(register, rows, ids))
    return rejects
