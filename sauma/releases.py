"""From a proposal to a decision, and from an approved proposal to a release.

``review`` holds a proposal to the ledger and signs what its officer says of it; ``publish`` writes it out once the
ledger holds enough approvals of exactly its digest, covered by as many cosignatures.  The order of publishing::

    keep     relations files in the ledger folder (named by digest; nobody is told yet)
    stage    the release directory, under a temporary name, every file synced
    append   the publication entry                             <- from here on it is told
    rename   the directory gets its final name

A crash after the append leaves a publication without its directory: the next ``publish`` finds the entry and finishes.
"""

from __future__ import annotations

import datetime
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import entries, store, telling
from privacy.pseudonymise.checking import looks_identifying
from sauma import rechecking, saying
from sauma.asking import exact_relations
from sauma.files import read_bytes, shown, staged_directory, write_private
from sauma.proposals import CERTIFICATE, FILE_MAX, OpenProposal, read_proposal, relations_digest
from schemas.errors import InputError, IntegrityError, PolicyRefusal
from schemas.ledger import DecisionEntry, PublicationEntry

if TYPE_CHECKING:
    from ledger.note import Checkpoint
    from ledger.state import Proposal, State
    from ledger.store import Ledger
    from sauma.keys import PartyKey
    from sauma.project import Project
    from schemas.release import ReleasedTable

ID_LEAST = 8
"""A proposal may be named by this many first digits of its id."""


@dataclass(frozen=True, slots=True)
class Published:
    """A published release: its folder, its ledger entry, and whether this run was the one that published it."""

    folder: Path
    entry: int
    first: bool


def find(project: Project, named: str) -> Path:
    """The folder of the proposal *named*: a path, or the first digits of its id; ``InputError`` S3003 if there is none."""
    given = Path(named)
    if given.is_dir():
        return given
    root = project.optional("proposals")
    found = []
    if root is not None and root.is_dir() and len(named) >= ID_LEAST and re.fullmatch(r"[0-9a-f]{1,32}", named):
        found = [path for path in sorted(root.iterdir()) if path.is_dir() and path.name.startswith(named)]
    if len(found) != 1:
        reason = "there is no such proposal" if not found else "more than one proposal begins so"
        raise InputError("S3003", place="proposal", reason=reason, hint="give its folder, or the first digits of its id")
    return found[0]


def proposed(opened: OpenProposal, state: State) -> Proposal:
    """What the ledger says of *opened*.

    Raises ``PolicyRefusal`` S4401 if the ledger has no such proposal, ``IntegrityError`` S5151 if it has another
    release under its id, or one of another agreement; if a table with noise has not exactly one spend of at least its
    epsilon in the ledger; or if an exact table shows a count under the agreement's minimum, or lets one be worked out.
    """
    proposal = state.proposals.get(opened.release.proposal_id)
    place = shown(opened.folder / "release.json")
    if proposal is None:
        raise PolicyRefusal(
            "S4401", place=place, reason="the ledger has no such proposal", hint="fetch the newest ledger, or propose again"
        )
    if proposal.release != opened.digest or opened.release.genesis != state.agreement.genesis:
        raise IntegrityError("S5151", place=place, reason="is not the release that the ledger has under this id", hint="fetch it again")
    reason = (
        _differs(opened, proposal)
        or telling.unfit(state, proposal, opened.relations)
        or rechecking.unprotected(opened, [each.agreement for each in state.versions])
    )
    if reason:
        raise IntegrityError("S5151", place=place, reason=reason, hint="do not approve it; ask the analyst how it was made")
    return proposal


