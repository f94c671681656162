"""The only writer of a ledger folder, and the only input and output of the pure rooms beside ``verify``.

An append is the commit point of everything that is told::

    lock      exclusive, held by the process, given back by the operating system when it dies
    recover   cut off what a crash left half written; sign what it left unsigned
    check     the new entry under the very rules of the verifier
    write     entries.jsonl (append), fsync, close, fsync of the folder       <- from here on it is told
    sign      checkpoint: temporary file, fsync, rename, fsync of the folder   <- from here on it is acknowledged

A crash after the write leaves one entry more than the checkpoint covers: a retry finds it by its id and returns it.  A
failed write or fsync stops with S5206 and is never retried on the same descriptor.  Keep the folder on a local disk:
network file systems break locks and fsync.
"""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from ledger import entries, note, relations
from ledger.lock import locked, refused
from ledger.log import CHECKPOINT, ENTRIES, Log, split_lines
from ledger.merkle import EMPTY_ROOT
from ledger.note import Checkpoint, Note
from ledger.signature import Signer
from ledger.state import State
from ledger.verify import FILE_BYTES_MAX, Loaded, load, read_bytes
from schemas.agreement import Audience
from schemas.errors import IntegrityError, PolicyRefusal, UsageError
from schemas.ledger import AgreementEntry, Entry, PublicationEntry, SignedEntry, WitnessedEntry
from schemas.release import Relations


@dataclass(frozen=True, slots=True)
class Ledger:
    """A verified ledger as it was when it was opened."""

    folder: Path
    log: Log
    finished: bool

    @property
    def state(self) -> State:
        """What the entries amount to."""
        return self.log.state

    @property
    def entries(self) -> tuple[SignedEntry, ...]:
        """All entries, in order."""
        return tuple(self.log.entries)

    @property
    def checkpoint(self) -> Checkpoint:
        """Origin, size and root: what a statement names as seen."""
        return self.log.checkpoint

    @property
    def note(self) -> Note:
        """The signed checkpoint in the folder."""
        return note.read(read_bytes(self.folder / CHECKPOINT, limit=FILE_BYTES_MAX).decode("utf-8", "replace"), place=CHECKPOINT)

    def relations(self, audience: Audience) -> tuple[Relations, ...]:
        """What *audience* was told, in order of publication; ``IntegrityError`` S5207 naming a missing or changed file."""
        return tuple(_read_relations(self.folder, audience, digest) for digest in self.state.told(audience))


def open(folder: Path) -> Ledger:  # noqa: A001 - callers say store.open, beside store.create
    """The ledger in *folder*, all of it verified but for the relations, which :meth:`Ledger.relations` checks as it reads.

    Raises ``UsageError`` S2121 if there is none, ``IntegrityError`` S5001, S5201-S5209 naming the file if it does not hold.
    """
    loaded = load(folder)
    return Ledger(folder, loaded.log, loaded.finished)


def create(folder: Path, agreement_entry: AgreementEntry, signer: Signer, now: datetime.datetime) -> Ledger:
    """Begin the ledger of an agreement in *folder*; returns it as it is if it was begun with the same agreement.

    Raises ``UsageError`` S2122 if another agreement's ledger is there.
    """
    _make_folder(folder)
    origin = entries.origin_of(agreement_entry.agreement)
    with locked(folder):
        if begun(folder):
            if _recovered(folder, signer).log.origin != origin:
                raise UsageError("S2122", place="ledger", reason="the ledger of another agreement is there", hint="give another folder")
        else:
            nothing = Loaded(Log(), 0, finished=True)
            said = entries.statement(agreement_entry, actor=signer.party, seen=Checkpoint(origin, 0, EMPTY_ROOT), now=now)
            _commit(folder, nothing, entries.sign(said, signer), signer)
    return open(folder)


def begun(folder: Path) -> bool:
    """Whether there is a ledger in *folder*: a crash while one was begun may leave an empty or torn log, which is none."""
    file = folder / ENTRIES
    return (folder / CHECKPOINT).exists() or (file.is_file() and bool(split_lines(read_bytes(file, limit=FILE_BYTES_MAX))[0]))


def append(folder: Path, entry: Entry, signer: Signer, *, entry_id: str | None = None, now: datetime.datetime) -> int:
    """Write *signer*'s own *entry*; returns its index.  Saying it again, after a crash say, returns the same index.

    *entry_id* (128 bits, hex) defaults to a digest of actor and entry.  Raises ``PolicyRefusal`` S4004 unless *signer* is
    the log's writer, ``IntegrityError`` S5205 if the rules forbid the entry, S5209 if the id names another entry,
    S5206 if the disk refuses, ``Busy`` S8002.  Relations that a publication names must be kept first.
    """
    with locked(folder):
        found = _recovered(folder, signer)
        log = found.log
        known = log.state.ids.get(entry_id or entries.content_id(log.origin, signer.party, entry))
        if known is not None:
            return known if log.entries[known].statement.entry == entry else _clash(known)
        if isinstance(entry, PublicationEntry) and entry.proposal_id in log.state.proposals:
            for digest in entry.relations:
                _read_relations(folder, log.state.proposals[entry.proposal_id].audience, digest)
        said = entries.statement(entry, actor=signer.party, seen=log.checkpoint, now=now, entry_id=entry_id)
        return _commit(folder, found, entries.sign(said, signer), signer)


