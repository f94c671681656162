"""The identity member: identity, relation, dwelling and birth-year tokens, each 16 bytes or a random dummy, and relations' months.

Only the columns that a register can fill are made here; the finish (:mod:`~privacy.pseudonymise.finish`) adds the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from privacy.pseudonymise import addresses
from privacy.pseudonymise.coded import MISSING, Booleans, Coded, Integers, empty, group
from privacy.pseudonymise.hashing import code_messages, hashed, joined_messages
from privacy.pseudonymise.hetu_columns import Numbers
from privacy.pseudonymise.keys import derive
from privacy.pseudonymise.normalise import clean
from privacy.pseudonymise.people import NO_YEAR, People
from privacy.pseudonymise.randomness import Bytes, random_tokens, to_arrow
from privacy.pseudonymise.relations import GUARDIANS, GUARDIANS_COLUMNS, PERIODS, Months, minors, months
from schemas.contract import IsoDate
from schemas.register import VALIDITY, Meaning
from schemas.tokens import BIRTH_YEAR_COLUMN, MONTH_COLUMNS

Entropy = Callable[[int], bytes]
HOME: Final[tuple[Meaning, ...]] = ("dwelling", "street")


class Tokens:
    """Makes the tokens of one extract: from values, random bytes where there is none."""

    def __init__(self, key: bytes, genesis: str, bound: str, entropy: Entropy) -> None:
        self._key, self._genesis, self._bound, self._entropy = key, genesis, bound, entropy

    def of_codes(self, numbers: Numbers) -> Bytes:
        """The identity tokens of codes; shape (n, 16)."""
        distinct, place, rows = _distinct(numbers)
        return self._placed(hashed(self._derived("identity"), code_messages(distinct, self._bound))[place], rows, len(numbers))

    def of_years(self, numbers: Numbers, years: Integers) -> Bytes:
        """The birth-year tokens of those with an own code and a year; shape (n, 16)."""
        rows = np.flatnonzero((numbers != MISSING) & (years != NO_YEAR))
        messages = joined_messages(numbers[rows], self._bound, years[rows])
        return self._placed(hashed(self._derived("birth_year"), messages), rows, len(numbers))

    def of_texts(self, column: Coded, purpose: str) -> Bytes:
        """The tokens of texts for *purpose*; shape (n, 16)."""
        rows = np.flatnonzero(column.present)
        messages = (text.encode() for text in column.values)
        return self._placed(hashed(self._derived(purpose), messages)[column.codes[rows]], rows, len(column))

    def _derived(self, purpose: str) -> bytes:
        return derive(self._key, self._genesis, purpose)

    def _placed(self, found: Bytes, rows: Integers, count: int) -> Bytes:
        if len(rows) == count:
            return found
        tokens = random_tokens(count, self._entropy)
        tokens[rows] = found
        return tokens


def identity_columns(people: People, held: Mapping[Meaning, Numbers], home: Coded, tokens: Tokens, *, changes: bool) -> dict[str, pa.Array]:
    """The columns between the record id and the match tokens that can be filled; a slot without a value holds random bytes.

    Which they are follows from what is declared and from *changes*, whether codes may have changed, never from the
    persons: *people* are a part of the extract, and all parts have the same columns.  *held*: the relatives whose
    relation holds on the agreement's day (:func:`relatives`); *home*: likewise dwellings (:func:`homes`).  The
    birth-year token is bound to the person's own code, so that it shows a contradiction between two records of one code
    and no cohort of the population; the guardians' tokens are put in numeric order, so that their places tell nothing.
    """
    own, nobody = people.numbers("hetu"), np.full(people.count, MISSING, dtype=np.int64)
    columns, exchanged = dict[str, Bytes](), np.zeros(people.count, dtype=np.bool_)
    if "hetu" in people.codes:
        columns = {"id_a": tokens.of_codes(own), BIRTH_YEAR_COLUMN: tokens.of_years(own, people.birth_years())}
    if changes:
        columns["id_b"] = tokens.of_codes(people.earlier)
    if not held.keys().isdisjoint(GUARDIANS):
        pair, exchanged = in_order(*(tokens.of_codes(held.get(meaning, nobody)) for meaning in GUARDIANS))
        columns |= dict(zip(GUARDIANS_COLUMNS, pair, strict=True))
    if "partner_hetu" in held:
        columns["partner"] = tokens.of_codes(held["partner_hetu"])
    if not people.fields.keys().isdisjoint(HOME):
        columns["dwelling"] = tokens.of_texts(home, "dwelling")
    if "family_head_hetu" in held:
        columns["family_head"] = tokens.of_codes(held["family_head_hetu"])
        second = np.where(held["family_head_hetu"] != MISSING, people.numbers("family_partner_hetu"), MISSING)
        columns["family_partner"] = tokens.of_codes(second)
    told = {name: to_arrow(values) for name, values in columns.items()}
    if not people.fields.keys().isdisjoint(VALIDITY):
        spans = _spans(people, held, home, people.birth_dates(), exchanged)
        told |= dict(zip(MONTH_COLUMNS, map(pa.array, spans), strict=True))
    return told


def relatives(people: People, day: IsoDate) -> dict[Meaning, Numbers]:
    """The codes of the declared relatives whose relation holds on *day*; guardians are a minor's."""
    held = {
        relation: np.where(people.periods[relation].on(day), people.codes[relation], MISSING)
        for relation in PERIODS
        if relation in people.codes
    }
    if not held.keys().isdisjoint(GUARDIANS):
        under_age = minors(people.birth_dates(), day)
        held |= {relation: np.where(under_age, held[relation], MISSING) for relation in GUARDIANS if relation in held}
    return held


