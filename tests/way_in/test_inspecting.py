"""``inspect`` knows every artefact, and a damaged one is never taken for whole or for something else."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import way_in_world as world

from ledger import entries, note, store
from sauma import agreements, contributions, files, inspecting, intake, keydestroying, keys, recognising, saying
from schemas.errors import IntegrityError, KeyProblem, PolicyRefusal, SaumaError, UsageError
from schemas.public_key import PublicKey

NOW = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
Ran = Callable[..., object]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A signed world with a ledger that knows its agreement, an officer's checkpoint, and a statement."""
    top = world.write_world(tmp_path / "world")
    agreed, analyst = agreements.read_agreement(top / "agreement.toml"), world.key_of("analyst")
    signatures = agreements.signatures(top / "agreement.toml", agreed)
    store.create(top / "ledger", entries.agreement_entry(agreed, signatures), analyst, NOW)
    officer = world.key_of("officer")
    cosigned = note.cosign(store.open(top / "ledger").note, officer, officer.public.signing, NOW)
    files.write_private(top / "officer.checkpoint", cosigned.text.encode())
    saying.destroyed(world.key_of("dvv"), agreed, top / "ledger", top / "statements", NOW)
    files.write_private(top / "espoo.pub", world.key_files()["espoo"][1].encode() + b"\n")
    shutil.copy(top / "espoo" / "espoo.key", top / "espoo.key")
    return top


def artefacts(home: Path) -> dict[str, Path]:
    (statement,) = (home / "statements").glob("*.json")
    return {
        "agreement": home / "agreement.toml",
        "statement": statement,
        "checkpoint": home / "officer.checkpoint",
        "contribution": home / "contributions" / "dvv.contribution.json",
        "public key": home / "espoo.pub",
        "key file": home / "espoo.key",
        "project file": home / "espoo" / "sauma.toml",
        "ledger": home / "ledger",
    }


def test_every_kind_is_known_and_told(sauma: Ran, home: Path) -> None:
    for kind, path in artefacts(home).items():
        assert recognising.kind_of(path) == kind
        ran = sauma(home / "espoo", "inspect", path, "--json")
        assert ran.exit == 0, ran.err
        document = json.loads(ran.out)
        assert document["kind"] == kind
        assert document["integrity"] == ("not signed" if kind in ("project file", "key file") else "holds")


