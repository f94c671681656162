"""Two keys for each feature of a linkage schema, from the secret that the network shares."""

from __future__ import annotations

import base64
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.linkage_schema import Derivation

KEYS: Final = 2
_ALGORITHMS: Final = {"SHA256": SHA256, "SHA512": SHA512}


def derived(secret: bytes, features: int, kdf: Derivation) -> list[tuple[bytes, bytes]]:
    """The keys of each of so many *features*, ignored ones included: one HKDF output, cut in order.  Source: RFC 5869."""
    salt, info = (None if text is None else base64.b64decode(text) for text in (kdf.salt, kdf.info))
    length = KEYS * features * kdf.key_bytes
    stream = HKDF(algorithm=_ALGORITHMS[kdf.hash](), length=length, salt=salt, info=info).derive(secret)
    cut = [stream[start : start + kdf.key_bytes] for start in range(0, length, kdf.key_bytes)]
    return list(zip(cut[::2], cut[1::2], strict=True))
