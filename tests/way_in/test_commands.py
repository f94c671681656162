"""The commands of the way in: roles, keys, agreements, and nothing written where something is wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import way_in_world as world

from sauma import agreements, files, keys, package, packing

Sauma = Callable[..., Any]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return world.write_world(tmp_path)


def test_keys_create(sauma: Sauma, tmp_path: Path) -> None:
    files.write_private(tmp_path / "passphrase", world.PASSPHRASE)
    made = sauma(tmp_path, "keys", "create", "espoo", "--passphrase-file", "passphrase", "--json")
    document = json.loads(made.out)
    assert made.exit == 0
    assert document["next"] == "sauma status"
    assert keys.load(tmp_path / "espoo.key", world.PASSPHRASE).public.fingerprint == document["fingerprint"]
    before = world.tree(tmp_path)
    again = sauma(tmp_path, "keys", "create", "espoo", "--passphrase-file", "passphrase")
    assert (again.exit, "S3004" in again.err) == (3, True)
    for name, arguments, code in (
        ("../x", [], "S2100"),
        ("other", [], "S6004"),
        ("other", ["--passphrase-file", "none"], "S3003"),
        ("other", ["--passphrase-file", "espoo.pub", "--nonsense"], "S2000"),
    ):
        refused = sauma(tmp_path, "keys", "create", name, *arguments)
        assert refused.exit == int(code[1])
        assert code in refused.err
    assert world.tree(tmp_path) == before


def test_contribute(sauma: Sauma, home: Path) -> None:
    share = home / "contributions" / "espoo.contribution.json"
    refused = sauma(home / "espoo", "keys", "contribute")
    assert (refused.exit, "S3004" in refused.err) == (3, True)
    share.unlink()
    assert sauma(home / "espoo", "keys", "contribute").exit == 0
    assert share.stat().st_mode & 0o777 == 0o600
    for party in ("analyst", "officer"):
        refused = sauma(home / party, "keys", "contribute")
        assert (refused.exit, "S4004" in refused.err) == (4, True)


def test_a_wrong_key_is_refused(sauma: Sauma, home: Path) -> None:
    """Another party's key, a key made again, a wrong passphrase, a key that others may read."""
    (home / "contributions" / "espoo.contribution.json").unlink()
    espoo = home / "espoo"
    files.write_private(espoo / "dvv.key", world.key_files()["dvv"][0])
    again, _ = keys.create("espoo", world.PASSPHRASE)
    files.write_private(espoo / "again.key", again)
    files.write_private(espoo / "wrong", b"another passphrase")
    (espoo / "open.key").write_bytes(world.key_files()["espoo"][0])
    (espoo / "open.key").chmod(0o644)
    before = world.tree(home)
    for arguments, code in (
        (["--key", "dvv.key"], "S6005"),
        (["--key", "again.key"], "S6005"),
        (["--passphrase-file", "wrong"], "S6002"),
        (["--key", "open.key"], "S6003"),
        (["--key", "sauma.toml"], "S6003" if (espoo / "sauma.toml").stat().st_mode & 0o77 else "S6002"),
    ):
        refused = sauma(espoo, "keys", "contribute", *arguments)
        assert (refused.exit, code in refused.err) == (6, True), refused.err
    assert world.tree(home) == before


def test_destroy_states_first_and_then_destroys(sauma: Sauma, home: Path) -> None:
    from ledger import entries

    officer = home / "officer"
    refused = sauma(officer, "keys", "destroy")
    assert (refused.exit, "S2101" in refused.err, (officer / "officer.key").exists()) == (2, True, True)
    done = sauma(officer, "keys", "destroy", "--yes", "--json")
    statement = next((officer / "statements").glob("key-destroyed-*.json"))
    signed = entries.read(statement.read_bytes(), place="x")
    assert done.exit == 0
    assert not (officer / "officer.key").exists()
    assert entries.signed_by(signed, world.key_of("officer").public)
    assert json.loads(done.out)["statement"].endswith(statement.name)


