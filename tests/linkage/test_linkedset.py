"""Packages meet: a mix is refused, the linked set is whole or not at all, and any changed byte names its file."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import tomllib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from synthetic import FAMILIES, entropy, identity_table

from linkage.inputs import RegisterInput
from linkage.link import link
from sauma import gathering, linkedset
from sauma.engine.duckdb import DuckDbEngine
from sauma.keys import PartyKey
from sauma.package import identity_reader, identity_schema, payload_columns, payload_schema, read_package
from sauma.packing import Origin, write_package
from schemas.agreement import load
from schemas.batches import TokenBatch
from schemas.errors import InputError, IntegrityError, KeyProblem
from schemas.linked import FAMILY_COLUMNS, LINK_COLUMNS

TODAY = datetime.date(2026, 6, 1)
TEMPLATE = Path(__file__).resolve().parents[2] / "examples" / "febrl" / "febrl4.toml"
COMMITMENT = "c" * 64
ROWS = [
    {"given": f"aino{i}", "surname": f"virtanen{i}", "birth_date": f"2010{i % 12 + 1:02d}15", "postcode": "02100", "street": f"x{i}"}
    for i in range(60)
]


@pytest.fixture(scope="module")
def parties():
    return {
        name: PartyKey(name, np.random.default_rng(place).bytes(128))
        for place, name in enumerate(("clinic", "school", "linker", "analyst", "officer"))
    }


def agreed(parties, **changes):
    data = tomllib.loads(TEMPLATE.read_text(encoding="utf-8"))
    for party in data["party"]:
        party["public_key"] = parties[party["id"]].public.line
    return load({**data, **changes}, place="agreement")


@pytest.fixture(scope="module")
def agreement(parties):
    return agreed(parties)


def pack(folder, agreement, parties, register, **changes):
    declared = agreement.register_of(register)
    identity = identity_table(ROWS, register).cast(identity_schema(FAMILIES))
    payload = pa.table({"record_id": identity["record_id"], "state": pa.array(["nsw"] * len(ROWS))})
    sentinels = {"id": "1" * 64, "m00": "2" * 64} | changes.get("sentinels", {})
    batch = TokenBatch(identity, payload.cast(payload_schema(payload_columns(declared))), sentinels)
    origin = Origin(agreement, declared, TODAY, changes.get("tokens", FAMILIES), changes.get("commitment", COMMITMENT))
    path = folder / f"{changes.get('name', register)}.sauma"
    write_package(path, batch, origin, parties[declared.controller], facts={}, entropy=entropy(5))
    return path


@pytest.fixture
def packages(tmp_path, agreement, parties):
    return [pack(tmp_path / "packages", agreement, parties, register) for register in ("duplicate", "original")]


@pytest.fixture
def linked(tmp_path, packages, agreement, parties):
    return write(tmp_path / "linked" / "one", packages, agreement, parties)


def write(folder, paths, agreement, parties, **more):
    found = gathering.gather(paths, agreement)
    inputs = [
        RegisterInput(
            register := agreement.register_of(each.manifest.register),
            identity_reader(each, parties["linker"]),
            each.manifest.tokens,
            drops=agreement.drops_near_equal(register),
        )
        for each in found
    ]
    result = link(DuckDbEngine(threads=1), inputs, agreement, entropy(9))
    linkedset.write_linked(
        folder, found, result, agreement, parties["linker"], linked_id="a" * 32, today=TODAY, entropy=entropy(11), **more
    )
    return folder


def test_packages_are_gathered_in_the_agreements_order(tmp_path, packages, agreement):
    found = gathering.gather([tmp_path / "packages"], agreement)
    assert [each.manifest.register for each in found] == ["original", "duplicate"]
    assert found == gathering.gather(packages, agreement)


def test_a_folder_without_packages_is_told(tmp_path, agreement):
    with pytest.raises(InputError) as refused:
        gathering.gather([tmp_path], agreement)
    assert refused.value.code == "S3201"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"commitment": "d" * 64}, "another linkage key"),
        ({"sentinels": {"id": "3" * 64}}, "identity sentinel differs"),
        ({"sentinels": {"m00": "3" * 64}}, "match-token sentinels differ"),
    ],
)
def test_a_mix_is_refused_naming_the_package_and_why(tmp_path, agreement, parties, changes, reason):
    pack(tmp_path, agreement, parties, "original")
    pack(tmp_path, agreement, parties, "duplicate", **changes)
    with pytest.raises(IntegrityError, match=reason) as refused:
        gathering.gather([tmp_path], agreement)
    assert refused.value.code == "S5101"
    assert "duplicate.sauma" in refused.value.place


def test_a_register_twice_and_another_layout_are_refused(tmp_path, agreement, parties):
    pack(tmp_path / "a", agreement, parties, "original")
    pack(tmp_path / "a", agreement, parties, "original", name="copy")
    with pytest.raises(IntegrityError, match="there twice"):
        gathering.gather([tmp_path / "a"], agreement)
    first, second = (read_package(pack(tmp_path / "b", agreement, parties, name), agreement) for name in ("original", "duplicate"))
    other = dataclasses.replace(second, manifest=second.manifest.model_copy(update={"tokens": FAMILIES[:3]}))
    with pytest.raises(IntegrityError, match="layout differs"):
        gathering._check_layout(first, other)


def test_what_is_written_can_be_read_by_the_analyst_only(linked, agreement, parties):
    opened = linkedset.read_linked(linked, agreement)
    links = linkedset.open_links(opened, parties["analyst"])
    assert links.column_names == list(LINK_COLUMNS)
    assert links.num_rows == 2 * len(ROWS)
    assert linkedset.open_families(opened, parties["analyst"]).column_names == list(FAMILY_COLUMNS)
    assert set(linkedset.open_quality(opened, parties["analyst"])) == {"facts", "hold_out"}
    payload = linkedset.open_payload(opened, "original", parties["analyst"]).read_all()
    records = [row["record_id"] for row in links.to_pylist() if row["register"] == "original"]
    assert sorted(payload["record_id"].to_pylist()) == sorted(records)
    for party, opens in itertools.product(("clinic", "officer"), (linkedset.open_links, linkedset.open_families)):
        with pytest.raises(KeyProblem) as refused:
            opens(opened, parties[party])
        assert refused.value.code == "S6006"


def test_links_and_families_cannot_be_exchanged(linked, agreement, parties):
    opened = linkedset.read_linked(linked, agreement)
    contents = {**opened.contents, linkedset.LINKS: opened.contents[linkedset.FAMILIES]}
    changed = opened.manifest.model_copy(update={"links": opened.manifest.families})
    with pytest.raises((IntegrityError, KeyProblem)):
        linkedset.open_links(dataclasses.replace(opened, contents=contents, manifest=changed), parties["analyst"])


def test_no_token_survives_linking(linked, packages, agreement, parties):
    tokens = {
        value.to_bytes(8, "little", signed=True)
        for path in packages
        for column in identity_reader(read_package(path, agreement), parties["linker"]).read_all().select(["m00_00", "m03_00"]).columns
        for value in column.to_pylist()
    }
    opened = linkedset.read_linked(linked, agreement)
    links = linkedset.open_links(opened, parties["analyst"])
    ids = b"".join(value for column in LINK_COLUMNS[2:] for value in links[column].to_pylist() if value)
    assert not any(token in ids for token in tokens)


def test_any_flipped_byte_is_refused_naming_its_file(linked, agreement):
    rng = np.random.default_rng(4)
    for path in sorted(linked.iterdir()):
        good = path.read_bytes()
        for at in {0, len(good) - 1, *rng.integers(0, len(good), 12).tolist()}:
            path.write_bytes(good[:at] + bytes([good[at] ^ int(rng.integers(1, 256))]) + good[at + 1 :])
            with pytest.raises(IntegrityError) as refused:
                linkedset.read_linked(linked, agreement)
            assert refused.value.exit_code == 5
            assert path.name in refused.value.place
        path.write_bytes(good)
    linkedset.read_linked(linked, agreement)


def test_a_missing_and_an_extra_file_are_refused(linked, agreement):
    (linked / "extra.txt").write_text("x", encoding="utf-8")
    with pytest.raises(IntegrityError, match="does not name"):
        linkedset.read_linked(linked, agreement)
    (linked / "extra.txt").unlink()
    (linked / "original.payload.parquet").unlink()
    with pytest.raises(IntegrityError) as refused:
        linkedset.read_linked(linked, agreement)
    assert refused.value.code == "S5100"


def test_another_agreements_linked_set_is_refused(linked, parties):
    with pytest.raises(IntegrityError) as refused:
        linkedset.read_linked(linked, agreed(parties, name="another"))
    assert refused.value.code == "S5005"


def test_the_vintage_depends_on_packages_and_rules_and_on_nothing_else(tmp_path, packages, agreement, parties):
    found = gathering.gather(packages, agreement)
    one = linkedset.vintage(agreement, found)
    assert one == linkedset.vintage(agreement, found[::-1])
    assert one != linkedset.vintage(agreement, found[:1])
    other = agreement.model_copy(update={"linkage": agreement.linkage.model_copy(update={"accept_probability": "0.95"})})
    assert one != linkedset.vintage(other, found)


def test_a_failure_before_it_appears_leaves_nothing(tmp_path, packages, agreement, parties):
    def crash(written):
        assert written.entries[-1].kind == "link"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "linked" / "two", packages, agreement, parties, before_it_appears=crash)
    assert list((tmp_path / "linked").iterdir()) == []


def test_a_linked_set_is_never_overwritten(linked, packages, agreement, parties):
    with pytest.raises(InputError) as refused:
        write(linked, packages, agreement, parties)
    assert refused.value.code == "S3004"


def test_linker_and_analyst_cannot_open_what_is_the_others(linked, packages, agreement, parties):
    package, opened = read_package(packages[0], agreement), linkedset.read_linked(linked, agreement)
    tries = [
        lambda: identity_reader(package, parties["analyst"]),
        lambda: linkedset.open_links(opened, parties["linker"]),
        lambda: linkedset.open_families(opened, parties["linker"]),
        lambda: linkedset.open_payload(opened, "original", parties["linker"]),
        lambda: linkedset.open_links(opened, parties["officer"]),
    ]
    for attempt in tries:
        with pytest.raises(KeyProblem) as refused:
            attempt()
        assert refused.value.code == "S6006"
