"""Reads a ledger folder and checks all of it: ``sauma-verify DIR``.  Needs no data and imports no writer.

Checked: every line is a canonical entry (a changed byte shows), signed by the party it names under an agreement that
every party signed, by a party whose role may say it, having seen this very history; budget never over the total;
publications only with enough approvals of exactly that release and cosigned checkpoints that cover them; the
checkpoint's signature, size and root; every file of relations against its digest; that the noise of every table told
was paid for, and that no exact table told shows a count that the agreement hides; no file that does not belong.

Not checkable from a folder alone: whether it is the newest (``--since`` a checkpoint you kept rules out a rollback and
a fork before it) and whether the keys are who they say they are (compare the genesis digest with your own agreement,
or the fingerprints by phone).
"""

from __future__ import annotations

import argparse
import json
import os
import stat
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ledger import note, relations, telling
from ledger.log import CHECKPOINT, ENTRIES, Log, replay, split_lines
from ledger.note import Checked
from ledger.rules import refuse
from schemas.errors import IntegrityError, SaumaError, UsageError
from schemas.release import Relations

ENTRIES_BYTES_MAX = 1 << 30
FILE_BYTES_MAX = 64 * 1024 * 1024
LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Verified:
    """A ledger folder in which everything holds.  ``relations`` is None where they were not asked for."""

    log: Log
    checkpoint: Checked
    relations: dict[str, Relations] | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A folder as the writer finds it: the log, the length of its complete lines, and whether the last write had ended."""

    log: Log
    length: int
    finished: bool


def verify(folder: Path, *, since: str | None = None, with_relations: bool = True) -> Verified:
    """Check everything in *folder*, and that it extends the signed checkpoint *since* (its text) if one is given.

    Raises ``IntegrityError`` S5001, S5201-S5209 naming the file, ``UsageError`` S2121 where there is no ledger.
    """
    loaded = load(folder)
    if not loaded.finished:
        raise IntegrityError(
            "S5206", place=ENTRIES, reason="the last write did not end", hint="the analyst's next 'sauma ledger checkpoint' finishes it"
        )
    checked = loaded.log.check_note(note.read(read_text(folder / CHECKPOINT), place=CHECKPOINT), place=CHECKPOINT)
    if since is not None:
        kept = loaded.log.check_note(note.read(since, place="checkpoint kept"), place="checkpoint kept")
        loaded.log.check_extends(kept.checkpoint, place=ENTRIES)
    told = read_relations(folder, loaded.log) if with_relations else None
    if told is not None:
        check_told(loaded.log, told)
    check_names(folder)
    return Verified(loaded.log, checked, told)


def load(folder: Path) -> Loaded:
    """The log in *folder*, with what a crash may leave: one entry, or a torn one, after those of the signed checkpoint.

    A torn entry was never acknowledged and is left out.  Raises as :func:`verify`.
    """
    if folder.is_symlink():
        raise IntegrityError("S5201", place="ledger", reason="is a symbolic link", hint="name the folder that it points to")
    if not (folder / ENTRIES).is_file():
        if (folder / CHECKPOINT).exists():
            raise IntegrityError("S5204", place=ENTRIES, reason="is missing", hint="restore the ledger from a backup")
        hint = "begin it: 'sauma ledger add agreement.toml'"
        if (folder / "release.json").is_file():
            hint = "this is a release: check it with 'sauma inspect DIR', and name the folder of the ledger here"
        raise UsageError("S2121", place="ledger", reason="there is no ledger in this folder", hint=hint)
    lines, tail = split_lines(read_bytes(folder / ENTRIES, limit=ENTRIES_BYTES_MAX))
    if not (folder / CHECKPOINT).is_file():
        if len(lines) > 1:
            raise IntegrityError("S5203", place=CHECKPOINT, reason="is missing", hint="restore it from a backup")
        if not lines:
            raise UsageError(
                "S2121", place="ledger", reason="the ledger was never begun", hint="begin it: 'sauma ledger add agreement.toml'"
            )
        return Loaded(replay(lines), len(lines[0]) + 1, finished=False)
    signed = note.read(read_text(folder / CHECKPOINT), place=CHECKPOINT)
    size = signed.checkpoint.size
    if not size <= len(lines) <= size + 1:
        reason = (
            "has fewer entries than its checkpoint: the end was cut off" if len(lines) < size else "has more entries than its checkpoint"
        )
        raise IntegrityError("S5204", place=ENTRIES, reason=reason, hint="restore the ledger from a backup")
    log = replay(lines)
    log.check_note(signed, place=CHECKPOINT)
    if log.tree.root(size) != signed.checkpoint.root:
        raise IntegrityError(
            "S5204", place=ENTRIES, reason="is not what its checkpoint was signed for", hint="restore the ledger from a backup"
        )
    length = sum(len(line) + 1 for line in lines)
    return Loaded(log, length, finished=len(lines) == size and not tail)


def read_relations(folder: Path, log: Log) -> dict[str, Relations]:
    """Every relations file of *folder* by digest; ``IntegrityError`` S5207 naming one that is missing, changed or unnamed."""
    proposed = {(proposal.audience, digest) for proposal in log.state.proposals.values() for digest in proposal.relations}
    found: dict[str, Relations] = {}
    for audience in relations.AUDIENCES:
        there = folder / relations.FOLDER / audience
        for path in sorted(there.iterdir()) if there.is_dir() else []:
            if path.name.startswith("."):
                continue  # what a crash left while a file was being written; it has no name in the log
            if not relations.is_name(path.name) or (audience, path.stem) not in proposed:
                shown = relations.name(audience, path.stem) if relations.is_name(path.name) else f"{relations.FOLDER}/{audience}"
                raise _unnamed(shown)
            found[path.stem] = relations.read(read_bytes(path, limit=FILE_BYTES_MAX), audience=audience, digest=path.stem)
    for audience in relations.AUDIENCES:
        for digest in log.state.told(audience):
            if digest not in found:
                place = relations.name(audience, digest)
                raise IntegrityError("S5207", place=place, reason="is missing", hint="restore it from a backup")
    return found


def check_told(log: Log, told: dict[str, Relations]) -> None:
    """``IntegrityError`` S5205 naming the first relations of a publication whose tables may not be told (``ledger.telling``)."""
    for proposal in log.state.publications:
        found = [told[digest] for digest in proposal.relations]
        reason = telling.unfit(log.state, proposal, found)
        if reason:
            raise refuse(reason, place=relations.name(proposal.audience, proposal.relations[0]))


def check_names(folder: Path) -> None:
    """``IntegrityError`` S5207 if *folder* holds a file that is no part of a ledger (names that begin with a dot aside)."""
    known = {ENTRIES, CHECKPOINT, LOCK, relations.FOLDER}
    names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    inner = folder / relations.FOLDER
    audiences = {path.name for path in inner.iterdir() if not path.name.startswith(".")} if inner.is_dir() else set()
    if not names <= known or not audiences <= set(relations.AUDIENCES):
        raise _unnamed("ledger")
    check_lock(folder)


def check_lock(folder: Path) -> None:
    """``IntegrityError`` S5207 unless the lock file of *folder* is as empty as every writer leaves it."""
    lock = folder / LOCK
    if lock.exists() and lock.stat().st_size:
        raise IntegrityError("S5207", place=LOCK, reason="is not empty", hint="remove it while nothing writes the ledger")


def _unnamed(place: str) -> IntegrityError:
    return IntegrityError(
        "S5207", place=place, reason="a file is there that the log does not name", hint="remove it, or restore the folder"
    )


def read_text(path: Path) -> str:
    """The note in *path*, as text; undecodable bytes become characters that no note holds."""
    return read_bytes(path, limit=note.NOTE_BYTES_MAX * 4).decode("utf-8", "replace")


def read_bytes(path: Path, *, limit: int) -> bytes:
    """The whole of the regular file *path*; ``IntegrityError`` S5201 naming it if it cannot be read or exceeds *limit* bytes."""
    data, readable = b"", False
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)  # a link is somebody's choice of another file
    flags |= getattr(os, "O_NONBLOCK", 0)  # a named pipe must not hang us
    try:
        with os.fdopen(os.open(path, flags), "rb") as stream:
            status = os.fstat(stream.fileno())
            readable = stat.S_ISREG(status.st_mode) and status.st_size <= limit
            data = stream.read(status.st_size + 1) if readable else b""
            readable = readable and len(data or b"") == status.st_size
    except OSError:
        readable = False
    if not readable:
        raise IntegrityError("S5201", place=path.name, reason="cannot be read, or is too large", hint="check who may read the folder")
    return data


def summary(verified: Verified) -> dict[str, object]:
    """What a verified folder says in a few lines, ready for JSON; nothing in it is secret."""
    log, state = verified.log, verified.log.state
    return {
        "origin": log.origin,
        "size": len(log.entries),
        "root": log.tree.root().hex(),
        "agreement": state.agreement.name,
        "parties": {party: key.fingerprint for party, key in sorted(state.version.keys.items())},
        "budget": {"spent": decimal(state.spent), "total": state.version.entry.budget},
        "publications": len(state.publications),
        "cosigned_size": max((witness.size for witness in state.witnesses), default=0),
        "relations": "not checked" if verified.relations is None else len(verified.relations),
    }


def decimal(amount: Fraction) -> str:
    """*amount*, a sum of decimals of at most nine places, as an exact decimal without trailing zeros."""
    whole, part = divmod(int(amount * 10**9), 10**9)
    return f"{whole}.{part:09d}".rstrip("0").rstrip(".")


def main(arguments: list[str] | None = None) -> int:
    """``sauma-verify DIR``: 0 everything holds, 2 wrong usage, 5 something does not hold (which file, on stderr)."""
    parser = argparse.ArgumentParser(prog="sauma-verify", description="Check a ledger folder: signatures, rules, hashes. Needs no data.")
    parser.add_argument("folder", metavar="DIR", type=Path, help="the ledger folder")
    parser.add_argument("--since", metavar="CHECKPOINT", type=Path, help="a signed checkpoint you kept: the log must extend it")
    parser.add_argument("--log-only", action="store_true", help="do not ask for the relations files (a reader may have been given none)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    try:
        since = read_text(options.since) if options.since else None
        document = summary(verify(options.folder, since=since, with_relations=not options.log_only))
    except SaumaError as error:
        sys.stderr.write(f"sauma-verify: {error.code} {error.place}: {error.reason}\nhint: {error.hint}\n")
        return error.exit_code
    if options.json:
        sys.stdout.write(json.dumps(document, ensure_ascii=True, indent=1) + "\n")
        return 0
    for line in _lines(document):
        sys.stdout.write(line.encode("ascii", "backslashreplace").decode() + "\n")
    return 0


def _lines(document: dict[str, object]) -> list[str]:
    parties = document.pop("parties")
    assert isinstance(parties, dict)
    lines = [f"{key}: {json.dumps(value) if isinstance(value, dict) else value}" for key, value in document.items()]
    lines += [f"key of {party}: {fingerprint}" for party, fingerprint in parties.items()]
    lines.append("everything in this folder holds; compare origin and keys with your own agreement, and keep the checkpoint")
    return lines


if __name__ == "__main__":
    sys.exit(main())
