"""A party's own look at the ledger: is it the one of *my* agreement, does it extend what *I* kept and said; and cosigning it."""

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
from sauma.report.published import check_told, read_releases
from schemas.errors import InputError, IntegrityError
from schemas.ledger import DecisionEntry, SignedEntry

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


def published(project: Project, seen: Verified) -> int | None:
    """How many releases lie in the project's folder of publications, each byte as it was told; None if none does.

    Raises what :func:`sauma.report.published.read_releases` raises, and ``IntegrityError`` S5180 for one that the log does not have.
    """
    folder = project.optional("published")
    if folder is None or next(folder.rglob("release.json"), None) is None:
        return None
    releases = read_releases([folder])
    check_told(releases, [publication.release for publication in seen.log.state.publications])
    return len(releases)


def cosign(project: Project, folder: Path, seen: Verified, me: PartyKey, *, now: datetime.datetime) -> Path:
    """Cosign the checkpoint *seen*, write it to the project's statements, and keep it as the newest one known to be true.

    Returns the path to send.  *seen* must have been verified since the checkpoint kept before.  Raises
    ``IntegrityError`` S5204 if it changed meanwhile, S5208 if a decision of mine is not in it: who cosigns a log that
    leaves out a rejection lets the approval before it count.
    """
    keeping = project.path("kept_checkpoint")
    signed = note.read(read_text(folder / CHECKPOINT), place=CHECKPOINT)
    if signed.checkpoint != seen.checkpoint.checkpoint:
        raise IntegrityError("S5204", place=CHECKPOINT, reason="changed while it was read", hint="run the command again")
    cosigned = note.cosign(signed, me, me.public.signing, now).text.encode()
    _check_heard(project, seen, me)
    path = project.path("statements") / f"{me.party}-{signed.checkpoint.size:06d}.checkpoint"
    write_private(path, cosigned)
    write_private(keeping, cosigned)
    return path


def _check_heard(project: Project, seen: Verified, me: PartyKey) -> None:
    """``IntegrityError`` S5208 naming the first statement file of a decision of *me* that the log *seen* does not have.

    Files that are not mine to answer for are passed over: other statements, other logs, keys that I no longer use, and
    decisions that a later one of mine in the log replaced.
    """
    for path in sorted(project.path("statements").glob("*.json")):
        signed = _statement(path)
        if signed is None or not entries.signed_by(signed, me.public) or signed.statement.origin != seen.log.origin:
            continue
        if isinstance(signed.statement.entry, DecisionEntry) and not _heard(seen, signed, signed.statement.entry):
            raise IntegrityError(
                "S5208",
                place=shown(path),
                reason="this decision of yours is not in the log",
                hint="send it to the analyst ('sauma ledger add') and cosign the log that has it",
            )


def _statement(path: Path) -> SignedEntry | None:
    try:
        return entries.read(read_bytes(path, limit=entries.LINE_BYTES_MAX), place=shown(path))
    except (InputError, IntegrityError):
        return None  # no statement of this format: nothing that could be missing from the log


def _heard(seen: Verified, signed: SignedEntry, entry: DecisionEntry) -> bool:
    """Whether the log has the decision *signed*, or a later one of its officer's on the same proposal.

    By when it was said, not by its id: a verdict taken back and given again in the same words has the id of the first.
    """
    said = signed.statement
    proposal = seen.log.state.proposals.get(entry.proposal_id)
    latest = proposal.decisions.get(said.actor) if proposal is not None else None
    if latest is None or latest.said < (said.size, said.at):
        return False
    return latest.said > (said.size, said.at) or latest.entry == entry
