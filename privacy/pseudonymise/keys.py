"""Keys of the pseudonym domain: one HKDF-SHA256 key per purpose, family and position.

Salt: the 32 bytes of the agreement's genesis digest.  Info: each part's UTF-8 bytes behind their length as two
big-endian bytes, so that no two lists of parts share an info.  Source: RFC 5869.  Vectors:
``tests/vectors/key_derivation.json``.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

DOMAIN: Final = "sauma/tokens/v1"
KEY_BYTES: Final = 32


def information(*parts: str) -> bytes:
    """HKDF info of *parts*: length-prefixed, injective."""
    encoded = [part.encode("utf-8") for part in parts]
    return b"".join(len(part).to_bytes(2, "big") + part for part in encoded)


def derive(key: bytes, genesis: str, *parts: str) -> bytes:
    """The 32-byte key for *parts* under the linkage *key* and the *genesis* digest (hex).

    ``ValueError`` if the linkage key is shorter than 32 bytes or the digest is not 32 bytes of hex.
    """
    salt = bytes.fromhex(genesis)
    if len(key) < KEY_BYTES or len(salt) != KEY_BYTES:
        raise ValueError("the linkage key or the genesis digest has the wrong length")
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=information(DOMAIN, *parts)).derive(key)


def linkage_key_commitment(key: bytes, genesis: str) -> str:
    """Hex of a key derived for nothing else: equal in two packages exactly if they were made under one linkage key."""
    return derive(key, genesis, "commitment").hex()