def test_agreement_draft(sauma: Sauma, tmp_path: Path) -> None:
    assert sauma(tmp_path, "agreement", "draft").exit == 0
    refused = sauma(tmp_path, "agreement", "check", "--agreement", "agreement.toml")
    assert (refused.exit, "S3012" in refused.err, "party[3].name" in refused.err) == (3, True, True)
    blank = (tmp_path / "agreement.toml").read_text(encoding="utf-8")
    for day in {part for part in blank.split('"') if "without quotes" in part}:
        blank = blank.replace(f'"{day}"', "2026-01-01")
    (tmp_path / "agreement.toml").write_text(blank.replace("FILL IN: ", ""), encoding="utf-8")
    refused = sauma(tmp_path, "agreement", "draft")
    assert (refused.exit, "S3004" in refused.err) == (3, True)
    refused = sauma(tmp_path, "agreement", "draft", "--from", "agreement.toml", "--out", "b.toml")
    assert (refused.exit, "S2102" in refused.err) == (2, True)
    for party in ("municipality", "analyst", "officer"):
        _, public = keys.create(party, world.PASSPHRASE)
        files.write_private(tmp_path / "pub" / f"{party}.pub", public.line.encode() + b"\n")
    assert sauma(tmp_path, "agreement", "draft", "--from", "agreement.toml", "--pub", "pub", "--out", "full.toml").exit == 0
    full = agreements.read_agreement(tmp_path / "full.toml")
    assert all(keys.public_of(full, party.id).party == party.id for party in full.party)


def test_what_is_left_is_listed_once_and_as_keys(sauma: Sauma, tmp_path: Path) -> None:
    assert sauma(tmp_path, "agreement", "draft").exit == 0
    blank = tmp_path / "agreement.toml"
    blank.write_text(blank.read_text(encoding="utf-8").replace("[linkage]", "[linkage]\nnear_equal = 1"), encoding="utf-8")
    refused = sauma(tmp_path, "agreement", "check", "--agreement", "agreement.toml")
    assert refused.err.count("party[3].name") == 1
    assert "column" not in refused.err
    assert "wrong besides: linkage.near_equal: unknown key" in refused.err


@pytest.mark.parametrize(
    ("linkage", "codes", "said", "unsaid"),
    [
        ('artificial_hetu = "link"', True, ["dropped in registers with codes\n", "ceiling: none", "codes: linked"], ["KEPT"]),
        ('attack_ceiling = "0.05"', False, ["codes; KEPT in pupils, without codes: a list", "ceiling: 0.05\n"], ["codes: linked"]),
        ('near_equal_tokens = "kept"', True, ["near-equal tokens: KEPT: a list of everybody finds most people"], ["dropped"]),
    ],
)
def test_check_and_sign_say_what_shows(sauma: Sauma, tmp_path: Path, linkage: str, codes: bool, said: list[str], unsaid: list[str]) -> None:
    changes = {} if codes else {'    { name = "hetu", type = "text", meaning = "hetu" },\n': ""}
    home = world.write_world(tmp_path, text=world.agreement_text(**{'artificial_hetu = "link"': linkage}, **changes), signed=())
    for command in ("check", "sign"):
        done = sauma(home / "dvv", "agreement", command)
        assert done.exit == 0
        assert all(text in done.out for text in said), done.out
        assert not any(text in done.out for text in unsaid), done.out
        assert "WARNING: register residents says where people live or are reached (kotikunta) and has no column of meaning" in done.out
        assert "WARNING: register pupils" not in done.out
    assert done.out.index("near-equal") < done.out.index("signed as dvv")
    assert json.loads(sauma(home / "dvv", "agreement", "check", "--json").out)["without_restriction"] == ["residents"]


def test_what_is_signed_is_shown_before_the_key_is_asked_for(sauma: Sauma, home: Path) -> None:
    refused = sauma(home / "espoo", "agreement", "sign", "--key", "../dvv/dvv.key")
    assert refused.exit == 6
    assert "near-equal tokens: dropped" in refused.out


