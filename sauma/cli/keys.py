"""``sauma keys``: make a party key, contribute to the linkage key, destroy a key and state so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from sauma.cli.options import AgreementPath, AsJson, KeyPath, LedgerPath, LinkageKeyPath, PassphraseFile
from sauma.cli.start import start


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Party keys and the stewards' linkage key.")
    group.command("create")(create)
    group.command("contribute")(contribute)
    group.command("destroy")(destroy)
    app.add_typer(group, name="keys")


def create(
    party: Annotated[str, typer.Argument(help="The party's id, as the agreement will name it.", metavar="PARTY")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for PARTY.key and PARTY.pub; else that of 'key' in sauma.toml.", metavar="DIR")
    ] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a key pair: PARTY.key, which you keep, and PARTY.pub, which you send to who drafts the agreement.

    Example: sauma keys create espoo
    """
    from sauma import files, keys
    from sauma.agreements import PARTY_ID
    from schemas.errors import InputError, UsageError

    console, project, _ = start(as_json=as_json)
    if not PARTY_ID.fullmatch(party):
        hint = "lower-case letters, digits and underscores, at most 40, a letter first"
        raise UsageError("S2100", place="PARTY", reason="not a party id", hint=hint)
    agreed = project.optional("key")
    folder = out or (agreed.parent if agreed is not None and agreed.name == f"{party}.key" else Path())
    private, public = folder / f"{party}.key", folder / f"{party}.pub"
    stopped = private.exists() and not public.exists()  # between the two writes, by a crash
    for path in (private, public):
        if path.exists() and not stopped:
            raise InputError("S3004", place=files.shown(path), reason="is already there", hint="a key is never overwritten")
    secret = keys.passphrase(project.optional("passphrase_file", passphrase_file), confirm=not stopped)
    if stopped:
        key = keys.load(private, secret).public
        if key.party != party:
            raise InputError("S3004", place=files.shown(private), reason="is another party's key", hint="a key is never overwritten")
    else:
        content, key = keys.create(party, secret)
        files.write_private(private, content)
    files.write_private(public, key.line.encode() + b"\n")
    console.line(f"wrote {files.shown(private)} (keep it) and {files.shown(public)} (send it)")
    console.line(f"fingerprint, to compare by phone: {key.fingerprint}")
    document = {"party": party, "key": files.shown(private), "public_key": files.shown(public), "fingerprint": key.fingerprint}
    agreement = project.optional("agreement")
    console.done(document, next_step="sauma agreement sign" if agreement is not None and agreement.exists() else "sauma status")


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
    path = contributions.contribution_path(project.path("contributions", linkage_key), project.party)
    if path.exists():
        hint = "a new contribution changes the linkage key: move the old one away first, and tell the other stewards"
        raise InputError("S3004", place=files.shown(path), reason="is already there", hint=hint)
    me = keys.my_key(project, key, passphrase_file, agreement=agreed)
    files.write_private(path, contributions.contribute(agreed, me, os.urandom))
    stewards = [party.id for party in agreed.with_role("steward")]
    console.line(f"wrote {files.shown(path)}; send it to the stewards: {', '.join(stewards)}")
    console.done({"contribution": files.shown(path), "stewards": stewards}, next_step="sauma check REGISTER")


def destroy(
    confirmed: Annotated[bool, typer.Option("--yes", help="Yes, destroy my private key for good.")] = False,
    agreement: AgreementPath = None,
    key: KeyPath = None,
    passphrase_file: PassphraseFile = None,
    ledger: LedgerPath = None,
    as_json: AsJson = False,
) -> None:
    """Overwrite and remove my private key, after writing a signed statement of it for the ledger.

    Example: sauma keys destroy --yes
    """
    from sauma import agreements, files, keys, saying
    from schemas.errors import UsageError

    console, project, now = start(as_json=as_json)
    if not confirmed:
        hint = "give --yes; what was sealed to the key cannot be read afterwards"
        raise UsageError("S2101", place="keys destroy", reason="not confirmed", hint=hint)
    mine = project.path("key", key)
    if files.half_destroyed(mine):  # a crash came after the statement: what is left is not a key any more
        files.destroy(mine)
        console.line("destroyed what an earlier run had left of the key; its statement was written then")
        console.done({"party": project.party, "statement": None}, next_step="sauma ledger add key-destroyed-*.json")
        return
    agreed = agreements.read_agreement(project.path("agreement", agreement))
    me = keys.my_key(project, key, passphrase_file, agreement=agreed)
    path = saying.destroyed(me, agreed, project.optional("ledger", ledger), project.path("statements"), now)  # without a key none can
    files.destroy(mine)
    console.line(f"destroyed the key of {me.party}; copies and backups elsewhere are yours to destroy")
    console.line(f"wrote {files.shown(path)}; send it to the analyst")
    console.done({"party": me.party, "statement": files.shown(path)}, next_step=f"sauma ledger add {path.name}")
