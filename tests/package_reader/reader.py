"""A reader of packages written from ``docs/package.md`` alone: the standard library, cryptography and PyArrow.

It imports nothing of the project, on purpose, and takes every step in the order of section 7.  What it needs to know
beforehand is in :class:`Agreed`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import struct
import unicodedata
import zlib
from dataclasses import dataclass
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyarrow.parquet import encryption

NAMES = ("manifest.json", "manifest.sig", "identity.parquet", "payload.parquet")
ROW_GROUP = 131_072
MIB = 1024 * 1024


class Failure(Exception):
    """A package that is refused; the message is the failure's name."""


def fail(name: str) -> NoReturn:
    raise Failure(name)


def require(holds: object, name: str) -> None:
    if not holds:
        fail(name)


@dataclass(frozen=True)
class Agreed:
    """What a reader knows beforehand: section 1."""

    genesis: str
    roles: dict[str, set[str]]
    signing: dict[str, bytes]
    registers: dict[str, dict[str, Any]]


# Section 2: the zip.


def local(name: bytes, size: int, crc: int) -> bytes:
    fixed = struct.pack("<IHHHHHIIIHH", 0x04034B50, 45, 0, 0, 0, 0x21, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(name), 20)
    return fixed + name + struct.pack("<HHQQ", 1, 16, size, size)


def central(name: bytes, size: int, crc: int, offset: int) -> bytes:
    fixed = struct.pack(
        "<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0, 0, 0, 0x21, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(name), 28, 0, 0, 0, 0, 0xFFFFFFFF
    )
    return fixed + name + struct.pack("<HHQQQ", 1, 24, size, size, offset)


def ending(directory: bytes, offset: int) -> bytes:
    end64 = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 4, 4, len(directory), offset)
    locator = struct.pack("<IIQI", 0x07064B50, 0, offset + len(directory), 1)
    return end64 + locator + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def member_at(data: bytes, offset: int, name: str) -> bytes:
    """The content of the member whose local header stands at *offset*."""
    start = offset + 30 + len(name) + 20
    require(len(data) >= start, "container")
    size = int.from_bytes(data[start - 16 : start - 8], "little")
    require(start + size <= len(data), "container")
    return data[start : start + size]


def check_container(data: bytes, contents: list[bytes]) -> None:
    """Every byte that is not a member's own is the one it must be."""
    whole, directory = b"", b""
    for name, content in zip(NAMES, contents, strict=True):
        crc = zlib.crc32(content)
        directory += central(name.encode(), len(content), crc, len(whole))
        whole += local(name.encode(), len(content), crc) + content
    require(whole + directory + ending(directory, len(whole)) == data, "container")


# Section 3: canonical JSON.


