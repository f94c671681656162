"""``sauma link``: packages become a linked set."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauma.cli.options import AgreementPath, AsJson, KeyPath, LedgerPath, PassphraseFile
from sauma.cli.start import start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sauma.console import Console

SAID = {
    "records": "records went in",
    "identified_records": "share a personal identity code with another",
    "quarantined": "were quarantined: their code contradicts their other tokens",
    "records_linked_by_tokens": "were linked by match tokens",
    "ties_unlinked": "links were left out: a rival was as likely, or too many records joined one person",
    "tokens_dropped": "token values were dropped: too many records hold them",
    "persons": "persons",
    "units": "privacy units: persons whom families connect, protected together",
    "units_cut": "units were over the agreed size and cut back to dwelling families",
    "children_under_two_heads": "children were declared under two family heads",
}

Packages = Annotated[list[Path] | None, typer.Argument(help="Packages or folders of them (else from sauma.toml).", metavar="PACKAGE")]
Out = Annotated[Path | None, typer.Option("--out", help="The linked set to write (else a new folder in 'linked').", metavar="DIR")]
Memory = Annotated[int | None, typer.Option("--memory-mb", min=1, help="Memory that the engine may use.", metavar="MB")]
Spill = Annotated[
    Path | None,
    typer.Option("--spill", help="Folder for what does not fit in memory; by giving it you declare it encrypted.", metavar="DIR"),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("link")(link)


def link(
    packages: Packages = None,
    out: Out = None,
    memory_mb: Memory = None,
    spill: Spill = None,
    agreement: AgreementPath = None,
    key: KeyPath = None,
    passphrase_file: PassphraseFile = None,
    ledger: LedgerPath = None,
    as_json: AsJson = False,
) -> None:
    """Find out which records are one person, and which persons one family, under random ids; no token is kept.

    Example: sauma link
    """
    from sauma import agreements, files, gathering, keys, saying, stages
    from sauma.engine.duckdb import DuckDbEngine

    console, project, now = start(as_json=as_json)
    agreed = agreements.opened(project, agreement, now.date())
    mine = agreements.require_role(agreed, project.party, "linker")
    me = keys.my_key(project, key, passphrase_file, agreement=agreed)
    keys.check_recipients(agreed, "analyst", on=now.date())
    found = gathering.gather(packages or [project.path("packages", given="the packages")], agreed)
    if spill is not None:
        files.require_private(spill)
    writer = "analyst" in mine.roles
    book = project.path("ledger", ledger) if writer else project.optional("ledger", ledger)
    enter = saying.entering(book, me, agreed.genesis, now, statements=None if writer else project.path("statements"))
    folder, manifest, result = stages.link(
        found,
        agreed,
        me,
        DuckDbEngine(spill=spill, memory_mb=memory_mb),
        out=out,
        root=lambda: project.path("linked", given="--out"),
        enter=enter,
        today=now.date(),
        entropy=os.urandom,
    )
    shown = _show(console, result.facts)
    console.line(f"wrote {files.shown(folder)}: vintage {manifest.vintage[:16]}...")
    document = {"linked": files.shown(folder), "linked_id": manifest.linked_id, "vintage": manifest.vintage, "facts": shown}
    sent = "sauma ledger add link-*.json (by the analyst, from your statements)"
    console.done(document, next_step=f"sauma quality {files.shown(folder)}" if writer else sent)


def _show(console: Console, facts: Mapping[str, int]) -> dict[str, int | str]:
    """What happened, every count rounded to a declared base."""
    from sauma.rounding import BASE, rounded
    from schemas.agreement import DEFINITIONS

    totals = {**facts, "quarantined": sum(count for name, count in facts.items() if name.startswith("quarantined_"))}
    said = SAID | {f"families_{definition}": f"families by {definition.replace('_', ' within ')}" for definition in DEFINITIONS}
    shown = {name: rounded(totals[name]) for name in said}
    for name, text in said.items():
        console.line(f"{shown[name]:>9}  {text}")
    console.line(f"(counts are rounded to the nearest {BASE}; smaller ones are not told)")
    return shown
