"""Every vector through the reader that was written from ``docs/package.md`` alone, and packages fresh from the command."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import sys
import tomllib
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from reader import Agreed, Failure, Hpke, central, ending, framed, identity_columns, local, open_member, payload_columns, verify

ROOT = Path(__file__).resolve().parent.parent.parent
VECTORS: dict[str, Any] = json.loads((ROOT / "tests" / "vectors" / "package.json").read_text(encoding="utf-8"))


def agreed_of(text: str, genesis: str) -> Agreed:
    """What a reader takes from the agreement: section 1 of the description."""
    document = tomllib.loads(text)
    parties = {party["id"]: party for party in document["party"]}
    registers = {
        register["id"]: {
            "controller": register["controller"],
            "window": {end: register["window"][end].isoformat() for end in ("first", "last")},
            "match_tokens": register.get("match_tokens", False),
            "columns": [
                {name: column[name] for name in ("name", "type", "leaves")}
                for column in register["columns"]
                if column.get("leaves", "never") != "never"
            ],
        }
        for register in document["register"]
    }
    signing = {party: base64.b64decode(each["public_key"].split(" ")[-2])[:32] for party, each in parties.items()}
    return Agreed(genesis, {party: set(each["roles"]) for party, each in parties.items()}, signing, registers)


AGREED = agreed_of(VECTORS["agreement"], VECTORS["genesis"])
SEEDS = bytes.fromhex(VECTORS["analyst_seeds"])
ANALYST = Hpke(SEEDS[32:96], SEEDS[96:])


def zipped(members: dict[str, bytes]) -> bytes:
    whole, directory = b"", b""
    for name, content in members.items():
        directory += central(name.encode(), len(content), zlib.crc32(content), len(whole))
        whole += local(name.encode(), len(content), zlib.crc32(content)) + content
    return whole + directory + ending(directory, len(whole))


def edited(case: dict[str, Any]) -> bytes:
    """The good package with the edits of *case*: section 9."""
    good = base64.b64decode(VECTORS["package"])
    data = bytearray(base64.b64decode(case["whole"])) if "whole" in case else bytearray(good)
    if "flip" in case:
        data[case["flip"]] ^= 1
    if "replace" in case:
        _, contents = verify(good, AGREED)
        start = len(local(b"manifest.json", 0, 0))
        text = good[start : good.index(b"PK\x03\x04", start)]
        signature = good[start + len(text) + len(local(b"manifest.sig", 0, 0)) :][:64]
        parts = {
            "manifest.json": text,
            "manifest.sig": signature,
            "identity.parquet": contents["identity"],
            "payload.parquet": contents["payload"],
        }
        data = bytearray(zipped(parts | {name: base64.b64decode(content) for name, content in case["replace"].items()}))
    return bytes(data[: case.get("length", len(data))]) + bytes.fromhex(case.get("append", ""))


def readable(table: pa.Table) -> list[dict[str, object]]:
    return [{name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()} for row in table.to_pylist()]


def test_the_reader_imports_nothing_of_ours() -> None:
    tree = ast.parse(Path(__file__).with_name("reader.py").read_text(encoding="utf-8"))
    named = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    named += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    tops = {str(name).split(".")[0] for name in named}
    assert tops - set(sys.stdlib_module_names) == {"pyarrow", "cryptography"}


def test_the_good_package() -> None:
    said, contents = verify(base64.b64decode(VECTORS["package"]), AGREED)
    for name in ("identity", "payload"):
        table, facts = open_member(said, name, contents[name], "analyst", ANALYST)
        assert readable(table) == VECTORS[name]
        assert facts == VECTORS["facts"]


def test_derived_bytes() -> None:
    said, _ = verify(base64.b64decode(VECTORS["package"]), AGREED)
    aad = framed("sauma/member/v1", "sauma/package/v1", said["genesis"], said["package_id"], "identity")
    commitment = hashlib.sha256(framed("sauma/member-key/v1", aad, bytes(32))).hexdigest()
    expected = {case["name"]: case["expect"] for case in VECTORS["derived"]}
    assert expected["AAD prefix of the identity member"] == aad.hex()
    assert expected["commitment to a key of 32 zero bytes"] == commitment


@pytest.mark.parametrize("case", VECTORS["cases"], ids=[case["name"] for case in VECTORS["cases"]])
def test_each_fault_by_its_name(case: dict[str, Any]) -> None:
    with pytest.raises(Failure) as refused:
        read_whole(edited(case))
    assert str(refused.value) == case["failure"]


def read_whole(data: bytes) -> None:
    """Every step of section 7, for a party that is linker and analyst."""
    said, contents = verify(data, AGREED)
    for name in ("identity", "payload"):
        open_member(said, name, contents[name], "analyst", ANALYST)


def test_every_failure_of_the_description_has_a_vector() -> None:
    text = (ROOT / "docs" / "package.md").read_text(encoding="utf-8")
    listed = {line.split("|")[1].strip(" `") for line in text.splitlines() if line.startswith("| `") and " | S" in line}
    assert listed == {case["failure"] for case in VECTORS["cases"]}


def opened(path: Path, passphrase: bytes) -> Hpke:
    """The private key in ``PARTY.key``: ``docs/protocol.md``, section 2."""
    document = json.loads(path.read_bytes())
    box = base64.b64decode(document.pop("box"))
    key = Scrypt(salt=base64.b64decode(document["salt"]), length=32, n=2**17, r=8, p=1).derive(passphrase)
    header = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    seeds = AESGCM(key).decrypt(box[:12], box[12:], header)
    return Hpke(seeds[32:96], seeds[96:])


def test_packages_fresh_from_the_command(region_made_once: Path) -> None:
    top = region_made_once
    genesis = (top / "ledger" / "checkpoint").read_text(encoding="utf-8").splitlines()[0].removeprefix("sauma/")
    agreed = agreed_of((top / "agreement.toml").read_text(encoding="utf-8"), genesis)
    mine = opened(top / "analyst" / "keys" / "analyst.key", (top / "analyst" / "keys" / "passphrase.txt").read_bytes().rstrip(b"\r\n"))
    packages = sorted((top / "packages").glob("*.sauma"))
    assert len(packages) > 3
    for path in packages:
        said, contents = verify(path.read_bytes(), agreed)
        identity, facts = open_member(said, "identity", contents["identity"], "analyst", mine)
        payload, same = open_member(said, "payload", contents["payload"], "analyst", mine)
        assert facts == same
        assert identity.schema.equals(identity_columns(said))
        assert payload.schema.equals(payload_columns(said))
        assert set(payload["record_id"].to_pylist()) <= set(identity["record_id"].to_pylist())
