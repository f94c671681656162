"""The ledger's entries: what may be written into the log, and nothing else.

One line of ``entries.jsonl`` is the canonical JSON of a :class:`SignedEntry`.  No entry carries a suppressed value, a
true count, a token, a small count or anything about one person.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Constrained
from pydantic import StringConstraints

from schemas.agreement import Agreement, Audience, Kind
from schemas.contract import Base64, Contract, Decimal, Digest, Id128, Identifier, IsoDate, Text

FORMAT = "sauma/ledger/v0"
ENTRY_PREFIX = b"sauma/ledger/v0 entry\n"
Reason = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Size = Annotated[int, Constrained(ge=0, le=2**40)]
Moment = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
"""A UTC time to the second, as its actor claims it: the order of entries is proven, their times are not."""


class AgreementEntry(Contract):
    """The agreement, or an amendment, whole: so that a reader of the log needs no other file.

    ``signatures`` holds every party's detached Ed25519 signature over the agreement
    (``schemas.agreement.SIGNATURE_PREFIX``).  What a verifier needs is read from the document, never repeated.
    """

    kind: Literal["agreement"]
    agreement: Digest
    document: Agreement
    signatures: dict[Identifier, Base64]

    @property
    def parties(self) -> dict[str, str]:
        """Each party's public key line."""
        return {party.id: party.public_key for party in self.document.party}

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """Each party's roles."""
        return {party.id: party.roles for party in self.document.party}

    @property
    def budget(self) -> str:
        """The total privacy budget, a decimal."""
        return self.document.budget.total

    @property
    def officers(self) -> int:
        """How many officers must approve, and cosign."""
        return self.document.approvals.officers


class PackageEntry(Contract):
    """A package was received."""

    kind: Literal["package"]
    package_id: Id128
    register: Identifier
    party: Identifier
    sequence: int
    sha256: Digest


class LinkEntry(Contract):
    """A linkage was run over packages, giving a linked set."""

    kind: Literal["link"]
    linked_id: Id128
    vintage: Digest
    manifest: Digest
    packages: tuple[Digest, ...]


class SpendEntry(Contract):
    """Budget spent, *before* any noise is drawn.  Never refunded."""

    kind: Literal["spend"]
    proposal_id: Id128
    plan: Digest
    audience: Audience
    epsilon: Decimal


class ProposalEntry(Contract):
    """A proposal was made."""

    kind: Literal["proposal"]
    proposal_id: Id128
    release: Digest
    audience: Audience
    kinds: tuple[Kind, ...]
    tables: tuple[Identifier, ...]
    relations: tuple[Digest, ...]


class DecisionEntry(Contract):
    """An officer's decision on exactly one proposal."""

    kind: Literal["decision"]
    proposal_id: Id128
    release: Digest
    verdict: Literal["approve", "reject"]
    reason: Reason
    decided_on: IsoDate


class PublicationEntry(Contract):
    """An approved proposal was published: the digest of every file."""

    kind: Literal["publication"]
    proposal_id: Id128
    release: Digest
    files: dict[str, Digest]
    relations: tuple[Digest, ...]


class KeyDestroyedEntry(Contract):
    """A party states that it destroyed its private key; or, with a ``subject``, other key material that it held.

    ``linkage_contributions``: a steward's copies of all contributions to the linkage key; its own key lives on.
    """

    kind: Literal["key_destroyed"]
    destroyed: Text
    stated_on: IsoDate
    subject: Literal["linkage_contributions"] | None = None


class WithdrawnEntry(Contract):
    """A publication was withdrawn; what it told stays told."""

    kind: Literal["withdrawn"]
    proposal_id: Id128
    reason: Reason


class WitnessedEntry(Contract):
    """A checkpoint that officers cosigned: the signed note, word for word.

    ``size`` and ``root`` repeat what the note says.  A publication needs such an entry that covers its approvals.
    """

    kind: Literal["witnessed"]
    size: Size
    root: Digest
    note: Annotated[str, StringConstraints(min_length=1, max_length=8000)]


Entry = Annotated[
    AgreementEntry
    | PackageEntry
    | LinkEntry
    | SpendEntry
    | ProposalEntry
    | DecisionEntry
    | PublicationEntry
    | KeyDestroyedEntry
    | WithdrawnEntry
    | WitnessedEntry,
    Constrained(discriminator="kind"),
]


class Statement(Contract):
    """What an actor signs: the log (``origin``), the checkpoint it saw (``size``, ``root``), and the entry.

    ``id`` makes appending idempotent: the same statement twice is one entry.  For the writer's own entries ``size`` is
    the entry's index.
    """

    format: Literal["sauma/ledger/v0"]
    origin: Text
    id: Id128
    actor: Identifier
    at: Moment
    size: Size
    root: Digest
    entry: Entry


class SignedEntry(Contract):
    """A statement and its actor's Ed25519 signature over ``ENTRY_PREFIX`` and the statement's canonical JSON."""

    statement: Statement
    signature: Base64
