"""What ``sauma inspect`` can say of each artefact that is a file: every check that needs no key, then what it carries.

Each function returns the lines for a person and the same as a document.  Nothing is decrypted.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ledger import entries, note
from sauma import agreements, asking, contributions, files, fingerprints, keymaking
from sauma.keys import KEY_FILE_LIMIT, public_of
from sauma.project import PROJECT_BYTES_MAX, ProjectFile
from schemas import canonical
from schemas.agreement import Agreement
from schemas.contract import load_toml, parse
from schemas.errors import IntegrityError, KeyProblem
from schemas.keys import KeyFile
from schemas.ledger import SignedEntry
from schemas.public_key import PublicKey, parse_public_key

Said = tuple[list[str], dict[str, Any]]


def agreement(path: Path) -> Said:
    """An agreement: its form, its keys, its signatures."""
    agreed = agreements.read_agreement(path)
    signed = agreements.signed_by(path, agreed)
    for party in agreed.party:
        public_of(agreed, party.id)
    missing = [party.id for party in agreed.party if party.id not in signed]
    lines = [
        f"agreement {agreed.name}, in force {agreed.valid_from} to {agreed.valid_until}; digest {agreed.digest}",
        "the first version" if agreed.amends is None else f"an amendment of {agreed.genesis}",
        f"signed by {', '.join(signed) or 'nobody'}; missing {', '.join(missing) or 'nobody'}",
        *(f"allows similarity encodings (CLK) of {each.id}: see docs/clk.md" for each in agreed.register if each.encoding is not None),
        "what it says, for people: sauma agreement show",
    ]
    return lines, {"digest": agreed.digest, "genesis": agreed.genesis, "signed_by": list(signed), "missing": missing}


def request(path: Path, agreed: Agreement) -> Said:
    """A request, held to the agreement."""
    asked = asking.read_request(path, agreed)
    lines = [f"request for the {asked.audience} audience, {len(asked.table)} tables; nothing was counted for it"]
    lines += [f"  {table.id}: {table.kind}" for table in asked.table]
    return lines, {"audience": asked.audience, "tables": [table.id for table in asked.table]}


def project_file(path: Path) -> Said:
    """A ``sauma.toml``: whose it is and what it names."""
    place = files.shown(path)
    said = parse(ProjectFile, load_toml(files.read_bytes(path, limit=PROJECT_BYTES_MAX), place=place), place=place)
    lines = [f"project file of {said.party}; registers: {', '.join(said.register) or 'none'}", "it is signed by nobody"]
    return lines, {"party": said.party, "registers": list(said.register)}


def public_key(path: Path, agreed: Agreement | None) -> Said:
    """A public key: its fingerprint, and whether the agreement names it."""
    key = keymaking.read_public(path)
    lines = [f"public key of {key.party}, usable until {key.until or 'further notice'}", "  " + fingerprints.shown(key.fingerprint)]
    named = None if agreed is None else any(party.public_key == key.line for party in agreed.party)
    if named is not None:
        lines.append(f"the agreement {'names' if named else 'does NOT name'} this key")
    return lines, {"party": key.party, "fingerprint": key.fingerprint, "valid_until": _day(key), "in_agreement": named}


def key_file(path: Path) -> Said:
    """A private key file, unopened: whose it says it is."""
    place = files.shown(path)
    data = files.read_bytes(path, limit=KEY_FILE_LIMIT)
    files.require_private(path)
    file = parse(KeyFile, canonical.loads(data, place=place), place=place, error=KeyProblem, code="S6002")
    key = parse_public_key(file.public_key, place=place)
    lines = [f"private key file of {key.party}, usable until {key.until or 'further notice'}; it never leaves its owner"]
    lines += ["  " + fingerprints.shown(key.fingerprint), "what is in it shows only when it is opened with its passphrase"]
    return lines, {"party": key.party, "fingerprint": key.fingerprint, "valid_until": _day(key)}


def contribution(path: Path, agreed: Agreement) -> Said:
    """A contribution to the linkage key: under this agreement, signed by its steward, sealed to every steward."""
    found = contributions.signed(path, agreed)
    recipients = [sealed.recipient for sealed in found.keys]
    lines = [f"contribution of {found.party} to the linkage key, sealed to the stewards {', '.join(recipients)} and nobody else"]
    return lines, {"party": found.party, "recipients": recipients, "commitment": found.commitment}


def statement(path: Path, agreed: Agreement) -> Said:
    """A statement for the ledger: signed by its actor with the key that the agreement names, about this agreement's log."""
    place = files.shown(path)
    found = entries.read(files.read_bytes(path, limit=entries.LINE_BYTES_MAX).removesuffix(b"\n"), place=place)
    check_signed(found, agreed, place=place)
    said = found.statement
    content = json.dumps(said.entry.canonical(), ensure_ascii=True, sort_keys=True)
    lines = [f"statement of {said.actor}, {said.entry.kind}, said {said.at} having seen {said.size} entries", f"  {content[:1000]}"]
    return lines, {"actor": said.actor, "entry": said.entry.canonical(), "at": said.at, "seen": said.size}


def check_signed(found: SignedEntry, agreed: Agreement, *, place: str) -> None:
    """``IntegrityError`` S5005 if *found* is about another agreement's log, S5202 if it is not signed by its actor."""
    if found.statement.origin != entries.origin_of(agreed.genesis):
        raise IntegrityError("S5005", place=place, reason="made under another agreement", hint="give its agreement with --agreement")
    actor = found.statement.actor
    if actor not in {party.id for party in agreed.party} or not entries.signed_by(found, public_of(agreed, actor)):
        reason = f"is not signed with the key that the agreement names for {actor}: changed, or signed with an older key"
        raise IntegrityError("S5202", place=place, reason=reason, hint="ask its actor for the file again")


def checkpoint(path: Path, agreed: Agreement) -> Said:
    """A signed checkpoint: of this agreement's log, signed by its writer, cosigned by officers only."""
    place = files.shown(path)
    found = note.read(files.read_bytes(path, limit=entries.LINE_BYTES_MAX).decode("utf-8", "replace"), place=place)
    if found.checkpoint.origin != entries.origin_of(agreed.genesis):
        raise IntegrityError("S5005", place=place, reason="made under another agreement", hint="give its agreement with --agreement")
    writer = public_of(agreed, agreed.with_role("analyst")[0].id).signing
    officers = {party.id: public_of(agreed, party.id).signing for party in agreed.with_role("officer")}
    cosigned = sorted(note.check(found, writer=writer, witnesses=officers, place=place).witnesses)
    lines = [
        f"checkpoint of the ledger at {found.checkpoint.size} entries, root {found.checkpoint.root.hex()}",
        f"signed by the analyst, cosigned by {', '.join(cosigned) or 'nobody'}",
        "that a ledger holds up to it: sauma ledger verify --since FILE",
    ]
    return lines, {"size": found.checkpoint.size, "root": found.checkpoint.root.hex(), "cosigned_by": cosigned}


def _day(key: PublicKey) -> str | None:
    return key.until.isoformat() if key.until else None