def homes(people: People, day: IsoDate) -> Coded:
    """The dwelling of each person on *day* as text: the dwelling id, else the whole address.

    A restricted person has none, nor has *poste restante*.
    """
    nobody = empty(people.count)
    if people.fields.keys().isdisjoint(HOME):
        return nobody
    written = people.fields.get("street", nobody)
    given = people.fields.get("dwelling", nobody).map(lambda text: "id " + "".join(clean(text).split()))
    parts = (
        written.map(addresses.street),
        people.fields.get("street_number", nobody).otherwise(written.map(addresses.number_within)).map(addresses.street_number),
        people.fields.get("postcode", nobody).map(addresses.postcode),
    )
    lives_nowhere = written.holds(addresses.nowhere)
    return given.otherwise(_joined(*parts)).only(~people.restricted & ~lives_nowhere & people.periods["dwelling"].on(day))


def in_order(one: Bytes, other: Bytes) -> tuple[tuple[Bytes, Bytes], Booleans]:
    """Two token columns with each row's lower token first, and where they were exchanged, shape (n,)."""
    pair = np.stack([one, other], axis=1)
    words = pair.view(">u8").astype(np.uint64)
    later = (words[:, 0, 0] > words[:, 1, 0]) | ((words[:, 0, 0] == words[:, 1, 0]) & (words[:, 0, 1] > words[:, 1, 1]))
    pair[later] = pair[later][:, ::-1]
    return (pair[:, 0], pair[:, 1]), later


def _spans(people: People, held: Mapping[Meaning, Numbers], home: Coded, birth_date: Coded, later: Booleans) -> list[Months]:
    """First and last months in the order of ``MONTH_COLUMNS``; a guardian's go where its token went (*later*: exchanged)."""
    there = {relation: numbers != MISSING for relation, numbers in held.items()} | {"dwelling": home.present}
    never = np.zeros(people.count, dtype=np.bool_)
    found = [
        months(people.periods[relation], there.get(relation, never), birth_date, comes_of_age=relation in GUARDIANS)
        for relation in (*GUARDIANS, "partner_hetu", "dwelling", "family_head_hetu")
    ]
    exchanged = [tuple(np.where(later, other, one) for one, other in zip(found[a], found[b], strict=True)) for a, b in ((0, 1), (1, 0))]
    return [month for pair in (*exchanged, *found[2:]) for month in pair]


def _distinct(numbers: Numbers) -> tuple[Numbers, Integers, Integers]:
    """The distinct codes of *numbers*, the place of each present one among them, and the rows of those."""
    rows = np.flatnonzero(numbers != MISSING)
    distinct, place = np.unique(numbers[rows], return_inverse=True)
    return distinct, place, rows


def _joined(*columns: Coded) -> Coded:
    """The texts of a row's *columns* as one, length-prefixed; a row that lacks one has none."""
    present = np.logical_and.reduce([column.present for column in columns])
    rows = np.flatnonzero(present)
    which = group([column.take(rows) for column in columns]) if len(rows) else rows
    _, first = np.unique(which, return_index=True)
    texts = [column.texts.take(pa.array(column.codes[rows[first]])).to_pylist() for column in columns]
    joined = pa.array(["".join(f"{len(part)}:{part}" for part in parts) for parts in zip(*texts, strict=True)], pa.string())
    codes = np.full(len(present), MISSING, dtype=np.int64)
    codes[rows] = which
    return Coded(codes, joined).replaced(joined)
