"""Makes ``tests/vectors/package.json`` anew: ``python tests/way_in/make_vectors.py`` (version 1 is frozen: only to add cases).

Everything in it is synthetic, private keys included; never use a key from it.  ``failure`` is the name that
``docs/package.md`` gives a fault, ``fails`` the code of the command.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import way_in_world as world
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pyarrow.parquet import encryption

from sauma import container, keys, members, package, packing, sealed
from schemas import canonical
from schemas.agreement import Agreement
from schemas.package import MEMBERS, SIGNATURE_PREFIX

VECTORS = Path(__file__).parent.parent / "vectors" / "package.json"
CODES = {
    "container": "S5004",
    "manifest": "S5001",
    "other agreement": "S5005",
    "signature": "S5002",
    "length": "S5004",
    "member": "S5004",
    "agreed": "S5005",
    "readers": "S5005",
    "key": "S6006",
    "commitment": "S5004",
    "ciphertext": "S5004",
    "rows": "S5004",
    "columns": "S5004",
    "encoding": "S5004",
}
Case = dict[str, Any]


def seeds() -> bytes:
    raw = Ed25519PrivateKey.generate().private_bytes_raw() + MLKEM768PrivateKey.generate().private_bytes_raw()
    return raw + X25519PrivateKey.generate().private_bytes_raw()


def case(name: str, failure: str, **edit: object) -> Case:
    return {"name": name, **edit, "failure": failure, "fails": CODES[failure]}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def replaced(name: str, failure: str, change: Mapping[str, bytes]) -> Case:
    """Members replaced under a canonical container."""
    return case(name, failure, replace={member: b64(content) for member, content in change.items()})


def edited(data: bytes, found: Mapping[str, bytes]) -> list[Case]:
    """Flips, cuts and other zips: not the canonical bytes."""
    start = {name: data.find(content) for name, content in found.items()}
    directory = data.find(b"PK\x01\x02")
    flips = {
        "first local header, signature": 0,
        "first local header, version": 4,
        "first local header, flags": 6,
        "first local header, method": 8,
        "first local header, date": 12,
        "first local header, crc": 14,
        "first local header, 32-bit size": 18,
        "first local header, name": 30,
        "first local header, Zip64 field's id": 43,
        "first local header, Zip64 compressed size": 55,
        "identity, first byte": start["identity.parquet"],
        "identity, middle": start["identity.parquet"] + len(found["identity.parquet"]) // 2,
        "payload, last byte": start["payload.parquet"] + len(found["payload.parquet"]) - 1,
        "central directory, version made by": directory + 4,
        "central directory, external attributes": directory + 38,
        "central directory, Zip64 offset": directory + 46 + len("manifest.json") + 20,
        "Zip64 end record, entry count": data.find(b"PK\x06\x06") + 24,
        "Zip64 locator, offset": data.find(b"PK\x06\x07") + 8,
        "end record, entry count": data.find(b"PK\x05\x06") + 8,
        "end record, comment length": len(data) - 1,
    }
    cases = [case(f"flip: {name}", "container", flip=offset) for name, offset in flips.items()]
    cases += [
        case("cut by one byte", "length", length=len(data) - 1),
        case("cut within the manifest", "container", length=60),
        case("empty", "container", length=0),
        case("a byte appended", "length", append="00"),
    ]
    again = io.BytesIO()
    with zipfile.ZipFile(again, "w") as archive:
        for name, content in found.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    climbing = {f"../{name}": content for name, content in found.items()}
    zips = {
        "the same members by another zip writer": again.getvalue(),
        "names that climb out of the folder": container.pack(climbing),
        "members in another order": container.pack({name: found[name] for name in reversed(MEMBERS)}),
    }
    cases += [case(name, "container", whole=b64(content)) for name, content in zips.items()]
    return [*cases, case("a fifth member", "length", whole=b64(container.pack({**found, "notes.txt": b""})))]


def signed(text: bytes, key: keys.PartyKey) -> dict[str, bytes]:
    return {"manifest.json": text, "manifest.sig": key.sign(SIGNATURE_PREFIX, text)}


def misstated(found: Mapping[str, bytes], steward: keys.PartyKey, genesis: str) -> list[Case]:
    """Manifests that are not what they should be, most of them signed by the right party."""
    text = found["manifest.json"]
    said = json.loads(text)

    def changed(**change: object) -> bytes:
        return canonical.dumps({**said, **change})

    texts = [
        ("not canonical", "manifest", text.replace(b'","', b'", "', 1)),
        ("keys in another order", "manifest", json.dumps(dict(reversed(said.items())), separators=(",", ":")).encode()),
        ("a key twice", "manifest", text.replace(b'"format":', b'"format":"x","format":', 1)),
        ("a float", "manifest", text.replace(b'"sequence":1', b'"sequence":1.0')),
        ("a byte order mark", "manifest", b"\xef\xbb\xbf" + text),
        ("an unknown key", "manifest", changed(zone="x")),
        ("without its format", "manifest", canonical.dumps({key: value for key, value in said.items() if key != "format"})),
        ("version 0", "manifest", changed(format="sauma/package/v0")),
        ("sequence 0", "manifest", changed(sequence=0)),
        ("an exact count for a band", "manifest", changed(rows_band="2")),
        ("members in another order", "manifest", changed(members=said["members"][::-1])),
        ("another agreement", "other agreement", text.replace(genesis.encode(), b"0" * 64)),
        ("signed by an officer", "other agreement", changed(party="officer")),
        ("another register", "agreed", changed(register="pupilz")),
        ("another window", "agreed", changed(window={"first": "2024-01-01", "last": "2024-12-31"})),
        ("a column less", "agreed", changed(payload_columns=said["payload_columns"][1:])),
        ("no token families", "agreed", changed(tokens=[])),
    ]
    cases = [replaced(f"manifest: {name}", failure, signed(changed_text, steward)) for name, failure, changed_text in texts]
    identity, payload = found["identity.parquet"], found["payload.parquet"]
    return [
        *cases,
        replaced("manifest signed without the prefix", "signature", {"manifest.sig": steward.sign(b"", text)}),
        replaced("signature of zeros", "signature", {"manifest.sig": bytes(64)}),
        replaced("signature cut", "container", {"manifest.sig": found["manifest.sig"][:-1]}),
        replaced("payload of as many other bytes", "member", {"payload.parquet": payload[:-1] + b"?"}),
        replaced("members exchanged", "member", {"identity.parquet": payload, "payload.parquet": identity}),
    ]


def plain_of(agreed: Agreement) -> pa.Table:
    """The payload with its fillers, as it is before encryption."""
    table = world.batch(agreed, rows=2).payload
    return pa.concat_tables([table] * 50).combine_chunks()


def forged(found: Mapping[str, bytes], agreed: Agreement, steward: keys.PartyKey) -> list[Case]:
    """Payloads made by a steward who does not keep to the format; digest, signature and container are right."""
    said = json.loads(found["manifest.json"])
    entropy, table = world.counting("forged"), plain_of(agreed)
    aad = package.aad_of(agreed.genesis, said["package_id"], "payload")
    info = package.info_of(agreed.genesis, "espoo", said["package_id"], "payload")

    def made(name: str, failure: str, content: bytes | Callable[[bytes], bytes], **change: Any) -> Case:
        key = entropy(32)
        ciphertext = content if isinstance(content, bytes) else content(key)
        readers = [keys.public_of(agreed, change.get("reader", "analyst"))]
        member = {
            "name": "payload",
            "length": len(ciphertext),
            "sha256": hashlib.sha256(ciphertext).hexdigest(),
            "key_commitment": sealed.key_commitment(change.get("committed", key), aad),
            "keys": [sealed_key.canonical() for sealed_key in sealed.seal_key(key, readers, change.get("info", info))],
        }
        text = canonical.dumps({**said, "members": [said["members"][0], member]})
        return replaced(f"payload: {name}", failure, {**signed(text, steward), "payload.parquet": ciphertext})

    def good(key: bytes) -> bytes:
        return written(table, key, aad)

    other = package.info_of(agreed.genesis, "espoo", said["package_id"], "identity")
    short = {"sauma.facts": '{"rows":2}'}
    return [
        made("sealed to an officer", "readers", good, reader="officer"),
        made("its key sealed as the identity member's", "key", good, info=other),
        made("committed to another key", "commitment", good, committed=bytes(32)),
        made("bound to the identity member's place", "ciphertext", lambda key: written(table, key, aad.replace(b"payload", b"identit"))),
        made("under another key than the sealed one", "ciphertext", written(table, bytes(32), aad)),
        made("not encrypted", "ciphertext", plain(table)),
        made("a footer longer than the file", "ciphertext", lambda key: good(key)[:-8] + b"\xff\xff\xff\x7fPARE"),
        made("twelve bytes", "ciphertext", b"PARE" + bytes(4) + b"PARE"),
        made("no number of rows", "rows", lambda key: written(table, key, aad, metadata=short)),
        made("more rows said than there are", "rows", lambda key: written(table, key, aad, metadata={**short, "sauma.rows": "101"})),
        made("rows said with a zero before", "rows", lambda key: written(table, key, aad, metadata={**short, "sauma.rows": "02"})),
        made("no fillers", "rows", lambda key: written(table.slice(0, 2), key, aad)),
        made("row groups of ten", "rows", lambda key: written(table, key, aad, group=10)),
        made("columns in another order", "columns", lambda key: written(table.select(table.column_names[::-1]), key, aad)),
        made("a column more", "columns", lambda key: written(table.append_column("more", table["luokka"]), key, aad)),
        made("a number as text", "columns", lambda key: written(as_text(table, "luokka"), key, aad)),
        made("with a dictionary", "encoding", lambda key: written(table, key, aad, use_dictionary=True)),
        made("with statistics", "encoding", lambda key: written(table, key, aad, write_statistics=True)),
        made("compressed in another way", "encoding", lambda key: written(table, key, aad, compression="gzip")),
    ]


def as_text(table: pa.Table, name: str) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, table[name].cast(pa.string()))


def written(
    table: pa.Table, key: bytes, aad: bytes, *, metadata: dict[str, str] | None = None, group: int = 131_072, **options: Any
) -> bytes:
    """Encrypted Parquet as a package has it, but for *options*."""
    sink, chosen = pa.BufferOutputStream(), {**sealed.PARQUET, "compression": members.COMPRESSION["payload"], **options}
    properties = encryption.create_encryption_properties(key, aad_prefix=aad, store_aad_prefix=False)
    with pq.ParquetWriter(sink, table.schema, encryption_properties=properties, **chosen) as writer:
        writer.write_table(table, row_group_size=group)
        writer.add_key_value_metadata(metadata or {"sauma.facts": '{"rows":2}', "sauma.rows": "2"})
    content: bytes = sink.getvalue().to_pybytes()
    return content


def plain(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def readable(table: pa.Table) -> list[dict[str, object]]:
    return [{name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()} for row in table.to_pylist()]


def main() -> None:
    """Write the file."""
    secret = {party: seeds() for party in world.PARTIES}
    opened = {party: keys.PartyKey(party, raw) for party, raw in secret.items()}
    text = world.TEMPLATE
    for party in world.PARTIES:
        text = text.replace(f'"{party.upper()}"', f'"{opened[party].public.line}"')
    agreed = world.agreement(text)
    batch, steward = world.batch(agreed, rows=2), opened["espoo"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pupils.sauma"
        packing.write_package(path, batch, world.origin(agreed), steward, facts={"rows": 2}, entropy=world.counting("vector"))
        data = path.read_bytes()
    found = {name: bytes(content) for name, content in container.unpack(data, MEMBERS, place="x").members.items()}
    package_id = json.loads(found["manifest.json"])["package_id"]
    aad = package.aad_of(agreed.genesis, package_id, "identity")
    info = package.info_of(agreed.genesis, "espoo", package_id, "identity")("analyst")
    document = {
        "description": "One package, its agreement and the analyst's private seeds (Ed25519, ML-KEM-768, X25519); derived bytes; faults",
        "agreement": text,
        "genesis": agreed.genesis,
        "analyst_seeds": secret["analyst"].hex(),
        "package": b64(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "identity": readable(batch.identity),
        "payload": readable(batch.payload),
        "facts": {"rows": 2},
        "derived": [
            {"name": "AAD prefix of the identity member", "expect": aad.hex()},
            {"name": "HPKE info of its sealed key", "expect": info.hex()},
            {"name": "commitment to a key of 32 zero bytes", "expect": sealed.key_commitment(bytes(32), aad)},
        ],
        "cases": [*edited(data, found), *misstated(found, steward, agreed.genesis), *forged(found, agreed, steward)],
    }
    VECTORS.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
