"""Keyed tokens: the identity token, and typo-tolerant match tokens of constant shape.

A match token is *hash-then-PRF*.  Each position's value, as one variant, goes through HMAC-SHA-256 under that family's
and position's own key, cut to 128 bits; the positions are XORed; AES-256 under the family's key makes the block, of which
the first 64 bits are the token (signed, big-endian).  HMACs are looked up by distinct value, so a record costs AES blocks only.

Sound because: no two positions share a key; swapped-name tuples are sorted before hashing; the wildcard lies outside the value
alphabet; a missing component gives no token; all 128 bits are kept until after the cipher.  Two different tuples collide
before the cipher with probability at most q²/2¹²⁸ over q tuples.  A PRF towards outsiders only: holders of the linkage
key can try values.

Constant shape: a family's every slot is filled.  Unused and duplicate slots hold dummies keyed by the record's own
tuple, so that equal records share all slots and the number they share shows no name's length.  Slots of a family
with a missing component, and tokens held by too many records, hold random bits.  Slots are then put in numeric order, a
shuffle that is the same for equal records.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from privacy.pseudonymise.coded import MISSING, Booleans, Coded, Integers
from privacy.pseudonymise.families import (
    COUNTS,
    DELETION_CHARACTERS,
    POSTCODE_CHARACTERS,
    PROFILES,
    WILDCARD,
    Family,
    Term,
    Variants,
    layout,
)
from privacy.pseudonymise.hashing import hashed
from privacy.pseudonymise.keys import derive, linkage_key_commitment
from privacy.pseudonymise.randomness import random_bytes
from schemas.tokens import Profile

__all__ = ["MAX_HOLDERS", "family_tokens", "layout", "linkage_key_commitment", "match_tokens", "slots", "token_bytes", "variants"]

MAX_HOLDERS: Final = 20
"""A match token that more records of one register hold is dropped: it says little and shows a frequency."""
CHUNK_ROWS: Final = 65_536
_DUPLICATE: Final = 64
"""Added to the ordinal of a dummy that replaces a duplicate; families have at most 64 slots."""

Blocks = npt.NDArray[np.uint64]
"""128-bit blocks: shape (..., 2), big-endian halves in native integers."""
Entropy = Callable[[int], bytes]


def token_bytes(key: bytes, values: tuple[str, ...]) -> npt.NDArray[np.uint8]:
    """HMAC-SHA-256 of each value under *key*, cut to 128 bits; shape (len(values), 16)."""
    return hashed(key, (value.encode("utf-8") for value in values))


def variants(value: str, kind: Variants) -> tuple[str, ...]:
    """The distinct variants of *value*, at most ``COUNTS[kind]``.

    Two names one edit apart (insertion, deletion, substitution, neighbours swapped) within their leading characters share
    a deletion variant; two dates that differ in one part share a wildcard variant.  Births on 1 January carry no wildcard:
    that day often stands for an unknown one.
    """
    match kind:
        case "exact":
            return (value,)
        case "deletions":
            head = value[:DELETION_CHARACTERS]
            cut = (head[:at] + head[at + 1 :] for at in range(len(head)))
            return tuple(dict.fromkeys((head, *filter(None, cut))))
        case "date_wildcards":
            year, month, day = value.split("-")
            if (month, day) == ("01", "01"):
                return ()
            return (f"{WILDCARD}-{month}-{day}", f"{year}-{WILDCARD}-{day}", f"{year}-{month}-{WILDCARD}")
        case "postcode_wildcards":
            used = range(min(len(value), POSTCODE_CHARACTERS))
            return tuple(value[:at] + WILDCARD + value[at + 1 :] for at in used)


def match_tokens(
    columns: Mapping[str, Coded],
    *,
    key: bytes,
    genesis: str,
    profile: Profile,
    entropy: Entropy,
    max_holders: int = MAX_HOLDERS,
) -> dict[str, Integers]:
    """Every slot column of *profile* for the persons described by derived *columns*: name -> int64, shape (n,).

    ``key`` is the linkage key, ``genesis`` the hex digest that names the pseudonym domain.
    """
    result: dict[str, Integers] = {}
    for family, tokens, random in family_tokens(columns, key=key, genesis=genesis, profile=profile):
        random |= _held_by_too_many(tokens, max_holders)
        result |= slots(family, tokens, random, entropy)
    return result


def family_tokens(
    columns: Mapping[str, Coded], *, key: bytes, genesis: str, profile: Profile
) -> Iterator[tuple[Family, Integers, Booleans]]:
    """Each family's tokens of persons, shape (n, slots), and which of them must be random because nothing is there to hash.

    Nothing is dropped yet for being held by too many: that takes all persons of the extract.
    """
    own = {name: _blocks(derive(key, genesis, "dummy", name), column.values) for name, column in columns.items()}
    for family in PROFILES[profile]:
        yield family, *_Maker(family, columns, own, key, genesis).tokens()


def slots(family: Family, tokens: Integers, random: Booleans, entropy: Entropy) -> dict[str, Integers]:
    """The slot columns of *tokens*, those marked *random* replaced, each row in numeric order."""
    tokens = with_random(tokens, random, entropy)
    tokens.sort(axis=1)
    return {name: np.ascontiguousarray(tokens[:, slot]) for slot, name in enumerate(family.public.columns)}


def with_random(tokens: Integers, random: Booleans, entropy: Entropy) -> Integers:
    """*tokens* with random bits in the slots marked *random*."""
    tokens[random] = np.frombuffer(random_bytes(8 * int(random.sum()), entropy), dtype=">i8")
    return tokens


class _Maker:
    """One family's tokens over all rows, made in chunks so that blocks never exceed a few megabytes."""

    def __init__(self, family: Family, columns: Mapping[str, Coded], own: Mapping[str, Blocks], key: bytes, genesis: str) -> None:
        self._family, self._columns, self._own = family, columns, own
        self._cipher = derive(key, genesis, "match", family.name)
        self._dummy_cipher = derive(key, genesis, "dummy", family.name, "cipher")
        self._tables: dict[Term, tuple[Blocks, Booleans]] = {}
        for term in dict.fromkeys(itertools.chain.from_iterable(family.alternatives)):
            position_key = derive(key, genesis, "match", family.name, term.position)
            self._tables[term] = _variant_blocks(position_key, columns[term.column].values, term.variants)

    def tokens(self) -> tuple[Integers, Booleans]:
        """All slots, shape (n, slots), and which of them must be random because nothing is there to hash."""
        rows = len(self._columns[self._family.columns[0]])
        tokens = np.empty((rows, self._family.slots), dtype=np.int64)
        random = np.empty((rows, self._family.slots), dtype=np.bool_)
        for start in range(0, rows, CHUNK_ROWS):
            chunk = slice(start, min(start + CHUNK_ROWS, rows))
            tokens[chunk], random[chunk] = self._chunk(chunk)
        return tokens, random

    def _chunk(self, rows: slice) -> tuple[Integers, Booleans]:
        slots = list(self._slots(rows))
        blocks = np.stack([block for block, _valid in slots], axis=1)
        valid = np.stack([valid for _block, valid in slots], axis=1)
        canonical = self._canonical(rows)
        tokens = np.where(valid, _encrypt(self._cipher, blocks), self._dummies(canonical, 0))
        tokens.sort(axis=1)
        duplicate = np.zeros_like(valid)
        duplicate[:, 1:] = tokens[:, 1:] == tokens[:, :-1]
        tokens = np.where(duplicate, self._dummies(canonical, _DUPLICATE), tokens)
        nothing = np.broadcast_to(~self._describable(rows)[:, None], valid.shape)
        return tokens, nothing

    def _slots(self, rows: slice) -> Iterator[tuple[Blocks, Booleans]]:
        """Each slot's XORed position hashes and whether every position had that variant."""
        for alternative in self._family.alternatives:
            for choice in itertools.product(*(range(term.slots) for term in alternative)):
                found = [self._look_up(term, variant, rows) for term, variant in zip(alternative, choice, strict=True)]
                yield (
                    np.bitwise_xor.reduce([block for block, _exists in found]),
                    np.logical_and.reduce([exists for _block, exists in found]),
                )

    def _look_up(self, term: Term, variant: int, rows: slice) -> tuple[Blocks, Booleans]:
        """One position's hash and whether it exists, by row."""
        hashes, exists = self._tables[term]
        codes = self._columns[term.column].codes[rows]
        return hashes[codes, variant], exists[codes, variant]

    def _describable(self, rows: slice) -> Booleans:
        """Which records have every component of at least one alternative."""
        whole = [[self._columns[term.column].present[rows] for term in alternative] for alternative in self._family.alternatives]
        found: Booleans = np.logical_or.reduce([np.logical_and.reduce(present) for present in whole])
        return found

    def _canonical(self, rows: slice) -> Blocks:
        """The hash of the record's own tuple under dummy keys, shape (n, 2)."""
        hashed = [self._own[name][self._columns[name].codes[rows]] for name in self._family.columns]
        combined: Blocks = np.bitwise_xor.reduce(hashed)
        return combined

    def _dummies(self, canonical: Blocks, offset: int) -> Integers:
        ordinals = np.zeros((self._family.slots, 2), dtype=np.uint64)
        ordinals[:, 1] = np.arange(self._family.slots) + offset
        return _encrypt(self._dummy_cipher, canonical[:, None, :] ^ ordinals[None, :, :])


