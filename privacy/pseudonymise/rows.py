"""What a row is to its person: the key that says whose row it is, the identity fields, the codes as numbers.

Rows of one person have one key, so that persons can be made of a part of the extract that holds all rows of its keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from privacy.pseudonymise.coded import MISSING, Coded, Integers, empty
from privacy.pseudonymise.codes import Codes
from privacy.pseudonymise.hetu_columns import Numbers
from privacy.pseudonymise.normalise import clean
from schemas.register import VALIDITY, Meaning, Register

KEY_BYTES: Final = 16
CODE_KEY: Final = 0
"""The lower half of a key that is a code; of the other keys it is 64 bits that look random."""
Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, repr=False)
class Rows:
    """Rows and their persons' keys, in the order of the extract; one value a row.

    ``key``: the person's, in two halves.  ``fields``: identity fields by meaning; ``codes``: codes in force, as numbers;
    ``earlier``: the own code before it; ``filled``: how many identity fields the row has.
    """

    key: tuple[Integers, Integers]
    fields: Mapping[Meaning, Coded]
    codes: Mapping[Meaning, Numbers]
    earlier: Numbers
    filled: Integers

    def __len__(self) -> int:
        return len(self.filled)


def rows_of(register: Register, columns: Mapping[str, Coded], codes: Mapping[Meaning, Codes], *, secret: bytes, entropy: Entropy) -> Rows:
    """The rows of *columns* (by field name) with the judged *codes* of the same rows.

    Rows with the same code in force are one person.  A row without one stays alone; in a register of events, rows whose
    identity fields all agree, with a name and a birth date among them, are one person.  *secret*: makes the keys of
    those; the same for all rows of an extract, and forgotten with it.
    """
    fields = {field.meaning: columns[field.name] for field in register.columns if field.meaning}
    describing = [column for meaning, column in fields.items() if meaning not in VALIDITY]
    count = len(next(iter(columns.values())))
    nobody = np.full(count, MISSING, dtype=np.int64)
    own, earlier = (codes["hetu"].numbers, codes["hetu"].earlier) if "hetu" in codes else (nobody, nobody)
    high, low = own.copy(), np.full(count, CODE_KEY, dtype=np.int64)
    alone = np.flatnonzero(own == MISSING)
    if len(alone):
        high[alone], low[alone] = np.frombuffer(entropy(KEY_BYTES * len(alone)), dtype=np.int64).reshape(2, -1)
    if register.rows == "event" and fields:
        alike = alone[_known(fields, count)[alone]]
        high[alike], low[alike] = _alike([column.take(alike) for column in describing], secret, len(alike))
    filled = np.zeros(count, dtype=np.int64)
    for column in describing:
        filled += column.present
    return Rows((high, low), fields, {meaning: each.numbers for meaning, each in codes.items()}, earlier, filled)


def _known(fields: Mapping[Meaning, Coded], count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Rows that say who they are about: with a name and a birth date."""
    none = empty(count)
    named = fields.get("given_names", none).present | fields.get("surname", none).present
    return named & fields.get("birth_date", none).present


def _alike(describing: list[Coded], secret: bytes, count: int) -> tuple[Integers, Integers]:
    """Keys that are equal where all *describing* fields, in clean form, are: the XOR of each field's keyed hash."""
    key = np.zeros((count, 2), dtype=np.int64)
    for place, column in enumerate(describing):
        cleaned = column.map(clean)
        hashes = (hashlib.blake2b(text.encode(), digest_size=KEY_BYTES, key=secret, salt=b"%d" % place) for text in cleaned.values)
        table = b"".join(digest.digest() for digest in hashes) + bytes(KEY_BYTES)  # the last: missing agrees with missing
        key ^= np.frombuffer(table, dtype=np.int64).reshape(-1, 2)[cleaned.codes]
    return key[:, 0], key[:, 1]
