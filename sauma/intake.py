"""What the analyst takes into the ledger: a signed agreement, another party's statement, a cosigned checkpoint."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from ledger import entries, note, store
from ledger.entries import LINE_BYTES_MAX
from ledger.signature import decoded
from ledger.state import State
from sauma.agreements import load_agreement, require_role, signature_path
from sauma.files import read_bytes, shown
from sauma.keys import PartyKey, check_usable
from schemas import canonical
from schemas.agreement import Agreement
from schemas.errors import IntegrityError, UsageError
from schemas.ledger import KeyDestroyedEntry, SignedEntry

SIGNATURE_FILE_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One file to add: what it is, and what it holds."""

    kind: str
    content: Agreement | SignedEntry | str
    signatures: dict[str, bytes]
    place: str = "the file"


def read(path: Path, *, today: datetime.date) -> Item:
    """The file *path* as an item; ``UsageError`` S2123 if it is none of the three.

    An agreement must be in force *today* and signed by all its parties (S4002, S4003, S5002).
    """
    if path.suffix == ".toml":
        agreement = load_agreement(path, today=today)
        signatures = {party.id: _signature(path, party.id) for party in agreement.party}
        return Item("agreement", agreement, signatures, shown(path))
    data = read_bytes(path, limit=LINE_BYTES_MAX)
    if data.startswith(b"{"):
        signed = entries.read(data.removesuffix(b"\n"), place=shown(path))
        return Item(signed.statement.entry.kind, signed, {}, shown(path))
    if data.startswith(b"sauma/"):
        text = data.decode("utf-8", "replace")
        note.read(text, place=shown(path))
        return Item("witnessed", text, {}, shown(path))
    hint = "give agreement.toml, a .json statement or a .checkpoint"
    raise UsageError("S2123", place=shown(path), reason="is no agreement, signed statement or cosigned checkpoint", hint=hint)


def require_writer(folder: Path, party: str, items: list[Item]) -> None:
    """Refuse a party that does not write the ledger, before its passphrase is asked for: S4004."""
    agreements = (
        [store.open(folder).state.agreement]
        if store.begun(folder)
        else [item.content for item in items if isinstance(item.content, Agreement)]
    )
    if not agreements:
        raise UsageError(
            "S2121", place="ledger", reason="there is no ledger in this folder", hint="begin it: 'sauma ledger add agreement.toml'"
        )
    require_role(agreements[0], party, "analyst")


def add(folder: Path, item: Item, me: PartyKey, *, now: datetime.datetime) -> int:
    """Write *item* into the ledger in *folder*; returns the index of its entry, the old one if it was there already.

    A fault of the ledger itself is told as such; what the ledger does not take is a fault of the item's own file, and
    named so.  ``KeyProblem`` S6008 if its actor's key has expired.
    """
    if store.begun(folder):
        _check_key(store.open(folder).state, item, now)
    refused = None
    try:
        return _added(folder, item, me, now)
    except IntegrityError as problem:
        refused = problem
    if not store.begun(folder) or not refused.place.startswith(("entries.jsonl", "cosigned checkpoint")):
        raise refused
    hint = "ask who signed it to look at it, and to make a new one where it needs a correction"
    raise IntegrityError(refused.code, place=item.place, reason=f"the ledger does not take it: {refused.reason}", hint=hint)


def _check_key(state: State, item: Item, now: datetime.datetime) -> None:
    """A statement by a key that has expired proves nothing of when it was made, so it comes too late."""
    if isinstance(item.content, SignedEntry) and not isinstance(item.content.statement.entry, KeyDestroyedEntry):
        said = item.content.statement
        key = state.version.keys.get(said.actor)
        if key is not None and said.id not in state.ids:
            check_usable(key, now.date(), place=item.place)


def _added(folder: Path, item: Item, me: PartyKey, now: datetime.datetime) -> int:
    if isinstance(item.content, Agreement):
        return _agree(folder, item.content, item.signatures, me, now)
    if isinstance(item.content, SignedEntry):
        return store.add(folder, item.content, me, now)
    return store.cosign(folder, item.content, me, now)


def next_step(folder: Path) -> str:
    """What the analyst does next, as far as the ledger tells."""
    state = store.open(folder).state
    waiting = [(name, proposal) for name, proposal in state.proposals.items() if proposal.published is None and not proposal.rejected]
    ready = [name for name, proposal in waiting if not state.missing(name, proposal.release)]
    if ready:
        return f"sauma publish {ready[0]}"
    if any(proposal.approvals for _, proposal in waiting):
        return "sauma ledger checkpoint (by the officer)"
    if waiting:
        return f"sauma review {waiting[0][0]} (by the officer)"
    return "sauma propose LINKED --request REQUEST" if state.links else "sauma link"


def _agree(folder: Path, agreement: Agreement, signatures: dict[str, bytes], me: PartyKey, now: datetime.datetime) -> int:
    """Begin the ledger with *agreement*, or amend the one in force; adding the one in force again changes nothing."""
    entry = entries.agreement_entry(agreement, signatures)
    if not store.begun(folder) or agreement.amends is None:
        store.create(folder, entry, me, now)
        return 0
    opened = store.open(folder)
    if opened.state.agreement.digest == agreement.digest:
        return opened.state.version.index
    # going back to an earlier text is a new amendment, not the old one said again: so its id holds the size of the log
    said = {"origin": opened.log.origin, "agreement": agreement.digest, "size": opened.checkpoint.size}
    return store.append(folder, entry, me, entry_id=canonical.digest(said)[:32], now=now)


def _signature(path: Path, party: str) -> bytes:
    return decoded(read_bytes(signature_path(path, party), limit=SIGNATURE_FILE_LIMIT).decode("ascii", "replace").strip())