def add(folder: Path, signed: SignedEntry, signer: Signer, now: datetime.datetime) -> int:
    """Write another party's statement *signed*; returns its index.  Adding it again returns the same index."""
    del now  # the statement says when it was made; a second clock would prove nothing
    with locked(folder):
        found = _recovered(folder, signer)
        known = found.log.state.ids.get(signed.statement.id)
        if known is not None:
            return known if found.log.entries[known] == signed else _clash(known)
        return _commit(folder, found, signed, signer)


def cosign(folder: Path, text: str, signer: Signer, now: datetime.datetime) -> int:
    """Write down the cosigned checkpoint *text* (a signed note); returns the index of its entry."""
    checkpoint = note.read(text, place="cosigned checkpoint").checkpoint
    entry = WitnessedEntry(kind="witnessed", size=checkpoint.size, root=checkpoint.root.hex(), note=text)
    return append(folder, entry, signer, now=now)


def finish(folder: Path, signer: Signer) -> Note:
    """Finish what a crash left half done, if anything; returns the signed checkpoint."""
    with locked(folder):
        _recovered(folder, signer)
    return open(folder).note


def keep_relations(folder: Path, told: Relations) -> str:
    """Write *told* under its digest, before the publication that names it; returns the digest.  Writing twice is harmless."""
    digest = relations.digest(told)
    path = folder / relations.name(told.audience, digest)
    _make_folder(path.parent.parent)
    _make_folder(path.parent)
    _durably(lambda: _replace(path, relations.encode(told)))
    return digest


def _commit(folder: Path, found: Loaded, signed: SignedEntry, signer: Signer) -> int:
    line = entries.line(signed)
    found.log.take(line)
    _write_tail(folder / ENTRIES, line + b"\n", length=found.length)
    _sign(folder, found.log, signer)
    return len(found.log.entries) - 1


def _sign(folder: Path, log: Log, signer: Signer) -> None:
    version = log.state.version_at(len(log.entries) - 1)
    signed = note.sign(log.checkpoint, signer, version.keys[version.writer].signing)
    log.check_note(signed, place=CHECKPOINT)  # a wrong key must not replace a good checkpoint
    _durably(lambda: _replace(folder / CHECKPOINT, signed.text.encode()))


def _recovered(folder: Path, signer: Signer) -> Loaded:
    """The log as *signer*, who must be its writer, may extend it."""
    found = load(folder)
    _require_writer(found.log, signer)
    if not found.finished:
        _write_tail(folder / ENTRIES, b"", length=found.length)
        _sign(folder, found.log, signer)
    return found


def _require_writer(log: Log, signer: Signer) -> None:
    if signer.party != log.state.writer:
        raise PolicyRefusal(
            "S4004",
            place="ledger",
            reason=f"only the analyst writes the ledger; {signer.party} is not",
            hint="send your signed statement to the analyst, who runs 'sauma ledger add'",
        )


def _clash(index: int) -> NoReturn:
    place = f"{ENTRIES}, entry {index}"
    raise IntegrityError("S5209", place=place, reason="another entry has the same id", hint="make a new proposal or statement")


def _read_relations(folder: Path, audience: Audience, digest: str) -> Relations:
    path = folder / relations.name(audience, digest)
    if not path.is_file():
        raise IntegrityError("S5207", place=relations.name(audience, digest), reason="is missing", hint="restore it from a backup")
    return relations.read(read_bytes(path, limit=FILE_BYTES_MAX), audience=audience, digest=digest)


def _durably(act: Callable[[], object]) -> None:
    """Do *act*; what the disk refuses becomes ``IntegrityError`` S5206, raised where the first error is no longer in sight."""
    failed = False
    try:
        act()
    except OSError:
        failed = True
    if failed:
        raise refused()


def _make_folder(folder: Path) -> None:
    _durably(lambda: folder.mkdir(mode=0o700, exist_ok=True))


def _write_tail(path: Path, data: bytes, *, length: int) -> None:
    """Make *path* its first *length* bytes followed by *data*: cut off a torn tail, append, force to disk."""

    def act() -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            os.ftruncate(descriptor, length)
            os.lseek(descriptor, length, os.SEEK_SET)
            _write(descriptor, data)
        finally:
            os.close(descriptor)
        _sync_folder(path.parent)

    _durably(act)


def _replace(path: Path, data: bytes) -> None:
    """Durable replace: the old file or the new one after a crash, never a mixture."""
    staged = path.parent / f".{path.name}.partial"
    staged.unlink(missing_ok=True)  # left by a crash
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        try:
            _write(descriptor, data)
        finally:
            os.close(descriptor)
        staged.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            staged.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return  # Windows: a directory cannot be opened; the file system journals the rename
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
