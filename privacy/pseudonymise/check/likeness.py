"""How many others share a match token with each person: the sparse graph of near-equal records that the linker will see.

Equality of tokens is equality of tuples, so no key is needed, not even a throw-away one: each family's tuples become scattered
numbers, and those that two persons hold are its edges.  A test holds this equal to the tokens of :mod:`privacy.pseudonymise.tokens`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from privacy.pseudonymise.check.counts import Count, Tally
from privacy.pseudonymise.check.examined import Examined
from privacy.pseudonymise.check.mixing import Numbers, scattered
from privacy.pseudonymise.coded import MISSING, Booleans, Coded, Integers
from privacy.pseudonymise.columns import GIVEN_PARTS
from privacy.pseudonymise.families import COUNTS, PROFILES, Family, Term
from privacy.pseudonymise.tokens import variants
from schemas.agreement import Agreement
from schemas.register import Field
from schemas.tokens import Profile

MANY: Final = 5
"""So many others are counted one by one; more are as many."""
DEGREES: Final = {"none": (0, 0), "one": (1, 1), "two_to_four": (2, 4), "five_or_more": (MANY, MANY)}
LANGUAGE: Final = ("kieli", "language", "sprak", "språk")
"""A column of declared codes with one of these in its name holds a language."""
_NEW_YEAR: Final = "-01-01"
_PART_BITS: Final = 3
_PART_SHIFT: Final = np.uint64(64 - _PART_BITS)

Rows = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int8]


def likeness(found: Examined, agreement: Agreement, tally: Tally, leaving: Count) -> list[dict[str, Any]]:
    """The persons who leave by how many others they share a token with: all, by birthday, and by each group the register declares."""
    if not found.register.match_tokens or found.lost.all():
        return []
    left = ~found.lost
    alone = agreement.drops_near_equal(found.register)
    degrees = others(found.derived, agreement.linkage.token_profile, left, alone=alone)
    total = _degrees(degrees, left, tally)
    tally.sums(leaving, list(total.values()))
    groups = [{"group": "all", "column": None, "code": None, "persons": leaving, "share": total}]
    for column, members in _groups(found, left):
        parts, told = [], []
        for code, mask in members.items():
            size, share = tally.count(int(mask.sum())), _degrees(degrees, mask, tally)
            tally.sums(size, list(share.values()))
            parts.append((size, share))
            told.append({"group": "code" if column else code, "column": column, "code": code, "persons": size, "share": share})
        rest = tally.within(leaving, [size for size, _ in parts])
        hidden = {name: tally.within(total[name], [share[name] for _, share in parts]) for name in DEGREES}
        tally.sums(rest, list(hidden.values()))
        groups += told
    return groups


def others(derived: Mapping[str, Coded], profile: Profile, left: Booleans, *, alone: bool) -> Counts:
    """How many others each row shares a token with, at most :data:`MANY`, among the rows of *left*; shape (rows,).

    *alone* as in :meth:`Family.holders_max`.
    """
    meetings = Meetings(len(left))
    for family in PROFILES[profile]:
        limit = family.holders_max(alone=alone)
        if limit == 1:
            continue
        holders, tokens = _shared(_family(family, derived, left))
        for one, other in _neighbours(holders, tokens, limit):
            meetings.note(one, other)
    return meetings.count


class Meetings:
    """Whom each row has met: up to :data:`MANY` different others."""

    def __init__(self, rows: int) -> None:
        self.count: Counts = np.zeros(rows, dtype=np.int8)
        self._seen = np.full((rows, MANY), MISSING, dtype=np.int32)
        self._last = np.empty(rows, dtype=np.int64)

    def note(self, one: Rows, other: Rows) -> None:
        """Each row of *one* meets the row of *other* beside it, unless it has, or has met enough."""
        while len(one):
            new = self.count[one] < MANY
            one, other = one[new], other[new]
            new = ~(self._seen[one] == other[:, None]).any(axis=1)
            one, other = one[new], other[new]
            places = np.arange(len(one))
            self._last[one] = places  # a row that stands here twice takes its turn, one a round
            turn = self._last[one] == places
            self._seen[one[turn], self.count[one[turn]]] = other[turn]
            self.count[one[turn]] += 1
            one, other = one[~turn], other[~turn]


def _groups(found: Examined, left: Booleans) -> Iterator[tuple[str | None, dict[str, Booleans]]]:
    """Groups of persons: born on 1 January or not, then by the declared codes of sex, municipality and language."""
    born = found.derived["birth_date"]
    new_year = born.holds(lambda day: day.endswith(_NEW_YEAR)) & left
    if (born.present & left).any():
        yield None, {"born_1_january": new_year, "born_on_another_day": born.present & left & ~new_year}
    shown = np.zeros(found.persons, dtype=np.int64)
    rows = np.flatnonzero(found.whole)[::-1]
    shown[found.person[rows]] = rows  # a person's first whole row
    for field in found.register.columns:
        if _grouping(field):
            column = found.columns[field.name].take(shown)
            yield field.name, {code: column.holds(code.__eq__) & left for code in field.codes}


def _grouping(field: Field) -> bool:
    language = field.meaning is None and any(word in field.name.casefold() for word in LANGUAGE)
    return bool(field.codes) and (field.meaning in ("sex", "municipality") or language)


def _degrees(degrees: Counts, mask: Booleans, tally: Tally) -> dict[str, Count]:
    found = degrees[mask]
    return {name: tally.count(int(((found >= low) & (found <= high)).sum())) for name, (low, high) in DEGREES.items()}


def _family(family: Family, derived: Mapping[str, Coded], left: Booleans) -> list[tuple[Rows, Numbers]]:
    """Who holds which token of *family*, slot by slot; nothing is kept of a slot but the rows that have a token in it."""
    slots = []
    for tokens, valid in _slots(family, _tables(family, derived), derived):
        rows = np.flatnonzero(valid & left).astype(np.int32)
        slots.append((rows, tokens[rows]))
    return slots


def _shared(slots: list[tuple[Rows, Numbers]]) -> tuple[Rows, Numbers]:
    """The holders and tokens whose token may stand in another place: most stand in one, and sorting is dear.

    A sieve, part by part of the tokens, so that no second copy of them all is ever made.
    """
    total = sum(len(tokens) for _, tokens in slots)
    bits = min(max(total.bit_length() - _PART_BITS + 1, 8), 64 - _PART_BITS)
    kept = []
    for number in range(1 << _PART_BITS):
        chosen = [np.flatnonzero((tokens >> _PART_SHIFT).astype(np.uint8) == number).astype(np.int32) for _, tokens in slots]
        tokens = np.concatenate([tokens[places] for places, (_, tokens) in zip(chosen, slots, strict=True)])
        holders = np.concatenate([rows[places] for places, (rows, _) in zip(chosen, slots, strict=True)])
        sieve = ((tokens << np.uint64(_PART_BITS)) >> np.uint64(64 - bits)).astype(np.int64)
        twice = np.bincount(sieve)[sieve] > 1
        kept.append((holders[twice], tokens[twice]))
    return np.concatenate([holders for holders, _ in kept]), np.concatenate([tokens for _, tokens in kept])


def _tables(family: Family, derived: Mapping[str, Coded]) -> dict[Term, Numbers]:
    """For each term every value's variants as scattered numbers, shape (values + 1, count); 0 where there is no such variant.

    Terms in one position share a dictionary of variants: a given name there equals the same surname.
    """
    tables: dict[Term, Numbers] = {}
    terms = list(dict.fromkeys(itertools.chain.from_iterable(family.alternatives)))
    for stream, position in enumerate(dict.fromkeys(term.position for term in terms)):
        place: dict[str, int] = {}
        for term in (term for term in terms if term.position == position):
            values = derived[term.column].values
            codes = np.full((len(values) + 1, COUNTS[term.variants]), MISSING, dtype=np.int64)
            for row, value in enumerate(values):
                for slot, variant in enumerate(variants(value, term.variants)):
                    codes[row, slot] = place.setdefault(variant, len(place))
            tables[term] = np.where(codes == MISSING, np.uint64(0), scattered(codes, stream))
    return tables


def _slots(family: Family, tables: Mapping[Term, Numbers], derived: Mapping[str, Coded]) -> Iterator[tuple[Numbers, Booleans]]:
    """Each slot's tokens and which rows have one; last, the record's own tuple, which equal records share in their dummies."""
    describable = np.zeros(len(derived[family.columns[0]]), dtype=np.bool_)
    for alternative in family.alternatives:
        describable |= np.logical_and.reduce([derived[term.column].present for term in alternative])
        for choice in itertools.product(*(range(term.slots) for term in alternative)):
            parts = [tables[term][:, slot][derived[term.column].codes] for term, slot in zip(alternative, choice, strict=True)]
            yield np.bitwise_xor.reduce(parts), np.logical_and.reduce([part != 0 for part in parts])
    own = [scattered(derived[name].codes, 100 + place) for place, name in enumerate(family.columns)]
    yield np.bitwise_xor.reduce(own), describable


def _neighbours(holders: Rows, tokens: Numbers, limit: int) -> Iterator[tuple[Rows, Rows]]:
    """Rows and, at the same places, another row that holds the same token: all others of a row with up to :data:`MANY`, else so many.

    A token that more than *limit* hold is dropped before sealing, and so are its edges.
    """
    order = np.argsort(tokens)
    _, size = _runs(tokens[order])
    order = order[(size > 1) & (size <= limit * GIVEN_PARTS)]  # a record has one token at most so often
    tokens, holders = tokens[order], holders[order]
    order = np.lexsort((holders, tokens))
    tokens, holders = tokens[order], holders[order]
    fresh = np.ones(len(tokens), dtype=np.bool_)
    fresh[1:] = (tokens[1:] != tokens[:-1]) | (holders[1:] != holders[:-1])
    tokens, holders = tokens[fresh], holders[fresh]
    first, group = _runs(tokens)
    shared = np.flatnonzero((group > 1) & (group <= limit))
    first, group = first[shared], group[shared]
    for step in range(1, MANY + 1):
        far = group > step
        mine, origin = shared[far], first[far]
        yield holders[mine], holders[origin + (mine - origin + step) % group[far]]


def _runs(tokens: Numbers) -> tuple[Integers, Integers]:
    """For each of the sorted *tokens*, where its run of equals starts and how long it is."""
    start = np.flatnonzero(np.concatenate([np.ones(min(len(tokens), 1), dtype=np.bool_), tokens[1:] != tokens[:-1]]))
    size = np.diff(np.append(start, len(tokens)))
    return np.repeat(start, size), np.repeat(size, size)
