"""Keyed tokens: the identity token, and typo-tolerant match tokens of constant shape.

A match token is *hash-then-PRF*.  Each distinct text is hashed once: HMAC-SHA-256, cut to 128 bits.  AES-256 under the key of
its family and position makes it that position's block; the blocks of a tuple are XORed; AES-256 under the family's key makes
the token's block, of which the first 64 bits are the token (signed, big-endian).  A record costs gathers and AES blocks only.

Sound because: no two positions share a key; a family's tuples fill each of the same positions once; swapped-name tuples are sorted
before hashing; the wildcard lies outside the value alphabet; a missing component gives no token; all 128 bits are kept until
after the last cipher.  The bound and its proof: ``docs/protocol.md``.  A PRF towards outsiders only: holders of the linkage key
can try values.

Constant shape: a family's every slot is filled.  A slot whose tuple the record lacks, or has in an earlier alternative, is *spare*
and holds a dummy keyed by the record's own values, so that equal records share all slots and the number they share shows no
name's length.  Slots of a family with a missing component, and tokens held by too many records, hold random bits.  Slots are
then put in numeric order, a shuffle that is the same for equal records.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.pseudonymise import blocks
from privacy.pseudonymise.blocks import Blocks
from privacy.pseudonymise.coded import MISSING, Booleans, Coded, Integers
from privacy.pseudonymise.families import PROFILES, Family, Term, layout
from privacy.pseudonymise.hashing import hashed
from privacy.pseudonymise.keys import derive, linkage_key_commitment
from privacy.pseudonymise.randomness import random_bytes
from privacy.pseudonymise.variants import variant_places, variants
from schemas.tokens import Profile

__all__ = ["family_tokens", "layout", "linkage_key_commitment", "match_tokens", "slots", "token_bytes", "variants"]

CHUNK_ROWS: Final = 16_384
"""Rows whose blocks are made together: they stay in the processor's cache."""

Entropy = Callable[[int], bytes]
Table = tuple[Blocks, Booleans]
"""One position's block of each value (last: none), and which values have one."""


def token_bytes(key: bytes, values: tuple[str, ...]) -> npt.NDArray[np.uint8]:
    """HMAC-SHA-256 of each value under *key*, cut to 128 bits; shape (len(values), 16)."""
    return hashed(key, (value.encode("utf-8") for value in values))


def match_tokens(
    columns: Mapping[str, Coded],
    *,
    key: bytes,
    genesis: str,
    profile: Profile,
    entropy: Entropy,
    alone: bool = False,
    max_holders: int | None = None,
) -> dict[str, Integers]:
    """Every slot column of *profile* for the persons described by derived *columns*: name -> int64, shape (n,).

    ``key`` is the linkage key, ``genesis`` the hex digest that names the pseudonym domain; ``alone`` as in
    :meth:`Family.holders_max`, which ``max_holders`` overrides.
    """
    result: dict[str, Integers] = {}
    for family, tokens, random in family_tokens(columns, key=key, genesis=genesis, profile=profile):
        limit = family.holders_max(alone=alone) if max_holders is None else max_holders
        crowded = _held_by_too_many(tokens, limit) | random[:, None]
        result |= slots(family, tokens, crowded, entropy)
    return result


def family_tokens(
    columns: Mapping[str, Coded], *, key: bytes, genesis: str, profile: Profile
) -> Iterator[tuple[Family, Integers, Booleans]]:
    """Each family's tokens of persons, shape (n, slots), and which persons' must be random, shape (n,): nothing is there to hash.

    Nothing is dropped yet for being held by too many: that takes all persons of the extract.
    """
    families = PROFILES[profile]
    values = Values.of(columns, families, derive(key, genesis, "value"))
    read = dict.fromkeys(name for family in families for name in family.columns)
    own = {name: blocks.enciphered(derive(key, genesis, "dummy", name), values.hashes[name]) for name in read}
    for family in families:
        yield family, *Maker(family, columns, values, own, key, genesis).tokens()


def slots(family: Family, tokens: Integers, random: Booleans, entropy: Entropy) -> dict[str, Integers]:
    """The slot columns of *tokens*, those marked *random* replaced, each row in numeric order."""
    tokens = with_random(tokens, random, entropy)
    tokens.sort(axis=1)
    return {name: np.ascontiguousarray(tokens[:, slot]) for slot, name in enumerate(family.public.columns)}


def with_random(tokens: Integers, random: Booleans, entropy: Entropy) -> Integers:
    """*tokens*, shape (n, slots), with random bits where *random* says, by slot or by person."""
    shape = tokens[random].shape
    tokens[random] = np.frombuffer(random_bytes(8 * int(np.prod(shape)), entropy), dtype=np.int64).reshape(shape)
    return tokens


@dataclass(frozen=True, slots=True, repr=False)
class Values:
    """The hash of every text that tokens are made of.

    ``hashes``: by column, of each of its values, and by term with variants, of each distinct variant; last of none.  ``places``:
    by term with variants, where among them each value's variants are, shape (count, values + 1).
    """

    hashes: Mapping[str, Blocks]
    places: Mapping[str, Integers]

    @staticmethod
    def of(columns: Mapping[str, Coded], families: Sequence[Family], key: bytes) -> Values:
        """Of all that *families* read."""
        texts, places = texts_of(columns, families)
        return Values(blocks.hashed_texts(key, texts), places)

    def table(self, term: Term, key: bytes) -> list[Table]:
        """The blocks of *term* under its position's *key*, by variant."""
        table = blocks.enciphered(key, self.hashes[str(term)])
        if term.variants == "exact":
            return [(table, np.arange(len(table)) < len(table) - 1)]
        return [(blocks.gathered(table, place), place != MISSING) for place in self.places[str(term)]]


