"""What the entries amount to: a fold over the log, from which every question about the past is answered.

Nothing here checks anything: ``rules`` decides whether an entry may follow, then :meth:`State.record` takes it in.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ledger.entries import keys_of
from schemas.agreement import Agreement, Audience, Role
from schemas.ledger import (
    AgreementEntry,
    DecisionEntry,
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
from schemas.public_key import PublicKey


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the agreement, the entry that brought it, and its parties' keys."""

    index: int
    entry: AgreementEntry
    keys: Mapping[str, PublicKey]

    @property
    def agreement(self) -> Agreement:
        """The document itself."""
        return self.entry.document

    @property
    def writer(self) -> str:
        """The party that writes the log: the one analyst."""
        return self.agreement.with_role("analyst")[0].id

    def officers(self) -> dict[str, bytes]:
        """Each officer's Ed25519 public key."""
        return {party.id: self.keys[party.id].signing for party in self.agreement.with_role("officer")}

    def has_role(self, party: str, *roles: Role) -> bool:
        """Whether *party* holds one of *roles*."""
        return any(candidate.id == party and set(roles) & set(candidate.roles) for candidate in self.agreement.party)


@dataclass(frozen=True, slots=True)
class Decision:
    """An officer's latest word on a proposal: where in the log it stands, and when it was said.

    ``said`` is the size of the log that its officer had seen, and the officer's own clock: the order of one officer's
    words, whatever the order in which the writer took them in.
    """

    index: int
    said: tuple[int, str]
    entry: DecisionEntry


@dataclass(slots=True)
class Proposal:
    """A proposal and what became of it."""

    index: int
    entry: ProposalEntry
    decisions: dict[str, Decision] = field(default_factory=dict)
    published: int | None = None
    publication: PublicationEntry | None = None
    withdrawn: int | None = None

    @property
    def release(self) -> str:
        """Digest of ``release.json``."""
        return self.entry.release

    @property
    def audience(self) -> Audience:
        """Whom it is for."""
        return self.entry.audience

    @property
    def relations(self) -> tuple[str, ...]:
        """Digests of what it tells."""
        return self.entry.relations

    @property
    def approvals(self) -> frozenset[str]:
        """Officers whose latest word is approval."""
        return frozenset(officer for officer, decision in self.decisions.items() if decision.entry.verdict == "approve")

    @property
    def rejected(self) -> bool:
        """Whether some officer's latest word is rejection."""
        return any(decision.entry.verdict == "reject" for decision in self.decisions.values())


@dataclass(frozen=True, slots=True)
class Witness:
    """A checkpoint of *size* entries that officers cosigned at these times (UTC); recorded as entry *index*."""

    index: int
    size: int
    officers: Mapping[str, datetime.datetime]


@dataclass(slots=True)
class State:
    """Everything the log says, after its last entry."""

    versions: list[Version] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    packages: dict[str, PackageEntry] = field(default_factory=dict)
    links: dict[str, LinkEntry] = field(default_factory=dict)
    spends: list[SpendEntry] = field(default_factory=list)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    witnesses: list[Witness] = field(default_factory=list)
    destroyed: list[tuple[str, KeyDestroyedEntry]] = field(default_factory=list)
    dead_keys: set[bytes] = field(default_factory=set)

    @property
    def version(self) -> Version:
        """The agreement in force."""
        return self.versions[-1]

    @property
    def agreement(self) -> Agreement:
        """The agreement in force, as a document."""
        return self.version.agreement

    @property
    def writer(self) -> str:
        """The party that may write the next entry into the file."""
        return self.version.writer

    @property
    def spent(self) -> Fraction:
        """Budget spent so far; it never falls."""
        return sum((Fraction(spend.epsilon) for spend in self.spends), Fraction(0))

    @property
    def total(self) -> Fraction:
        """The budget of the agreement in force."""
        return Fraction(self.version.entry.budget)

    @property
    def publications(self) -> tuple[Proposal, ...]:
        """Everything published, withdrawn or not, in order: what it told stays told."""
        found = [proposal for proposal in self.proposals.values() if proposal.published is not None]
        return tuple(sorted(found, key=lambda proposal: proposal.published or 0))

    def told(self, audience: Audience) -> tuple[str, ...]:
        """Digests of the relations that *audience* was told, in order of publication."""
        return tuple(digest for proposal in self.publications if proposal.audience == audience for digest in proposal.relations)

    def version_at(self, index: int) -> Version:
        """The version in force when entry *index* was written (entry 0 brings its own)."""
        earlier = [version for version in self.versions if version.index < index]
        return earlier[-1] if earlier else self.versions[0]

    def cosigned_after(self, index: int) -> frozenset[str]:
        """Officers of the agreement in force who cosigned a checkpoint that covers entry *index*."""
        officers = self.version.officers()
        return frozenset(
            officer for witness in self.witnesses if witness.size > index for officer in witness.officers if officer in officers
        )

    def missing(self, proposal_id: str, release: str) -> str:
        """What still stands in the way of publishing *proposal_id* as exactly *release*; empty if nothing does."""
        proposal = self.proposals.get(proposal_id)
        if proposal is None:
            return "the ledger has no such proposal"
        if proposal.release != release:
            return "the release is not the one that was proposed"
        if proposal.rejected:
            return "an officer rejected it"
        needed, officers = self.version.entry.officers, self.version.officers()
        approvals = sorted(proposal.decisions[officer].index for officer in proposal.approvals if officer in officers)
        if len(approvals) < needed:
            return f"it has {len(approvals)} of {needed} approvals"
        cosigned = len(self.cosigned_after(approvals[needed - 1]))
        if cosigned < needed:
            return f"the checkpoint that covers its approvals has {cosigned} of {needed} cosignatures"
        return ""

    def record(self, index: int, said: Statement, *, witnesses: Mapping[str, datetime.datetime] | None = None) -> None:
        """Take in entry *index*, which the rules let through; *witnesses* are the checked cosigners of a witnessed entry."""
        self.ids[said.id] = index
        match said.entry:
            case AgreementEntry() as entry:
                self.versions.append(Version(index, entry, keys_of(entry, place=f"entries.jsonl, entry {index}")))
            case PackageEntry() as entry:
                self.packages[entry.sha256] = entry
            case LinkEntry() as entry:
                self.links[entry.linked_id] = entry
            case SpendEntry() as entry:
                self.spends.append(entry)
            case WitnessedEntry() as entry:
                self.witnesses.append(Witness(index, entry.size, dict(witnesses or {})))
            case KeyDestroyedEntry() as entry:
                self.destroyed.append((said.actor, entry))
                if entry.subject is None:
                    self.dead_keys.add(self.version.keys[said.actor].signing)
            case _:
                self._record_release(index, said)

    def _record_release(self, index: int, said: Statement) -> None:
        match said.entry:
            case ProposalEntry() as entry:
                self.proposals[entry.proposal_id] = Proposal(index, entry)
            case DecisionEntry() as entry:
                self.proposals[entry.proposal_id].decisions[said.actor] = Decision(index, (said.size, said.at), entry)
            case PublicationEntry() as entry:
                proposal = self.proposals[entry.proposal_id]
                proposal.published, proposal.publication = index, entry
            case WithdrawnEntry() as entry:
                self.proposals[entry.proposal_id].withdrawn = index