def _differs(opened: OpenProposal, proposal: Proposal) -> str:
    """Why the ledger's entry does not say what *opened* tells, or *opened* not what was asked; empty if both do."""
    release, entry = opened.release, proposal.entry
    entered = (entry.audience, entry.tables, entry.relations, set(entry.kinds))
    tables = release.tables
    if entered != (
        release.audience,
        tuple(table.id for table in tables),
        tuple(table.relations for table in tables),
        {table.kind for table in tables},
    ):
        return "the proposal's entry in the ledger says other tables than it holds"
    asked = {table.id: (table.kind, table.unit, Fraction(table.epsilon or 0)) for table in release.request.table}
    if any(asked.get(table.id) != (table.kind, table.unit, Fraction(table.epsilon or 0)) for table in tables):
        return "a table is not of the kind, unit or epsilon that was asked"
    families = {table.id: table.family for table in release.request.table}
    if any(families[table.id] not in (None, table.family) for table in tables):
        return "a table is not of the families that were asked"
    return "" if release.request.audience == release.audience else "it is for another audience than was asked"


def sheet(opened: OpenProposal, proposal: Proposal) -> list[str]:
    """The release sheet: what this command itself finds, the analyst's certificate, the files, and the decisions so far."""
    release = opened.release
    lines = ["FOUND BY THIS COMMAND, from the tables and the ledger"]
    lines += [
        f"{table.id}: {table.kind}, {table.unit}, {table.cells} cells, {table.hidden} hidden" + _paid(table) for table in release.tables
    ]
    lines += ["", "AS THE ANALYST'S PROGRAM WROTE IT", "", *opened.certificate.rstrip("\n").split("\n")]
    lines += ["", "FILES", *(f"{file.sha256}  {file.name}" for file in opened.release.files), ""]
    lines += [f"release digest  {opened.digest}", f"ledger entry    {proposal.index}", "", "DECISIONS"]
    said = [f"{officer}: {decision.entry.verdict}, {decision.entry.decided_on}" for officer, decision in sorted(proposal.decisions.items())]
    return [*lines, *(said or ["none yet"])]


def _paid(table: ReleasedTable) -> str:
    paid = "nothing: told before" if table.spend_entry is None else f"ledger entry {table.spend_entry}"
    return f", epsilon {table.epsilon}, paid by {paid}" if table.kind == "DP" else ""


def replaced(project: Project, opened: OpenProposal, verdict: str, reason: str) -> list[str]:
    """What to tell an officer whose earlier statement on *opened* says something else and is about to be replaced."""
    path = _decision_path(project, opened)
    if not path.exists():
        return []
    earlier = entries.read(read_bytes(path, limit=entries.LINE_BYTES_MAX), place=shown(path)).statement.entry
    if not isinstance(earlier, DecisionEntry) or (earlier.verdict, earlier.reason) == (verdict, unicodedata.normalize("NFC", reason)):
        return []
    return [
        f"this replaces your earlier verdict ({earlier.verdict}, {earlier.decided_on}): if the analyst has it already, both stay in the log"
    ]


def _decision_path(project: Project, opened: OpenProposal) -> Path:
    return project.path("statements") / f"decision-{opened.release.proposal_id[:ID_LEAST]}.json"


def decide(
    project: Project,
    opened: OpenProposal,
    proposal: Proposal,
    seen: Checkpoint,
    me: PartyKey,
    said: tuple[str, str],
    now: datetime.datetime,
) -> Path:
    """Sign the verdict and reason *said* about *opened*, having seen the ledger at *seen*; returns the statement's file.

    Raises ``PolicyRefusal`` S4403 if the reason holds what looks like an identifier, S4404 if it is published already.
    """
    verdict, reason = said
    if looks_identifying(reason, phones=True):
        raise PolicyRefusal(
            "S4403", place="--reason", reason="it seems to hold a personal identifier", hint="the ledger is for all to read"
        )
    if proposal.published is not None:
        raise PolicyRefusal("S4404", place="proposal", reason="it was published already", hint="a publication can be withdrawn, not undone")
    entry = DecisionEntry.model_validate(
        {
            "kind": "decision",
            "proposal_id": opened.release.proposal_id,
            "release": opened.digest,
            "verdict": verdict,
            "reason": unicodedata.normalize("NFC", reason),
            "decided_on": now.date(),
        }
    )
    return saying.to_file(saying.stated(entry, me, seen, now), _decision_path(project, opened))