def texts_of(columns: Mapping[str, Coded], families: Sequence[Family]) -> tuple[dict[str, pa.StringArray], dict[str, Integers]]:
    """Every text that *families* read, and the ``places`` of variants: see :class:`Values`."""
    terms = {str(term): term for family in families for alternative in family.alternatives for term in alternative}
    texts, places = {term.column: columns[term.column].texts for term in terms.values()}, {}
    for name, term in terms.items():
        if term.variants != "exact":
            texts[name], places[name] = variant_places(columns[term.column].texts, term.variants)
    return texts, places


class Maker:
    """One family's tokens over all rows, made in chunks."""

    def __init__(
        self, family: Family, columns: Mapping[str, Coded], values: Values, own: Mapping[str, Blocks], key: bytes, genesis: str
    ) -> None:
        self._family, self._columns, self._own = family, columns, own
        self._cipher = derive(key, genesis, "match", family.name)
        self._dummy_cipher = derive(key, genesis, "dummy", family.name, "cipher")
        self._tables: dict[Term, list[Table]] = {}
        for term in dict.fromkeys(itertools.chain.from_iterable(family.alternatives)):
            self._tables[term] = values.table(term, derive(key, genesis, "match", family.name, term.position))

    def tokens(self) -> tuple[Integers, Booleans]:
        """All slots, shape (n, slots), and which persons' must be random because nothing is there to hash, shape (n,)."""
        rows = len(self._columns[self._family.columns[0]])
        tokens = np.empty((rows, self._family.slots), dtype=np.int64)
        random = ~self._describable()
        for start in range(0, rows, CHUNK_ROWS):
            chunk = slice(start, min(start + CHUNK_ROWS, rows))
            tokens[chunk] = self._chunk(chunk, ~random[chunk]).T
        return tokens, random

    def _describable(self) -> Booleans:
        """Which records have every component of at least one alternative."""
        whole = [[self._columns[term.column].present for term in alternative] for alternative in self._family.alternatives]
        found: Booleans = np.logical_or.reduce([np.logical_and.reduce(present) for present in whole])
        return found

    def _chunk(self, rows: slice, describable: Booleans) -> Integers:
        """The slots of *rows*, shape (slots, n); those of rows that are not *describable* mean nothing."""
        tuples = np.empty((self._family.slots, rows.stop - rows.start), dtype=np.complex128)
        spare = np.empty(tuples.shape, dtype=np.bool_)
        filled = 0
        for alternative in self._family.alternatives:
            earlier, filled = filled, filled + self._alternative(alternative, rows, tuples[filled:], spare[filled:])
            _mark_repeated(tuples[:earlier], tuples[earlier:filled], spare[earlier:filled])
        tokens = blocks.tokens_of(blocks.enciphered(self._cipher, tuples))
        slot, row = np.nonzero(spare & describable)
        if len(row):
            tokens[slot, row] = self._dummies(rows, slot, row)
        return tokens

    def _alternative(self, alternative: tuple[Term, ...], rows: slice, tuples: Blocks, spare: Booleans) -> int:
        """Fill in the XORed blocks of each choice of variants, and where one is not there; how many choices."""
        found = [self._looked_up(term, rows) for term in alternative]
        count = 0
        for count, choice in enumerate(itertools.product(*found), start=1):
            tuples[count - 1] = choice[0][0]
            np.logical_not(choice[0][1], out=spare[count - 1])
            for block, exists in choice[1:]:
                blocks.added(tuples[count - 1], block)
                spare[count - 1] |= ~exists
        return count

    def _looked_up(self, term: Term, rows: slice) -> list[Table]:
        """The position's blocks by variant and row, and which exist."""
        codes = self._columns[term.column].codes[rows]
        return [(blocks.gathered(table, codes), np.take(exists, codes, mode="wrap")) for table, exists in self._tables[term]]

    def _dummies(self, rows: slice, slot: Integers, row: Integers) -> Integers:
        """The dummies of the places *slot*, *row* of the chunk *rows*: the record's own values under dummy keys, and the slot."""
        dummies = blocks.gathered(blocks.ordinals(self._family.slots), slot)
        for name in self._family.columns:
            blocks.added(dummies, blocks.gathered(self._own[name], self._columns[name].codes[rows][row]))
        return blocks.tokens_of(blocks.enciphered(self._dummy_cipher, dummies))


def _mark_repeated(earlier: Blocks, mine: Blocks, spare: Booleans) -> None:
    """Mark as *spare* what an *earlier* alternative has in the same record.  Within one alternative, variants are distinct."""
    halves, theirs = mine.view(np.uint64), earlier.view(np.uint64)
    for place, other in itertools.product(range(len(mine)), range(len(earlier))):
        same = halves[place, ::2] == theirs[other, ::2]
        if same.any():
            spare[place] |= same & (halves[place, 1::2] == theirs[other, 1::2])


def _held_by_too_many(tokens: Integers, max_holders: int) -> Booleans:
    """Which slots hold a token that more than *max_holders* records hold (a record holds each at most once)."""
    _, inverse, counts = np.unique(tokens, return_inverse=True, return_counts=True)
    crowded: Booleans = (counts > max_holders)[inverse].reshape(tokens.shape)
    return crowded