def canonical(text: bytes) -> Any:
    """The value that *text* is the canonical JSON of."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        require(len(dict(pairs)) == len(pairs), "manifest")
        return dict(pairs)

    def no_float(_: str) -> NoReturn:
        fail("manifest")

    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=once, parse_float=no_float, parse_constant=no_float)
    except (ValueError, RecursionError):
        fail("manifest")
    check_value(value, 0)
    written = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    require(written.encode("utf-8", "surrogatepass") == text, "manifest")
    return value


def check_value(value: Any, depth: int) -> None:
    require(depth <= 32, "manifest")
    if isinstance(value, dict):
        require(all(key.isascii() for key in value), "manifest")
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            check_value(item, depth + 1)
    elif isinstance(value, str):
        require(unicodedata.is_normalized("NFC", value) and not any("\ud800" <= letter <= "\udfff" for letter in value), "manifest")
    elif isinstance(value, int):
        require(abs(value) < 2**53, "manifest")


# Section 4: the manifest.

DIGEST, ID128, IDENTIFIER = r"[0-9a-f]{64}", r"[0-9a-f]{32}", r"[a-z][a-z0-9_]{0,39}"
DATE = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
BAND = r"0|1-99|(1|10|100|1000|10000|100000|1000000)00-9{3,9}"
BASE64 = r"[A-Za-z0-9+/]*={0,2}"
TYPES, LEAVES = "text|integer|decimal|date|code", "never|as_is|year|month|prefix_2|prefix_3|band_5"
SHAPE: dict[str, Any] = {
    "format": r"sauma/package/v1",
    "software": r"[\s\S]{0,4000}",
    "package_id": ID128,
    "party": IDENTIFIER,
    "register": IDENTIFIER,
    "genesis": DIGEST,
    "agreement": DIGEST,
    "window": {"first": DATE, "last": DATE},
    "sequence": (1, 10**6),
    "supersedes?": DIGEST,
    "made_on": DATE,
    "rows_band": BAND,
    "linkage_key_commitment": DIGEST,
    "sentinels": None,
    "tokens": [{"name": r"m[0-9]{2}", "components": [r"[\s\S]*"], "slots": (1, 64)}],
    "payload_columns": [{"name": r"[\s\S]{0,4000}", "type": TYPES, "leaves": LEAVES}],
    "members": [
        {
            "name": "identity|payload",
            "length": (1, 2**40),
            "sha256": DIGEST,
            "key_commitment": DIGEST,
            "keys": [{"recipient": IDENTIFIER, "sealed": BASE64}],
        }
    ],
}


def check_shape(value: Any, shape: Any) -> None:
    if isinstance(shape, str):
        require(isinstance(value, str) and re.fullmatch(shape, value), "manifest")
    elif isinstance(shape, tuple):
        require(type(value) is int and shape[0] <= value <= shape[1], "manifest")
    elif isinstance(shape, list):
        require(isinstance(value, list), "manifest")
        for item in value:
            check_shape(item, shape[0])
    elif isinstance(shape, dict):
        require(isinstance(value, dict), "manifest")
        known = {key.rstrip("?"): key for key in shape}
        require(set(value) <= set(known) and {key for key in shape if not key.endswith("?")} <= set(value), "manifest")
        for key, item in value.items():
            check_shape(item, shape[known[key]])


def check_manifest(said: dict[str, Any]) -> None:
    check_shape(said, SHAPE)
    sentinels = said["sentinels"]
    require(isinstance(sentinels, dict) and len(sentinels) <= 101, "manifest")
    for digest in sentinels.values():
        check_shape(digest, DIGEST)
    require([member["name"] for member in said["members"]] == ["identity", "payload"], "manifest")
    require(all(1 <= len(member["keys"]) <= 400 for member in said["members"]), "manifest")
    for list_name, most in (("tokens", 100), ("payload_columns", 500)):
        names = [item["name"] for item in said[list_name]]
        require(len(names) <= most and len(set(names)) == len(names), "manifest")
    require(said["window"]["first"] <= said["window"]["last"], "manifest")


# Sections 5 and 6: keys and members.


def framed(*parts: str | bytes) -> bytes:
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(struct.pack(">I", len(part)) + part for part in encoded)


class Hpke:
    """HPKE base mode of RFC 9180, opened step by step: KEM 0x647a (X-Wing), HKDF-SHA256, AES-256-GCM."""

    SUITE = b"HPKE" + struct.pack(">HHH", 0x647A, 0x0001, 0x0002)

    def __init__(self, mlkem_seed: bytes, x25519_seed: bytes) -> None:
        self.mlkem, self.x25519 = MLKEM768PrivateKey.from_seed_bytes(mlkem_seed), X25519PrivateKey.from_private_bytes(x25519_seed)

    def open(self, message: bytes, info: bytes) -> bytes:
        require(len(message) == 1120 + 32 + 16, "key")
        key, nonce = self.schedule(self.shared(message[:1120]), info)
        try:
            return AESGCM(key).decrypt(nonce, message[1120:], b"")
        except InvalidTag:
            fail("key")

    def shared(self, encapsulated: bytes) -> bytes:
        lattice, point = encapsulated[:1088], encapsulated[1088:]
        public = self.x25519.public_key().public_bytes_raw()
        exchanged = self.x25519.exchange(X25519PublicKey.from_public_bytes(point))
        return hashlib.sha3_256(self.mlkem.decapsulate(lattice) + exchanged + point + public + rb"\.//^" + b"\\").digest()

    def schedule(self, shared: bytes, info: bytes) -> tuple[bytes, bytes]:
        context = b"\0" + self.extract(b"", b"psk_id_hash", b"") + self.extract(b"", b"info_hash", info)
        secret = self.extract(shared, b"secret", b"")
        return self.expand(secret, b"key", context, 32), self.expand(secret, b"base_nonce", context, 12)

    def extract(self, salt: bytes, label: bytes, keying: bytes) -> bytes:
        return hmac.digest(salt, b"HPKE-v1" + self.SUITE + label + keying, "sha256")

    def expand(self, secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
        labelled = struct.pack(">H", length) + b"HPKE-v1" + self.SUITE + label + info
        return hmac.digest(secret, labelled + b"\x01", "sha256")[:length]


def identity_columns(said: dict[str, Any]) -> pa.Schema:
    relations = ("guardian_1", "guardian_2", "partner", "dwelling", "family_head", "family_partner")
    names = ["record_id", "id_a", "id_b", "birth_year", *relations]
    columns = [(name, pa.binary(16)) for name in names]
    for relation in ("guardian_1", "guardian_2", "partner", "dwelling", "family"):
        columns += [(f"{relation}_from", pa.int32()), (f"{relation}_until", pa.int32())]
    for family in said["tokens"]:
        columns += [(f"{family['name']}_{slot:02d}", pa.int64()) for slot in range(family["slots"])]
    return pa.schema(columns)


def payload_columns(said: dict[str, Any]) -> pa.Schema:
    columns = [("record_id", pa.binary(16))]
    for column in said["payload_columns"]:
        whole = column["leaves"] == "year" or (column["leaves"] == "as_is" and column["type"] == "integer")
        columns.append((column["name"], pa.int64() if whole else pa.string()))
    return pa.schema(columns)


def padded(rows: int) -> int:
    if rows <= 100:
        return 100 if rows else 0
    step = 10 ** (len(str(rows)) - 2)
    return (rows + step - 1) // step * step


def open_member(said: dict[str, Any], name: str, content: bytes, reader: str, mine: Hpke) -> tuple[pa.Table, dict[str, int]]:
    """The rows of member *name* without fillers, and its exact counts, for *reader*."""
    member = next(member for member in said["members"] if member["name"] == name)
    aad = framed("sauma/member/v1", "sauma/package/v1", said["genesis"], said["package_id"], name)
    sealed = [base64.b64decode(each["sealed"], validate=True) for each in member["keys"] if each["recipient"] == reader]
    require(sealed, "key")
    suite = "MLKEM768-X25519, HKDF-SHA256, AES-256-GCM"
    place = f"{said['package_id']}/{name}"
    key = mine.open(sealed[0], framed("sauma/hpke/v1", suite, "package member key", said["genesis"], said["party"], reader, place))
    require(hashlib.sha256(framed("sauma/member-key/v1", aad, key)).hexdigest() == member["key_commitment"], "commitment")
    file = decrypted(content, key, aad)
    require(file.schema_arrow.remove_metadata().equals(identity_columns(said) if name == "identity" else payload_columns(said)), "columns")
    metadata = file.metadata.metadata or {}
    rows = rows_said(metadata.get(b"sauma.rows", b""))
    require(file.metadata.num_rows == padded(rows), "rows")
    check_row_groups(file.metadata, "UNCOMPRESSED" if name == "identity" else "ZSTD")
    try:
        table = file.read()
    except (OSError, ValueError, pa.ArrowException):
        fail("ciphertext")
    return table.slice(0, rows).replace_schema_metadata(None), json.loads(metadata[b"sauma.facts"])


def decrypted(content: bytes, key: bytes, aad: bytes) -> pq.ParquetFile:
    require(len(content) >= 12 and content[:4] == content[-4:] == b"PARE", "ciphertext")
    require(int.from_bytes(content[-8:-4], "little") <= min(64 * MIB, len(content) - 12), "ciphertext")
    try:
        return pq.ParquetFile(pa.py_buffer(content), decryption_properties=encryption.create_decryption_properties(key, aad_prefix=aad))
    except (OSError, ValueError, pa.ArrowException):
        fail("ciphertext")


def rows_said(text: bytes) -> int:
    require(re.fullmatch(rb"0|[1-9][0-9]{0,8}", text) and int(text) <= 200_000_000, "rows")
    return int(text)


def check_row_groups(metadata: pq.FileMetaData, codec: str) -> None:
    left = metadata.num_rows
    for group in (metadata.row_group(number) for number in range(metadata.num_row_groups)):
        require(group.num_rows == min(left, ROW_GROUP) and group.num_rows > 0, "rows")
        left -= group.num_rows
        for chunk in (group.column(number) for number in range(group.num_columns)):
            require(chunk.compression == codec and not chunk.has_dictionary_page and not chunk.is_stats_set, "encoding")
    require(left == 0, "rows")


# Section 7: what to verify, in this order.


def verify(data: bytes, agreed: Agreed) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest and the members of a package whose integrity holds."""
    text = member_at(data, 0, NAMES[0])
    require(len(text) <= 8 * MIB and data.startswith(local(NAMES[0].encode(), len(text), zlib.crc32(text))), "container")
    second = len(local(NAMES[0].encode(), 0, 0)) + len(text)
    signature = member_at(data, second, NAMES[1])
    header = local(NAMES[1].encode(), 64, zlib.crc32(signature))
    require(len(signature) == 64 and data[second : second + len(header)] == header, "container")
    said = canonical(text)
    check_manifest(said)
    require(said["genesis"] == agreed.genesis and "steward" in agreed.roles.get(said["party"], ()), "other agreement")
    try:
        Ed25519PublicKey.from_public_bytes(agreed.signing[said["party"]]).verify(signature, b"sauma/package/v1 manifest\n" + text)
    except InvalidSignature:
        fail("signature")
    lengths = [len(text), 64, *(member["length"] for member in said["members"])]
    directory = b"".join(central(name.encode(), 0, 0, 0) for name in NAMES)
    expected = sum(len(local(name.encode(), 0, 0)) + length for name, length in zip(NAMES, lengths, strict=True))
    require(len(data) == expected + len(directory) + len(ending(directory, 0)), "length")
    contents, offset = [], 0
    for name in NAMES:
        contents.append(member_at(data, offset, name))
        offset += len(local(name.encode(), 0, 0)) + len(contents[-1])
    check_container(data, contents)
    for member, content in zip(said["members"], contents[2:], strict=True):
        require(len(content) == member["length"] and hashlib.sha256(content).hexdigest() == member["sha256"], "member")
    check_agreed(said, agreed)
    return said, dict(zip(("identity", "payload"), contents[2:], strict=True))


def check_agreed(said: dict[str, Any], agreed: Agreed) -> None:
    register = agreed.registers.get(said["register"])
    require(register is not None and register["controller"] == said["party"] and register["window"] == said["window"], "agreed")
    require(register["columns"] == said["payload_columns"] and register["match_tokens"] == bool(said["tokens"]), "agreed")
    for member, role in zip(said["members"], ("linker", "analyst"), strict=True):
        require(all(role in agreed.roles.get(key["recipient"], ()) for key in member["keys"]), "readers")
