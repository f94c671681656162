"""The agreement file: what is signed, by whom, and who may do what."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import way_in_world as world

from sauma import agreements, files, keys
from schemas.errors import InputError, IntegrityError, KeyProblem, PolicyRefusal


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    return world.write_world(tmp_path) / "agreement.toml"


def test_an_agreement_signed_by_all_is_in_force(signed: Path) -> None:
    agreed = agreements.load_agreement(signed, today=world.TODAY)
    assert agreements.signed_by(signed, agreed) == world.PARTIES
    assert set(agreements.signatures(signed, agreed)) == set(world.PARTIES)


def test_comments_and_layout_are_free_but_no_word_is(signed: Path) -> None:
    text = signed.read_text(encoding="utf-8")
    signed.write_text("# read on Monday\n\n" + text.replace('name = "A test"', "name   =   'A test'"), encoding="utf-8")
    agreements.load_agreement(signed, today=world.TODAY)
    signed.write_text(text.replace("To test", "To Test"), encoding="utf-8")
    with pytest.raises(IntegrityError, match="S5002") as refused:
        agreements.load_agreement(signed, today=world.TODAY)
    assert refused.value.place.endswith("agreement.toml")
    assert "analyst.sig, officer.sig" in refused.value.reason


@pytest.mark.parametrize("day", [datetime.date(2025, 12, 31), datetime.date(2100, 1, 1)])
def test_outside_its_term_nothing_goes(signed: Path, day: datetime.date) -> None:
    with pytest.raises(PolicyRefusal, match="S4002"):
        agreements.load_agreement(signed, today=day)


def test_who_has_not_signed_is_named(signed: Path) -> None:
    for party in ("officer", "dvv"):
        agreements.signature_path(signed, party).unlink()
    with pytest.raises(PolicyRefusal, match=r"S4003.*dvv, officer"):
        agreements.load_agreement(signed, today=world.TODAY)
    agreements.load_agreement(signed, today=world.TODAY, need_signatures=False)


def test_every_flipped_byte_of_a_signature_is_refused(signed: Path) -> None:
    path = agreements.signature_path(signed, "espoo")
    data = path.read_bytes()
    for offset in range(len(data)):
        changed = bytearray(data)
        changed[offset] ^= 1 << (offset % 8)
        path.write_bytes(changed)
        with pytest.raises(IntegrityError, match="S5002") as refused:
            agreements.load_agreement(signed, today=world.TODAY)
        assert refused.value.place.endswith("espoo.sig")


def test_roles(signed: Path) -> None:
    agreed = agreements.load_agreement(signed, today=world.TODAY)
    assert agreements.require_role(agreed, "analyst", "linker").id == "analyst"
    assert agreements.require_role(agreed, "officer", "analyst", "officer").id == "officer"
    with pytest.raises(PolicyRefusal, match=r"S4004.*officer"):
        agreements.require_role(agreed, "analyst", "officer")


def publics(folder: Path) -> Path:
    for party in world.PARTIES:
        files.write_private(folder / f"{party}.pub", world.key_files()[party][1].encode() + b"\n")
    return folder


def template() -> str:
    parties = "".join(
        f'[[party]]\nid = "{party}" # who\nname = "N"\nroles = ["steward"]\npublic_key = "old"\n\n' for party in world.PARTIES
    )
    parties = parties.replace(
        'analyst" # who\nname = "N"\nroles = ["steward"]', 'analyst" # who\nname = "N"\nroles = ["linker", "analyst"]'
    )
    parties = parties.replace('officer" # who\nname = "N"\nroles = ["steward"]', 'officer" # who\nname = "N"\nroles = ["officer"]')
    start, end = world.TEMPLATE.index("party = ["), world.TEMPLATE.index("linkage = ")
    head, rest = world.TEMPLATE[:start] + world.TEMPLATE[end:].split("[[exception]]")[0], world.TEMPLATE[end:].split("[[exception]]")[1]
    return f"{head}{parties}[[exception]]{rest}"


def test_a_template_is_filled_and_nothing_else_is_changed(tmp_path: Path) -> None:
    text = template()
    filled = agreements.fill_public_keys(text.encode(), publics(tmp_path), place="template").decode()
    agreed = world.agreement(filled)
    assert [keys.public_of(agreed, party).line for party in world.PARTIES] == [world.key_files()[party][1] for party in world.PARTIES]
    kept = [line for line in text.splitlines() if not line.startswith("public_key")]
    assert [line for line in filled.splitlines() if not line.startswith("public_key")] == kept


def test_a_template_that_cannot_be_filled_is_refused(tmp_path: Path) -> None:
    publics(tmp_path)
    hidden = template().replace('name = "A test"', 'name = """\n[[party]]\nid = "dvv"\n"""')
    with pytest.raises(InputError, match="S3001"):
        agreements.fill_public_keys(hidden.encode(), tmp_path, place="template")
    with pytest.raises(InputError, match="S3001"):
        agreements.fill_public_keys(b"", tmp_path, place="template")
    (tmp_path / "dvv.pub").unlink()
    with pytest.raises(InputError, match="S3003"):
        agreements.fill_public_keys(template().encode(), tmp_path, place="template")
    files.write_private(tmp_path / "dvv.pub", b"\xff not a key")
    with pytest.raises(KeyProblem, match="S6001"):
        agreements.fill_public_keys(template().encode(), tmp_path, place="template")


def test_a_public_key_under_another_name_is_refused() -> None:
    text = world.agreement_text().replace(world.key_files()["dvv"][1], world.key_files()["stranger"][1])
    with pytest.raises(KeyProblem, match="S6001"):
        keys.public_of(world.agreement(text), "dvv")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('artificial_hetu = "link"', 'attack_cieling = "0.1"', "linkage.attack_cieling: unknown key"),
        ('artificial_hetu = "link"', '"131052-308T" = "0.1"', "linkage (unknown key): unknown key"),
        ('artificial_hetu = "link"', '"Virtanen" = "0.1"', "linkage (unknown key): unknown key"),
        ('artificial_hetu = "link"', f'{"a" * 40} = "0.1"', f"linkage.{'a' * 40}: unknown key"),
        ('artificial_hetu = "link"', f'{"a" * 41} = "0.1"', "linkage (unknown key): unknown key"),
        ('artificial_hetu = "link"', 'attack_ceiling = "5"', "linkage.attack_ceiling: must be a share of people, at most 1"),
        ('artificial_hetu = "link"', 'near_equal_tokens = "keep"', "linkage.near_equal_tokens: must be 'dropped' or 'kept'"),
    ],
)
def test_a_fault_is_named_by_its_key(old: str, new: str, said: str) -> None:
    with pytest.raises(InputError, match="S3001") as refused:
        world.agreement(world.agreement_text(**{old: new}))
    assert refused.value.reason == said


def test_blanks_and_other_faults_are_told_at_once(tmp_path: Path) -> None:
    wrong = 'near_equal_tokens = "keep", attack_ceiling = "5", acept_probability = "FILL IN"'
    text = world.agreement_text(
        **{"To test": "FILL IN", "= 2025-12-31, artificial": '= "FILL IN", artificial', 'artificial_hetu = "link"': wrong}
    )
    others = "linkage.attack_ceiling", "linkage.near_equal_tokens", "linkage.acept_probability"
    path = tmp_path / "agreement.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="S3012") as refused:
        agreements.read_agreement(path)
    blank, besides = refused.value.reason.split("; wrong besides: ")
    assert blank == "not filled in yet: purpose, linkage.family_as_of, linkage.acept_probability"
    assert [fault.split(":")[0] for fault in besides.split("; ")] == list(others)
    assert [fault.column for fault in refused.value.faults] == [*blank.split(": ")[1].split(", "), *others]
    keyless = world.agreement_text(**{'artificial_hetu = "link"': 'attack_ceiling = "5"', world.key_files()["dvv"][1]: ""})
    path.write_text(keyless, encoding="utf-8")
    with pytest.raises(InputError, match=r"S3012.*public_key; wrong besides: linkage.attack_ceiling: "):
        agreements.read_agreement(path)
