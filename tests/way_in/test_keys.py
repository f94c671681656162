"""Party keys, sealed messages, and the linkage key of all stewards."""

from __future__ import annotations

import copy
import os
import pickle
from pathlib import Path

import pytest
import way_in_world as world
from hypothesis import given
from hypothesis import strategies as st

from sauma import contributions, files, keys
from schemas import canonical
from schemas.errors import IntegrityError, KeyProblem, PolicyRefusal, SaumaError
from schemas.keys import SignedContribution


def info(**changes: str) -> bytes:
    parts = {"purpose": "p", "genesis": "g", "sender": "s", "recipient": "r", "member": "m"} | changes
    return keys.hpke_info(**parts)


def test_a_key_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    path = tmp_path / "espoo.key"
    files.write_private(path, world.key_files()["espoo"][0])
    assert keys.load(path, world.PASSPHRASE).public.line == world.key_files()["espoo"][1]
    with pytest.raises(KeyProblem, match="S6002") as refused:
        keys.load(path, world.PASSPHRASE + b"!")
    assert refused.value.__context__ is None
    path.chmod(0o644)
    with pytest.raises(KeyProblem, match="S6003"):
        keys.load(path, world.PASSPHRASE)


def test_a_changed_key_file_does_not_open(tmp_path: Path) -> None:
    """A flip in every part: format, party, public key, salt, box."""
    data = world.key_files()["espoo"][0]
    path = tmp_path / "espoo.key"
    for part in (b"sauma/key/v1", b"espoo", b"sauma-public-v1", b'"salt":"', b'"box":"'):
        changed = bytearray(data)
        changed[data.index(part) + len(part) + (1 if part.endswith(b'"') else -1)] ^= 1
        files.write_private(path, bytes(changed))
        with pytest.raises(KeyProblem, match="S6002"):
            keys.load(path, world.PASSPHRASE)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(KeyProblem, match="S6004"):
        keys.create("espoo", b"short")


def test_a_key_shows_and_pickles_nothing() -> None:
    key = world.key_of("espoo")
    assert repr(key) == "PartyKey(...)"
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            attempt(key)


def test_signatures_hold_for_their_use_only() -> None:
    key = world.key_of("espoo")
    signature = key.sign(b"use\n", b"message")
    keys.verify(key.public, b"use\n", b"message", signature, place="x")
    for prefix, message, other in (
        (b"other\n", b"message", signature),
        (b"use\n", b"massage", signature),
        (b"use\n", b"message", signature[:-1]),
    ):
        with pytest.raises(IntegrityError, match="S5002"):
            keys.verify(key.public, prefix, message, other, place="x")
    with pytest.raises(IntegrityError, match="S5002"):
        keys.verify(world.key_of("dvv").public, b"use\n", b"message", signature, place="x")


def test_a_sealed_message_is_bound_to_every_part_of_its_use() -> None:
    key = world.key_of("espoo")
    sealed = keys.seal(key.public, b"secret", info())
    assert key.open(sealed, info()) == b"secret"
    for part in ("purpose", "genesis", "sender", "recipient", "member"):
        with pytest.raises(KeyProblem, match="S6006") as refused:
            key.open(sealed, info(**{part: "x"}))
        assert refused.value.__context__ is None
    for wrong in (b"", sealed[:-1], sealed + b"\0", bytes(len(sealed))):
        with pytest.raises(KeyProblem, match="S6006"):
            key.open(wrong, info())


@given(st.lists(st.binary(max_size=6), max_size=5), st.lists(st.binary(max_size=6), max_size=5))
def test_framing_is_injective(one: list[bytes], other: list[bytes]) -> None:
    assert (keys.framed(*one) == keys.framed(*other)) == (one == other)


@given(st.binary(max_size=40), st.integers(0, 60), st.integers(1, 127))
def test_base64_has_one_form(raw: bytes, offset: int, change: int) -> None:
    text = keys._text(raw)
    assert keys.from_base64(text, place="x") == raw
    if offset < len(text):
        changed = text[:offset] + chr(ord(text[offset]) ^ change) + text[offset + 1 :]
        try:
            assert keys.from_base64(changed, place="x") != raw
        except IntegrityError as error:
            assert error.code == "S5001"


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    agreed = world.agreement()
    for party in ("dvv", "espoo"):
        share = contributions.contribute(agreed, world.key_of(party), world.counting(party))
        files.write_private(contributions.contribution_path(tmp_path, party), share)
    return tmp_path


