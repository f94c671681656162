"""Sealing a package: rows stream through encryption into files without a name, and from there into the container."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from sauma import container, files, kept, members
from sauma.keys import PartyKey, recipient
from sauma.package import READS, aad_of, info_of, payload_columns, read_package, require_agreed, signed_manifest
from sauma.sealed import KEY_BYTES, key_commitment, seal_key
from sauma.sink import Sink
from sauma.version import SOFTWARE
from schemas import canonical
from schemas.agreement import Agreement
from schemas.batches import TokenBatch
from schemas.contract import IsoDate
from schemas.package import MEMBERS, SIGNATURE_PREFIX, Manifest, Member, MemberName, band
from schemas.register import Register
from schemas.tokens import TokenFamily

Entropy = Callable[[int], bytes]


@dataclass(frozen=True)
class Origin:
    """What a package is made from besides its rows: agreement, register, day, token layout, linkage-key commitment."""

    agreement: Agreement
    register: Register
    made_on: IsoDate
    tokens: tuple[TokenFamily, ...]
    linkage_key_commitment: str


def write_package(
    path: Path,
    batch: TokenBatch,
    origin: Origin,
    key: PartyKey,
    *,
    facts: Mapping[str, int],
    entropy: Entropy,
    remembered: Path | None = None,
) -> Manifest:
    """Seal *batch* into *path* and return its manifest.

    The members of *batch* are tables, or streams, which are read to their end, identity first.  *facts* are exact
    counts, written into the encrypted footers only.  The package is the next of its register: after the one in *path*,
    which is verified, or the last that *remembered* (a folder of this party's) knows of, whichever is later.  The
    sequence number is remembered before the package has its name, so that none is ever given twice.
    """
    _require_shape(batch, origin)
    earlier = _earlier(path, origin, remembered)
    package_id = entropy(16).hex()
    with files.passing(path) as identity, files.passing(path) as payload:
        sealed_identity, _ = _seal(batch.identity, "identity", identity, origin, package_id, key.party, facts, entropy)
        sealed_payload, rows = _seal(batch.payload, "payload", payload, origin, package_id, key.party, facts, entropy)
        manifest = Manifest(
            format="sauma/package/v1",
            software=SOFTWARE,
            package_id=package_id,
            party=key.party,
            register=origin.register.id,
            genesis=origin.agreement.genesis,
            agreement=origin.agreement.digest,
            window=origin.register.window,
            sequence=earlier.sequence + 1 if earlier else 1,
            supersedes=earlier.sha256 if earlier else None,
            made_on=origin.made_on,
            rows_band=band(rows),
            linkage_key_commitment=origin.linkage_key_commitment,
            sentinels=dict(batch.sentinels),
            tokens=origin.tokens,
            payload_columns=payload_columns(origin.register),
            members=(sealed_identity, sealed_payload),
        )
        _write(path, manifest, (identity, payload), origin.agreement, key, remembered)
    return manifest


def _earlier(path: Path, origin: Origin, remembered: Path | None) -> kept.LastPackage | None:
    """The package before this one, or None; S3004 if *path* is another register's."""
    last = kept.last_package(remembered, origin.agreement.genesis, origin.register.id) if remembered else None
    if not path.exists():
        return last
    there = read_package(path, origin.agreement)
    there.close()
    if there.manifest.register != origin.register.id:
        raise kept.another_register(there.place)
    if last is not None and last.sequence >= there.manifest.sequence:
        return last
    return kept.LastPackage.of(there.manifest, there.sha256)


def _seal(
    source: pa.Table | pa.RecordBatchReader,
    name: MemberName,
    sink: Sink,
    origin: Origin,
    package_id: str,
    sender: str,
    facts: Mapping[str, int],
    entropy: Entropy,
) -> tuple[Member, int]:
    genesis = origin.agreement.genesis
    aad, key = aad_of(genesis, package_id, name), entropy(KEY_BYTES)
    rows = members.seal_rows(name, source, sink, key, aad, facts=facts, entropy=entropy)
    readers = [recipient(origin.agreement, party.id, on=origin.made_on) for party in origin.agreement.with_role(READS[name])]
    keys = seal_key(key, readers, info_of(genesis, sender, package_id, name))
    return Member(name=name, length=sink.size, sha256=sink.sha256, key_commitment=key_commitment(key, aad), keys=keys), rows


def _write(path: Path, manifest: Manifest, sealed: tuple[Sink, Sink], agreement: Agreement, key: PartyKey, remembered: Path | None) -> None:
    """The container: its two small members from memory, the sealed ones from where they passed through the disk."""
    text = canonical.dumps(manifest.canonical())
    small = {MEMBERS[0]: text, MEMBERS[1]: key.sign(SIGNATURE_PREFIX, text)}
    require_agreed(signed_manifest(small, agreement, place=files.shown(path)), agreement, place=files.shown(path))  # as a reader will
    parts = [container.part(name, content) for name, content in small.items()]
    parts += [container.Part(name, sink.size, sink.crc) for name, sink in zip(MEMBERS[2:], sealed, strict=True)]
    with files.replacing(path) as target:
        for part, content in zip(parts, small.values(), strict=False):
            target.write(container.before(part) + content)
        for part, sink in zip(parts[2:], sealed, strict=True):
            target.write(container.before(part))
            files.copied(sink, target)
        target.write(container.after(parts))
        target.sync()
        if remembered:
            kept.remember(remembered, kept.LastPackage.of(manifest, target.sha256))


def _require_shape(batch: TokenBatch, origin: Origin) -> None:
    identity, payload = members.identity_schema(origin.tokens), members.payload_schema(payload_columns(origin.register))
    if not batch.identity.schema.equals(identity) or not batch.payload.schema.equals(payload):
        raise AssertionError("the token batch does not have the constant shape that the agreement declares")
