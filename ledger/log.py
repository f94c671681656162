"""The log itself, read from bytes: every line, signature, checkpoint seen and rule is checked as it is taken in."""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger import entries, note, rules
from ledger.merkle import Tree, verify_consistency
from ledger.note import Checked, Checkpoint
from ledger.state import State, Version
from schemas.errors import IntegrityError
from schemas.ledger import AgreementEntry, SignedEntry, Statement, WitnessedEntry
from schemas.public_key import PublicKey

ENTRIES = "entries.jsonl"
CHECKPOINT = "checkpoint"


@dataclass(slots=True)
class Log:
    """Entries, their tree, and what they amount to.  Grows by :meth:`take`, which lets nothing wrong in."""

    entries: list[SignedEntry] = field(default_factory=list)
    tree: Tree = field(default_factory=Tree)
    state: State = field(default_factory=State)

    @property
    def origin(self) -> str:
        """``sauma/`` and the genesis digest; empty for an empty log."""
        return self.entries[0].statement.origin if self.entries else ""

    @property
    def checkpoint(self) -> Checkpoint:
        """The log as it is now."""
        return Checkpoint(self.origin, len(self.tree), self.tree.root())

    def take(self, line: bytes) -> None:
        """Check the entry whose line is *line* and append it; raises ``IntegrityError`` and leaves the log as it was.

        S5001/S5201 not an entry; S5202 its signature, or the log it was signed for; S5205 a rule; S5209 its id.
        """
        index = len(self.entries)
        place = f"{ENTRIES}, entry {index}"
        signed = entries.read(line, place=place)
        said = signed.statement
        version = self._version_for(said, place=place)
        self._check_signed(signed, version.keys.get(said.actor), place=place)
        if said.id in self.state.ids:
            raise IntegrityError("S5209", place=place, reason="another entry has the same id", hint="restore the ledger from a backup")
        reason = self._seen(said, version, index) or self._rule(said, index, place)
        if reason:
            raise rules.refuse(reason, place=place)
        checked = self._witnessed(said.entry, index, place) if isinstance(said.entry, WitnessedEntry) else None
        self.state.record(index, said, witnesses=checked.witnesses if checked else None)
        self.entries.append(signed)
        self.tree.append(line)

    def _version_for(self, said: Statement, *, place: str) -> Version:
        """The version under whose keys *said* must be signed: the one in force, or its own for entry 0."""
        if self.state.versions:
            return self.state.version
        if not isinstance(said.entry, AgreementEntry) or said.entry.document.amends is not None:
            raise rules.refuse("the log does not begin with its agreement", place=place)
        return Version(0, said.entry, entries.keys_of(said.entry, place=place))

    def _check_signed(self, signed: SignedEntry, key: PublicKey | None, *, place: str) -> None:
        if key is None or not entries.signed_by(signed, key):
            raise IntegrityError(
                "S5202", place=place, reason="its signature is not its actor's", hint="restore the ledger, or ask the actor to sign again"
            )

    def _seen(self, said: Statement, version: Version, index: int) -> str:
        if said.origin != (self.origin or entries.origin_of(version.entry.agreement)):
            return "it was signed for another log"
        if said.size > index or self.tree.root(said.size).hex() != said.root:
            return "its actor saw another history than this one"
        return "its writer had not seen the log up to it" if said.actor == version.writer and said.size != index else ""

    def _rule(self, said: Statement, index: int, place: str) -> str:
        reason = rules.unsound(said.entry, place=place) if isinstance(said.entry, AgreementEntry) else ""
        if index == 0 and not reason:
            founding = isinstance(said.entry, AgreementEntry) and said.actor == said.entry.document.with_role("analyst")[0].id
            return "" if founding else "the log was not begun by its analyst"
        return reason or rules.broken(self.state, said)

    def _witnessed(self, entry: WitnessedEntry, index: int, place: str) -> Checked:
        found = note.read(entry.note, place=place)
        checked = self.check_note(found, place=place, officers=self.state.version.officers())
        stated = (checked.checkpoint.size, checked.checkpoint.root.hex()) == (entry.size, entry.root)
        if not stated or entry.size > index or self.tree.root(entry.size).hex() != entry.root or not checked.witnesses:
            raise rules.refuse("it witnesses no checkpoint of this log", place=place)
        return checked

    def check_note(self, found: note.Note, *, place: str, officers: dict[str, bytes] | None = None) -> Checked:
        """Check the signatures of *found* under the keys in force for its size; ``IntegrityError`` S5203 naming *place*.

        A checkpoint is signed by the party that was the log's writer when its last entry was written.
        """
        checkpoint = found.checkpoint
        if checkpoint.origin != self.origin or checkpoint.size == 0:
            raise IntegrityError("S5203", place=place, reason="is a checkpoint of another log", hint="use a checkpoint of this agreement")
        version = self.state.version_at(checkpoint.size - 1)
        known = officers if officers is not None else self.state.version_at(checkpoint.size).officers()
        return note.check(found, writer=version.keys[version.writer].signing, witnesses=known, place=place)

    def check_extends(self, kept: Checkpoint, *, place: str) -> None:
        """``IntegrityError`` S5208 naming *place* unless this log extends the checkpoint *kept*: no rollback, no fork."""
        size = len(self.tree)
        reason = ""
        if kept.size > size:
            reason = f"the log has {size} entries; the checkpoint kept has {kept.size}: the end was cut off or rolled back"
        elif not verify_consistency(kept.size, size, kept.root, self.tree.root(), self.tree.consistency_proof(kept.size)):
            reason = "the log is another history than the one the checkpoint kept was signed for"
        if reason:
            raise IntegrityError("S5208", place=place, reason=reason, hint="ask the analyst for the ledger that the checkpoint belongs to")


def split_lines(data: bytes) -> tuple[list[bytes], bytes]:
    """The complete lines of *data*, without newlines, and what stands after the last newline (the torn tail)."""
    *lines, tail = data.split(b"\n")
    return lines, tail


def replay(lines: list[bytes]) -> Log:
    """The log that *lines* make; the first fault is raised, naming the entry."""
    log = Log()
    for line in lines:
        log.take(line)
    return log
