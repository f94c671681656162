"""Language-neutral vectors: canonical JSON and the package.  Each negative one fails with the code that it names."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import way_in_world as world

from sauma import container, keys, package, sealed
from schemas import canonical
from schemas.errors import IntegrityError, SaumaError
from schemas.package import MEMBERS

VECTORS = Path(__file__).parent.parent / "vectors"
CANONICAL = json.loads((VECTORS / "canonical.json").read_text(encoding="utf-8"))["cases"]
PACKAGE: dict[str, Any] = json.loads((VECTORS / "package.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CANONICAL, ids=[case["name"] for case in CANONICAL])
def test_canonical(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["hex"])
    if "fails" in case:
        with pytest.raises(IntegrityError, match=case["fails"]):
            canonical.loads(data, place="vector")
        return
    value = canonical.loads(data, place="vector")
    assert value == case["value"]
    assert (canonical.dumps(value), canonical.digest(value)) == (data, case["expect"])


def test_the_package_is_read_to_the_letter(tmp_path: Path) -> None:
    path, agreed = tmp_path / "pupils.sauma", world.agreement(PACKAGE["agreement"])
    path.write_bytes(base64.b64decode(PACKAGE["package"]))
    analyst = keys.PartyKey("analyst", bytes.fromhex(PACKAGE["analyst_seeds"]))
    found = package.read_package(path, agreed)
    assert found.sha256 == PACKAGE["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    member = found.manifest.member("payload")
    identity = package.identity_reader(found, analyst).read_all().to_pylist()
    payload = package.open_member(package.payload_bytes(found), member, found.manifest, analyst).read_all().to_pylist()
    for read, expected in ((identity, PACKAGE["identity"]), (payload, PACKAGE["payload"])):
        assert [{name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()} for row in read] == expected


def test_derived_bytes() -> None:
    expected = [case["expect"] for case in PACKAGE["derived"]]
    agreed = world.agreement(PACKAGE["agreement"])
    members = container.unpack(base64.b64decode(PACKAGE["package"]), MEMBERS, place="x").members
    package_id = json.loads(bytes(members["manifest.json"]))["package_id"]
    aad = keys.framed("sauma/member/v1", "sauma/package/v1", agreed.genesis, package_id, "identity")
    info = package.info_of(agreed.genesis, "espoo", package_id, "identity")("analyst")
    assert package.aad_of(agreed.genesis, package_id, "identity") == aad
    assert [aad.hex(), info.hex(), sealed.key_commitment(bytes(32), aad)] == expected


@pytest.mark.parametrize("case", PACKAGE["cases"], ids=[case["name"] for case in PACKAGE["cases"]])
def test_faults_of_a_package(case: dict[str, Any], tmp_path: Path) -> None:
    agreed, analyst = world.agreement(PACKAGE["agreement"]), keys.PartyKey("analyst", bytes.fromhex(PACKAGE["analyst_seeds"]))
    path = tmp_path / "faulty.sauma"
    path.write_bytes(faulty(case))
    with pytest.raises(SaumaError, match=case["fails"]) as refused:
        everything_of(package.read_package(path, agreed), analyst)
    assert refused.value.place.endswith("faulty.sauma")
    assert refused.value.__context__ is None


def faulty(case: dict[str, Any]) -> bytes:
    """The good package with the edits of *case*."""
    data = bytearray(base64.b64decode(case.get("whole", PACKAGE["package"])))
    if "flip" in case:
        data[case["flip"]] ^= 1
    if "replace" in case:
        members = {name: bytes(content) for name, content in container.unpack(bytes(data), MEMBERS, place="x").members.items()}
        data = bytearray(container.pack(members | {name: base64.b64decode(content) for name, content in case["replace"].items()}))
    return bytes(data[: case.get("length", len(data))] + bytes.fromhex(case.get("append", "")))


def everything_of(found: package.OpenPackage, reader: keys.PartyKey) -> None:
    """Read both members to their end."""
    for name in ("identity", "payload"):
        content, member = found.members[f"{name}.parquet"], found.manifest.member(name)
        package.open_member(content, member, found.manifest, reader, place=found.place).read_all()
