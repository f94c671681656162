"""The linked set: records of all registers, each with a random study id and a privacy-unit family.

A directory: ``manifest.json``, ``manifest.sig``, ``links.parquet`` (register, record_id, study_id, family_id,
unit_id; encrypted, sealed to the analyst) and ``REGISTER.payload.parquet``, each the package's own ciphertext, byte
for byte.  The linker never opens a payload; no token survives linking.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Constrained

from schemas.contract import Contract, Digest, Id128, Identifier, IsoDate, Text
from schemas.package import Manifest, Member, SealedKey

FORMAT = "sauma/linked/v0"
SIGNATURE_PREFIX = b"sauma/linked/v0 manifest\n"

LINK_COLUMNS = ("register", "record_id", "study_id", "family_id", "unit_id")
"""``family_id`` is null outside a dwelling family; ``unit_id`` is the privacy unit and never null."""


class LinkedPackage(Contract):
    """A package that went in: its digest and its manifest, whose payload member lies beside."""

    sha256: Digest
    manifest: Manifest


class LinksMember(Contract):
    """The encrypted ``links.parquet``."""

    length: Annotated[int, Constrained(ge=1)]
    sha256: Digest
    key_commitment: Digest
    keys: Annotated[tuple[SealedKey, ...], Constrained(min_length=1)]


class LinkedManifest(Contract):
    """The public face of a linked set.

    ``vintage`` is a digest of the agreement's genesis, the linkage rules and the packages that went in: two linked
    sets of one vintage count alike, so what was told of one was told of the other.
    """

    format: Literal["sauma/linked/v0"]
    software: Text
    linked_id: Id128
    genesis: Digest
    agreement: Digest
    vintage: Digest
    linker: Identifier
    made_on: IsoDate
    packages: Annotated[tuple[LinkedPackage, ...], Constrained(min_length=1)]
    links: LinksMember

    def payload(self, register: str) -> Member:
        """The payload member of *register*."""
        return next(package.manifest.member("payload") for package in self.packages if package.manifest.register == register)
