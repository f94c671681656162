"""``sauma check``: the quality of an extract, before anything leaves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauma.cli.options import AgreementPath, AsJson
from sauma.cli.start import start

if TYPE_CHECKING:
    import datetime

    from privacy.pseudonymise.pipeline import Local
    from sauma.console import Console
    from sauma.project import Project, RegisterFiles
    from schemas.agreement import Agreement
    from schemas.batches import RawBatch

ExtractPath = Annotated[Path | None, typer.Option("--extract", help="The extract (else from sauma.toml).", metavar="FILE")]
RegisterId = Annotated[str, typer.Argument(help="The register's id in the agreement.", metavar="REGISTER")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(register: RegisterId, extract: ExtractPath = None, agreement: AgreementPath = None, as_json: AsJson = False) -> None:
    """Say what is right and wrong in an extract, in counts and never in values; writes nothing.

    Example: sauma check basic_education
    """
    from privacy.pseudonymise.findings import findings
    from sauma import agreements

    console, project, now = start(as_json=as_json)
    agreed = agreements.opened(project, agreement, now.date())
    raw, local = read_register(project, agreed, register, extract, console, now.date())
    found = findings(raw, agreed, local)
    for line in found.lines():
        console.line(line)
    console.done({"register": register, **found.as_dict()}, next_step=f"sauma pseudonymise {register}")


def read_register(
    project: Project, agreed: Agreement, register: str, extract: Path | None, console: Console, today: datetime.date
) -> tuple[RawBatch, Local]:
    """The extract of *register* and the steward's own lists; refused to anybody but the register's controller."""
    from privacy.pseudonymise.pipeline import Local
    from sauma import agreements, readers
    from schemas.errors import PolicyRefusal

    agreements.require_role(agreed, project.party, "steward")
    declared = agreed.register_of(register)
    if declared.controller != project.party:
        hint = "only the controller of a register handles its extract"
        raise PolicyRefusal("S4150", place="agreement", reason=f"{register} is a register of {declared.controller}", hint=hint)
    listed = register_files(project, register, extract)
    path = extract or project.folder / listed.extract
    raw = readers.read_extract(path, declared, listed, console.note)
    history = readers.read_history(project.folder / listed.history) if listed.history else {}
    opt_out = readers.read_opt_out(project.folder / listed.opt_out) if listed.opt_out else frozenset[str]()
    return raw, Local(today, history, opt_out)


def register_files(project: Project, register: str, extract: Path | None) -> RegisterFiles:
    """The files of *register* in ``sauma.toml``; with a flag for the extract, the section may be absent."""
    from sauma.project import RegisterFiles

    settings = project.settings
    if extract is not None and (settings is None or register not in settings.register):
        return RegisterFiles(extract=str(extract))
    return project.register(register)
