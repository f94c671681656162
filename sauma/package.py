"""The package: what leaves an organisation (``schemas/package.py`` says what is in it).

Writing seals the identity member to the linker and the payload member to the analyst, each under its own key.  Reading
verifies the container's every byte, the signature, the agreement and each member's digest before anything is decrypted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sauma import container, files
from sauma.keys import PartyKey, framed, hpke_info, public_of, verify
from sauma.sealed import KEY_BYTES, Info, batches, decrypt_reader, encrypt_table, footer_metadata, key_commitment, open_key, seal_key
from sauma.version import SOFTWARE
from schemas import canonical
from schemas.agreement import Agreement
from schemas.batches import TokenBatch
from schemas.contract import IsoDate, parse
from schemas.errors import InputError, IntegrityError
from schemas.package import FORMAT, MAX_ROWS, MEMBERS, SIGNATURE_PREFIX, Manifest, Member, MemberName, PayloadColumn
from schemas.register import Register
from schemas.tokens import BIRTH_YEAR_COLUMN, IDENTITY_COLUMNS, MONTH_COLUMNS, RECORD_ID, RELATION_COLUMNS, TokenFamily

__all__ = [
    "FACTS",
    "OpenPackage",
    "Origin",
    "decrypt_reader",
    "encrypt_table",
    "identity_reader",
    "identity_schema",
    "member_metadata",
    "open_member",
    "payload_bytes",
    "payload_columns",
    "payload_schema",
    "read_package",
    "write_package",
]

FACTS = "sauma.facts"
"""Footer key of the exact counts (canonical JSON of names to integers): encrypted, for the member's reader only."""
FRONT_BYTES = 8 * 1024 * 1024
"""The manifest and its signature lie within so many first bytes."""
Entropy = Callable[[int], bytes]


@dataclass(frozen=True)
class Origin:
    """What a package is made from besides its rows: agreement, register, day, token layout, linkage-key commitment."""

    agreement: Agreement
    register: Register
    made_on: IsoDate
    tokens: tuple[TokenFamily, ...]
    linkage_key_commitment: str


@dataclass(frozen=True)
class OpenPackage:
    """A package whose integrity was verified; nothing in it is decrypted yet."""

    path: Path
    sha256: str
    manifest: Manifest
    members: Mapping[str, memoryview] = field(repr=False)

    @property
    def place(self) -> str:
        """The file, as a person should see it."""
        return files.shown(self.path)


def identity_schema(tokens: tuple[TokenFamily, ...]) -> pa.Schema:
    """Columns of the identity member: ids and relation tokens as 16 bytes, months as int32, then the match-token slots as int64."""
    fixed = (RECORD_ID, *IDENTITY_COLUMNS, BIRTH_YEAR_COLUMN, *RELATION_COLUMNS)
    slots = (column for family in tokens for column in family.columns)
    months = [(name, pa.int32()) for name in MONTH_COLUMNS]
    return pa.schema([(name, pa.binary(16)) for name in fixed] + months + [(name, pa.int64()) for name in slots])


def payload_schema(columns: tuple[PayloadColumn, ...]) -> pa.Schema:
    """Columns of the payload member: the record id, then what leaves; whole numbers as int64, all else as text."""
    whole = {column.name: column.leaves == "year" or (column.type == "integer" and column.leaves == "as_is") for column in columns}
    fields = [(name, pa.int64() if number else pa.string()) for name, number in whole.items()]
    return pa.schema([(RECORD_ID, pa.binary(16)), *fields])


def write_package(path: Path, batch: TokenBatch, origin: Origin, key: PartyKey, *, facts: Mapping[str, int], entropy: Entropy) -> Manifest:
    """Seal *batch* into *path* and return its manifest; a package already there is verified and superseded.

    *facts* are exact counts, written into the encrypted footers only.
    """
    _require_shape(batch, origin)
    earlier = read_package(path, origin.agreement) if path.exists() else None
    package_id, footer = entropy(16).hex(), {FACTS: canonical.dumps(dict(facts))}
    identity, sealed_identity = _seal(batch.identity, "identity", origin, package_id, key.party, footer, entropy)
    payload, sealed_payload = _seal(batch.payload, "payload", origin, package_id, key.party, footer, entropy)
    manifest = Manifest(
        format="sauma/package/v0",
        software=SOFTWARE,
        package_id=package_id,
        party=key.party,
        register=origin.register.id,
        genesis=origin.agreement.genesis,
        agreement=origin.agreement.digest,
        window=origin.register.window,
        sequence=earlier.manifest.sequence + 1 if earlier else 1,
        supersedes=earlier.sha256 if earlier else None,
        made_on=origin.made_on,
        rows_band=band(batch.payload.num_rows),
        linkage_key_commitment=origin.linkage_key_commitment,
        sentinels=dict(batch.sentinels),
        tokens=origin.tokens,
        payload_columns=payload_columns(origin.register),
        members=(sealed_identity, sealed_payload),
    )
    text = canonical.dumps(manifest.canonical())
    _write(path, dict(zip(MEMBERS, (text, key.sign(SIGNATURE_PREFIX, text), identity, payload), strict=True)), origin.agreement)
    return manifest


