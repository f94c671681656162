"""The linked set as a directory: written by the linker, opened by the analyst (``schemas/linked.py``).

::

    manifest.json              the packages that went in and the digest of every other file (canonical JSON)
    manifest.sig               the linker's Ed25519 signature over it
    links.parquet              who is who, under random ids; encrypted, sealed to the analyst
    families.parquet           who is in which family, by each definition; likewise
    REGISTER.payload.parquet   each package's payload member, byte for byte: the linker never opened it
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from linkage.link import LinkResult
from linkage.tables import ID_BYTES
from sauma import files
from sauma.container import sha256
from sauma.keys import PartyKey, framed, hpke_info, public_of, verify
from sauma.package import OpenPackage, open_member, payload_bytes
from sauma.sealed import KEY_BYTES, Info, decrypt_reader, encrypt_table, footer_metadata, key_commitment, open_key, seal_key
from sauma.version import SOFTWARE
from schemas import canonical
from schemas.agreement import Agreement
from schemas.contract import IsoDate, parse
from schemas.errors import IntegrityError
from schemas.ledger import LinkEntry, PackageEntry
from schemas.linked import FAMILY_COLUMNS, FORMAT, LINK_COLUMNS, SIGNATURE_PREFIX, LinkedManifest, LinkedMember, LinkedPackage
from schemas.package import MEMBER_BYTES_MAX

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
LINKS, FAMILIES = "links.parquet", "families.parquet"
MANIFEST_MAX = 64 * 1024 * 1024
SIGNATURE_BYTES = 64
QUALITY = "sauma.quality"
"""Footer key of the true counts of the linkage and its hold-out (canonical JSON): encrypted, for the analyst only."""
_ID = pa.binary(ID_BYTES)
_SCHEMAS = {
    LINKS: pa.schema(zip(LINK_COLUMNS, (pa.string(), _ID, _ID, _ID), strict=True)),
    FAMILIES: pa.schema(zip(FAMILY_COLUMNS, (pa.string(), _ID, _ID, pa.bool_(), pa.int32(), pa.int32()), strict=True)),
}


@dataclass(frozen=True)
class OpenLinked:
    """A linked set whose integrity was verified; nothing in it is decrypted yet.  ``sha256`` is that of its manifest."""

    folder: Path
    sha256: str
    manifest: LinkedManifest
    contents: Mapping[str, memoryview] = field(repr=False)


@dataclass(frozen=True)
class Written:
    """A linked set as it was written: its public face and the digest of ``manifest.json``."""

    manifest: LinkedManifest
    sha256: str

    @property
    def entries(self) -> tuple[PackageEntry | LinkEntry, ...]:
        """What the ledger learns: each package received, then the linkage."""
        return (
            *(
                PackageEntry(
                    kind="package",
                    package_id=each.manifest.package_id,
                    register=each.manifest.register,
                    party=each.manifest.party,
                    sequence=each.manifest.sequence,
                    sha256=each.sha256,
                )
                for each in self.manifest.packages
            ),
            LinkEntry(
                kind="link",
                linked_id=self.manifest.linked_id,
                vintage=self.manifest.vintage,
                manifest=self.sha256,
                packages=tuple(each.sha256 for each in self.manifest.packages),
            ),
        )


def payload_name(register: str) -> str:
    """The file of *register*'s payload."""
    return f"{register}.payload.parquet"


def vintage(agreement: Agreement, packages: Sequence[OpenPackage]) -> str:
    """Digest of genesis, linkage rules and packages: linked sets of one vintage count alike."""
    digests = sorted(package.sha256 for package in packages)
    return canonical.digest({"genesis": agreement.genesis, "linkage": agreement.linkage.canonical(), "packages": digests})


