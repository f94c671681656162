"""The extract of a register and the steward's own lists, for the commands that read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import datetime

    from privacy.pseudonymise.pipeline import Local
    from sauma.console import Console
    from sauma.project import Project, RegisterFiles
    from schemas.agreement import Agreement
    from schemas.batches import RawBatch

ExtractPath = Annotated[Path | None, typer.Option("--extract", help="The extract (else from sauma.toml).", metavar="FILE")]
ExtractFile = Annotated[Path, typer.Argument(help="The extract: CSV, Parquet or XLSX.", metavar="EXTRACT")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="The encoding, where it is not UTF-8, as cp1252.", metavar="NAME")]
Delimiter = Annotated[str | None, typer.Option("--delimiter", help="The delimiter, where it is guessed wrong.", metavar="SIGN")]
Sheet = Annotated[str | None, typer.Option("--sheet", help="The sheet of an XLSX file that has several.", metavar="NAME")]
RegisterId = Annotated[str, typer.Argument(help="The register's id in the agreement.", metavar="REGISTER")]


def stream_register(
    project: Project,
    agreed: Agreement,
    register: str,
    extract: Path | None,
    console: Console,
    today: datetime.date,
    *,
    count_zeros: bool = True,
) -> tuple[Iterator[RawBatch], Local]:
    """The extract of *register*, not read yet, and the steward's own lists; refused to anybody but the register's controller.

    With *count_zeros* a note at the end says how many postcodes had lost their leading zeros; a check says it among its findings.
    """
    from privacy.pseudonymise.pipeline import Local
    from sauma import agreements, readers
    from schemas.errors import PolicyRefusal

    agreements.require_role(agreed, project.party, "steward")
    declared = agreed.register_of(register)
    if declared.controller != project.party:
        hint = "only the controller of a register handles its extract"
        raise PolicyRefusal("S4150", place="agreement", reason=f"{register} is a register of {declared.controller}", hint=hint)
    listed = register_files(project, register, extract)
    history = readers.read_history(project.folder / listed.history) if listed.history else {}
    opt_out = readers.read_opt_out(project.folder / listed.opt_out) if listed.opt_out else frozenset[str]()
    batches = readers.stream(readers.source(project.folder, listed, extract), declared, listed, console.note)
    if count_zeros:
        batches = readers.telling_zeros(batches, declared, console.note)
    return batches, Local(today, history, opt_out)


def has_lines(project: Project, register: str, extract: Path | None) -> bool:
    """Whether rows of the extract of *register* are lines of a text file or of a sheet, so that Excel numbers them."""
    from sauma import reading
    from sauma.readers.source import PARQUET, Query, source

    found = source(project.folder, register_files(project, register, extract), extract)
    if isinstance(found, Query):
        return False
    with reading.regular(found, limit=2**63) as (opened, _size):
        return opened.read(len(PARQUET)) != PARQUET


def register_files(project: Project, register: str, extract: Path | None) -> RegisterFiles:
    """The files of *register* in ``sauma.toml``; with a flag for the extract, the section may be absent."""
    from sauma.project import RegisterFiles

    settings = project.settings
    if extract is not None and (settings is None or register not in settings.register):
        return RegisterFiles(extract=str(extract))
    return project.register(register)
