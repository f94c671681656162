"""Statements: what an actor signs about the log, and the line it becomes.

A line of ``entries.jsonl`` is the canonical JSON of a :class:`schemas.ledger.SignedEntry`.  The signature is over
``ENTRY_PREFIX`` and the statement's canonical JSON: origin, id, actor, time, the checkpoint seen, and the entry.  The
writer's own entries name the log as it is just before them; an officer's or steward's name the checkpoint that they
saw, so that nobody can put words they said about one history into another.
"""

from __future__ import annotations

import base64
import datetime
from collections.abc import Mapping

from ledger.note import Checkpoint
from ledger.signature import Signer, decoded, holds
from schemas import canonical
from schemas.agreement import SIGNATURE_PREFIX, Agreement
from schemas.contract import parse
from schemas.errors import IntegrityError, KeyProblem
from schemas.ledger import ENTRY_PREFIX, AgreementEntry, Entry, SignedEntry, Statement
from schemas.public_key import PublicKey, parse_public_key

LINE_BYTES_MAX = 16 * 1024 * 1024


def origin_of(genesis: str) -> str:
    """The log's origin: ``sauma/`` and the genesis digest of its agreement."""
    return f"sauma/{genesis}"


def agreement_entry(agreement: Agreement, signatures: dict[str, bytes]) -> AgreementEntry:
    """The entry for *agreement* with the parties' detached signatures (party to 64 bytes)."""
    encoded = {party: base64.b64encode(raw).decode() for party, raw in sorted(signatures.items())}
    return AgreementEntry(kind="agreement", agreement=agreement.digest, document=agreement, signatures=encoded)


def content_id(origin: str, actor: str, entry: Entry) -> str:
    """The id that an entry gets if none is given: saying the same thing twice is saying it once (128 bits, hex)."""
    return canonical.digest({"origin": origin, "actor": actor, "entry": entry.canonical()})[:32]


def statement(entry: Entry, *, actor: str, seen: Checkpoint, now: datetime.datetime, entry_id: str | None = None) -> Statement:
    """*actor*'s statement of *entry*, having seen the log at *seen*, at *now* (an aware time)."""
    return Statement(
        format="sauma/ledger/v0",
        origin=seen.origin,
        id=entry_id or content_id(seen.origin, actor, entry),
        actor=actor,
        at=now.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        size=seen.size,
        root=seen.root.hex(),
        entry=entry,
    )


def sign(said: Statement, signer: Signer) -> SignedEntry:
    """*said* with its actor's signature."""
    signature = signer.sign(ENTRY_PREFIX, canonical.dumps(said.canonical()))
    return SignedEntry(statement=said, signature=base64.b64encode(signature).decode())


def line(signed: SignedEntry) -> bytes:
    """The canonical bytes of *signed*, without a newline: the leaf, and the contents of a statement file."""
    return canonical.dumps(signed.canonical())


def read(data: bytes, *, place: str) -> SignedEntry:
    """The signed entry whose line is *data*; ``IntegrityError`` S5001/S5201 naming *place*.  Its signature is not checked."""
    if len(data) > LINE_BYTES_MAX:
        raise IntegrityError("S5201", place=place, reason="longer than an entry may be", hint="restore the file from a backup")
    return parse(SignedEntry, canonical.loads(data, place=place), place=place, error=IntegrityError, code="S5201")


def signed_by(signed: SignedEntry, key: PublicKey) -> bool:
    """Whether *signed* carries *key*'s signature."""
    message = ENTRY_PREFIX + canonical.dumps(signed.statement.canonical())
    return holds(key.signing, message, decoded(signed.signature))


def signed_by_all(entry: AgreementEntry, keys: Mapping[str, PublicKey]) -> bool:
    """Whether the agreement in *entry* carries the signature of each of *keys*, and of nobody else."""
    message = SIGNATURE_PREFIX + canonical.dumps(entry.document.canonical())
    signatures = entry.signatures
    return set(signatures) == set(keys) and all(holds(key.signing, message, decoded(signatures[party])) for party, key in keys.items())


def signed_by_one(entry: AgreementEntry, key: PublicKey) -> bool:
    """Whether the agreement in *entry* carries the signature of *key*, under its party's name."""
    message = SIGNATURE_PREFIX + canonical.dumps(entry.document.canonical())
    return holds(key.signing, message, decoded(entry.signatures.get(key.party, "")))


def keys_of(entry: AgreementEntry, *, place: str) -> dict[str, PublicKey]:
    """The parties' public keys; ``IntegrityError`` S5205 naming *place* if one is malformed or another party's."""
    keys: dict[str, PublicKey] = {}
    for party, text in entry.parties.items():
        try:
            keys[party] = parse_public_key(text, place=place)
        except KeyProblem:
            continue
    if any(party not in keys or keys[party].party != party for party in entry.parties):
        raise IntegrityError("S5205", place=place, reason="a party's public key is malformed", hint="sign an agreement that is whole")
    return keys
