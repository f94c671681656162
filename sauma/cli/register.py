"""``sauma register``: draft a register's block of the agreement from the columns of an extract."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from sauma.cli.extracts import Delimiter, Encoding, ExtractFile, Sheet
from sauma.cli.options import AsJson
from sauma.cli.start import start


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="A register's part of the agreement.")
    group.callback()(lambda: None)  # so that one command is a command of the group
    group.command("draft")(draft)
    app.add_typer(group, name="register")


def draft(
    extract: ExtractFile,
    name: Annotated[str, typer.Option("--id", help="The register's id; else from the file's name.", metavar="REGISTER")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Where to write the draft; else it is printed.", metavar="FILE")] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: Sheet = None,
    as_json: AsJson = False,
) -> None:
    """Write a commented register block from an extract's columns: their names, and the form of their values; no value is written.

    Example: sauma register draft extracts/early_education.csv --out early_education.toml
    """
    from sauma import drafting, files, glancing, guessing
    from schemas.contract import IDENTIFIER
    from schemas.errors import InputError, UsageError

    console, project, _ = start(as_json=as_json)
    register_id = name or drafting.register_id(extract)
    if not re.fullmatch(IDENTIFIER, register_id):
        raise UsageError("S2000", place="--id", reason="is not lower-case letters, digits and underscores", hint="such as early_education")
    if out is not None and out.exists():
        raise InputError("S3004", place=files.shown(out), reason="is already there", hint="choose another name with --out")
    columns = glancing.glance(extract, encoding=encoding, delimiter=delimiter, sheet=sheet, tell=console.note)
    controller = project.party if project.settings else "municipality"
    text = drafting.draft(register_id, controller, columns)
    found = guessing.meanings(columns)
    if out is not None:
        files.write_private(out, text.encode("utf-8"))
        console.line(f"wrote {files.shown(out)}: {len(columns)} columns, {len(found)} with a meaning guessed")
    else:
        for line in text.splitlines():
            console.line(line)
    remarks = guessing.remarks(columns)
    for remark in remarks:
        console.note(remark)
    listed = [
        {"name": column.name, "type": drafting.declared_type(column, found.get(column.name)), "meaning": found.get(column.name)}
        for column in columns
    ]
    console.done(
        {"register": register_id, "columns": listed, "remarks": list(remarks), "draft": text, "out": files.shown(out) if out else None},
        next_step="sauma agreement draft",
    )
