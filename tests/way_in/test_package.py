"""The package: every byte of it is held, and only its readers read it."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import way_in_world as world
from hypothesis import given, settings
from hypothesis import strategies as st

from sauma import container, package, packing
from schemas.errors import IntegrityError, KeyProblem
from schemas.package import MEMBERS


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packages") / "pupils.sauma"
    agreed = world.agreement()
    packing.write_package(path, world.batch(agreed), world.origin(agreed), world.key_of("espoo"), facts={"rows": 3}, entropy=os.urandom)
    return path


def test_a_package_gives_back_what_was_sealed(made: Path) -> None:
    agreed, analyst = world.agreement(), world.key_of("analyst")
    found = package.read_package(made, agreed)
    batch = world.batch(agreed)
    assert package.identity_reader(found, analyst).read_all().equals(batch.identity)
    member = found.manifest.member("payload")
    assert package.open_member(package.payload_bytes(found), member, found.manifest, analyst).read_all().equals(batch.payload)
    assert package.member_metadata(package.payload_bytes(found), member, found.manifest, analyst) == {
        package.FACTS: b'{"rows":3}',
        package.ROWS: b"3",
    }
    assert found.manifest.rows_band == "1-99"
    assert made.stat().st_mode & 0o777 == 0o600


def test_any_zip_tool_can_open_it(made: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        assert tuple(archive.namelist()) == MEMBERS
        assert archive.testzip() is None


def test_nothing_of_a_value_lies_in_the_file(made: Path) -> None:
    data = made.read_bytes()
    assert all(form not in data for form in (b"canary", "canary".encode("utf-16-le"), "Mäkelä".encode(), b"canary"[::-1]))


def test_every_flipped_byte_is_refused_and_names_the_file(made: Path, tmp_path: Path) -> None:
    """All bytes but the members' own ciphertext, and of that every 29th: one flip each, a different bit each time."""
    data, agreed = made.read_bytes(), world.agreement()
    members = container.unpack(data, MEMBERS, place="x").members
    copy = tmp_path / "flipped.sauma"
    sampled = set()
    for name in ("identity.parquet", "payload.parquet"):
        start = data.find(bytes(members[name]))
        assert start > 0
        sampled |= {offset for offset in range(start, start + len(members[name])) if offset % 29}
    tried = [offset for offset in range(len(data)) if offset not in sampled]
    assert len(tried) > 5000
    for offset in tried:
        changed = bytearray(data)
        changed[offset] ^= 1 << (offset % 8)
        with pytest.raises(IntegrityError) as refused:
            package._verified(copy, bytes(changed), agreed)
        assert refused.value.place.endswith("flipped.sauma")
        assert refused.value.__context__ is None