def test_agreement_sign_check_show(sauma: Sauma, home: Path) -> None:
    agreements.signature_path(home / "agreement.toml", "officer").unlink()
    document = json.loads(sauma(home / "officer", "agreement", "check", "--json").out)
    assert (document["missing"], document["in_force"], document["next"]) == (["officer"], False, "sauma agreement sign")
    refused = sauma(home / "espoo", "keys", "contribute")
    assert (refused.exit, "S4003" in refused.err) == (4, True)
    signed = sauma(home / "officer", "agreement", "sign")
    assert signed.exit == 0
    assert "luokka (as_is)" in signed.out
    assert json.loads(sauma(home / "officer", "agreement", "check", "--json").out)["in_force"]
    shown = sauma(home / "dvv", "agreement", "show")
    assert "Used to form pseudonyms besides: syntymäaika" in shown.out
    assert "Privacy budget" in shown.out
    assert "A DEMONSTRATION" in shown.out
    written = sauma(home / "dvv", "agreement", "show", "--lang", "sv", "--out", "avtal.html", "--json")
    assert json.loads(written.out)["signed_by"] == list(world.PARTIES)
    assert (home / "dvv" / "avtal.html").read_text(encoding="utf-8").count("<h2") == 11


@pytest.mark.parametrize(
    "command", [("agreement", "check"), ("agreement", "sign"), ("keys", "contribute"), ("check", "pupils"), ("pseudonymise", "pupils")]
)
def test_an_expired_agreement_stops_everything(sauma: Sauma, tmp_path: Path, command: tuple[str, ...]) -> None:
    text = world.agreement_text(**{"2099-12-31": "2026-01-31"})
    home = world.write_world(tmp_path, text=text.replace("2026-01-01", "2020-01-01").replace("2026-01-31", "2020-12-31"))
    before = world.tree(home)
    refused = sauma(home / "espoo", *command)
    assert (refused.exit, "S4002" in refused.err) == (4, True)
    assert world.tree(home) == before


def write_package(home: Path) -> Path:
    agreed, path = agreements.read_agreement(home / "agreement.toml"), home / "packages" / "pupils.sauma"
    files.make_folder(path.parent)
    packing.write_package(path, world.batch(agreed), world.origin(agreed), world.key_of("espoo"), facts={}, entropy=os.urandom)
    return path


def test_inspect(sauma: Sauma, home: Path) -> None:
    path = write_package(home)
    for party in world.PARTIES:
        document = json.loads(sauma(home / party, "inspect", "../packages/pupils.sauma", "--json").out)
        assert document["integrity"] == "holds"
        assert document["never_leaves"] == ["hetu", "etunimet", "sukunimi"]
        assert document["recipients"] == {"identity": ["analyst"], "payload": ["analyst"]}
    data = bytearray(path.read_bytes())
    data[-30] ^= 1
    path.write_bytes(data)
    refused = sauma(home / "analyst", "inspect", "../packages/pupils.sauma")
    assert (refused.exit, "pupils.sauma" in refused.err, "S5004" in refused.err) == (5, True, True)
    for name, code in (("../packages", "S2104"), ("../none", "S3003")):
        refused = sauma(home / "analyst", "inspect", name)
        assert (refused.exit, code in refused.err) == (int(code[1]), True)


def test_a_package_of_another_agreement(sauma: Sauma, tmp_path: Path) -> None:
    theirs = world.write_world(tmp_path / "theirs", text=world.agreement_text(**{"To test": "Otherwise"}))
    ours = world.write_world(tmp_path / "ours")
    refused = sauma(ours / "analyst", "inspect", write_package(theirs))
    assert (refused.exit, "S5005" in refused.err, "pupils.sauma" in refused.err) == (5, True, True)


