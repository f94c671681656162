"""The package: what leaves an organisation.

One stored (uncompressed) zip, ``REGISTER.sauma``, of exactly four members in this order: ``manifest.json``,
``manifest.sig``, ``identity.parquet``, ``payload.parquet``.  The manifest is canonical JSON; the signature is Ed25519
over ``SIGNATURE_PREFIX`` and the manifest's bytes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Constrained

from schemas.contract import Base64, Contract, Digest, Id128, Identifier, IsoDate, Text
from schemas.register import FieldType, Leaves, Window
from schemas.tokens import TokenFamily

FORMAT = "sauma/package/v0"
SIGNATURE_PREFIX = b"sauma/package/v0 manifest\n"
MEMBERS = ("manifest.json", "manifest.sig", "identity.parquet", "payload.parquet")
MAX_ROWS = 200_000_000

MemberName = Literal["identity", "payload"]


class SealedKey(Contract):
    """A member key sealed to one recipient with HPKE (MLKEM768-X25519, HKDF-SHA256, AES-256-GCM)."""

    recipient: Identifier
    sealed: Base64


class Member(Contract):
    """One encrypted Parquet member: its ciphertext's length and digest, and its sealed key with a commitment.

    ``key_commitment`` is SHA-256 over the member's domain string and key: two recipients cannot be given two keys.
    """

    name: MemberName
    length: Annotated[int, Constrained(ge=1)]
    sha256: Digest
    key_commitment: Digest
    keys: Annotated[tuple[SealedKey, ...], Constrained(min_length=1)]


class PayloadColumn(Contract):
    """One column of the payload as it left."""

    name: Text
    type: FieldType
    leaves: Leaves


class Manifest(Contract):
    """The public face of a package.  Row counts are banded; the exact ones lie in the encrypted footers."""

    format: Literal["sauma/package/v0"]
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
    rows_band: Text
    linkage_key_commitment: Digest
    sentinels: dict[str, Digest]
    tokens: tuple[TokenFamily, ...]
    payload_columns: tuple[PayloadColumn, ...]
    members: Annotated[tuple[Member, ...], Constrained(min_length=2, max_length=2)]

    def member(self, name: MemberName) -> Member:
        """The member called *name*."""
        return next(member for member in self.members if member.name == name)
