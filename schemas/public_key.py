"""A party's public key as one line of text: what ``PARTY.pub`` holds and the agreement repeats.

``sauma-public-v1 PARTY UNTIL BASE64 FINGERPRINT``: UNTIL is the last day on which the key may be used (``-``: no such
day); the bytes are an Ed25519 public key (32) and an HPKE MLKEM768-X25519 public key (1216).

The fingerprint, to be compared over another channel, is the first 128 bits of SHA-256 over ``sauma/public-key/v1``,
the party's id, UNTIL and those bytes.  It is written as eight groups of six digits: group *k* is ``13 v + k``, where *v*
is the *k*-th 16 bits, so that every group leaves its own number when it is divided by 13.  That catches

- any one wrong digit: it changes the group by ``d 10**i`` with 0 < |d| < 10, and 13 divides neither;
- any two digits exchanged: within a group they change it by ``d (10**i - 10**j)``, and the powers of ten from 0 to 5
  leave six different remainders by 13; in two groups each is one wrong digit;
- any two groups exchanged, and a group left out: their numbers differ.

A line of this format stays readable: the format's name changes when its meaning does.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import re
from dataclasses import dataclass

from schemas.contract import IDENTIFIER
from schemas.errors import KeyProblem

PREFIX = "sauma-public-v1"
ED25519_BYTES = 32
HPKE_BYTES = 1216
LINE_BYTES_MAX = 2400
FINGERPRINT_BYTES = 16
FINGERPRINT_GROUPS, GROUP_DIGITS, CHECK = 8, 6, 13
NO_DAY = "-"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Raw public keys of one party: ``signing`` (Ed25519) and ``sealing`` (ML-KEM-768 encapsulation key then X25519).

    ``until`` is the last day on which the party's private key may be used, or None.
    """

    party: str
    signing: bytes
    sealing: bytes
    until: datetime.date | None = None

    @property
    def fingerprint(self) -> str:
        """128 bits in eight groups of six digits."""
        said = f"sauma/public-key/v1\n{self.party}\n{self._until}\n".encode()
        return grouped(hashlib.sha256(said + self.signing + self.sealing).digest()[:FINGERPRINT_BYTES])

    @property
    def line(self) -> str:
        """The one line of text."""
        return f"{PREFIX} {self.party} {self._until} {base64.b64encode(self.signing + self.sealing).decode()} {self.fingerprint}"

    @property
    def _until(self) -> str:
        return self.until.isoformat() if self.until else NO_DAY

    def expired(self, on: datetime.date) -> bool:
        """Whether the key may no longer be used *on* that day."""
        return self.until is not None and on > self.until


def grouped(digest: bytes) -> str:
    """16 bytes as eight groups of six digits, each with its check, joined by hyphens."""
    numbers = (int.from_bytes(digest[place : place + 2], "big") for place in range(0, FINGERPRINT_BYTES, 2))
    return "-".join(f"{CHECK * number + place:0{GROUP_DIGITS}d}" for place, number in enumerate(numbers, 1))


def group_fault(group: str, number: int) -> str:
    """Why *group* cannot be the *number*-th group (from 1) of a fingerprint; empty if it can."""
    if not 1 <= number <= FINGERPRINT_GROUPS:
        return "is one too many"
    if not re.fullmatch(r"[0-9]+", group) or len(group) != GROUP_DIGITS:
        return f"has {len(group)} digits, not {GROUP_DIGITS}"
    value, left = divmod(int(group), CHECK)
    return "" if left == number and value < 2**16 else f"holds a wrong digit, or is not group {number}"


def parse_public_key(line: str, *, place: str) -> PublicKey:
    """The key written as *line*; ``KeyProblem`` S6001 naming *place* if it is malformed or its fingerprint differs."""
    parts = line.strip().split(" ")
    raw, until = b"", None
    if len(line) <= LINE_BYTES_MAX and len(parts) == 5 and parts[0] == PREFIX and re.fullmatch(IDENTIFIER, parts[1]):
        try:
            until = None if parts[2] == NO_DAY else datetime.date.fromisoformat(parts[2])
            raw = base64.b64decode(parts[3], validate=True)
        except (binascii.Error, ValueError):
            raw = b""
    if len(raw) == ED25519_BYTES + HPKE_BYTES:
        key = PublicKey(parts[1], raw[:ED25519_BYTES], raw[ED25519_BYTES:], until)
        if key.line == line.strip():
            return key
    raise KeyProblem(
        "S6001",
        place=place,
        reason="not a public key line of this version, or its fingerprint does not fit",
        hint="ask the party for its PARTY.pub again and compare fingerprints by phone",
    )