def may_publish(opened: OpenProposal, ledger: Ledger, today: datetime.date) -> Proposal:
    """What the ledger says of *opened*, if it may go out now or went out already.

    Raises ``PolicyRefusal`` S4400 saying what is missing, S4402 if what it was made safe with has changed, S4002 if
    the agreement is not in force; and as :func:`proposed`.
    """
    proposal = proposed(opened, ledger.state)
    missing = ledger.state.missing(opened.release.proposal_id, opened.digest)
    if missing:
        raise PolicyRefusal(
            "S4400", place=shown(opened.folder), reason=missing, hint="'sauma review' by an officer, then 'sauma ledger checkpoint'"
        )
    if proposal.published is None:
        ledger.state.agreement.check_valid_on(today)
        _check_fresh(opened, ledger)
    return proposal


def _check_fresh(opened: OpenProposal, ledger: Ledger) -> None:
    """``PolicyRefusal`` S4402 if rules or knowledge changed since the proposal was made safe."""
    reason = ""
    if opened.release.agreement != ledger.state.agreement.digest:
        reason = "the agreement was amended after it was made"
    if any(table.kind == "EXACT" for table in opened.release.tables):
        told = {relations_digest(each) for each in exact_relations(ledger)}
        if told != set(opened.release.checked_against):
            reason = "other tables were published after it was made, and it was not made safe beside them"
    if reason:
        raise PolicyRefusal("S4402", place=shown(opened.folder), reason=reason, hint="propose again")


def publish(opened: OpenProposal, folder: Path, root: Path, me: PartyKey, now: datetime.datetime) -> Published:
    """Write *opened* out under *root*, once the ledger in *folder* says it is published.  A crash is finished by the next run.

    Raises as :func:`may_publish`; ``IntegrityError`` S5151 if something else lies under its name.
    """
    proposal = may_publish(opened, store.open(folder), now.date())
    final = root / release_name(opened)
    contents = {name: read_bytes(opened.folder / name, limit=FILE_MAX) for name in opened.files}
    if final.exists() and read_proposal(final).digest == opened.digest:
        if proposal.published is not None:
            return Published(final, proposal.published, first=False)
    elif final.exists():
        raise IntegrityError("S5151", place=shown(final), reason="is another release than this proposal", hint="move it away")
    for relations in opened.relations:
        store.keep_relations(folder, relations)
    entry = PublicationEntry(
        kind="publication",
        proposal_id=opened.release.proposal_id,
        release=opened.digest,
        files={name: hashlib.sha256(data).hexdigest() for name, data in sorted(contents.items())},
        relations=tuple(table.relations for table in opened.release.tables),
    )
    if final.exists():
        return Published(final, store.append(folder, entry, me, now=now), first=True)
    with staged_directory(final) as staging:
        for name, data in sorted(contents.items()):
            write_private(staging / name, data)
        _check_copy(staging, opened)
        index = store.append(folder, entry, me, now=now)
    return Published(final, index, first=proposal.published is None)


def release_name(opened: OpenProposal) -> str:
    """The folder name of a release: its English or Finnish title in ASCII, and the first digits of its id."""
    title = opened.release.request.title.en or opened.release.request.title.fi
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:40].rstrip("-")
    return f"{slug or 'release'}-{opened.release.proposal_id[:ID_LEAST]}"


def _check_copy(staging: Path, opened: OpenProposal) -> None:
    """The staged files are the proposal, read back from the disk, before anybody is told."""
    if read_proposal(staging).digest != opened.digest:
        raise IntegrityError("S5151", place=shown(opened.folder), reason="changed while it was read", hint="run the command again")
    assert (staging / CERTIFICATE).is_file()
