"""``sauma rehearse``: a project for one extract with throw-away keys, to try the way in before any agreement exists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sauma.cli.extracts import Delimiter, Encoding, ExtractFile, Sheet
from sauma.cli.options import AsJson
from sauma.cli.start import start


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rehearse")(rehearse)


def rehearse(
    extract: ExtractFile,
    out: Annotated[Path, typer.Option("--out", help="The folder to make.", metavar="DIR")] = Path("rehearsal"),
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: Sheet = None,
    as_json: AsJson = False,
) -> None:
    """Make a folder in which an extract can be checked and sealed at once: throw-away keys, and an agreement that is none.

    Nobody can open the package that comes of it. Nothing leaves this machine; remove the folder afterwards.

    Example: sauma rehearse early_education.csv
    """
    from sauma import drafting, files, glancing, guessing, readers, rehearsing
    from sauma.project import RegisterFiles
    from schemas.register import Register

    console, _, now = start(as_json=as_json)
    columns = glancing.glance(extract, encoding=encoding, delimiter=delimiter, sheet=sheet, tell=console.note)
    declared = RegisterFiles(extract=str(extract), encoding=encoding or None, delimiter=delimiter or None, sheet=sheet or None)
    said = {"encoding": encoding, "delimiter": delimiter, "sheet": sheet}
    lines = [f"{name} = {drafting.quoted(value)}" for name, value in said.items() if value]

    def tried(register: Register) -> set[str]:
        found = rehearsing.identifying_columns(readers.stream(extract, register, declared))
        for name in sorted(found):
            console.note(f"column {name} stays: values in it look like personal identity codes, phone numbers or e-mail addresses")
        return found

    made = rehearsing.rehearse(out, extract, drafting.register_id(extract), columns, now.date(), lines, tried=tried)
    console.line(f"wrote {files.shown(out)}: a REHEARSAL for {len(columns)} columns, not an agreement; it holds for {rehearsing.DAYS} days")
    listed = ", ".join(f"{name} ({form})" for name, form in made.leaves.items())
    console.line(f"would leave: {listed or 'nothing but tokens'}; everything else stays")
    remarks = guessing.remarks(columns)
    for remark in remarks:
        console.note(remark)
    console.line("nobody can open what is sealed here: the other parties' keys were thrown away")
    document = {"folder": files.shown(out), "register": made.register, "leaves": made.leaves, "remarks": list(remarks), "rehearsal": True}
    console.done(document, next_step=f"cd {files.shown(out)}, then: sauma check {made.register}, sauma pseudonymise {made.register}")
