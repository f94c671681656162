"""Makes ``tests/vectors/package.json`` anew: run ``python tests/way_in/make_vectors.py`` after a change of format (v0 only).

Everything in it is synthetic, private keys included; never use a key from it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from pathlib import Path

import way_in_world as world
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sauma import container, keys, package, sealed
from schemas.package import MEMBERS, SIGNATURE_PREFIX

VECTORS = Path(__file__).parent.parent / "vectors" / "package.json"


def seeds() -> bytes:
    raw = Ed25519PrivateKey.generate().private_bytes_raw() + MLKEM768PrivateKey.generate().private_bytes_raw()
    return raw + X25519PrivateKey.generate().private_bytes_raw()


def cases(data: bytes, steward: keys.PartyKey, genesis: str) -> list[dict[str, object]]:
    """One fault each, as edits of the good package: flips, cuts, and members replaced under a canonical container."""
    members = {name: bytes(content) for name, content in container.unpack(data, MEMBERS, place="x").items()}
    manifest = members["manifest.json"]
    start = {name: data.find(content) for name, content in members.items()}
    flips = {
        "first local header, signature": 0,
        "first local header, version": 4,
        "first local header, flags": 6,
        "first local header, date": 12,
        "first local header, crc": 14,
        "first local header, name": 30,
        "identity, first byte": start["identity.parquet"],
        "identity, middle": start["identity.parquet"] + len(members["identity.parquet"]) // 2,
        "payload, last byte": start["payload.parquet"] + len(members["payload.parquet"]) - 1,
        "central directory, external attributes": data.find(b"PK\x01\x02") + 38,
        "end record, entry count": data.find(b"PK\x05\x06") + 8,
        "end record, comment length": len(data) - 1,
    }
    found: list[dict[str, object]] = [{"name": f"flip: {name}", "flip": offset, "fails": "S5004"} for name, offset in flips.items()]
    found += [
        {"name": "cut by one byte", "length": len(data) - 1, "fails": "S5004"},
        {"name": "empty", "length": 0, "fails": "S5004"},
        {"name": "a byte appended", "append": "00", "fails": "S5004"},
    ]
    loose = manifest.replace(b'","', b'", "', 1)
    renamed = manifest.replace(b'"register":"pupils"', b'"register":"pupilz"')
    other = manifest.replace(genesis.encode(), b"0" * 64)
    replaced = [
        ("manifest not canonical, signed", {"manifest.json": loose, "manifest.sig": steward.sign(SIGNATURE_PREFIX, loose)}, "S5001"),
        (
            "manifest of another register, signed",
            {"manifest.json": renamed, "manifest.sig": steward.sign(SIGNATURE_PREFIX, renamed)},
            "S5005",
        ),
        ("manifest of another agreement, signed", {"manifest.json": other, "manifest.sig": steward.sign(SIGNATURE_PREFIX, other)}, "S5005"),
        ("manifest signed without the prefix", {"manifest.sig": steward.sign(b"", manifest)}, "S5002"),
        ("signature cut", {"manifest.sig": members["manifest.sig"][:-1]}, "S5002"),
        ("members exchanged", {"identity.parquet": members["payload.parquet"], "payload.parquet": members["identity.parquet"]}, "S5004"),
    ]
    found += [{"name": name, "replace": {k: b64(v) for k, v in change.items()}, "fails": code} for name, change, code in replaced]
    return found


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def main() -> None:
    """Write the file."""
    secret = {party: seeds() for party in world.PARTIES}
    opened = {party: keys.PartyKey(party, raw) for party, raw in secret.items()}
    text = world.TEMPLATE
    for party in world.PARTIES:
        text = text.replace(f'"{party.upper()}"', f'"{opened[party].public.line}"')
    agreed = world.agreement(text)
    batch = world.batch(agreed, rows=2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pupils.sauma"
        package.write_package(path, batch, world.origin(agreed), opened["espoo"], facts={"rows": 2}, entropy=world.counting("vector"))
        data = path.read_bytes()
        package_id = package.read_package(path, agreed).manifest.package_id
    aad = keys.framed("sauma/member/v0", "sauma/package/v0", agreed.genesis, package_id, "identity")
    info = {
        "purpose": "package member key",
        "genesis": agreed.genesis,
        "sender": "espoo",
        "recipient": "analyst",
        "member": f"{package_id}/identity",
    }
    document = {
        "description": "One package, its agreement and the analyst's private seeds (Ed25519, ML-KEM-768, X25519); derived bytes; faults",
        "agreement": text,
        "analyst_seeds": secret["analyst"].hex(),
        "package": b64(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "identity": [
            {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()} for row in batch.identity.to_pylist()
        ],
        "payload": [
            {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()} for row in batch.payload.to_pylist()
        ],
        "derived": [
            {"name": "AAD prefix of the identity member", "expect": aad.hex()},
            {"name": "HPKE info of its sealed key", "expect": keys.hpke_info(**info).hex()},
            {"name": "commitment to a key of 32 zero bytes", "expect": sealed.key_commitment(bytes(32), aad)},
        ],
        "cases": cases(data, opened["espoo"], agreed.genesis),
    }
    VECTORS.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
