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


def block(key: bytes, number: int) -> int:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return int.from_bytes(encryptor.update(number.to_bytes(16, "big"))[:8], "big", signed=True)


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
    if kind == "postcode_wildcards":
        return [value[:at] + "*" + value[at + 1 :] for at in range(len(value))][:5]
    return [value]


def tokens(record: dict[str, str], family: Family, key: bytes, genesis: str) -> list[int] | None:
    """The family's slots in numeric order, or None where the record has nothing to hash."""
    canonical = 0
    for column in dict.fromkeys(term.column for alternative in family.alternatives for term in alternative):
        canonical ^= mac(hkdf(key, genesis, "dummy", column), record.get(column) or "\0")
    dummy_key, match_key = hkdf(key, genesis, "dummy", family.name, "cipher"), hkdf(key, genesis, "match", family.name)
    found, slot = [], 0
    if not any(all(record.get(term.column) for term in alternative) for alternative in family.alternatives):
        return None
    for alternative in family.alternatives:
        listed = [variants_of(record[term.column], term.variants) if record.get(term.column) else [] for term in alternative]
        for choice in itertools.product(*(range(COUNTS[term.variants]) for term in alternative)):
            if all(at < len(texts) for at, texts in zip(choice, listed, strict=True)):
                combined = 0
                for term, at, texts in zip(alternative, choice, listed, strict=True):
                    combined ^= mac(hkdf(key, genesis, "match", family.name, term.position), texts[at])
                found.append(block(match_key, combined))
            else:
                found.append(block(dummy_key, canonical ^ slot))
            slot += 1
    found.sort()
    again = [place for place in range(1, len(found)) if found[place] == found[place - 1]]
    for place in again:
        found[place] = block(dummy_key, canonical ^ (64 + place))
    return sorted(found)
