"""How a party says something to the ledger: the analyst writes it, everyone else signs a statement file to send.

One home, one writer: the ledger lies on the analyst's machine, and a statement that another party signed is added
there with ``sauma ledger add``.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from ledger import entries, store
from ledger.merkle import EMPTY_ROOT
from ledger.note import Checkpoint
from sauma.files import read_bytes, shown, write_private
from sauma.keys import PartyKey
from schemas.agreement import Agreement
from schemas.ledger import Entry, KeyDestroyedEntry, SignedEntry


def seen(folder: Path | None, genesis: str) -> Checkpoint:
    """The checkpoint of the ledger (or a copy of it) in *folder*; that of the empty log for who holds none."""
    if folder is not None and store.begun(folder):
        return store.open(folder).checkpoint
    return Checkpoint(entries.origin_of(genesis), 0, EMPTY_ROOT)


def stated(entry: Entry, me: PartyKey, at: Checkpoint, now: datetime.datetime) -> SignedEntry:
    """*entry* as a statement of mine, signed, having seen the log at *at*."""
    return entries.sign(entries.statement(entry, actor=me.party, seen=at, now=now), me)


def destroyed(
    me: PartyKey,
    agreement: Agreement,
    ledger: Path | None,
    statements: Path,
    now: datetime.datetime,
    *,
    contributions: bool = False,
) -> Path:
    """State that my key (or the *contributions* that I hold) is destroyed: a signed file in *statements*.

    Where I write the *ledger*, an entry too.

    Returns the file.  What an earlier run stated before it was stopped is not stated again.
    """
    what = "contributions to the linkage key held here" if contributions else f"party key {me.public.fingerprint}"
    subject: Literal["linkage_contributions"] | None = "linkage_contributions" if contributions else None
    entry = KeyDestroyedEntry(kind="key_destroyed", destroyed=what, stated_on=now.date(), subject=subject)
    signed = stated(entry, me, seen(ledger, agreement.genesis), now)
    path = statements / f"key-destroyed-{signed.statement.id[:8]}.json"
    if path.exists():
        earlier = entries.read(read_bytes(path, limit=entries.LINE_BYTES_MAX), place=shown(path))
        signed = earlier if earlier.statement.id == signed.statement.id and entries.signed_by(earlier, me.public) else signed
    to_file(signed, path)
    if ledger is not None and store.begun(ledger) and "analyst" in agreement.party_of(me.party).roles:
        if not any(actor == me.party and said.destroyed == what for actor, said in store.open(ledger).state.destroyed):
            store.add(ledger, signed, me, now)  # the writer's own last entry: nobody can append after it
        store.finish(ledger, me)
    return path


def to_file(signed: SignedEntry, path: Path) -> Path:
    """Write a signed statement to *path*, the file to send to the analyst; returns *path*."""
    write_private(path, entries.line(signed))
    return path


def entering(
    ledger: Path | None, me: PartyKey, genesis: str, now: datetime.datetime, *, statements: Path | None
) -> Callable[[Sequence[Entry]], None]:
    """How my entries enter the ledger: at once where I write it (*statements* is None), else as files to send.

    The files are ``link-NN-ID.json`` in *statements*, for the analyst to add in that order.
    """
    at = seen(ledger, genesis)

    def enter(said: Sequence[Entry]) -> None:
        for number, entry in enumerate(said, start=1):
            if statements is None and ledger is not None:
                store.append(ledger, entry, me, now=now)
            elif statements is not None:
                signed = stated(entry, me, at, now)
                to_file(signed, statements / f"link-{number:02d}-{signed.statement.id[:8]}.json")

    return enter