def _seal(
    table: pa.Table, name: MemberName, origin: Origin, package_id: str, sender: str, footer: Mapping[str, bytes], entropy: Entropy
) -> tuple[bytes, Member]:
    genesis = origin.agreement.genesis
    aad, key = _aad(genesis, package_id, name), entropy(KEY_BYTES)
    # identity columns are random bytes, which do not compress; a payload's codes do
    content = encrypt_table(table, key, aad, footer, compression="none" if name == "identity" else "zstd")
    readers = origin.agreement.with_role("linker" if name == "identity" else "analyst")
    keys = seal_key(key, [public_of(origin.agreement, party.id) for party in readers], _info(genesis, sender, package_id, name))
    digest = hashlib.sha256(content).hexdigest()
    return content, Member(name=name, length=len(content), sha256=digest, key_commitment=key_commitment(key, aad), keys=keys)


def _write(path: Path, contents: Mapping[str, bytes], agreement: Agreement) -> None:
    try:
        data = container.pack(contents)
    except ValueError:
        data = b""
    if not data:
        raise InputError("S3005", place=files.shown(path), reason="a package is limited to 4 GiB", hint="split the register by window")
    _verified(path, data, agreement)  # what is written must be what a reader accepts
    files.write_private(path, data)


def _require_shape(batch: TokenBatch, origin: Origin) -> None:
    identity, payload = identity_schema(origin.tokens), payload_schema(payload_columns(origin.register))
    if not batch.identity.schema.equals(identity) or not batch.payload.schema.equals(payload):
        raise AssertionError("the token batch does not have the constant shape that the agreement declares")


def payload_columns(register: Register) -> tuple[PayloadColumn, ...]:
    """What the manifest says of each column of *register* that leaves."""
    return tuple(PayloadColumn(name=column.name, type=column.type, leaves=column.leaves) for column in register.leaving)


def band(rows: int) -> str:
    """The order of magnitude of *rows*: ``1-99``, ``100-999``, ``1000-9999``..."""
    if rows < 1:
        return "0"
    low = 10 ** max(len(str(rows)) - 1, 2)
    return "1-99" if rows < low else f"{low}-{low * 10 - 1}"


def read_package(path: Path, agreement: Agreement) -> OpenPackage:
    """The package in *path*, made under *agreement*, its integrity wholly verified; nothing is decrypted.

    Raises ``IntegrityError`` naming the file: S5001 (manifest not canonical), S5002 (signature), S5004 (any byte that
    is not what was signed), S5005 (another agreement's); ``InputError`` S3003 if there is no such file.
    """
    place = files.shown(path)

    def first(front: bytes, size: int) -> None:
        """Nobody but a steward of the agreement makes us read more than the manifest, or more than it says."""
        members = container.front(front, MEMBERS[:2], place=place)
        lengths = {name: len(content) for name, content in members.items()}
        lengths |= {f"{member.name}.parquet": member.length for member in _manifest(members, agreement, place=place).members}
        container.check_length(size, lengths, place=place)

    return _verified(path, files.read_bytes(path, limit=container.BYTES_MAX, first=(FRONT_BYTES, first)), agreement)


def _verified(path: Path, data: bytes, agreement: Agreement) -> OpenPackage:
    place = files.shown(path)
    members = container.unpack(data, MEMBERS, place=place)
    manifest = _manifest(members, agreement, place=place)
    for name in ("identity", "payload"):
        content, member = members[f"{name}.parquet"], manifest.member(name)
        if len(content) != member.length or hashlib.sha256(content).hexdigest() != member.sha256:
            raise IntegrityError(
                "S5004", place=place, reason=f"its {name} member is not the one that was signed", hint="fetch the file again"
            )
    _require_agreed(manifest, agreement, place=place)
    return OpenPackage(path, hashlib.sha256(data).hexdigest(), manifest, members)