def test_all_stewards_get_one_key_and_nobody_else_any(shared: Path) -> None:
    agreed = world.agreement()
    found = {contributions.linkage_key(shared, agreed, world.key_of(party)) for party in ("dvv", "espoo")}
    assert len(found) == 1
    assert len(found.pop()) == 32
    for party in ("analyst", "officer"):
        with pytest.raises(PolicyRefusal, match="S4004"):
            contributions.linkage_key(shared, agreed, world.key_of(party))
        with pytest.raises(PolicyRefusal, match="S4004"):
            contributions.contribute(agreed, world.key_of(party), os.urandom)


def test_every_contribution_changes_the_key(shared: Path) -> None:
    agreed, me = world.agreement(), world.key_of("espoo")
    before = contributions.linkage_key(shared, agreed, me)
    for party in ("dvv", "espoo"):
        path = contributions.contribution_path(shared, party)
        kept = path.read_bytes()
        files.write_private(path, contributions.contribute(agreed, world.key_of(party), world.counting("new")))
        assert contributions.linkage_key(shared, agreed, me) != before
        files.write_private(path, kept)
    assert contributions.linkage_key(shared, agreed, me) == before


def test_contributions_go_to_stewards_only(shared: Path) -> None:
    for party in ("dvv", "espoo"):
        path = contributions.contribution_path(shared, party)
        signed = SignedContribution.model_validate_json(path.read_bytes())
        assert [sealed.recipient for sealed in signed.contribution.keys] == ["dvv", "espoo"]


def test_any_flipped_byte_of_a_contribution_is_refused(shared: Path) -> None:
    """Every 5th byte; the key must not change silently either."""
    agreed, me = world.agreement(), world.key_of("espoo")
    path = contributions.contribution_path(shared, "dvv")
    data = path.read_bytes()
    for offset in [*range(0, len(data), 5), len(data) - 4, len(data) - 5]:
        changed = bytearray(data)
        changed[offset] ^= 1 << (offset % 7)
        path.write_bytes(changed)
        with pytest.raises(IntegrityError) as refused:
            contributions.linkage_key(shared, agreed, me)
        assert refused.value.place.endswith("dvv.contribution.json")


def test_a_missing_foreign_or_renamed_contribution_is_refused(shared: Path) -> None:
    agreed, me = world.agreement(), world.key_of("espoo")
    path, mine = contributions.contribution_path(shared, "dvv"), contributions.contribution_path(shared, "espoo")
    other = world.agreement(world.agreement_text(**{"To test": "Otherwise"}))
    cases: list[tuple[bytes, type[SaumaError], str]] = [
        (contributions.contribute(other, world.key_of("dvv"), os.urandom), IntegrityError, "S5005"),
        (mine.read_bytes(), IntegrityError, "S5003"),
        (b"{}", IntegrityError, "S5001"),
    ]
    for content, kind, code in cases:
        files.write_private(path, content)
        with pytest.raises(kind, match=code):
            contributions.linkage_key(shared, agreed, me)
    path.unlink()
    with pytest.raises(KeyProblem, match=r"S6007.*dvv"):
        contributions.linkage_key(shared, agreed, me)


def test_a_steward_who_seals_another_secret_than_committed_is_found(shared: Path) -> None:
    """And one who seals to the analyst, too."""
    agreed, dishonest = world.agreement(), world.key_of("dvv")
    path = contributions.contribution_path(shared, "dvv")
    honest = canonical.loads(path.read_bytes(), place="x")["contribution"]
    other = canonical.loads(contributions.contribute(agreed, dishonest, world.counting("other")), place="x")["contribution"]
    sealed_to_analyst = [*honest["keys"], {"recipient": "analyst", "sealed": honest["keys"][0]["sealed"]}]
    for changed in ({**honest, "commitment": other["commitment"]}, {**honest, "keys": sealed_to_analyst}):
        signature = keys._text(dishonest.sign(contributions.CONTRIBUTION_PREFIX, canonical.dumps(changed)))
        files.write_private(path, canonical.dumps({"contribution": changed, "signature": signature}))
        with pytest.raises(IntegrityError, match="S5003"):
            contributions.linkage_key(shared, agreed, world.key_of("espoo"))
