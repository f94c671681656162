"""``sauma agreement``: draft, check, sign and show the linkage agreement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauma.cli.options import AgreementPath, AsJson, KeyPath, Lang, PassphraseFile
from sauma.cli.start import start

if TYPE_CHECKING:
    from sauma.console import Console
    from schemas.agreement import Agreement


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The linkage agreement and its signatures.")
    group.command("draft")(draft)
    group.command("check")(check)
    group.command("sign")(sign)
    group.command("show")(show)
    app.add_typer(group, name="agreement")


def draft(
    template: Annotated[
        Path | None, typer.Option("--from", help="A filled-in agreement without public keys; else a blank one.", metavar="TEMPLATE")
    ] = None,
    pub: Annotated[Path | None, typer.Option("--pub", help="Folder of the parties' PARTY.pub files.", metavar="DIR")] = None,
    registers: Annotated[
        list[Path] | None,
        typer.Option("--register", help="A block of 'sauma register draft', in place of the example; may be repeated.", metavar="FILE"),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Where to write the draft.", metavar="FILE")] = Path("agreement.toml"),
    as_json: AsJson = False,
) -> None:
    """Write an agreement to be signed: a commented blank, or a template with every party's public key put in.

    Example: sauma agreement draft --from ours.toml --pub keys --out agreement.toml
    """
    from importlib.resources import files as resources

    from sauma import agreements, files
    from schemas.contract import MAX_TOML_BYTES
    from schemas.errors import InputError, UsageError

    console, *_ = start(as_json=as_json)
    if out.exists():
        raise InputError("S3004", place=files.shown(out), reason="is already there", hint="choose another name with --out")
    if (template is None) != (pub is None):
        raise UsageError("S2102", place="agreement draft", reason="--from and --pub go together", hint="give both, or neither for a blank")
    if template is not None and registers:
        raise UsageError("S2102", place="agreement draft", reason="--register goes into a blank", hint="put the blocks into the template")
    if template is None or pub is None:
        content = resources("sauma").joinpath("blank_agreement.toml").read_bytes()
        blocks = [files.read_bytes(path, limit=MAX_TOML_BYTES) for path in registers or []]
        content = agreements.with_registers(content, blocks, place=files.shown(out)) if blocks else content
    else:
        content = agreements.fill_public_keys(files.read_bytes(template, limit=MAX_TOML_BYTES), pub, place=files.shown(template))
    files.write_private(out, content)
    console.line(f"wrote {files.shown(out)}")
    console.done(
        {"agreement": files.shown(out), "blank": template is None}, next_step=f"sauma agreement check --agreement {files.shown(out)}"
    )


def check(agreement: AgreementPath = None, as_json: AsJson = False) -> None:
    """Check the agreement's form, blanks, term, keys and signatures; writes nothing.

    Example: sauma agreement check
    """
    from sauma import agreements, files, keys, showing

    console, project, now = start(as_json=as_json)
    path = project.path("agreement", agreement)
    agreed = agreements.load_agreement(path, today=now.date(), need_signatures=False)
    public = {party.id: keys.public_of(agreed, party.id) for party in agreed.party}
    signed = agreements.signatures(path, agreed)
    missing = [party.id for party in agreed.party if party.id not in signed]
    _describe(agreed, console)
    console.line(f"{files.shown(path)} is well formed and lies in its term; digest {agreed.digest}")
    expiring = {party: key.until.isoformat() for party, key in public.items() if key.until and key.until < agreed.valid_until}
    for party, day in expiring.items():
        state = "has expired" if public[party].expired(now.date()) else "expires before the agreement ends"
        console.line(f"the key of {party} {state}, on {day}: plan an amendment with a new one")
    console.line(f"signed by {', '.join(signed) or 'nobody'}; missing {', '.join(missing) or 'nobody'}")
    document = {"digest": agreed.digest, "genesis": agreed.genesis, "signed_by": list(signed), "missing": missing, "in_force": not missing}
    document |= {"keys_expiring": expiring, "without_restriction": [source.id for source in showing.unmarked(agreed)]}
    console.done(document, next_step="sauma agreement sign" if missing else "sauma status")


def sign(agreement: AgreementPath = None, key: KeyPath = None, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
    """Sign the agreement with my key; the signature lies beside it and goes to the other parties.

    Example: sauma agreement sign
    """
    from sauma import agreements, files, keys

    console, project, now = start(as_json=as_json)
    path = project.path("agreement", agreement)
    agreed = agreements.load_agreement(path, today=now.date(), need_signatures=False)
    _describe(agreed, console)
    me = keys.my_key(project, key, passphrase_file, agreement=agreed)
    written = agreements.sign(path, agreed, me)
    console.line(f"signed as {me.party}: {files.shown(written)}")
    console.done({"party": me.party, "signature": files.shown(written), "digest": agreed.digest}, next_step="sauma agreement check")


def show(
    agreement: AgreementPath = None,
    lang: Lang = "en",
    out: Annotated[Path | None, typer.Option("--out", help="Write it as one HTML file for reading and printing.", metavar="HTML")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the agreement as a page for readers of law: who, what for, which data in which form, to whom, and what is not promised.

    Example: sauma agreement show --lang fi --out sopimus.html
    """
    from sauma import agreements, files, keys
    from sauma.report import agreement_page

    console, project, _ = start(as_json=as_json)
    path = project.path("agreement", agreement)
    agreed = agreements.read_agreement(path)
    signed = agreements.signed_by(path, agreed)
    public = {party.id: keys.public_of(agreed, party.id) for party in agreed.party}
    about = agreement_page.page(agreed, public, signed, lang)
    if out is not None:
        files.write_private(out, agreement_page.html(about))
        console.line(f"wrote {files.shown(out)}: open it in a browser, or print it")
    else:
        for line in agreement_page.text(about):
            console.line(line)
    document = {"digest": agreed.digest, "genesis": agreed.genesis, "agreement": agreed.canonical(), "signed_by": list(signed)}
    console.done({**document, "page": files.shown(out) if out else None}, next_step="sauma agreement check")


