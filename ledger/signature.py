"""What can sign, and whether a signature holds: Ed25519 (RFC 8032), nothing else."""

from __future__ import annotations

import base64
import binascii
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SIGNATURE_BYTES = 64


class Signer(Protocol):
    """A party that can sign; ``sauma.keys.PartyKey`` is one."""

    @property
    def party(self) -> str:
        """The party's id."""

    def sign(self, prefix: bytes, message: bytes) -> bytes:
        """Ed25519 signature (64 bytes) over *prefix* followed by *message*."""


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether *signature* is the one of Ed25519 public key *public* (32 bytes) over *message*."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def decoded(text: str) -> bytes:
    """Standard base64 *text* as bytes; empty unless *text* is the one canonical spelling (no stray bits or spaces)."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""
