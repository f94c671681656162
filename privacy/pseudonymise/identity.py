"""The identity member: identity, relation, dwelling and birth-year tokens, each 16 bytes or a random dummy, and relations' months."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from privacy.pseudonymise.relations import GUARDIANS, PERIODS, Months, minors, months
from privacy.pseudonymise.tokens import TOKEN_BYTES, token_bytes
from schemas.contract import IsoDate
from schemas.register import Meaning
from schemas.tokens import BIRTH_YEAR_COLUMN, MONTH_COLUMNS

Entropy = Callable[[int], bytes]
Bytes = npt.NDArray[np.uint8]
YEAR_CHARACTERS: Final = 4


def identity_columns(people: People, birth_date: Coded, *, key: bytes, genesis: str, day: IsoDate, entropy: Entropy) -> dict[str, pa.Array]:
    """Every column of the identity member between the record id and the match tokens; a slot without a value holds random bytes.

    ``birth_date``: derived ISO dates of *people*; ``day``: as of when relations hold and couples are inferred.  The birth-year
    token is bound to the person's own code, so that it shows a contradiction between two records of one code and no cohort of
    the population; the guardians' tokens are put in numeric order, so that their places tell nothing.
    """
    own, home = people.code("hetu"), dwellings(people).only(people.periods["dwelling"].on(day))
    held = _held(people, birth_date, day)

    def token(column: Coded, purpose: str = "identity") -> Bytes:
        return _tokens(column, derive(key, genesis, purpose), entropy)

    guardians, later = _in_order(*(token(held[meaning]) for meaning in GUARDIANS))
    year = birth_date.map(lambda text: text[:YEAR_CHARACTERS])
    columns = {
        "id_a": token(own),
        "id_b": token(people.previous),
        BIRTH_YEAR_COLUMN: token(_joined(own, year), "birth_year"),
        "guardian_1": guardians[0],
        "guardian_2": guardians[1],
        "partner": token(_partners(people, held, birth_date, home, day)),
        "dwelling": token(home, "dwelling"),
        "family_head": token(held["family_head_hetu"]),
        "family_partner": token(people.code("family_partner_hetu").only(held["family_head_hetu"].present)),
    }
    spans = _spans(people, {**held, "dwelling": home}, birth_date, later)
    return {name: to_arrow(values) for name, values in columns.items()} | dict(zip(MONTH_COLUMNS, map(pa.array, spans), strict=True))


def _held(people: People, birth_date: Coded, day: IsoDate) -> dict[Meaning, Coded]:
    """The codes of the relatives whose relation holds on *day*; guardians are a minor's."""
    under_age = minors(birth_date, day)
    return {
        relation: people.code(relation).only(people.periods[relation].on(day) & (under_age | (relation not in GUARDIANS)))
        for relation in PERIODS
        if relation != "dwelling"
    }


def _spans(people: People, held: Mapping[Meaning, Coded], birth_date: Coded, later: npt.NDArray[np.bool_]) -> list[Months]:
    """First and last months in the order of ``MONTH_COLUMNS``; a guardian's go where its token went (*later*: exchanged)."""
    found = [
        months(people.periods[relation], held[relation].present, birth_date, comes_of_age=relation in GUARDIANS)
        for relation in (*GUARDIANS, "partner_hetu", "dwelling", "family_head_hetu")
    ]
    exchanged = [tuple(np.where(later, other, one) for one, other in zip(found[a], found[b], strict=True)) for a, b in ((0, 1), (1, 0))]
    return [month for pair in (*exchanged, *found[2:]) for month in pair]


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


def _partners(people: People, held: Mapping[Meaning, Coded], birth_date: Coded, home: Coded, day: IsoDate) -> Coded:
    """Each person's partner's code: the declared one, else the inferred cohabiting partner's."""
    own, declared = together(people.code("hetu"), held["partner_hetu"])
    sex = people.fields.get("sex", empty(people.count)).map(clean)
    guardians, kin = ((source(GUARDIANS[0]), source(GUARDIANS[1])) for source in (held.__getitem__, people.code))
    found = cohabiting(Residents(home, sex, birth_date, people.code("hetu"), held["partner_hetu"], guardians, kin), day)
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


def _in_order(one: Bytes, other: Bytes) -> tuple[tuple[Bytes, Bytes], npt.NDArray[np.bool_]]:
    """Two token columns with each row's lower token first, and where they were exchanged, shape (n,)."""
    pair = np.stack([one, other], axis=1)
    words = pair.view(">u8").astype(np.uint64)
    later = (words[:, 0, 0] > words[:, 1, 0]) | ((words[:, 0, 0] == words[:, 1, 0]) & (words[:, 0, 1] > words[:, 1, 1]))
    pair[later] = pair[later][:, ::-1]
    return (pair[:, 0], pair[:, 1]), later
