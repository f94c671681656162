"""A party's public key as one line of text: what ``PARTY.pub`` holds and the agreement repeats.

``sauma-public-v0 PARTY BASE64 FINGERPRINT``: the bytes are an Ed25519 public key (32) and an HPKE MLKEM768-X25519
public key (1216).  The fingerprint is the first 128 bits of SHA-256 over ``sauma/public-key/v0``, the party's id and
those bytes: eight groups of four hex digits, to be compared out of band.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from schemas.errors import KeyProblem

PREFIX = "sauma-public-v0"
ED25519_BYTES = 32
HPKE_BYTES = 1216
LINE_BYTES_MAX = 2400


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Raw public keys of one party: ``signing`` (Ed25519) and ``sealing`` (ML-KEM-768 encapsulation key then X25519)."""

    party: str
    signing: bytes
    sealing: bytes

    @property
    def fingerprint(self) -> str:
        """128 bits in eight groups of four hex digits."""
        digest = hashlib.sha256(b"sauma/public-key/v0\n" + self.party.encode() + b"\n" + self.signing + self.sealing).hexdigest()
        return "-".join(digest[start : start + 4] for start in range(0, 32, 4))

    @property
    def line(self) -> str:
        """The one line of text."""
        return f"{PREFIX} {self.party} {base64.b64encode(self.signing + self.sealing).decode()} {self.fingerprint}"


def parse_public_key(line: str, *, place: str) -> PublicKey:
    """The key written as *line*; ``KeyProblem`` S6001 naming *place* if it is malformed or its fingerprint differs."""
    parts = line.strip().split(" ")
    raw = b""
    if len(line) <= LINE_BYTES_MAX and len(parts) == 4 and parts[0] == PREFIX and re.fullmatch(r"[a-z][a-z0-9_]{0,39}", parts[1]):
        try:
            raw = base64.b64decode(parts[2], validate=True)
        except (binascii.Error, ValueError):
            raw = b""
    if len(raw) == ED25519_BYTES + HPKE_BYTES:
        key = PublicKey(parts[1], raw[:ED25519_BYTES], raw[ED25519_BYTES:])
        if key.line == line.strip():
            return key
    raise KeyProblem(
        "S6001",
        place=place,
        reason="not a public key line, or its fingerprint does not fit",
        hint="ask the party for its PARTY.pub again and compare fingerprints by phone",
    )
