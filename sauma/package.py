"""The package: what leaves an organisation (``schemas/package.py`` says what is in it, ``docs/package.md`` how).

Reading verifies the container's every byte, the signature, the agreement and each member's digest before anything is
decrypted, and holds none of it in memory.  The identity member is sealed to the linker and the payload member to the
analyst, each under its own key.  :mod:`sauma.packing` writes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from mmap import mmap
from pathlib import Path

import pyarrow as pa

from sauma import container, files, members
from sauma.keys import SUITE_NAME, PartyKey, framed, public_of, verify
from sauma.members import FACTS, ROWS, identity_schema, payload_schema
from sauma.sealed import Info, open_key
from schemas import canonical
from schemas.agreement import Agreement, Role
from schemas.contract import parse
from schemas.errors import IntegrityError
from schemas.package import (
    FORMAT,
    MANIFEST_BYTES_MAX,
    MEMBERS,
    PACKAGE_BYTES_MAX,
    SIGNATURE_BYTES,
    SIGNATURE_PREFIX,
    Manifest,
    Member,
    MemberName,
    PayloadColumn,
)
from schemas.register import Register

__all__ = [
    "FACTS",
    "READS",
    "ROWS",
    "OpenPackage",
    "aad_of",
    "identity_reader",
    "identity_schema",
    "info_of",
    "member_metadata",
    "open_member",
    "payload_bytes",
    "payload_columns",
    "payload_schema",
    "read_package",
    "require_agreed",
    "signed_manifest",
]

READS: dict[MemberName, Role] = {"identity": "linker", "payload": "analyst"}
"""Whom each member is sealed to."""


@dataclass(frozen=True)
class OpenPackage:
    """A package whose integrity was verified; nothing in it is decrypted yet.  Its members lie in a mapping of the file."""

    path: Path
    sha256: str
    manifest: Manifest
    members: Mapping[str, memoryview] = field(repr=False)

    @property
    def place(self) -> str:
        """The file, as a person should see it."""
        return files.shown(self.path)

    def close(self) -> None:
        """Let go of the file, which some platforms do not let be replaced before; the members are not to be used then.

        A reader of a member that is still about (in an error's traceback) keeps the file until it is gone itself.
        """
        mapping = next((view.obj for view in self.members.values()), None)
        with contextlib.suppress(BufferError):
            for view in self.members.values():
                view.release()
            if isinstance(mapping, mmap):
                mapping.close()


def payload_columns(register: Register) -> tuple[PayloadColumn, ...]:
    """What the manifest says of each column of *register* that leaves."""
    return tuple(PayloadColumn(name=column.name, type=column.type, leaves=column.leaves) for column in register.leaving)


def read_package(path: Path, agreement: Agreement) -> OpenPackage:
    """The package in *path*, made under *agreement*, its integrity wholly verified; nothing is decrypted.

    Nobody but a steward of the agreement makes us read more than the manifest, or more than it says.  Raises
    ``IntegrityError`` naming the file: S5001 (manifest not canonical), S5002 (signature), S5004 (any byte that is not
    what was signed), S5005 (another agreement's); ``InputError`` S3003 if there is no such file.
    """
    return _verified(path, files.mapped(path, limit=PACKAGE_BYTES_MAX), agreement)


def _verified(path: Path, data: bytes | memoryview, agreement: Agreement) -> OpenPackage:
    place = files.shown(path)
    small = container.front(memoryview(data), MEMBERS[:2], sizes_max=(MANIFEST_BYTES_MAX, SIGNATURE_BYTES), place=place)
    if len(small[MEMBERS[1]]) != SIGNATURE_BYTES:
        raise container.no_package(place)
    manifest = signed_manifest(small, agreement, place=place)
    lengths = {name: len(content) for name, content in small.items()}
    lengths |= {f"{member.name}.parquet": member.length for member in manifest.members}
    if len(data) != container.length(lengths):
        raise container.no_package(place)
    unpacked = container.unpack(data, MEMBERS, place=place)
    for member in manifest.members:
        name = f"{member.name}.parquet"
        if lengths[name] != len(unpacked.members[name]) or unpacked.digests[name] != member.sha256:
            reason = f"its {member.name} member is not the one that was signed"
            raise IntegrityError("S5004", place=place, reason=reason, hint="fetch the file again")
    require_agreed(manifest, agreement, place=place)
    return OpenPackage(path, unpacked.sha256, manifest, unpacked.members)


def signed_manifest(small: Mapping[str, bytes], agreement: Agreement, *, place: str) -> Manifest:
    """The manifest among the first members, signed by a steward of *agreement*."""
    text, signature = (small[name] for name in MEMBERS[:2])
    manifest = parse(Manifest, canonical.loads(text, place=place), place=place, error=IntegrityError, code="S5001")
    if manifest.genesis != agreement.genesis or manifest.party not in {party.id for party in agreement.with_role("steward")}:
        raise IntegrityError("S5005", place=place, reason="made under another agreement", hint="ask its sender for the right package")
    verify(public_of(agreement, manifest.party), SIGNATURE_PREFIX, text, signature, place=place)
    return manifest


def require_agreed(manifest: Manifest, agreement: Agreement, *, place: str) -> None:
    """S5005 unless register, controller, window, columns and readers are those of *agreement* as it stands (amended or not)."""
    register = next((register for register in agreement.register if register.id == manifest.register), None)
    agreed = (
        register is not None
        and register.controller == manifest.party
        and register.window == manifest.window
        and payload_columns(register) == manifest.payload_columns
        and register.match_tokens == bool(manifest.tokens)
    )
    if not agreed:
        reason = "made for another version of the agreement: its register, window or columns differ"
        raise IntegrityError("S5005", place=place, reason=reason, hint="the steward runs 'sauma pseudonymise' again")
    for member in manifest.members:
        readers = {party.id for party in agreement.with_role(READS[member.name])}
        if not readers.issuperset(sealed.recipient for sealed in member.keys):
            reason = f"its {member.name} member is sealed to somebody who is no {READS[member.name]} of the agreement"
            raise IntegrityError("S5005", place=place, reason=reason, hint="the steward runs 'sauma pseudonymise' again")


def identity_reader(package: OpenPackage, me: PartyKey) -> pa.RecordBatchReader:
    """The identity member's rows, for the linker; ``KeyProblem`` S6006 for anybody else."""
    manifest = package.manifest
    return open_member(package.members["identity.parquet"], manifest.member("identity"), manifest, me, place=package.place)


def payload_bytes(package: OpenPackage) -> memoryview:
    """The payload member's ciphertext, as it goes into the linked set."""
    return package.members["payload.parquet"]


def open_member(
    ciphertext: bytes | memoryview, member: Member, manifest: Manifest, me: PartyKey, *, place: str = "payload"
) -> pa.RecordBatchReader:
    """The rows of a member whose digest the caller has verified; ``KeyProblem`` S6006 unless it is sealed to *me*."""
    schema = identity_schema(manifest.tokens) if member.name == "identity" else payload_schema(manifest.payload_columns)
    key, aad = _key(member, manifest, me, place=place)
    return members.open_rows(ciphertext, member.name, schema, key, aad, place=place)


def member_metadata(
    ciphertext: bytes | memoryview, member: Member, manifest: Manifest, me: PartyKey, *, place: str = "payload"
) -> dict[str, bytes]:
    """The metadata in a member's encrypted footer: :data:`FACTS` and :data:`ROWS`."""
    key, aad = _key(member, manifest, me, place=place)
    return members.footer(ciphertext, key, aad, place=place)


def _key(member: Member, manifest: Manifest, me: PartyKey, *, place: str) -> tuple[bytes, bytes]:
    """The member's key and what its ciphertext is bound to."""
    aad = aad_of(manifest.genesis, manifest.package_id, member.name)
    info = info_of(manifest.genesis, manifest.party, manifest.package_id, member.name)
    return open_key(member.keys, me, info, aad=aad, commitment=member.key_commitment, place=place), aad


def aad_of(genesis: str, package_id: str, member: str) -> bytes:
    """What a member's ciphertext is bound to: the AAD prefix of its modules."""
    return framed("sauma/member/v1", FORMAT, genesis, package_id, member)


def info_of(genesis: str, sender: str, package_id: str, member: str) -> Info:
    """What the message with a member's key is bound to, for each recipient."""
    return lambda recipient: framed("sauma/hpke/v1", SUITE_NAME, "package member key", genesis, sender, recipient, f"{package_id}/{member}")