@pytest.mark.parametrize(
    "change", [lambda d: d[:-1], lambda d: d + b"\0", lambda d: d[: len(d) // 2], lambda d: b"", lambda d: b"\0" + d, lambda d: d + d]
)
def test_cut_and_lengthened_files_are_refused(made: Path, tmp_path: Path, change: object) -> None:
    copy = tmp_path / "cut.sauma"
    copy.write_bytes(change(made.read_bytes()))  # type: ignore[operator]  # a lambda of bytes
    with pytest.raises(IntegrityError, match="S5004"):
        package.read_package(copy, world.agreement())


def test_a_rezipped_package_is_refused(made: Path, tmp_path: Path) -> None:
    """The same members under another zip writer: not the canonical bytes."""
    copy = tmp_path / "again.sauma"
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(IntegrityError, match="S5004"):
        package.read_package(copy, world.agreement())


def test_only_the_recipient_reads(made: Path) -> None:
    found = package.read_package(made, world.agreement())
    for party in ("officer", "dvv", "espoo"):
        with pytest.raises(KeyProblem, match="S6006"):
            package.identity_reader(found, world.key_of(party))


def test_payload_and_identity_have_different_keys_and_places(made: Path) -> None:
    """A member moved into the other's place, key and all, does not open: its AAD names the place."""
    found = package.read_package(made, world.agreement())
    swapped = found.manifest.member("payload").model_copy(update={"name": "identity"})
    with pytest.raises((IntegrityError, KeyProblem)):
        package.open_member(package.payload_bytes(found), swapped, found.manifest, world.key_of("analyst"))


def test_another_agreement_is_refused(made: Path) -> None:
    other = world.agreement(world.agreement_text(**{"To test": "To test otherwise"}))
    with pytest.raises(IntegrityError, match="S5005"):
        package.read_package(made, other)


def test_an_amendment_that_changes_the_register_is_refused(made: Path) -> None:
    first = world.agreement()
    changed = world.agreement_text(**{"purpose = ": f'amends = "{first.digest}"\npurpose = ', "2025-01-01": "2024-01-01"})
    with pytest.raises(IntegrityError, match="S5005"):
        package.read_package(made, world.agreement(changed))
    kept = world.agreement_text(**{"purpose = ": f'amends = "{first.digest}"\npurpose = ', "A test": "An amended test"})
    assert package.read_package(made, world.agreement(kept)).manifest.register == "pupils"


def test_a_forged_signer_is_refused(made: Path, tmp_path: Path) -> None:
    """The other steward signs the manifest anew: it is not the register's controller."""
    from schemas.package import SIGNATURE_PREFIX

    members = {name: bytes(content) for name, content in container.unpack(made.read_bytes(), MEMBERS, place="x").members.items()}
    members["manifest.sig"] = world.key_of("dvv").sign(SIGNATURE_PREFIX, members["manifest.json"])
    copy = tmp_path / "forged.sauma"
    copy.write_bytes(container.pack(members))
    with pytest.raises(IntegrityError, match="S5002"):
        package.read_package(copy, world.agreement())
    members["manifest.json"] = members["manifest.json"].replace(b'"party":"espoo"', b'"party":"dvv"')
    members["manifest.sig"] = world.key_of("dvv").sign(SIGNATURE_PREFIX, members["manifest.json"])
    copy.write_bytes(container.pack(members))
    with pytest.raises(IntegrityError, match="S5005"):
        package.read_package(copy, world.agreement())


def test_a_new_package_supersedes_the_old(tmp_path: Path) -> None:
    agreed, path = world.agreement(), tmp_path / "pupils.sauma"
    for sequence in (1, 2, 3):
        before = package.read_package(path, agreed).sha256 if sequence > 1 else None
        key = world.key_of("espoo")
        manifest = packing.write_package(path, world.batch(agreed), world.origin(agreed), key, facts={}, entropy=os.urandom)
        assert (manifest.sequence, manifest.supersedes) == (sequence, before)


def test_a_damaged_predecessor_stops_the_writer(tmp_path: Path) -> None:
    agreed, path = world.agreement(), tmp_path / "pupils.sauma"
    path.write_bytes(b"something else")
    with pytest.raises(IntegrityError, match="S5004"):
        packing.write_package(path, world.batch(agreed), world.origin(agreed), world.key_of("espoo"), facts={}, entropy=os.urandom)
    assert path.read_bytes() == b"something else"


def test_no_statistics_and_no_plain_footer(made: Path) -> None:
    members = container.unpack(made.read_bytes(), MEMBERS, place="x").members
    for name in ("identity.parquet", "payload.parquet"):
        assert bytes(members[name][:4]) == bytes(members[name][-4:]) == b"PARE"
        with pytest.raises(OSError, match="encrypted"):
            pq.ParquetFile(io.BytesIO(bytes(members[name])))


names = st.lists(st.text("abcxyz._", min_size=1, max_size=12), min_size=1, max_size=4, unique=True)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_container_is_a_bijection(data: st.DataObject) -> None:
    """Against the standard library as the slow reference; and no other byte string unpacks to the same members."""
    members = {name: data.draw(st.binary(max_size=40)) for name in data.draw(names)}
    packed = container.pack(members)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == members
    assert {name: bytes(content) for name, content in container.unpack(packed, list(members), place="x").members.items()} == members
    offset, bit = data.draw(st.integers(0, len(packed) - 1)), data.draw(st.integers(0, 7))
    changed = bytearray(packed)
    changed[offset] ^= 1 << bit
    with pytest.raises(IntegrityError):
        container.unpack(bytes(changed), list(members), place="x")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_only_our_own_errors_escape(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        package._verified(Path("x"), data, world.agreement())


def test_a_package_is_let_go_while_a_reader_is_about(made: Path) -> None:
    """Found by fuzzing: closing is done where something else already went wrong, and must not fail itself."""
    found = package.read_package(made, world.agreement())
    reader = package.identity_reader(found, world.key_of("analyst"))
    found.close()
    assert reader.schema.names