def test_a_changed_byte_is_found_in_all_that_is_signed(home: Path) -> None:
    agreed = agreements.read_agreement(home / "agreement.toml")
    for kind, path in artefacts(home).items():
        checks: dict[str, Callable[[Path], object]] = {
            "statement": lambda path: inspecting.statement(path, agreed),
            "checkpoint": lambda path: inspecting.checkpoint(path, agreed),
            "contribution": lambda path: inspecting.contribution(path, agreed),
            "public key": lambda path: inspecting.public_key(path, agreed),
        }
        if kind not in checks:
            continue
        data = path.read_bytes()
        for place in [*range(0, len(data), max(1, len(data) // 40)), len(data) // 2]:
            path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            with pytest.raises(SaumaError) as refused:
                checks[kind](path)
            assert refused.value.exit_code in (5, 6), (kind, place)
            assert path.name in refused.value.place
        path.write_bytes(data)
        checks[kind](path)


def test_what_is_none_of_ours_is_misuse(sauma: Ran, home: Path) -> None:
    cases = {"letter.txt": b"Dear Sir", "list.json": b"[1]", "object.json": b'{"a":1}', "some.toml": b'a = "b"', "empty": b""}
    for name, content in cases.items():
        (home / name).write_bytes(content)
        with pytest.raises(UsageError, match="S2104"):
            recognising.kind_of(home / name)
    ran = sauma(home / "espoo", "inspect", "..")
    assert (ran.exit, "S2104" in ran.err) == (2, True)
    (home / "damaged.sauma").write_bytes(b"\0\0\0")
    ran = sauma(home / "espoo", "inspect", "../damaged.sauma")
    assert (ran.exit, "S5004 ../damaged.sauma" in ran.err) == (5, True)


def test_what_is_another_agreements_is_said_to_be(home: Path) -> None:
    other = world.agreement(world.agreement_text(**{"To test": "Otherwise"}))
    found = artefacts(home)
    for kind, look in (
        ("statement", inspecting.statement),
        ("checkpoint", inspecting.checkpoint),
        ("contribution", inspecting.contribution),
    ):
        with pytest.raises(IntegrityError, match="S5005"):
            look(found[kind], other)
    assert inspecting.public_key(found["public key"], other)[1]["in_agreement"] is True


def test_a_statement_that_the_ledger_does_not_take_is_named_by_its_file(home: Path) -> None:
    me, path = world.key_of("analyst"), artefacts(home)["statement"]
    good = path.read_bytes()
    path.write_bytes(good.replace(b'"size":1', b'"size":0'))
    with pytest.raises(IntegrityError, match="does not take it") as refused:
        intake.add(home / "ledger", intake.read(path, today=world.TODAY), me, now=NOW)
    assert (refused.value.place.endswith(path.name), refused.value.code) == (True, "S5202")
    path.write_bytes(good)
    assert intake.add(home / "ledger", intake.read(path, today=world.TODAY), me, now=NOW) == 1
    torn = home / "ledger" / "entries.jsonl"
    torn.write_bytes(torn.read_bytes().replace(b"To test", b"To tess"))
    with pytest.raises(IntegrityError) as refused:
        intake.add(home / "ledger", intake.read(path, today=world.TODAY), me, now=NOW)
    assert "entries.jsonl" in refused.value.place


def test_after_every_steward_destroyed_its_contributions_nobody_makes_a_token(home: Path) -> None:
    """Not even with every party's key: and as long as one steward keeps them, it still can."""
    agreed, shared = agreements.read_agreement(home / "agreement.toml"), home / "contributions"
    copies = {party: home / f"copy of {party}" for party in ("dvv", "espoo")}
    for folder in copies.values():
        shutil.copytree(shared, folder)
    shutil.rmtree(shared)
    before = contributions.linkage_key(copies["espoo"], agreed, world.key_of("espoo"))
    places = (home / "ledger", home / "said")
    done = keydestroying.contributions(copies["dvv"], agreed, world.key_of("dvv"), places, NOW)
    with pytest.raises(KeyProblem, match="S6007"):
        contributions.linkage_key(copies["dvv"], agreed, world.key_of("dvv"))
    assert contributions.linkage_key(copies["espoo"], agreed, world.key_of("espoo")) == before
    keydestroying.contributions(copies["espoo"], agreed, world.key_of("espoo"), places, NOW)
    assert not [path for path in home.rglob("*.contribution.json*") if path.is_file()]
    for party in copies:
        with pytest.raises(KeyProblem, match="S6007"):
            contributions.linkage_key(copies[party], agreed, world.key_of(party))
    with pytest.raises(PolicyRefusal, match="S4004"):
        keydestroying.contributions(shared, agreed, world.key_of("officer"), places, NOW)
    # the statement is in the ledger, and its steward may still sign: its key lives
    assert intake.add(home / "ledger", intake.read(done.statement, today=world.TODAY), world.key_of("analyst"), now=NOW) == 1
    state = store.open(home / "ledger").state
    assert [(actor, entry.subject) for actor, entry in state.destroyed] == [("dvv", "linkage_contributions")]
    assert state.dead_keys == set()


def test_each_contribution_is_reviewed_by_name(home: Path) -> None:
    agreed, shared, me = agreements.read_agreement(home / "agreement.toml"), home / "contributions", world.key_of("espoo")
    assert contributions.reviewed(shared, agreed, me) == {"dvv": None, "espoo": None}
    number = contributions.comparison(shared, agreed, me)
    assert number == contributions.comparison(shared, agreed, world.key_of("dvv"))
    path = contributions.contribution_path(shared, "dvv")
    kept = path.read_bytes()
    old_key = keys.PartyKey("dvv", b"\1" * keys.SEED_BYTES)
    other = world.agreement(world.agreement_text(**{"To test": "Otherwise"}))
    cases = {
        "S5002": contributions.contribute(agreed, old_key, world.counting("old")),
        "S5005": contributions.contribute(other, world.key_of("dvv"), world.counting("foreign")),
        "S5003": contributions.contribution_path(shared, "espoo").read_bytes(),
        "S5001": kept[:-1],
    }
    for code, content in cases.items():
        path.write_bytes(content)
        faults = contributions.reviewed(shared, agreed, me)
        assert faults["espoo"] is None
        assert faults["dvv"] is not None
        assert faults["dvv"].code == code
        assert faults["dvv"].place.endswith("dvv.contribution.json")
    path.unlink()
    assert [fault.code for fault in contributions.reviewed(shared, agreed, me).values() if fault] == ["S6007"]
    files.write_private(path, contributions.contribute(agreed, world.key_of("dvv"), world.counting("again")))
    assert contributions.comparison(shared, agreed, me) != number


def test_nothing_is_sealed_to_a_key_that_has_expired() -> None:
    day = datetime.date(2026, 2, 28)
    made = {party: keys.PartyKey(party, bytes([number]) * keys.SEED_BYTES, day) for number, party in enumerate(world.PARTIES)}
    text = world.TEMPLATE
    for party in world.PARTIES:
        text = text.replace(f'"{party.upper()}"', f'"{made[party].public.line}"')
    agreed = world.agreement(text)
    assert isinstance(keys.recipient(agreed, "analyst", on=day), PublicKey)
    with pytest.raises(KeyProblem, match=r"S6008.*analyst"):
        keys.recipient(agreed, "analyst", on=world.TODAY)
    contributions.contribute(agreed, made["dvv"], world.counting("x"), on=day)
    with pytest.raises(KeyProblem, match="S6008"):
        contributions.contribute(agreed, made["dvv"], world.counting("x"), on=world.TODAY)