def write_linked(
    folder: Path,
    packages: Sequence[OpenPackage],
    result: LinkResult,
    agreement: Agreement,
    key: PartyKey,
    *,
    linked_id: str,
    today: IsoDate,
    entropy: Callable[[int], bytes],
    before_it_appears: Callable[[Written], None] = lambda _written: None,
) -> Written:
    """Write the linked set *linked_id* to *folder*, whole or not at all.

    *before_it_appears* is called once every file is written and before the folder has its name: it writes the ledger.
    ``InputError`` S3004 if *folder* is there already, S3005 if it cannot be written.
    """
    sealed = _sealed(result, agreement, key, linked_id, entropy)
    manifest = LinkedManifest(
        format="sauma/linked/v0",
        software=SOFTWARE,
        linked_id=linked_id,
        genesis=agreement.genesis,
        agreement=agreement.digest,
        vintage=vintage(agreement, packages),
        linker=key.party,
        made_on=today,
        packages=tuple(LinkedPackage(sha256=package.sha256, manifest=package.manifest) for package in packages),
        links=sealed[LINKS][1],
        families=sealed[FAMILIES][1],
    )
    text = canonical.dumps(manifest.canonical())
    staged: AbstractContextManager[Path] = files.staged_directory(folder)
    written = Written(manifest, hashlib.sha256(text).hexdigest())
    with staged as staging:
        for name, (content, _) in sealed.items():
            files.write_private(staging / name, content)
        for package in packages:
            files.write_private(staging / payload_name(package.manifest.register), payload_bytes(package))
        files.write_private(staging / SIGNATURE, key.sign(SIGNATURE_PREFIX, text))
        files.write_private(staging / MANIFEST, text)
        before_it_appears(written)
    return written


def read_linked(folder: Path, agreement: Agreement) -> OpenLinked:
    """The linked set in *folder*, made under *agreement*, every file of it verified; nothing is decrypted.

    Raises ``IntegrityError`` naming the file: S5001 (manifest not canonical), S5002 (signature), S5100 (a file that is
    not what the linker signed, missing or not known), S5005 (another agreement's); ``InputError`` S3003 without a
    manifest.
    """
    if folder.is_symlink():
        raise _altered(folder)
    place = files.shown(folder / MANIFEST)
    text = files.read_bytes(folder / MANIFEST, limit=MANIFEST_MAX)
    manifest = parse(LinkedManifest, canonical.loads(text, place=place), place=place, error=IntegrityError, code="S5001")
    if manifest.genesis != agreement.genesis or manifest.linker not in {party.id for party in agreement.with_role("linker")}:
        raise IntegrityError("S5005", place=place, reason="made under another agreement", hint="give the linked set of this agreement")
    signature = files.read_bytes(folder / SIGNATURE, limit=MANIFEST_MAX)
    if len(signature) != SIGNATURE_BYTES:
        raise _altered(folder / SIGNATURE)
    verify(public_of(agreement, manifest.linker), SIGNATURE_PREFIX, text, signature, place=f"{place} with {SIGNATURE}")
    expected = _digests(manifest)
    strangers = {path.name for path in folder.iterdir()} - {MANIFEST, SIGNATURE, *expected}
    if strangers:
        raise IntegrityError("S5100", place=files.shown(folder), reason="holds a file that its manifest does not name", hint="remove it")
    contents = {name: _content(folder / name, digest) for name, digest in expected.items()}
    return OpenLinked(folder, hashlib.sha256(text).hexdigest(), manifest, contents)


def open_links(linked: OpenLinked, me: PartyKey) -> pa.Table:
    """The link table (``LINK_COLUMNS``), for the analyst; ``KeyProblem`` S6006 for anybody else."""
    return _table(linked, LINKS, me)


def open_families(linked: OpenLinked, me: PartyKey) -> pa.Table:
    """The families (``FAMILY_COLUMNS``), for the analyst; ``KeyProblem`` S6006 for anybody else."""
    return _table(linked, FAMILIES, me)


def open_quality(linked: OpenLinked, me: PartyKey) -> dict[str, Any]:
    """``{"facts": {...}, "hold_out": [...]}`` in true counts: never to be shown as they are."""
    found: dict[str, Any] = canonical.loads(footer_metadata(_open(linked, LINKS, me))[QUALITY], place=files.shown(linked.folder / LINKS))
    return found


