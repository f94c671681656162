"""CLKs the slow, obvious way: record by record, position by position, as clkhash's documentation describes them."""

from __future__ import annotations

import hashlib
import hmac
import math
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from schemas.linkage_schema import BlakeHash, DateFormat, Exact, Feature, Hashing, IntegerFormat, LinkageSchema, Ngrams, TextFormat


def clk(row: dict[str, str], schema: LinkageSchema, secret: bytes) -> bytes:
    """The CLK of one *row*, by column name."""
    bits, kdf = schema.config.hashed_bits, schema.config.kdf
    keys = hkdf(secret, 2 * len(schema.features) * kdf.key_bytes, kdf.hash.lower(), b64decode(kdf.salt or ""), b64decode(kdf.info or ""))
    found: set[int] = set()
    for place, feature in schema.encoded:
        start = 2 * place * kdf.key_bytes
        pair = keys[start : start + kdf.key_bytes], keys[start + kdf.key_bytes : start + 2 * kdf.key_bytes]
        found |= bits_of(row[feature.identifier], feature, pair, bits)
    for _ in range(schema.config.folds):
        bits //= 2
        found = {bit for bit in found if bit < bits} ^ {bit - bits for bit in found if bit >= bits}
    packed = bytearray(-(-bits // 8))
    for bit in found:
        packed[bit // 8] |= 128 >> bit % 8
    return bytes(packed)


def hkdf(secret: bytes, size: int, name: str, salt: bytes, info: bytes) -> bytes:
    """RFC 5869."""
    extracted = hmac.digest(salt or bytes(hashlib.new(name).digest_size), secret, name)
    stream = block = b""
    for number in range(1, 256):
        if len(stream) >= size:
            break
        block = hmac.digest(extracted, block + info + bytes([number]), name)
        stream += block
    return stream[:size]


def bits_of(value: str, feature: Feature, keys: tuple[bytes, bytes], bits: int) -> set[int]:
    """The positions of one value."""
    hashing = feature.hashing
    assert hashing is not None
    tokens = list(tokens_of(written(value, feature), hashing))
    encoding = feature.format.encoding if isinstance(feature.format, TextFormat) else "utf-8"
    found: set[int] = set()
    for number, token in enumerate(tokens):
        if hashing.strategy.per_token:
            times = hashing.strategy.per_token
        else:
            each = hashing.strategy.per_feature
            assert each is not None
            times = each // len(tokens) + (number < each % len(tokens))
        found |= {position(token.encode(encoding), turn, hashing, keys, bits) for turn in range(times)}
    return found


def written(value: str, feature: Feature) -> str:
    """The value in the form that is encoded."""
    missing = feature.hashing.missing if feature.hashing else None
    if missing is not None and value == missing.sentinel:
        return missing.sentinel if missing.replacement is None else missing.replacement
    if isinstance(feature.format, IntegerFormat):
        return str(int(value))
    if isinstance(feature.format, DateFormat):
        return datetime.strptime(value, feature.format.format).strftime("%Y%m%d")  # noqa: DTZ007 - a day has no time zone
    return value


def tokens_of(value: str, hashing: Hashing) -> Iterator[str]:
    """What a value is compared by, in order."""
    if not value:
        return
    comparison = hashing.comparison
    if isinstance(comparison, Exact):
        yield value
    elif isinstance(comparison, Ngrams):
        spaced = " " * (comparison.n - 1) + value + " " * (comparison.n - 1)
        for place in range(len(spaced) - comparison.n + 1):
            gram = spaced[place : place + comparison.n]
            yield f"{place + 1} {gram}" if comparison.positional else gram
    else:
        scale = 10**comparison.precision
        try:
            number = int(value) * scale
        except ValueError:
            number = round(float(value) * scale) if comparison.precision else math.trunc(float(value))
        quotient = Fraction(number * 2 * comparison.resolution, comparison.step)
        nearest = math.floor(quotient + Fraction(1, 2))
        for turn in range(-comparison.resolution, comparison.resolution + 1):
            yield str((nearest + turn) * comparison.step)


def position(token: bytes, turn: int, hashing: Hashing, keys: tuple[bytes, bytes], bits: int) -> int:
    """The *turn*-th position of a token."""
    if isinstance(hashing.hash, BlakeHash):
        digest = hashlib.blake2b(token, key=keys[0], salt=str(turn // 32).encode()).digest()
        return int.from_bytes(digest[2 * (turn % 32) :][:2], "little") % bits
    first = int.from_bytes(hmac.digest(keys[0], token, "sha1"), "big")
    second = int.from_bytes(hmac.digest(keys[1], token, "md5"), "big") % bits
    letter = 0
    while hashing.hash.prevent_singularity and second == 0:
        second = int.from_bytes(hmac.digest(keys[1], token + chr(letter).encode(), "md5"), "big") % bits
        letter += 1
    return (first + turn * second) % bits
