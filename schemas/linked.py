"""The linked set: records of all registers, each with a random study id and its privacy unit, and families of persons.

A directory: ``manifest.json``, ``manifest.sig``, ``links.parquet`` and ``families.parquet`` (encrypted, sealed to the
analyst) and ``REGISTER.payload.parquet``, each the package's own ciphertext, byte for byte.  The linker never opens a
payload; no token survives linking.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Constrained

from schemas.contract import Contract, Digest, Id128, Identifier, IsoDate, Text
from schemas.package import Manifest, Member, SealedKey

FORMAT = "sauma/linked/v0"
SIGNATURE_PREFIX = b"sauma/linked/v0 manifest\n"

LINK_COLUMNS = ("register", "record_id", "study_id", "unit_id")
"""One row a record; ids are random and 16 bytes; ``unit_id`` is the privacy unit, which families never cross."""
FAMILY_COLUMNS = ("definition", "family_id", "study_id", "own", "valid_from", "valid_until")
"""One row for each family that a person is in; ``own``: whether it is the person's one family under that definition.

``valid_from`` and ``valid_until`` are months, ``yyyymm``, null where open: the latest start and the earliest end of the
relations that make the family.
"""


class LinkedPackage(Contract):
    """A package that went in: its digest and its manifest, whose payload member lies beside."""

    sha256: Digest
    manifest: Manifest


class LinkedMember(Contract):
    """An encrypted table of the linked set: ``links.parquet`` or ``families.parquet``."""

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
    links: LinkedMember
    families: LinkedMember

    def payload(self, register: str) -> Member:
        """The payload member of *register*."""
        return next(package.manifest.member("payload") for package in self.packages if package.manifest.register == register)
