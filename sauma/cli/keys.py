"""``sauma keys``: make, show and compare party keys, contribute to the linkage key, destroy and state so."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from sauma.cli.options import AgreementPath, AsJson, KeyPath, Lang, LedgerPath, LinkageKeyPath, PassphraseFile
from sauma.cli.start import start
from schemas.errors import UsageError

PublicFile = Annotated[Path, typer.Argument(help="The PARTY.pub file.", metavar="PARTY.pub")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Party keys and the stewards' linkage key.")
    group.command("create")(create)
    group.command("show")(show)
    group.command("compare")(compare)
    group.command("passphrase")(passphrase)
    group.command("contribute")(contribute)
    group.command("review")(review)
    group.command("destroy")(destroy)
    app.add_typer(group, name="keys")


def create(
    party: Annotated[str, typer.Argument(help="The party's id, as the agreement will name it.", metavar="PARTY")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for PARTY.key and PARTY.pub; else that of 'key' in sauma.toml.", metavar="DIR")
    ] = None,
    valid_until: Annotated[
        str, typer.Option("--valid-until", help="Last day on which the key may be used; else three years from now.", metavar="YYYY-MM-DD")
    ] = "",
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a key pair: PARTY.key, which you keep, and PARTY.pub, which you send to who drafts the agreement.

    Example: sauma keys create espoo
    """
    from sauma import files, fingerprints, keymaking

    console, project, now = start(as_json=as_json)
    until = keymaking.last_day(valid_until, now.date())
    agreed = project.optional("key")
    folder = out or (agreed.parent if agreed is not None and agreed.name == f"{party}.key" else Path())
    key = keymaking.make(party, folder, project.optional("passphrase_file", passphrase_file), until)
    private, public = folder / f"{party}.key", folder / f"{party}.pub"
    console.line(
        f"wrote {files.shown(private)} (keep it) and {files.shown(public)} (send it); usable until {key.until or 'further notice'}"
    )
    console.line("fingerprint, to compare by phone:")
    console.line("  " + fingerprints.shown(key.fingerprint))
    document = {"party": party, "key": files.shown(private), "public_key": files.shown(public), "fingerprint": key.fingerprint}
    document["valid_until"] = key.until.isoformat() if key.until else ""
    agreement = project.optional("agreement")
    console.done(document, next_step="sauma agreement sign" if agreement is not None and agreement.exists() else "sauma status")


def show(public: PublicFile, lang: Lang = "en", as_json: AsJson = False) -> None:
    """Show whose a public key is, until when, and its fingerprint with the words to read aloud.

    Example: sauma keys show espoo.pub --lang fi
    """
    from sauma import fingerprints, keymaking

    console, *_ = start(as_json=as_json)
    key = keymaking.read_public(public)
    console.line(f"public key of {key.party}, usable until {key.until or 'further notice'}")
    for line in fingerprints.spoken(key.fingerprint, lang):
        console.line(line)
    document = {"party": key.party, "valid_until": key.until.isoformat() if key.until else "", "fingerprint": key.fingerprint}
    console.done(document, next_step=f"sauma keys compare {public.name}  (by whoever received it)")


