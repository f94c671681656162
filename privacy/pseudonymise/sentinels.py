"""Sentinel records: fixed synthetic people, tokenised into every package.

Equal digests in two packages prove that linkage key, normaliser and token format agree, before anything is linked.
Each text is spelt so that a different normaliser gives a different token.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import pyarrow as pa

from privacy.pseudonymise.coded import from_arrow
from privacy.pseudonymise.columns import derive as derived_columns
from privacy.pseudonymise.families import PROFILES
from privacy.pseudonymise.keys import derive
from privacy.pseudonymise.tokens import match_tokens, token_bytes
from schemas.register import Meaning
from schemas.tokens import Profile

CODES: Final = ("010190-999W", "131052-901X", "290200A948W")
RECORDS: Final[dict[Meaning, tuple[str, str, str]]] = {
    "given_names": ("Pa\u0308ivi  Anna-Liisa", "Åke Olof", "Xuseen Cali"),
    "surname": ("Mäki-Öster", "af Hällström", "D\u2019Angelo Štšerbakov"),
    "former_surname": ("Virtanen", "Wrede", "Шишкин"),
    "birth_date": ("1.1.1990", "1952-10-13", "20000229"),
    "street": ("Töölönlahdenk.", "Mikkolantie 7", "Storgatan"),
    "street_number": ("12 A as. 3", "7", "4 bst 2"),
    "postcode": ("00100", "02130", "10600"),
    "locality": ("Esbo", "Raasepori", "INGÅ"),
    "area": ("Nöykkiö", "Björknäs", "Keskusta"),
    "municipality": ("049", "710", "149"),
    "phone": ("+358 (0)40 123 4567", "019-123 4567", "0046 70 123 45 67"),
}


def sentinels(key: bytes, genesis: str, profile: Profile, *, match: bool) -> dict[str, str]:
    """SHA-256 (hex) over the sentinels' tokens: ``id``, and with *match* one for each family of *profile*."""
    tokens = token_bytes(derive(key, genesis, "identity"), CODES)
    digests = {"id": hashlib.sha256(tokens.tobytes()).hexdigest()}
    if not match:
        return digests
    fields = {meaning: from_arrow(pa.array(texts)) for meaning, texts in RECORDS.items()}
    slots = match_tokens(derived_columns(fields, len(CODES)), key=key, genesis=genesis, profile=profile, entropy=bytes)
    for family in PROFILES[profile]:
        joined = np.stack([slots[name] for name in family.public.columns], axis=1)
        digests[family.name] = hashlib.sha256(joined.astype(">i8").tobytes()).hexdigest()
    return digests
