"""Which party may write what, after what: one short rule for each kind of entry.

A rule returns the reason why an entry may not stand where it does, or nothing.  The same rules hold for the writer,
before a byte is written, and for everyone who verifies later.
"""

from __future__ import annotations

from fractions import Fraction

from ledger.entries import keys_of, signed_by_all, signed_by_one
from ledger.state import State
from schemas.agreement import Role
from schemas.errors import IntegrityError
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
    Statement,
    WithdrawnEntry,
    WitnessedEntry,
)

MAY_SAY: dict[type[Entry], tuple[Role, ...]] = {
    AgreementEntry: ("analyst",),
    PackageEntry: ("linker", "analyst"),
    LinkEntry: ("linker",),
    SpendEntry: ("analyst",),
    ProposalEntry: ("analyst",),
    DecisionEntry: ("officer",),
    PublicationEntry: ("analyst",),
    KeyDestroyedEntry: ("steward", "linker", "analyst", "officer"),
    WithdrawnEntry: ("analyst", "officer"),
    WitnessedEntry: ("analyst",),
}


def broken(state: State, said: Statement) -> str:
    """Why *said* may not follow *state*; empty if it may.  Signatures, origin and checkpoint are checked elsewhere."""
    return _actor(state, said) or _sequence(state, said)


def _actor(state: State, said: Statement) -> str:
    if not state.version.has_role(said.actor, *MAY_SAY[type(said.entry)]):
        return f"{said.actor} may not write a {said.entry.kind} entry"
    if state.version.keys[said.actor].signing in state.dead_keys:
        return f"{said.actor} stated that this key is destroyed"
    return ""


def _sequence(state: State, said: Statement) -> str:
    match said.entry:
        case AgreementEntry() as entry:
            return _amendment(state, said, entry)
        case PackageEntry() as entry:
            return _package(state, entry)
        case LinkEntry() as entry:
            return _link(state, entry)
        case SpendEntry() as entry:
            return _spend(state, entry)
        case ProposalEntry() as entry:
            return _proposal(state, entry)
        case DecisionEntry() as entry:
            return _decision(state, said, entry)
        case PublicationEntry() as entry:
            return _publication(state, entry)
        case WithdrawnEntry() as entry:
            published = entry.proposal_id in state.proposals and state.proposals[entry.proposal_id].published is not None
            return "" if published else "it withdraws what was not published"
    return ""


def unsound(entry: AgreementEntry, *, place: str) -> str:
    """Why the agreement in *entry* does not stand by itself: its digest, or a party's signature; empty if it does."""
    if entry.document.digest != entry.agreement:
        return "its agreement does not have the digest it names"
    if not signed_by_all(entry, keys_of(entry, place=place)):
        return "its agreement is not signed by every party, and only by them"
    return ""


def _amendment(state: State, said: Statement, entry: AgreementEntry) -> str:
    """Every party in force consents, with its key in force, and enough officers stay, with their keys, in every version.

    Otherwise the analyst and an officer could amend the agreement into one among keys that are all their own.  Consent
    is the party's signature on the document; the writer's is on the very statement that carries it, so that the
    analyst can change its own key.  A party that stated its key destroyed can sign no more: it alone may be given
    another key, or leave, without.
    """
    if entry.document.amends != state.versions[0].entry.agreement:
        return "it amends another agreement"
    bound = {party: key for party, key in state.version.keys.items() if key.signing not in state.dead_keys and party != said.actor}
    without = sorted(party for party, key in bound.items() if not signed_by_one(entry, key))
    if without:
        return f"{without[0]} did not sign the amendment with its key in force"
    later = {party.id: party.public_key for party in entry.document.with_role("officer")}
    staying = [party for party in state.agreement.with_role("officer") if later.get(party.id) == party.public_key]
    needed = state.version.entry.officers
    return "" if len(staying) >= needed else f"fewer than {needed} of the officers in force stay, with their keys, in the amendment"


def _package(state: State, entry: PackageEntry) -> str:
    registers = {register.id: register.controller for register in state.agreement.register}
    if registers.get(entry.register) != entry.party:
        return "the package's party is not the controller of its register"
    earlier = [package.sequence for package in state.packages.values() if package.register == entry.register]
    if entry.sha256 in state.packages:
        return "the package is already in the ledger"
    return "" if entry.sequence > max(earlier, default=0) else "the package's sequence number went back or stood still"


def _link(state: State, entry: LinkEntry) -> str:
    if entry.linked_id in state.links:
        return "the linked set is already in the ledger"
    return "" if set(entry.packages) <= set(state.packages) else "it links a package that the ledger does not have"


def _spend(state: State, entry: SpendEntry) -> str:
    if Fraction(entry.epsilon) <= 0:
        return "it spends nothing"
    if entry.proposal_id in state.proposals:
        return "it spends for a proposal that was already made"
    return "" if state.spent + Fraction(entry.epsilon) <= state.total else "it spends more than the budget has left"


def _proposal(state: State, entry: ProposalEntry) -> str:
    if entry.proposal_id in state.proposals:
        return "the proposal is already in the ledger"
    spends = [spend for spend in state.spends if spend.proposal_id == entry.proposal_id]
    if ("DP" in entry.kinds) != bool(spends):
        return "a proposal with noise, and only such a one, needs a spend before it"
    return "" if all(spend.audience == entry.audience for spend in spends) else "its spend names another audience"


def _decision(state: State, said: Statement, entry: DecisionEntry) -> str:
    proposal = state.proposals.get(entry.proposal_id)
    if proposal is None or proposal.release != entry.release:
        return "it decides on what was not proposed"
    if said.size <= proposal.index:
        return "its officer had not seen the proposal in the log"
    earlier = proposal.decisions.get(said.actor)
    newer = earlier is None or (said.size, said.at) > earlier.said
    return "" if newer else "it is not newer than the officer's decision in the log"


def _publication(state: State, entry: PublicationEntry) -> str:
    reason = state.missing(entry.proposal_id, entry.release)
    if reason:
        return reason
    proposal = state.proposals[entry.proposal_id]
    if proposal.published is not None:
        return "it was already published"
    if entry.relations != proposal.relations:
        return "it tells other relations than were proposed"
    return "" if entry.files else "it publishes no file"


def refuse(reason: str, *, place: str) -> IntegrityError:
    """The error for a broken rule at *place*."""
    return IntegrityError("S5205", place=place, reason=reason, hint="see 'sauma explain S5205' for the rules of the ledger")
