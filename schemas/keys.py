"""Key files: a party's encrypted private key, and a steward's sealed contribution to the linkage key.

Both are canonical JSON.  The linkage key is HKDF over the contributions of *all* stewards, so no one organisation
chooses it; a contribution is sealed to every steward and to nobody else.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Constrained

from schemas.contract import Base64, Contract, Digest, Identifier, Text
from schemas.package import SealedKey

KEY_FORMAT = "sauma/key/v1"
CONTRIBUTION_PREFIX = b"sauma/contribution/v0\n"
CONTRIBUTION_BYTES = 32


class KeyFile(Contract):
    """``PARTY.key``: Ed25519 seed (32), ML-KEM-768 seed (64) and X25519 key (32), under AES-256-GCM.

    The encrypting key is scrypt (N = 2**17, r = 8, p = 1) of the passphrase and ``salt``; everything but ``box`` is
    its associated data.  ``box`` is a 12-byte nonce, the ciphertext and its tag.
    """

    format: Literal["sauma/key/v1"]
    party: Identifier
    public_key: Text
    salt: Base64
    box: Base64


class Contribution(Contract):
    """One steward's 32 random bytes, sealed to each steward; the commitment shows that all were given the same."""

    format: Literal["sauma/contribution/v0"]
    genesis: Digest
    party: Identifier
    commitment: Digest
    keys: Annotated[tuple[SealedKey, ...], Constrained(min_length=1, max_length=400)]


class SignedContribution(Contract):
    """``PARTY.contribution.json``: Ed25519 over ``CONTRIBUTION_PREFIX`` and the contribution's canonical JSON."""

    contribution: Contribution
    signature: Base64
