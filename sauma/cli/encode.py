"""``sauma encode``: similarity encodings of an extract, for a network that already uses clkhash."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sauma.cli.extracts import ExtractPath, RegisterId, stream_register
from sauma.cli.options import AgreementPath, AsJson, Lang
from sauma.cli.start import start

if TYPE_CHECKING:
    from privacy.pseudonymise.clk.leaving import Encodings
    from schemas.linkage_schema import LinkageSchema


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("encode")(encode)


def encode(
    register: RegisterId,
    schema: Annotated[Path, typer.Option("--schema", help="The linkage schema of clkhash that the agreement names.", metavar="FILE")],
    secret: Annotated[Path, typer.Option("--secret", help="File that holds the secret of the network.", metavar="FILE")],
    extract: ExtractPath = None,
    out: Annotated[Path | None, typer.Option("--out", help="The CLKs to write (else REGISTER.clks.json).", metavar="JSON")] = None,
    lang: Lang = "en",
    agreement: AgreementPath = None,
    as_json: AsJson = False,
) -> None:
    """Encode an extract as CLKs for a network that already uses clkhash: whoever holds them can find most people again.

    Example: sauma encode patients --schema clk_schema.json --secret secret.txt --out clks.json
    """
    from privacy.pseudonymise.clk.leaving import encodings
    from sauma import agreements, encoding, files
    from sauma.report.encoding_words import said

    console, project, now = start(as_json=as_json)
    agreed = agreements.opened(project, agreement, now.date())
    declared = agreed.register_of(register)
    batches, local = stream_register(project, agreed, register, extract, console, now.date())
    linkage = encoding.read_schema(schema, declared)
    shared = encoding.read_secret(secret)
    for warning in said(lang):
        console.note(warning)
    folder = project.folder / (project.settings.out if project.settings else ".")
    target = out or folder / f"{register}.clks.json"
    rows = target.with_name(f"{target.stem}.rows.csv")
    with files.lock(folder / f"{register}.lock"):
        found = encodings(batches, agreed, local, linkage, shared, os.urandom)
        encoding.write_rows(rows, found.rows)
        encoding.write_clks(target, found.clks)
    document = {"clks": files.shown(target), "rows": files.shown(rows), **_facts(found, linkage), "warning": list(said(lang))}
    console.line(f"wrote {document['clks']}: {document['encoded']} CLKs of {document['bits']} bits, in random order")
    console.line(f"which row each is of: {document['rows']}; it stays with you")
    console.line("left out: {opted_out} opted out, {restricted} restricted, {kept_back} with faults".format(**document))
    fewest, mean, most = encoding.bits_set(found)
    console.line(f"bits set: {fewest} to {most}, {mean} on average")
    if linkage.config.unread_folds not in (0, linkage.config.folds):
        console.note("the schema's xorFolds is not applied, because clkhash does not apply it: clkhash reads xor_folds")
    console.done(document, next_step=f"sauma check {register}")


def _facts(found: Encodings, schema: LinkageSchema) -> dict[str, Any]:
    import numpy as np

    return {
        "encoded": len(found.rows),
        "bits": schema.config.bits,
        "features": [feature.identifier for _, feature in schema.encoded],
        "opted_out": found.opted_out,
        "restricted": found.restricted,
        "kept_back": len(np.unique(found.rejects.rows)),
    }
