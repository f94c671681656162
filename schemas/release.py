"""The proposal, and the release it becomes.

A proposal is a directory: ``release.json`` (canonical JSON), ``TABLE.csv`` and ``TABLE.meta.json`` for each table,
``certificate.txt``.  Its digest is the SHA-256 of ``release.json``, which names the digest of every other file.  The
release is the same bytes, in ``published/``, once the ledger holds the publication.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Constrained

from schemas.agreement import Audience, Definition, Kind
from schemas.contract import Contract, Decimal, Digest, Id128, Identifier, IsoDate, Text
from schemas.request import Request

FORMAT = "sauma/release/v0"
CSV_TAIL = ("measure", "value", "lower", "upper", "status")
"""The last columns of a published table; the dimension columns come before them."""

Status = Literal["published", "suppressed", "not_collected", "undefined"]
"""``undefined``: a share, rate or mean of nobody."""


class ReleasedFile(Contract):
    """A file of the proposal and its digest."""

    name: Annotated[str, Constrained(pattern=r"^[a-z][a-z0-9_]{0,39}\.(csv|meta\.json|txt)$")]
    sha256: Digest


class AttackResult(Contract):
    """One rung of the attacker ladder and what the attacker got: A0 linear algebra, A1 rules and public data."""

    rung: Literal["A0", "A1"]
    safe: bool
    method: Text


class ReleasedTable(Contract):
    """What a table is, how it was protected and what it cost.

    ``spend_entry`` is the ledger index of the spend that paid for its noise; None for an EXACT table, and for one that
    repeats what was told before.  ``relations`` is the digest of its :class:`Relations`, salted with ``salt``.
    ``family`` is the definition by which a table of families counted them.
    """

    id: Identifier
    kind: Kind
    unit: Literal["person", "family"]
    family: Definition | None = None
    plan: Digest
    cells: Annotated[int, Constrained(ge=1)]
    hidden: Annotated[int, Constrained(ge=0)]
    epsilon: Decimal | None = None
    attacks: tuple[AttackResult, ...] = ()
    relations: Digest
    salt: Id128
    spend_entry: Annotated[int, Constrained(ge=0)] | None = None


class Release(Contract):
    """``release.json``.  ``tables[].plan`` is the digest of the canonical plan: table, rules, vintage and audience.

    ``checked_against`` are the digests of the published relations that EXACT tables were made safe with: a proposal
    whose audience has been told more since must be made again.
    """

    format: Literal["sauma/release/v0"]
    software: Text
    proposal_id: Id128
    genesis: Digest
    agreement: Digest
    vintage: Digest
    linked_id: Id128
    audience: Audience
    made_on: IsoDate
    proposer: Identifier
    request: Request
    request_digest: Digest
    demonstration: bool
    tables: tuple[ReleasedTable, ...]
    files: tuple[ReleasedFile, ...]
    notes: tuple[Text, ...] = ()
    checked_against: tuple[Digest, ...] = ()


class RelationCell(Contract):
    """One published cell: its code along each dimension and what was said of it.

    ``value`` is None where the cell was hidden; DP cells carry the interval that was printed.  ``measure`` is the sum
    whose figure this is, None for a count.
    """

    key: tuple[Text, ...]
    measure: Identifier | None = None
    value: int | None = None
    lower: int | None = None
    upper: int | None = None


class Relations(Contract):
    """What one table told one audience: the table as asked for and every cell, counts first and then each sum.

    Shares, rates and means are not here: they are functions of these figures.  Content-addressed by its digest.
    """

    format: Literal["sauma/relations/v0"]
    audience: Audience
    vintage: Digest
    base: Identifier
    kind: Kind
    plan: Digest
    request_digest: Digest
    table_id: Identifier
    request: Request
    cells: tuple[RelationCell, ...]
    salt: Id128