def _manifest(members: Mapping[str, memoryview], agreement: Agreement, *, place: str) -> Manifest:
    """The manifest among *members*, signed by a steward of *agreement*."""
    text = bytes(members["manifest.json"])
    manifest = parse(Manifest, canonical.loads(text, place=place), place=place, error=IntegrityError, code="S5001")
    if manifest.genesis != agreement.genesis or manifest.party not in {party.id for party in agreement.with_role("steward")}:
        raise IntegrityError("S5005", place=place, reason="made under another agreement", hint="ask its sender for the right package")
    verify(public_of(agreement, manifest.party), SIGNATURE_PREFIX, text, bytes(members["manifest.sig"]), place=place)
    return manifest


def _require_agreed(manifest: Manifest, agreement: Agreement, *, place: str) -> None:
    """S5005 unless register, controller, window and columns are those of *agreement* as it stands (amended or not)."""
    register = next((register for register in agreement.register if register.id == manifest.register), None)
    agreed = (
        register is not None
        and register.controller == manifest.party
        and register.window == manifest.window
        and payload_columns(register) == manifest.payload_columns
        and tuple(member.name for member in manifest.members) == ("identity", "payload")
        and register.match_tokens == bool(manifest.tokens)
    )
    if not agreed:
        reason = "made for another version of the agreement: its register, window or columns differ"
        raise IntegrityError("S5005", place=place, reason=reason, hint="the steward runs 'sauma pseudonymise' again")


def identity_reader(package: OpenPackage, me: PartyKey) -> pa.RecordBatchReader:
    """The identity member's rows, for the linker; ``KeyProblem`` S6006 for anybody else."""
    manifest = package.manifest
    file = _open(package.members["identity.parquet"], manifest.member("identity"), manifest, me, place=package.place)
    return _reader(file, identity_schema(manifest.tokens), package.place)


def payload_bytes(package: OpenPackage) -> bytes:
    """The payload member's ciphertext, as it goes into the linked set."""
    return bytes(package.members["payload.parquet"])


def open_member(ciphertext: bytes, member: Member, manifest: Manifest, me: PartyKey, *, place: str = "payload") -> pa.RecordBatchReader:
    """The rows of a member whose digest the caller has verified; ``KeyProblem`` S6006 unless it is sealed to *me*."""
    schema = identity_schema(manifest.tokens) if member.name == "identity" else payload_schema(manifest.payload_columns)
    return _reader(_open(ciphertext, member, manifest, me, place=place), schema, place)


def member_metadata(ciphertext: bytes, member: Member, manifest: Manifest, me: PartyKey, *, place: str = "payload") -> dict[str, bytes]:
    """The metadata in a member's encrypted footer: :data:`FACTS`."""
    return footer_metadata(_open(ciphertext, member, manifest, me, place=place))


def _open(ciphertext: bytes | memoryview, member: Member, manifest: Manifest, me: PartyKey, *, place: str) -> pq.ParquetFile:
    aad = _aad(manifest.genesis, manifest.package_id, member.name)
    info = _info(manifest.genesis, manifest.party, manifest.package_id, member.name)
    key = open_key(member.keys, me, info, aad=aad, commitment=member.key_commitment, place=place)
    return decrypt_reader(ciphertext, key, aad, place=place)


def _reader(file: pq.ParquetFile, schema: pa.Schema, place: str) -> pa.RecordBatchReader:
    if not file.schema_arrow.equals(schema) or file.metadata.num_rows > MAX_ROWS:
        raise IntegrityError("S5004", place=place, reason="its columns are not those of its manifest", hint="ask its sender for it again")
    return batches(file)


def _aad(genesis: str, package_id: str, member: str) -> bytes:
    return framed("sauma/member/v0", FORMAT, genesis, package_id, member)


def _info(genesis: str, sender: str, package_id: str, member: str) -> Info:
    return lambda recipient: hpke_info(
        purpose="package member key", genesis=genesis, sender=sender, recipient=recipient, member=f"{package_id}/{member}"
    )