def compare(
    public: PublicFile,
    read_out: Annotated[list[str] | None, typer.Argument(help="What was read to you; else it is asked for.", metavar="[DIGITS]")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a public key with the fingerprint that its party reads to you: the same, a typing error, or another key.

    Example: sauma keys compare espoo.pub
    """
    from sauma import keymaking

    console, *_ = start(as_json=as_json)
    key = keymaking.read_public(public)
    text = " ".join(read_out or [])
    if not text:
        if not sys.stdin.isatty():
            hint = "give the digits after the file's name"
            raise UsageError("S2103", place="keys compare", reason="there is no terminal to ask at", hint=hint)
        text = typer.prompt("the eight groups, as they are read to you", type=str)
    keymaking.compare(key, text)
    console.line(f"the same: {public.name} is the key of {key.party} whose fingerprint was read to you")
    console.done({"party": key.party, "fingerprint": key.fingerprint, "same": True}, next_step="sauma agreement check")


def passphrase(
    new_passphrase_file: Annotated[
        Path | None, typer.Option("--new-passphrase-file", help="File that holds the new passphrase; else you are asked.", metavar="FILE")
    ] = None,
    key: KeyPath = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Change the passphrase of your key file; the keys themselves stay, and so does all that was sealed to them.

    Example: sauma keys passphrase
    """
    from sauma import files, keys, passphrases

    console, project, _ = start(as_json=as_json)
    path = project.path("key", key)
    old = keys.passphrase(project.optional("passphrase_file", passphrase_file))
    keys.load(path, old)  # so that a wrong one is told before a new one is asked for
    public = keys.change_passphrase(path, old, passphrases.new(new_passphrase_file, os.urandom))
    console.line(f"{files.shown(path)} of {public.party} opens with the new passphrase only; what was in the file is overwritten")
    console.line("copies and backups of the old file still open with the old passphrase: they are yours to destroy")
    console.done({"party": public.party, "key": files.shown(path)}, next_step="sauma status")


def contribute(
    agreement: AgreementPath = None,
    linkage_key: LinkageKeyPath = None,
    key: KeyPath = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Make my sealed contribution to the linkage key; stewards only, sealed to stewards only.

    Example: sauma keys contribute
    """
    from sauma import agreements, contributions, files, keys
    from schemas.errors import InputError

    console, project, now = start(as_json=as_json)
    agreed = agreements.opened(project, agreement, now.date())
    agreements.require_role(agreed, project.party, "steward")
    path = contributions.contribution_path(project.path("contributions", linkage_key, given="--linkage-key"), project.party)
    if path.exists():
        hint = "a new contribution changes the linkage key: move the old one away first, and tell the other stewards"
        raise InputError("S3004", place=files.shown(path), reason="is already there", hint=hint)
    me = keys.my_key(project, key, passphrase_file, agreement=agreed)
    files.write_private(path, contributions.contribute(agreed, me, os.urandom, on=now.date()))
    stewards = [party.id for party in agreed.with_role("steward")]
    console.line(f"wrote {files.shown(path)}; send it to the stewards: {', '.join(stewards)}")
    console.done({"contribution": files.shown(path), "stewards": stewards}, next_step="sauma keys review")


def review(
    agreement: AgreementPath = None,
    linkage_key: LinkageKeyPath = None,
    key: KeyPath = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Look at every steward's contribution: there, signed, sealed to every steward and nobody else, and opens; writes nothing.

    Example: sauma keys review
    """
    from sauma import agreements, contributions, fingerprints, keys

    console, project, now = start(as_json=as_json)
    agreed = agreements.opened(project, agreement, now.date())
    agreements.require_role(agreed, project.party, "steward")
    me = keys.my_key(project, key, passphrase_file, agreement=agreed)
    folder = project.path("contributions", linkage_key, given="--linkage-key")
    faults = contributions.reviewed(folder, agreed, me)
    for party, fault in faults.items():
        console.line(f"{party}: {fault.reason if fault else 'holds; signed, and sealed to every steward and to nobody else'}")
    found = {party: fault.code if fault else "" for party, fault in faults.items()}
    first = next((fault for fault in faults.values() if fault), None)
    if first:
        raise first
    number = contributions.comparison(folder, agreed, me)
    console.line("all stewards who hold the same contributions see this number; compare it by phone:")
    console.line("  " + fingerprints.shown(number))
    console.done({"contributions": found, "number": number}, next_step="sauma check REGISTER")


def destroy(
    confirmed: Annotated[bool, typer.Option("--yes", help="Yes, destroy it for good.")] = False,
    linkage: Annotated[
        bool, typer.Option("--linkage", help="Only the contributions to the linkage key that I hold; my own key stays.")
    ] = False,
    agreement: AgreementPath = None,
    linkage_key: LinkageKeyPath = None,
    key: KeyPath = None,
    passphrase_file: PassphraseFile = None,
    ledger: LedgerPath = None,
    as_json: AsJson = False,
) -> None:
    """Overwrite and remove my private key (or the contributions that I hold), after writing a signed statement of it.

    Example: sauma keys destroy --yes
    """
    from sauma import agreements, keydestroying, keys

    console, project, now = start(as_json=as_json)
    if not confirmed:
        hint = "give --yes; what was sealed to the key cannot be read afterwards"
        raise UsageError("S2101", place="keys destroy", reason="not confirmed", hint=hint)
    mine = project.path("key", key)
    if not linkage and keydestroying.finished(mine):
        console.line("destroyed what an earlier run had left of the key; its statement was written then")
        console.done({"party": project.party, "statement": None}, next_step="sauma ledger add key-destroyed-*.json")
        return
    agreed = agreements.read_agreement(project.path("agreement", agreement))
    me = keys.my_key(project, key, passphrase_file, agreement=agreed, expired_too=True)
    places = (project.optional("ledger", ledger), project.path("statements"))
    folder = project.path("contributions", linkage_key, given="--linkage-key") if linkage else None
    done = keydestroying.contributions(folder, agreed, me, places, now) if folder else keydestroying.key(mine, agreed, me, places, now)
    for line in done.said:
        console.line(line)
    console.done({"party": me.party, "statement": done.shown}, next_step=f"sauma ledger add {done.statement.name}")
