"""The audit page: everything the ledger says, for the privacy officer's file, from the ledger alone."""

from __future__ import annotations

from typing import Any

from ledger.log import Log
from ledger.state import Proposal
from ledger.verify import Verified, decimal
from sauma.chronicle import lines
from sauma.report.page import render
from sauma.version import SOFTWARE
from schemas.agreement import Agreement


def audit(verified: Verified, *, since: int | None) -> bytes:
    """The page over *verified*, UTF-8; *since* is the size of the kept checkpoint it was checked against, if one was."""
    log = verified.log
    state = log.state
    return render(
        "audit.html.j2",
        lang="en",
        title=f"Audit: {state.agreement.name}",
        software=SOFTWARE,
        since=since,
        log={"origin": log.origin, "size": len(log.entries), "root": log.tree.root().hex()},
        agreement=state.agreement,
        versions=[{"index": version.index, "digest": version.entry.agreement} for version in state.versions],
        parties=_parties(log),
        registers=_registers(state.agreement),
        packages=sorted(state.packages.values(), key=lambda package: (package.register, package.sequence)),
        links=list(state.links.values()),
        budget={
            "total": decimal(state.total),
            "spent": decimal(state.spent),
            "left": decimal(max(state.total - state.spent, state.total * 0)),
        },
        spends=state.spends,
        proposals=[_proposal(log, proposal) for proposal in state.proposals.values()],
        publications=[_publication(log, proposal) for proposal in state.publications],
        witnesses=[
            {"index": witness.index, "size": witness.size, "officer": officer, "at": moment.strftime("%Y-%m-%d %H:%M:%S UTC")}
            for witness in state.witnesses
            for officer, moment in sorted(witness.officers.items())
        ],
        destroyed=[{"party": party, "on": entry.stated_on.isoformat(), "what": entry.destroyed} for party, entry in state.destroyed],
        relations=len(verified.relations or {}),
        entries=lines(log),
    )


def _parties(log: Log) -> list[dict[str, str]]:
    version = log.state.version
    return [
        {"id": party.id, "name": party.name, "roles": ", ".join(party.roles), "fingerprint": version.keys[party.id].fingerprint}
        for party in version.agreement.party
    ]


def _registers(agreement: Agreement) -> list[dict[str, str]]:
    return [
        {
            "id": register.id,
            "title": register.title.en or register.title.fi,
            "controller": register.controller,
            "legal_basis": register.legal_basis,
            "window": f"{register.window.first.isoformat()} to {register.window.last.isoformat()}",
            "leaves": ", ".join(f"{field.name} ({field.leaves.replace('_', ' ')})" for field in register.leaving) or "nothing",
        }
        for register in agreement.register
    ]


def _proposal(log: Log, proposal: Proposal) -> dict[str, Any]:
    entry = proposal.entry
    return {
        "id": entry.proposal_id,
        "index": proposal.index,
        "at": log.entries[proposal.index].statement.at,
        "audience": entry.audience,
        "kinds": ", ".join(entry.kinds),
        "tables": ", ".join(entry.tables),
        "release": entry.release,
        "decisions": [
            {
                "officer": officer,
                "verdict": _verdict(decision.entry.verdict),
                "on": decision.entry.decided_on,
                "reason": decision.entry.reason,
            }
            for officer, decision in sorted(proposal.decisions.items())
        ],
        "state": _outcome(proposal),
    }


def _verdict(verdict: str) -> str:
    return "\N{CHECK MARK} approved" if verdict == "approve" else "\N{MULTIPLICATION SIGN} rejected"


def _outcome(proposal: Proposal) -> str:
    if proposal.withdrawn is not None:
        return "published, then withdrawn: what it told stays told"
    if proposal.published is not None:
        return "published"
    return "rejected" if proposal.rejected else "not published"


def _publication(log: Log, proposal: Proposal) -> dict[str, Any]:
    assert proposal.publication is not None
    index = proposal.published or 0
    return {
        "id": proposal.entry.proposal_id,
        "index": index,
        "at": log.entries[index].statement.at,
        "audience": proposal.audience,
        "release": proposal.release,
        "files": sorted(proposal.publication.files.items()),
    }