def _blocks(key: bytes, values: tuple[str, ...]) -> Blocks:
    """The 128-bit HMAC of each value and, last (so that code -1 finds it), of *missing*: a text no value has."""
    return token_bytes(key, (*values, "\0")).view(">u8").astype(np.uint64)


def _variant_blocks(key: bytes, values: tuple[str, ...], kind: Variants) -> tuple[Blocks, Booleans]:
    """Hashes of every variant of every value, shape (len(values) + 1, count, 2), and which exist; the last row is *missing*."""
    listed = [variants(value, kind) for value in values]
    place = {variant: code for code, variant in enumerate(dict.fromkeys(itertools.chain.from_iterable(listed)))}
    codes = np.full((len(values) + 1, COUNTS[kind]), MISSING, dtype=np.int64)
    for row, found in enumerate(listed):
        codes[row, : len(found)] = [place[variant] for variant in found]
    return _blocks(key, tuple(place))[codes], codes != MISSING


def _encrypt(key: bytes, blocks: Blocks) -> Integers:
    """AES-256 of every block; the first 64 bits of each as a signed big-endian integer.  Shape (...) of shape (..., 2)."""
    encryptor = Cipher(AES256(key), ECB()).encryptor()  # noqa: S305 - one block each: ECB *is* the block cipher, used as a PRF
    encrypted = encryptor.update(np.ascontiguousarray(blocks.astype(">u8")).tobytes())
    return np.frombuffer(encrypted, dtype=">i8").reshape(blocks.shape)[..., 0].astype(np.int64)


def _held_by_too_many(tokens: Integers, max_holders: int) -> Booleans:
    """Which slots hold a token that more than *max_holders* records hold (a record holds each at most once)."""
    _, inverse, counts = np.unique(tokens, return_inverse=True, return_counts=True)
    crowded: Booleans = (counts > max_holders)[inverse].reshape(tokens.shape)
    return crowded
