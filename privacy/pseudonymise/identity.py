"""The identity member: identity, relation, dwelling and birth-year tokens, each 16 bytes or a random dummy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.pseudonymise import addresses
from privacy.pseudonymise.coded import MISSING, Coded, empty, group, together
from privacy.pseudonymise.households import Residents, cohabiting
from privacy.pseudonymise.keys import derive
from privacy.pseudonymise.normalise import clean
from privacy.pseudonymise.people import People
from privacy.pseudonymise.tokens import TOKEN_BYTES, token_bytes
from schemas.contract import IsoDate
from schemas.tokens import BIRTH_YEAR_COLUMN

Entropy = Callable[[int], bytes]
Bytes = npt.NDArray[np.uint8]
YEAR_CHARACTERS: Final = 4


def identity_columns(people: People, birth_date: Coded, *, key: bytes, genesis: str, day: IsoDate, entropy: Entropy) -> dict[str, pa.Array]:
    """Every 16-byte column of the identity member but the record id; a slot without a value holds random bytes.

    ``birth_date``: derived ISO dates of *people*; ``day``: as of when couples are inferred.  The birth-year token is bound to the
    person's own code, so that it shows a contradiction between two records of one code and no cohort of the population;
    the guardians' tokens are put in numeric order, so that their places tell nothing.
    """
    own, home = people.code("hetu"), dwellings(people)
    partner = _partners(people, birth_date, home, day)

    def token(column: Coded, purpose: str) -> Bytes:
        return _tokens(column, derive(key, genesis, purpose), entropy)

    guardians = [token(people.code(meaning), "identity") for meaning in ("guardian_1_hetu", "guardian_2_hetu")]
    year = birth_date.map(lambda text: text[:YEAR_CHARACTERS])
    columns = {
        "id_a": token(own, "identity"),
        "id_b": token(people.previous, "identity"),
        BIRTH_YEAR_COLUMN: token(_joined(own, year), "birth_year"),
        **dict(zip(("guardian_1", "guardian_2"), _in_order(*guardians), strict=True)),
        "partner": token(partner, "identity"),
        "dwelling": token(home, "dwelling"),
    }
    return {name: to_arrow(values) for name, values in columns.items()}


def dwellings(people: People) -> Coded:
    """The dwelling of each person as text: the dwelling id, else the whole address; none for a restricted person or *poste restante*."""
    nobody = empty(people.count)
    written = people.fields.get("street", nobody)
    given = people.fields.get("dwelling", nobody).map(lambda text: "id " + "".join(clean(text).split()))
    parts = (
        written.map(addresses.street),
        people.fields.get("street_number", nobody).otherwise(written.map(addresses.number_within)).map(addresses.street_number),
        people.fields.get("postcode", nobody).map(addresses.postcode),
    )
    lives_nowhere = written.holds(addresses.nowhere)
    return given.otherwise(_joined(*parts)).only(~people.restricted & ~lives_nowhere)


def record_ids(count: int, entropy: Entropy) -> Bytes:
    """*count* random 128-bit record ids, shape (count, 16)."""
    return np.frombuffer(entropy(TOKEN_BYTES * count), dtype=np.uint8).reshape(count, TOKEN_BYTES)


def to_arrow(values: Bytes) -> pa.Array:
    """Rows of 16 bytes as a fixed-size binary array."""
    buffer = pa.py_buffer(np.ascontiguousarray(values).tobytes())
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(TOKEN_BYTES), len(values), [None, buffer])


def _partners(people: People, birth_date: Coded, home: Coded, day: IsoDate) -> Coded:
    """Each person's partner's code: the declared one, else the inferred cohabiting partner's."""
    own, declared = together(people.code("hetu"), people.code("partner_hetu"))
    sex = people.fields.get("sex", empty(people.count)).map(clean)
    guardians = people.code("guardian_1_hetu"), people.code("guardian_2_hetu")
    found = cohabiting(Residents(home, sex, birth_date, people.code("hetu"), people.code("partner_hetu"), guardians), day)
    inferred = Coded(np.where(found == MISSING, MISSING, own.codes[found]), own.values)
    return declared.otherwise(inferred)


def _joined(*columns: Coded) -> Coded:
    """The texts of a row's *columns* as one, length-prefixed; a row that lacks one has none."""
    present = np.logical_and.reduce([column.present for column in columns])
    rows = np.flatnonzero(present)
    which = group([column.take(rows) for column in columns]) if len(rows) else rows
    _, first = np.unique(which, return_index=True)
    texts = [[column.values[code] for code in column.codes[rows[first]].tolist()] for column in columns]
    codes = np.full(len(present), MISSING, dtype=np.int64)
    codes[rows] = which
    return Coded(codes, tuple("".join(f"{len(part)}:{part}" for part in parts) for parts in zip(*texts, strict=True)))


def _tokens(column: Coded, key: bytes, entropy: Entropy) -> Bytes:
    """The token of each row's value, random bytes where there is none; shape (n, 16)."""
    tokens = record_ids(len(column), entropy).copy()
    present = column.present
    tokens[present] = token_bytes(key, column.values)[column.codes[present]]
    return tokens


def _in_order(one: Bytes, other: Bytes) -> tuple[Bytes, Bytes]:
    """Two token columns with each row's lower token first."""
    pair = np.stack([one, other], axis=1)
    words = pair.view(">u8").astype(np.uint64)
    later = (words[:, 0, 0] > words[:, 1, 0]) | ((words[:, 0, 0] == words[:, 1, 0]) & (words[:, 0, 1] > words[:, 1, 1]))
    pair[later] = pair[later][:, ::-1]
    return pair[:, 0], pair[:, 1]
