"""``sauma quality``: how well a linked set was linked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sauma.cli.options import AgreementPath, AsJson, KeyPath, PassphraseFile
from sauma.cli.start import start

if TYPE_CHECKING:
    from sauma.console import Console
    from sauma.keys import PartyKey
    from sauma.linkedset import OpenLinked
    from schemas.agreement import Agreement


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("quality")(quality)


def quality(
    linked: Annotated[Path, typer.Argument(help="A linked set.", metavar="LINKED")],
    truth: Annotated[Path | None, typer.Option("--truth", help="In a demonstration: the true person of each row.", metavar="CSV")] = None,
    agreement: AgreementPath = None,
    key: KeyPath = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Show how well the linkage did on records whose identity was hidden from it, and on a control that has no match.

    Example: sauma quality linked/3f2a91c0
    """
    from sauma import agreements, files, keys
    from sauma.linkedset import open_quality, read_linked

    console, project, now = start(as_json=as_json)
    agreed = agreements.opened(project, agreement, now.date())
    agreements.require_role(agreed, project.party, "analyst")
    if truth is not None:
        _require_demonstration(agreed)
    me = keys.my_key(project, key, passphrase_file, agreement=agreed)
    opened = read_linked(linked, agreed)
    document: dict[str, Any] = {
        "linked_id": opened.manifest.linked_id,
        "hold_out": _hold_out(console, open_quality(opened, me)["hold_out"]),
    }
    if truth is not None:
        document["truth"] = _against_truth(console, opened, me, truth, agreed)
    console.done(document, next_step=f"sauma propose {files.shown(linked)} --request REQUEST.toml")


def _hold_out(console: Console, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The hold-out by register: counts rounded to a declared base, and rates of the rounded counts."""
    from sauma.rounding import rounded, share

    console.line("hold-out: records whose identity code was hidden and that were linked again by match tokens")
    found = []
    for row in rows:
        wrong = row["wrong"] + row["removed_wrong"]
        shown = {
            "register": row["register"],
            "held": rounded(row["held"]),
            "found_percent": share(row["found"], row["held"]),
            "control": rounded(row["removed"]),
            "false_percent": share(row["removed_wrong"], row["removed"]),
            "wrong": rounded(wrong),
        }
        found.append(shown)
        console.line(
            f"  {shown['register']}: {_percent(shown['found_percent'])} of {shown['held']} found again;"
            f" {_percent(shown['false_percent'])} of {shown['control']} without a match were linked to somebody"
        )
    if not found:
        console.line("  none: no register shares identity codes with another that carries match tokens")
    console.line("  records with a code have cleaner names than those without: take the shares found as upper bounds")
    return found


def _percent(share: float | None) -> str:
    return "an unknown share" if share is None else f"{share} %"


def _against_truth(console: Console, linked: OpenLinked, me: PartyKey, truth: Path, agreed: Agreement) -> dict[str, Any]:
    from sauma.linkedset import open_families, open_links
    from sauma.truth import compare

    result = compare(open_links(linked, me), open_families(linked, me), truth, agreed)
    console.line(f"against the truth: {_said(result)}")
    console.line(f"  residue, pairs with a record without a code: {_said(result['residue'])}")
    for column, groups in result.get("by_group", {}).items():
        for value, rates in groups.items():
            console.line(f"    {column} {value}: {_said(rates)}")
    for name, share in result["linked_share"].items():
        console.line(
            f"  {name}: {share} of its records with a partner elsewhere are linked to one, precision {result['precision_of'][name]}"
        )
    for definition, rates in result.get("families", {}).items():
        console.line(f"  families by {definition.replace('_', ' within ')}, pairs of persons: {_said(rates)}")
    return result


def _said(rates: dict[str, Any]) -> str:
    return f"precision {rates['precision']}, recall {rates['recall']}, F1 {rates['f1']}"


def _require_demonstration(agreed: Agreement) -> None:
    from schemas.errors import PolicyRefusal

    if not agreed.demonstration:
        raise PolicyRefusal(
            "S4200",
            place="agreement",
            reason="there is no truth file about real people",
            hint="leave out --truth; the hold-out needs no truth",
        )
