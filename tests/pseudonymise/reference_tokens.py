"""A slow, obvious match-token maker for one record, written from the specification alone: HKDF by hand, one block at a time."""

from __future__ import annotations

import hashlib
import hmac
import itertools

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from privacy.pseudonymise.families import COUNTS, Family

DOMAIN = "sauma/tokens/v1"


def hkdf(key: bytes, genesis: str, *parts: str) -> bytes:
    """RFC 5869 with SHA-256, one output block."""
    info = b""
    for part in (DOMAIN, *parts):
        info += len(part.encode()).to_bytes(2, "big") + part.encode()
    extracted = hmac.new(bytes.fromhex(genesis), key, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def mac(key: bytes, value: str) -> int:
    return int.from_bytes(hmac.new(key, value.encode(), hashlib.sha256).digest()[:16], "big")


def cipher(key: bytes, number: int) -> int:
    """AES-256 of one block."""
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return int.from_bytes(encryptor.update(number.to_bytes(16, "big")), "big")


def token(block: int) -> int:
    """The first 64 of 128 bits, signed."""
    return int.from_bytes(block.to_bytes(16, "big")[:8], "big", signed=True)


def deletions(name: str) -> list[str]:
    head, found = name[:9], [name[:9]]
    for at in range(len(head)):
        shorter = head[:at] + head[at + 1 :]
        if shorter and shorter not in found:
            found.append(shorter)
    return found


def variants_of(value: str, kind: str) -> list[str]:
    if kind == "deletions":
        return deletions(value)
    if kind == "date_wildcards":
        year, month, day = value.split("-")
        return [] if month == day == "01" else [f"*-{month}-{day}", f"{year}-*-{day}", f"{year}-{month}-*"]
    if kind == "date_deletions":
        digits = value.replace("-", "")
        shorter = [digits[:at] + digits[at + 1 :] for at in range(8)]
        return [] if value.endswith("-01-01") else sorted(set(shorter), key=shorter.index)
    if kind == "postcode_wildcards":
        return [value[:at] + "*" + value[at + 1 :] for at in range(len(value))][:5]
    return [value]


def tokens(record: dict[str, str], family: Family, key: bytes, genesis: str) -> list[int] | None:
    """The family's slots in numeric order, or None where the record has nothing to hash."""
    if not any(all(record.get(term.column) for term in alternative) for alternative in family.alternatives):
        return None
    value_key = hkdf(key, genesis, "value")
    own = 0
    for column in dict.fromkeys(term.column for alternative in family.alternatives for term in alternative):
        own ^= cipher(hkdf(key, genesis, "dummy", column), mac(value_key, record.get(column) or ""))
    match_key, dummy_key = hkdf(key, genesis, "match", family.name), hkdf(key, genesis, "dummy", family.name, "cipher")
    found: list[int] = []
    seen: set[frozenset[tuple[str, str]]] = set()
    for alternative in family.alternatives:
        listed = [variants_of(record[term.column], term.variants) if record.get(term.column) else [] for term in alternative]
        for choice in itertools.product(*(range(COUNTS[term.variants]) for term in alternative)):
            there = all(at < len(texts) for at, texts in zip(choice, listed, strict=True))
            pairs = (
                frozenset((term.position, texts[at]) for term, at, texts in zip(alternative, choice, listed, strict=True))
                if there
                else None
            )
            if pairs is None or pairs in seen:
                found.append(token(cipher(dummy_key, own ^ len(found))))
                continue
            seen.add(pairs)
            combined = 0
            for position, text in pairs:
                combined ^= cipher(hkdf(key, genesis, "match", family.name, position), mac(value_key, text))
            found.append(token(cipher(match_key, combined)))
    return sorted(found)
