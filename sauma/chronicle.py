"""The ledger in words: one line an entry, or one entry with its proof."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from ledger import entries
from ledger.log import Log
from schemas.ledger import (
    AgreementEntry,
    DecisionEntry,
    Entry,
    KeyDestroyedEntry,
    LinkEntry,
    PackageEntry,
    ProposalEntry,
    PublicationEntry,
    SpendEntry,
    WithdrawnEntry,
    WitnessedEntry,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry on one line."""

    index: int
    at: str
    actor: str
    kind: str
    text: str

    def as_dict(self) -> dict[str, Any]:
        """The line as JSON-ready data."""
        return asdict(self)


def lines(log: Log) -> list[Line]:
    """Every entry of *log*, oldest first."""
    said = [signed.statement for signed in log.entries]
    return [Line(index, statement.at, statement.actor, statement.entry.kind, told(statement.entry)) for index, statement in enumerate(said)]


def told(entry: Entry) -> str:
    """What *entry* says, in a few words."""
    match entry:
        case AgreementEntry():
            return f"{'amendment of' if entry.document.amends else 'begins'} {entry.document.name}"
        case PackageEntry():
            return f"{entry.register} from {entry.party}, package {entry.sequence}, {entry.sha256[:16]}"
        case LinkEntry():
            return f"linked set {entry.linked_id[:8]} of {len(entry.packages)} packages"
        case SpendEntry():
            return f"epsilon {entry.epsilon} for proposal {entry.proposal_id[:8]}"
        case KeyDestroyedEntry():
            return entry.destroyed
        case WitnessedEntry():
            return f"a checkpoint of {entry.size} entries was cosigned"
    return _released(entry)


def _released(entry: Entry) -> str:
    match entry:
        case ProposalEntry():
            return f"{entry.proposal_id[:8]} for the {entry.audience} audience: {', '.join(entry.tables)} ({', '.join(entry.kinds)})"
        case DecisionEntry():
            return f"{entry.verdict} {entry.proposal_id[:8]}: {entry.reason}"
        case PublicationEntry():
            return f"{entry.proposal_id[:8]}, {len(entry.files)} files"
        case WithdrawnEntry():
            return f"{entry.proposal_id[:8]}: {entry.reason}"
    return ""


def proven(log: Log, index: int) -> dict[str, Any]:
    """Entry *index* whole, and the RFC 9162 proof that it is in the log: enough to check it without the others."""
    signed = log.entries[index]
    return {
        "index": index,
        "size": len(log.tree),
        "root": log.tree.root().hex(),
        "inclusion_proof": [step.hex() for step in log.tree.inclusion_proof(index)],
        "line": entries.line(signed).decode("utf-8"),
        "entry": signed.canonical(),
    }


def shown(document: dict[str, Any]) -> list[str]:
    """What :func:`proven` gave, as lines for a person."""
    body = json.dumps(document["entry"], ensure_ascii=False, indent=1).splitlines()
    proof = [f"proof: {step}" for step in document["inclusion_proof"]]
    return [*body, f"entry {document['index']} of {document['size']}, root {document['root']}", *proof]