def _describe(agreed: Agreement, console: Console) -> None:
    from sauma.keys import public_of

    console.line(f"{agreed.name} (digest {agreed.digest[:16]}...), in force {agreed.valid_from} to {agreed.valid_until}")
    console.line(f"purpose: {agreed.purpose}")
    if agreed.demonstration:
        console.line("A DEMONSTRATION: synthetic people only")
    for party in agreed.party:
        console.line(f"  {party.id}: {', '.join(party.roles)}; key {public_of(agreed, party.id).fingerprint}")
    for exception in agreed.exception:
        console.line(f"  exception {exception.subject}: {exception.reason}")
    for source in agreed.register:
        console.line(
            f"register {source.id} of {source.controller}, {source.window.first} to {source.window.last}; basis: {source.legal_basis}"
        )
        console.line(
            "  used to find persons and families, and leaves as tokens if at all: "
            + (", ".join(field.name for field in source.columns if field.meaning) or "nothing")
        )
        console.line("  leaves: " + (", ".join(f"{field.name} ({field.leaves})" for field in source.leaving) or "nothing"))
        if source.encoding is not None:
            digest = source.encoding.schema_sha256[:16]
            console.line(
                f"  similarity encodings (CLK) of it are allowed, under the linkage schema {digest}...: most people can be found again"
            )
    console.line(f"budget: epsilon {agreed.budget.total} in all, at most {agreed.budget.persons_per_family} persons of a unit in a table")
    console.line(f"approvals: {agreed.approvals.officers} officer(s); kept until {agreed.retention.until}")
    for rules in agreed.release:
        least = f"at least {rules.minimum_persons} persons, {rules.minimum_families} families"
        console.line(f"release {rules.audience}: {', '.join(rules.kinds)}, {least}")
    _describe_showing(agreed, console)


def _describe_showing(agreed: Agreement, console: Console) -> None:
    """What may be seen without the key: match tokens in common, attacks, codes that are nobody's, and restricted people."""
    from sauma import showing

    linkage, codeless = agreed.linkage, showing.keeping(agreed)
    known = "a list of everybody finds most people"
    if linkage.near_equal_tokens == "kept":
        console.line(f"near-equal tokens: KEPT: {known}")
    else:
        kept = f"; KEPT in {', '.join(source.id for source in codeless)}, without codes: {known}" if codeless else ""
        console.line(f"near-equal tokens: dropped in registers with codes{kept}")
    console.line(f"attack ceiling: {linkage.attack_ceiling or 'none, nothing is attacked before it is sealed'}")
    if linkage.artificial_hetu != "refuse":
        console.line("artificial personal identity codes: linked like any other")
    for source in showing.unmarked(agreed):
        console.line(
            f"WARNING: register {source.id} says where people live or are reached ({', '.join(showing.places(source))}) and has no "
            "column of meaning restricted: nothing is withheld of people under a non-disclosure order (turvakielto)"
        )
