"""The package: what leaves an organisation.  ``docs/package.md`` describes it well enough to write another reader.

One stored (uncompressed) zip, ``REGISTER.sauma``, of exactly four members in this order: ``manifest.json``,
``manifest.sig``, ``identity.parquet``, ``payload.parquet``.  The manifest is canonical JSON; the signature is Ed25519
over ``SIGNATURE_PREFIX`` and the manifest's bytes.  Version 1 is frozen: its bytes never change.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field as Constrained
from pydantic import StringConstraints, model_validator

from schemas.contract import Base64, Contract, Digest, Id128, Identifier, IsoDate, Text
from schemas.register import FieldType, Leaves, Window
from schemas.tokens import TokenFamily

FORMAT = "sauma/package/v1"
SIGNATURE_PREFIX = b"sauma/package/v1 manifest\n"
MEMBERS = ("manifest.json", "manifest.sig", "identity.parquet", "payload.parquet")

MANIFEST_BYTES_MAX = 8 * 1024 * 1024
SIGNATURE_BYTES = 64
MEMBER_BYTES_MAX = 2**40
PACKAGE_BYTES_MAX = 2 * MEMBER_BYTES_MAX + 2 * MANIFEST_BYTES_MAX
MAX_ROWS = 200_000_000
"""Of each member, fillers not counted."""
ROW_GROUP_ROWS = 131_072
"""Rows in each row group of a member but its last."""

MemberName = Literal["identity", "payload"]
Band = Annotated[str, StringConstraints(pattern=r"^(0|1-99|(1|10|100|1000|10000|100000|1000000)00-9{3,9})$")]


class SealedKey(Contract):
    """A member key sealed to one recipient with HPKE (MLKEM768-X25519, HKDF-SHA256, AES-256-GCM)."""

    recipient: Identifier
    sealed: Base64


class Member(Contract):
    """One encrypted Parquet member: its ciphertext's length and digest, and its sealed key with a commitment.

    ``key_commitment`` is SHA-256 over the member's domain string and key: two recipients cannot be given two keys.
    """

    name: MemberName
    length: Annotated[int, Constrained(ge=1, le=MEMBER_BYTES_MAX)]
    sha256: Digest
    key_commitment: Digest
    keys: Annotated[tuple[SealedKey, ...], Constrained(min_length=1, max_length=400)]


class PayloadColumn(Contract):
    """One column of the payload as it left."""

    name: Text
    type: FieldType
    leaves: Leaves


class Manifest(Contract):
    """The public face of a package.  Row counts are banded; the exact ones lie in the encrypted footers."""

    format: Literal["sauma/package/v1"]
    software: Text
    package_id: Id128
    party: Identifier
    register: Identifier
    genesis: Digest
    agreement: Digest
    window: Window
    sequence: Annotated[int, Constrained(ge=1, le=10**6)]
    supersedes: Digest | None = None
    made_on: IsoDate
    rows_band: Band
    linkage_key_commitment: Digest
    sentinels: Annotated[dict[str, Digest], Constrained(max_length=101)]
    tokens: Annotated[tuple[TokenFamily, ...], Constrained(max_length=100)]
    payload_columns: Annotated[tuple[PayloadColumn, ...], Constrained(max_length=500)]
    members: Annotated[tuple[Member, ...], Constrained(min_length=2, max_length=2)]

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if tuple(member.name for member in self.members) != ("identity", "payload"):
            raise ValueError("the members are not identity and payload")
        families = [family.name for family in self.tokens]
        columns = [column.name for column in self.payload_columns]
        if len(set(families)) != len(families) or len(set(columns)) != len(columns):
            raise ValueError("a token family or a column is named twice")
        return self

    def member(self, name: MemberName) -> Member:
        """The member called *name*."""
        return next(member for member in self.members if member.name == name)


def band(rows: int) -> str:
    """The order of magnitude of *rows*: ``1-99``, ``100-999``, ``1000-9999``..."""
    if rows < 1:
        return "0"
    low = 10 ** max(len(str(rows)) - 1, 2)
    return "1-99" if rows < low else f"{low}-{low * 10 - 1}"


def padded(rows: int) -> int:
    """How many rows a member of *rows* rows holds, fillers included: two digits of the number, rounded up; at least 100.

    A member's length would tell the number that the manifest keeps to its order of magnitude.
    """
    if rows <= 100:
        return 100 if rows > 0 else 0
    step: int = 10 ** (len(str(rows)) - 2)
    return -(-rows // step) * step
