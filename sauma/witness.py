"""A party's own look at the ledger: is it the one of *my* agreement, does it extend what *I* kept; and cosigning it."""

from __future__ import annotations

import datetime
from pathlib import Path

from ledger import entries, note
from ledger.log import CHECKPOINT
from ledger.verify import Verified, read_text, verify
from sauma.agreements import read_agreement
from sauma.files import read_bytes, shown, write_private
from sauma.keys import PartyKey
from sauma.project import Project
from schemas.errors import IntegrityError

CHECKPOINT_LIMIT = 32 * 1024


def kept(project: Project, flag: Path | None) -> Path | None:
    """The checkpoint to check against: *flag*, else the one that the project keeps, if it keeps one yet."""
    mine = project.optional("kept_checkpoint")
    return flag or (mine if mine is not None and mine.exists() else None)


def size_of(path: Path) -> int:
    """How many entries the signed checkpoint in *path* covers; ``IntegrityError`` S5203 if it is not one."""
    return note.read(read_text(path), place=shown(path)).checkpoint.size


def verified(project: Project, folder: Path, since: Path | None) -> Verified:
    """The ledger in *folder*, every part of it checked, against the project's own agreement and the checkpoint *since*.

    Raises what :func:`ledger.verify.verify` raises, and ``IntegrityError`` S5210 if it is another agreement's ledger:
    this is what ties the keys in the log to parties that somebody else than the analyst knows.
    """
    text = read_bytes(since, limit=CHECKPOINT_LIMIT).decode("utf-8", "replace") if since is not None else None
    found = verify(folder, since=text)
    mine = project.optional("agreement")
    if mine is not None and mine.exists() and entries.origin_of(read_agreement(mine).genesis) != found.log.origin:
        raise IntegrityError(
            "S5210", place="ledger", reason="is the ledger of another agreement than yours", hint=f"compare it with {shown(mine)}"
        )
    return found


def cosign(project: Project, folder: Path, seen: Verified, me: PartyKey, *, now: datetime.datetime) -> Path:
    """Cosign the checkpoint *seen*, write it to the project's statements, and keep it as the newest one known to be true.

    Returns the path to send.  *seen* must have been verified since the checkpoint kept before.
    """
    keeping = project.path("kept_checkpoint")
    signed = note.read(read_text(folder / CHECKPOINT), place=CHECKPOINT)
    if signed.checkpoint != seen.checkpoint.checkpoint:
        raise IntegrityError("S5204", place=CHECKPOINT, reason="changed while it was read", hint="run the command again")
    cosigned = note.cosign(signed, me, me.public.signing, now).text.encode()
    path = project.path("statements") / f"{me.party}-{signed.checkpoint.size:06d}.checkpoint"
    write_private(path, cosigned)
    write_private(keeping, cosigned)
    return path
