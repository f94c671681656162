from __future__ import annotations

import base64
import datetime
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_world import ANALYST, NOW, OFFICER, SECOND, Key, hexes

from ledger import note
from ledger.note import Checkpoint
from ledger.signature import decoded, holds
from schemas.errors import IntegrityError

ORIGIN = "sauma/" + hexes("genesis")
CHECKPOINT = Checkpoint(ORIGIN, 7, hashlib.sha256(b"root").digest())
OFFICERS = {key.party: key.public.signing for key in (OFFICER, SECOND)}
SIGNED = note.sign(CHECKPOINT, ANALYST, ANALYST.public.signing)
COSIGNED = note.cosign(SIGNED, OFFICER, OFFICER.public.signing, NOW)


def check(text: str, officers: dict[str, bytes] = OFFICERS) -> note.Checked:
    return note.check(note.read(text, place="here"), writer=ANALYST.public.signing, witnesses=officers, place="here")


def test_the_signed_note_of_go() -> None:
    # The example of golang.org/x/mod/sumdb/note: its key, its key id, and a signature that others made.
    key = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = base64.b64decode("x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=")
    assert note.key_id("PeterNeumann", key[:1], key[1:]).hex() == "c74f20a3" == line[:4].hex()
    assert holds(key[1:], text.encode(), line[4:])
    assert not holds(key[1:], text.encode() + b" ", line[4:])


def test_the_text_is_what_is_signed() -> None:
    body, _, lines = SIGNED.text.partition("\n\n")
    assert body.split("\n") == [ORIGIN, "7", base64.b64encode(CHECKPOINT.root).decode()]
    raw = base64.b64decode(lines.split(" ")[2])
    assert raw[:4] == hashlib.sha256(ORIGIN.encode() + b"\n\x01" + ANALYST.public.signing).digest()[:4]
    assert holds(ANALYST.public.signing, (body + "\n").encode(), raw[4:])


def test_a_cosignature_is_that_of_c2sp() -> None:
    raw = base64.b64decode(COSIGNED.text.splitlines()[-1].split(" ")[2])
    assert raw[:4] == hashlib.sha256(b"officer\n\x04" + OFFICER.public.signing).digest()[:4]
    seconds = int.from_bytes(raw[4:12], "big")
    assert seconds == int(NOW.timestamp())
    assert holds(OFFICER.public.signing, b"cosignature/v1\ntime %d\n" % seconds + CHECKPOINT.text.encode(), raw[12:])


def test_what_holds() -> None:
    both = note.cosign(COSIGNED, SECOND, SECOND.public.signing, NOW + datetime.timedelta(seconds=5))
    checked = check(both.text)
    assert checked.checkpoint == CHECKPOINT
    assert checked.witnesses == {"officer": NOW, "second": NOW + datetime.timedelta(seconds=5)}
    again = note.cosign(both, OFFICER, OFFICER.public.signing, NOW + datetime.timedelta(days=1))
    assert len(again.signatures) == 3
    assert check(again.text).witnesses["officer"] == NOW + datetime.timedelta(days=1)


def test_every_changed_bit_is_refused() -> None:
    whole = COSIGNED.text.encode()
    for place in range(len(whole)):
        for bit in (0x01, 0x20, 0x80):
            changed = whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :]
            with pytest.raises(IntegrityError, match="S5203 here"):
                check(changed.decode("utf-8", "replace"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        CHECKPOINT.text,
        CHECKPOINT.text + "\n",
        SIGNED.text + SIGNED.text,
        SIGNED.text.replace("\n7\n", "\n07\n"),
        SIGNED.text.replace("\n", "\r\n"),
        SIGNED.text + "\n",
        SIGNED.text.rstrip("\n"),
        SIGNED.text + SIGNED.text.splitlines()[-1] + "\n",
        COSIGNED.text + COSIGNED.text.splitlines()[-1] + "\n",
        CHECKPOINT.text + "\n" + COSIGNED.text.splitlines()[-1] + "\n",
        "x" * 9000,
    ],
)
def test_what_is_not_a_checkpoint(text: str) -> None:
    with pytest.raises(IntegrityError, match="S5203 here"):
        check(text)


def test_strangers_may_not_sign() -> None:
    stranger = Key("officer", salt="stranger")
    with pytest.raises(IntegrityError, match="S5203"):
        check(note.cosign(SIGNED, stranger, stranger.public.signing, NOW).text)
    with pytest.raises(IntegrityError, match="S5203"):
        check(COSIGNED.text, {"second": SECOND.public.signing})
    with pytest.raises(IntegrityError, match="S5203"):
        check(note.sign(CHECKPOINT, OFFICER, OFFICER.public.signing).text)


def test_a_cosignature_is_of_its_time_and_checkpoint() -> None:
    raw = dict(COSIGNED.signatures)["officer"]
    later = raw[:4] + (int(NOW.timestamp()) + 1).to_bytes(8, "big") + raw[12:]
    for line, checkpoint in ((later, CHECKPOINT), (raw, Checkpoint(ORIGIN, 8, CHECKPOINT.root))):
        signed = note.sign(checkpoint, ANALYST, ANALYST.public.signing)
        with pytest.raises(IntegrityError, match="S5203"):
            check(note.Note(checkpoint, (*signed.signatures, ("officer", line))).text)


@given(st.text(max_size=300))
def test_only_our_error_escapes(text: str) -> None:
    with pytest.raises(IntegrityError):
        note.read(text, place="here")


@given(st.binary(max_size=80))
def test_base64_has_one_spelling(raw: bytes) -> None:
    text = base64.b64encode(raw).decode()
    assert decoded(text) == raw
    assert decoded(text + "\n") == b""
    assert decoded(" " + text) == b""
    if text.endswith("=") and raw:
        stem = text.rstrip("=")
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        other = stem[:-1] + alphabet[alphabet.index(stem[-1]) ^ 1] + text[len(stem) :]
        assert decoded(other) == b""  # the same bytes to a lax reader