WRONG: dict[str, tuple[bytes, str]] = {
    "utf-16": (world.EXTRACT.encode("utf-16"), "S3006"),
    "cp1252": (world.EXTRACT.encode("cp1252"), "S3006"),
    "mojibake": (world.EXTRACT.replace("Päivi", "PÃ¤ivi").encode(), "S3006"),
    "nul": (world.EXTRACT.replace("Päivi", "P\0ivi").encode(), "S3006"),
    "missing column": (b"hetu;etunimet\n;A\n", "S3008"),
    "extra column": (world.EXTRACT.replace("hetu;", "hetu;x;").encode(), "S3008"),
    "empty": (b"", "S3007"),
    "no rows": (world.EXTRACT.splitlines()[0].encode(), "S3007"),
    "duplicate header": (world.EXTRACT.replace("etunimet", "hetu").encode(), "S3007"),
    "hetu in a free text": (world.EXTRACT.replace(";x", ";010190-900C").encode(), "S4102"),
}


@pytest.mark.parametrize("command", ["check", "pseudonymise"])
@pytest.mark.parametrize(("data", "code"), WRONG.values(), ids=list(WRONG))
def test_wrong_extracts_leave_nothing_behind(sauma: Sauma, home: Path, command: str, data: bytes, code: str) -> None:
    (home / "espoo" / "extract.csv").write_bytes(data)
    before = world.tree(home)
    refused = sauma(home / "espoo", command, "pupils")
    assert refused.exit == int(code[1])
    assert code in refused.err
    assert world.tree(home) == before


def test_a_wrong_delimiter(sauma: Sauma, home: Path) -> None:
    settings = home / "espoo" / "sauma.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + 'delimiter = ","\n', encoding="utf-8")
    refused = sauma(home / "espoo", "pseudonymise", "pupils")
    assert (refused.exit, "S3007" in refused.err, (home / "packages").exists()) == (3, True, False)


@pytest.mark.parametrize("command", ["check", "pseudonymise"])
@pytest.mark.parametrize(
    ("party", "register", "code"), [("analyst", "pupils", "S4004"), ("dvv", "pupils", "S4150"), ("espoo", "unknown", "S2005")]
)
def test_only_the_controller_handles_an_extract(sauma: Sauma, home: Path, command: str, party: str, register: str, code: str) -> None:
    refused = sauma(home / party, command, register, "--extract", "../espoo/extract.csv")
    assert (refused.exit, code in refused.err) == (int(code[1]), True)


def test_the_way_in(sauma: Sauma, home: Path) -> None:
    espoo = home / "espoo"
    before = world.tree(home)
    checked = sauma(espoo, "check", "pupils", "--json")
    assert checked.exit == 0, checked.err
    assert world.tree(home) == before
    settings = espoo / "sauma.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + 'row_map = "rows.csv"\n', encoding="utf-8")
    done = sauma(espoo, "pseudonymise", "pupils", "--json")
    assert done.exit == 0, done.err
    document = json.loads(done.out)
    assert (document["sequence"], document["rows_band"]) == (1, "1-99")
    found = package.read_package(home / "packages" / "pupils.sauma", agreements.read_agreement(home / "agreement.toml"))
    payload = package.open_member(
        package.payload_bytes(found), found.manifest.member("payload"), found.manifest, world.key_of("analyst")
    ).read_all()
    assert sorted(payload["luokka"].to_pylist()) == [5, 6, 7]
    assert sorted(payload["syntymäaika"].to_pylist()) == [2012, 2013, 2014]
    lines = (espoo / "rows.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "register,row,record_id"
    ids = {line.split(",")[2] for line in lines[1:]}
    assert ids == {value.hex() for value in payload["record_id"].to_pylist()}
    assert [line.split(",")[:2] for line in lines[1:]] == [["pupils", str(row)] for row in (1, 2, 3)]
    assert (espoo / "pupils.rejects.csv").read_text(encoding="utf-8") == "row,column,reason\n"
    again = json.loads(sauma(espoo, "pseudonymise", "pupils", "--json").out)
    assert again["sequence"] == 2


def test_two_at_once_are_refused(sauma: Sauma, home: Path) -> None:
    with files.lock(home / "espoo" / "pupils.lock"):
        refused = sauma(home / "espoo", "pseudonymise", "pupils")
    assert (refused.exit, "S8001" in refused.err, (home / "packages").exists()) == (8, True, False)
