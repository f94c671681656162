"""Checkpoints as C2SP signed notes, so that any transparency-log tool can read them.

A checkpoint (https://c2sp.org/tlog-checkpoint) is three lines: the log's origin, its size, its base64 root.  A signed
note (https://c2sp.org/signed-note) is that text, an empty line, and one line a signature::

    sauma/3fd0...c1a2
    7
    m2vp0sWb3rWkVBhjNUxZUcDl9w2r1sQ2f7wYx1b4n8E=

    — sauma/3fd0...c1a2 kQv2pMx1...          Ed25519 by the log's writer, named after the origin
    — officer 9t0WcAAAAABpN2...               cosignature/v1 (https://c2sp.org/tlog-cosignature) by an officer

After the name comes base64 of a 4-byte key id and the signature; a cosignature puts its 8-byte time in between and
signs ``cosignature/v1``, that time, and the text.  C2SP lets a reader ignore signatures by unknown keys; here every
line must hold, because a line that nobody checks is a line that anybody may change.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ledger.merkle import HASH_BYTES
from ledger.signature import Signer, decoded, holds
from schemas.errors import IntegrityError

NOTE_BYTES_MAX = 8000
SIGNATURES_MAX = 40
_ED25519, _COSIGNATURE = b"\x01", b"\x04"
_BODY = re.compile(r"(sauma/[0-9a-f]{64})\n(0|[1-9][0-9]{0,12})\n([A-Za-z0-9+/=]{44})\n", re.ASCII)
_LINE = re.compile(r"\N{EM DASH} ([a-z][a-z0-9_/]{0,99}) ([A-Za-z0-9+/=]{1,200})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its origin, how many entries it has, and their root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint and its signature lines, none of them checked yet: (name, key id and signature)."""

    checkpoint: Checkpoint
    signatures: tuple[tuple[str, bytes], ...]

    @property
    def text(self) -> str:
        """The signed note, word for word."""
        lines = [f"\N{EM DASH} {name} {base64.b64encode(raw).decode()}\n" for name, raw in self.signatures]
        return self.checkpoint.text + "\n" + "".join(lines)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a note's signatures say once all of them hold: each witness and when (UTC) it says it cosigned."""

    checkpoint: Checkpoint
    witnesses: Mapping[str, datetime.datetime]


def key_id(name: str, algorithm: bytes, public: bytes) -> bytes:
    """The 4-byte key id of C2SP signed-note: SHA-256(name || LF || algorithm || key), shortened."""
    return hashlib.sha256(name.encode() + b"\n" + algorithm + public).digest()[:4]


def sign(checkpoint: Checkpoint, signer: Signer, public: bytes) -> Note:
    """*checkpoint* signed by the log's writer, whose Ed25519 public key is *public*."""
    origin, rest = _signed_parts(checkpoint)
    signature = signer.sign(origin, rest)
    return Note(checkpoint, ((checkpoint.origin, key_id(checkpoint.origin, _ED25519, public) + signature),))


def cosign(note: Note, signer: Signer, public: bytes, now: datetime.datetime) -> Note:
    """*note* with *signer*'s cosignature of this moment added, in place of an earlier one of its own."""
    prefix, stamp = _cosigned_prefix(int(now.timestamp()))
    raw = key_id(signer.party, _COSIGNATURE, public) + stamp + signer.sign(prefix, note.checkpoint.text.encode())
    others = tuple(line for line in note.signatures if line[0] != signer.party)
    return Note(note.checkpoint, (*others, (signer.party, raw)))


def read(text: str, *, place: str) -> Note:
    """The note written as *text*; ``IntegrityError`` S5203 naming *place* if it is not one, to the last byte."""
    body, separator, tail = text.partition("\n\n")
    found = _BODY.fullmatch(body + "\n") if len(text) <= NOTE_BYTES_MAX and separator else None
    lines = [_LINE.fullmatch(line) for line in tail.removesuffix("\n").split("\n")]
    root = decoded(found[3]) if found else b""
    if found and len(root) == HASH_BYTES and len(lines) <= SIGNATURES_MAX:
        signatures = tuple((line[1], decoded(line[2])) for line in lines if line)
        note = Note(Checkpoint(found[1], int(found[2]), root), signatures)
        if note.text == text:
            return note
    raise _bad(place, "not a signed checkpoint")


def check(note: Note, *, writer: bytes, witnesses: Mapping[str, bytes], place: str) -> Checked:
    """Check every signature of *note*: exactly one by *writer*, the others by *witnesses* (name to Ed25519 key), once each.

    Raises ``IntegrityError`` S5203 naming *place* where one does not hold or is by somebody else.
    """
    origin = note.checkpoint.origin
    names = [name for name, _ in note.signatures]
    if names.count(origin) != 1 or len(set(names)) != len(names):
        raise _bad(place, "not signed once by the log's writer")
    times: dict[str, datetime.datetime] = {}
    for name, raw in note.signatures:
        if name == origin:
            good = raw[:4] == key_id(name, _ED25519, writer) and holds(writer, note.checkpoint.text.encode(), raw[4:])
        else:
            seconds = _cosigned_at(note.checkpoint, name, raw, witnesses.get(name, b""))
            good = seconds is not None
            times[name] = datetime.datetime.fromtimestamp(seconds or 0, tz=datetime.UTC)
        if not good:
            raise _bad(place, "a signature does not hold, or is by nobody who may sign here")
    return Checked(note.checkpoint, times)


def _cosigned_at(checkpoint: Checkpoint, name: str, raw: bytes, public: bytes) -> int | None:
    """The time of a cosignature that holds, seconds since 1970; None if it does not hold."""
    if not public or raw[:4] != key_id(name, _COSIGNATURE, public):
        return None
    seconds = int.from_bytes(raw[4:12], "big")
    prefix, _ = _cosigned_prefix(seconds)
    in_range = seconds < 2**37  # beyond it Python's calendar ends
    return seconds if in_range and holds(public, prefix + checkpoint.text.encode(), raw[12:]) else None


def _cosigned_prefix(seconds: int) -> tuple[bytes, bytes]:
    return f"cosignature/v1\ntime {seconds}\n".encode(), seconds.to_bytes(8, "big")


def _signed_parts(checkpoint: Checkpoint) -> tuple[bytes, bytes]:
    """The signed text cut after the origin line: no other message of ours starts with ``sauma/`` and a digest."""
    origin = checkpoint.origin.encode() + b"\n"
    return origin, checkpoint.text.encode()[len(origin) :]


def _bad(place: str, reason: str) -> IntegrityError:
    return IntegrityError("S5203", place=place, reason=reason, hint="fetch the checkpoint again from its sender")
