"""The second pass: all rows of some persons become their identity rows and payload rows, which wait in random buckets."""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np
import pyarrow as pa

from privacy.pseudonymise.buckets import TOGETHER_ROWS, Buckets
from privacy.pseudonymise.coded import MISSING, Coded, Integers
from privacy.pseudonymise.crowded import Holders
from privacy.pseudonymise.finish import PERSON, Partners, packed
from privacy.pseudonymise.hetu_columns import Numbers
from privacy.pseudonymise.households import Households, Residents
from privacy.pseudonymise.identity import HOME, Tokens, homes, identity_columns, relatives
from privacy.pseudonymise.normalise import clean
from privacy.pseudonymise.payload import withheld
from privacy.pseudonymise.people import People, grouped
from privacy.pseudonymise.randomness import Entropy, random_places, random_tokens, to_arrow
from privacy.pseudonymise.tokens import family_tokens, with_random
from privacy.pseudonymise.waiting import LEAVES, ROW, Layout
from schemas.agreement import Agreement
from schemas.batches import Spill
from schemas.register import Meaning
from schemas.tokens import RECORD_ID

BUCKETS_MAX: Final = 1 << 12


class Making:
    """Makes persons, part by part.

    ``persons``, ``joining``, ``conflicts``: how many persons there were, how many with a code that joins registers, how
    many declared under two family heads.  ``identity``, ``payload``: the rows that wait.
    """

    def __init__(
        self, layout: Layout, agreement: Agreement, key: bytes, genesis: str, entropy: Entropy, spill: Spill, rows: int, *, row_map: bool
    ) -> None:
        """*rows*: how many rows come; *row_map*: whether it is asked which record each row went into."""
        register, linkage = layout.register, agreement.linkage
        count = min(1 + rows // TOGETHER_ROWS, BUCKETS_MAX)
        self.persons, self.joining, self.conflicts = 0, 0, 0
        self.identity, self.payload = Buckets(spill, "identity", count), Buckets(spill, "payload", count)
        self.holders = Holders(spill, rows, alone=agreement.drops_near_equal(register))
        self._layout, self._key, self._genesis, self._entropy = layout, key, genesis, entropy
        self._day, self._bound = linkage.family_as_of, "" if linkage.artificial_hetu == "link" else register.id
        self._profile = linkage.token_profile if register.match_tokens else None
        self._tokens = Tokens(key, genesis, self._bound, entropy)
        meanings = {field.meaning for field in register.columns}
        self._households = Households(self._day) if {"hetu", "sex"} <= meanings and not meanings.isdisjoint(HOME) else None
        self._rows: list[pa.Table] | None = [] if row_map else None

    def add(self, table: pa.Table) -> None:
        """Waiting rows, all of each of their persons."""
        people = grouped(self._layout.rows(table), bound=self._bound, day=self._day)
        ids = random_tokens(people.count, self._entropy)
        self._deal(self.identity, {RECORD_ID: to_arrow(ids), **self._identity(people)})
        mine = to_arrow(ids[people.person])
        leaving = {
            field.name: withheld(field, table[LEAVES + field.name].chunk(0), people.restricted[people.person])
            for field in self._layout.register.leaving
        }
        self._deal(self.payload, {RECORD_ID: mine, **leaving})
        if self._rows is not None:
            self._rows.append(pa.table({"row": table[ROW], RECORD_ID: mine}))
        self.persons += people.count
        self.joining += int(people.joining().sum())
        self.conflicts += people.conflicts

    def partners(self) -> Partners:
        """The partners inferred among all persons that came."""
        if self._households is None:
            return Partners(np.empty(0, dtype=np.int64), np.empty((0, 16), dtype=np.uint8))
        persons, codes = self._households.couples()
        return Partners(persons, self._tokens.of_codes(codes))

    def row_map(self) -> pa.Table | None:
        """Number and record id of every row that came, in row order, if that was asked for."""
        return None if self._rows is None else pa.concat_tables(self._rows).sort_by("row").combine_chunks()

    def _deal(self, buckets: Buckets, columns: dict[str, pa.Array]) -> None:
        table = pa.table(columns)
        buckets.deal(table, random_places(table.num_rows, buckets.count, self._entropy))

    def _identity(self, people: People) -> dict[str, pa.Array]:
        """Every column of the identity rows but the record id."""
        held, home = relatives(people, self._day), homes(people, self._day)
        columns = identity_columns(people, held, home, self._tokens, changes=self._layout.changes)
        if self._households is not None:
            columns[PERSON] = pa.array(np.arange(self.persons, self.persons + people.count))
            self._households.add(_residents(people, held, _numbered(columns["dwelling"], home)))
        if self._profile:
            derived = people.derived()
            for family, tokens, random in family_tokens(derived, key=self._key, genesis=self._genesis, profile=self._profile):
                self.holders.add(family.name, tokens, random)
                columns[family.name] = packed(with_random(tokens, random, self._entropy))
        return columns


def _residents(people: People, held: dict[Meaning, Numbers], dwelling: Integers) -> Residents:
    """What the rule of cohabiting couples looks at."""
    born, sex = people.birth_dates(), people.fields["sex"].map(clean)
    sexes = np.array([*(zlib.crc32(text.encode()) for text in sex.values), MISSING], dtype=np.int64)
    days = np.array([*(int(text.replace("-", "")) for text in born.values), 0], dtype=np.int64)
    none = np.full(people.count, MISSING, dtype=np.int64)
    guardians = (held.get("guardian_1_hetu", none), held.get("guardian_2_hetu", none))
    kin = (people.numbers("guardian_1_hetu"), people.numbers("guardian_2_hetu"))
    partner = held.get("partner_hetu", none)
    return Residents(dwelling, sexes[sex.codes], days[born.codes], people.numbers("hetu"), partner, guardians, kin)


def _numbered(tokens: pa.Array, home: Coded) -> Integers:
    """Dwellings as numbers: 63 bits of the token."""
    first = np.frombuffer(tokens.buffers()[1], dtype=np.int64).reshape(-1, 2)[:, 0] & np.int64(2**63 - 1)
    return np.where(home.present, first, MISSING)