def open_payload(linked: OpenLinked, register: str, me: PartyKey) -> pa.RecordBatchReader:
    """The payload rows of *register*, for the analyst; ``KeyProblem`` S6006 for anybody else."""
    manifest = next(package.manifest for package in linked.manifest.packages if package.manifest.register == register)
    name = payload_name(register)
    place = files.shown(linked.folder / name)
    return open_member(linked.contents[name], manifest.member("payload"), manifest, me, place=place)


def _sealed(
    result: LinkResult, agreement: Agreement, key: PartyKey, linked_id: str, entropy: Callable[[int], bytes]
) -> dict[str, tuple[bytes, LinkedMember]]:
    quality = {"facts": dict(result.facts), "hold_out": [asdict(row) for row in result.quality]}
    footers = {LINKS: {QUALITY: canonical.dumps(quality)}, FAMILIES: {}}
    tables = {LINKS: result.links, FAMILIES: result.families}
    return {name: _seal(name, table, footers[name], agreement, key, linked_id, entropy) for name, table in tables.items()}


def _seal(
    name: str,
    table: pa.Table,
    footer: Mapping[str, bytes],
    agreement: Agreement,
    key: PartyKey,
    linked_id: str,
    entropy: Callable[[int], bytes],
) -> tuple[bytes, LinkedMember]:
    aad, secret = _aad(agreement.genesis, linked_id, name), entropy(KEY_BYTES)
    content = encrypt_table(table.cast(_SCHEMAS[name]), secret, aad, footer)
    analysts = [public_of(agreement, party.id) for party in agreement.with_role("analyst")]
    keys = seal_key(secret, analysts, _info(agreement.genesis, key.party, linked_id, name))
    digest = hashlib.sha256(content).hexdigest()
    return content, LinkedMember(length=len(content), sha256=digest, key_commitment=key_commitment(secret, aad), keys=keys)


def _table(linked: OpenLinked, name: str, me: PartyKey) -> pa.Table:
    file = _open(linked, name, me)
    if not file.schema_arrow.equals(_SCHEMAS[name]):
        raise _altered(linked.folder / name)
    table: pa.Table = file.read().replace_schema_metadata(None)
    return table


def _open(linked: OpenLinked, name: str, me: PartyKey) -> Any:
    manifest, place = linked.manifest, files.shown(linked.folder / name)
    member = manifest.links if name == LINKS else manifest.families
    aad = _aad(manifest.genesis, manifest.linked_id, name)
    info = _info(manifest.genesis, manifest.linker, manifest.linked_id, name)
    secret = open_key(member.keys, me, info, aad=aad, commitment=member.key_commitment, place=place)
    return decrypt_reader(linked.contents[name], secret, aad, place=place)


def _digests(manifest: LinkedManifest) -> dict[str, str]:
    payloads = {payload_name(each.manifest.register): each.manifest.member("payload").sha256 for each in manifest.packages}
    return {LINKS: manifest.links.sha256, FAMILIES: manifest.families.sha256, **payloads}


def _content(path: Path, digest: str) -> memoryview:
    data = files.mapped(path, limit=MEMBER_BYTES_MAX) if path.is_file() else memoryview(b"")
    if sha256(data) != digest:
        raise _altered(path)
    return data


def _altered(path: Path) -> IntegrityError:
    hint = "run 'sauma link' again, or fetch the linked set again from the linker"
    return IntegrityError("S5100", place=files.shown(path), reason="not what the linker signed, or missing", hint=hint)


def _aad(genesis: str, linked_id: str, name: str) -> bytes:
    return framed("sauma/member/v0", FORMAT, genesis, linked_id, name.removesuffix(".parquet"))


def _info(genesis: str, linker: str, linked_id: str, name: str) -> Info:
    member = f"{linked_id}/{name.removesuffix('.parquet')}"
    return lambda recipient: hpke_info(purpose="linked set key", genesis=genesis, sender=linker, recipient=recipient, member=member)
