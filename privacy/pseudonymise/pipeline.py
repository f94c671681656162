"""Pseudonymise an extract: batches of rows in, an identity member and a payload member out.  Pure; entropy and today are arguments.

Three passes over rows that wait in a spill, so that memory does not grow with them:

1. batch by batch: check, judge codes, leave out who opted out, and deal the rows into buckets by their person's key;
2. bucket by bucket, each holding all rows of its persons: persons, tokens, payload, dealt into buckets at random;
3. bucket by bucket, as the package is written: the rows in random order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from privacy.pseudonymise.admission import CODE_MEANINGS, Admission, Admitted, Local
from privacy.pseudonymise.buckets import Buckets, mixed
from privacy.pseudonymise.finish import identity_stream, payload_stream
from privacy.pseudonymise.making import Making
from privacy.pseudonymise.memory import Memory
from privacy.pseudonymise.payload import payload_fields
from privacy.pseudonymise.rejects import Rejects
from privacy.pseudonymise.rows import KEY_BYTES, rows_of
from privacy.pseudonymise.sentinels import sentinels
from privacy.pseudonymise.waiting import Layout
from schemas.agreement import Agreement
from schemas.batches import RawBatch, Spill, TokenBatch
from schemas.errors import InputError

__all__ = ["CODE_MEANINGS", "Admitted", "Local", "Outcome", "Secrets", "pseudonymise"]

BUCKETS: Final = 128
"""Rows wait for their persons in so many buckets: a hundred million rows are less than a million in each."""
FAULTS_SHOWN: Final = 10_000


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """The linkage key, the genesis digest (hex) that names the pseudonym domain, and the source of randomness."""

    key: bytes
    genesis: str
    entropy: Callable[[int], bytes]


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """The batch that leaves, two streams that are read once, and what stays.

    ``rejects``: faults of rejected rows; ``facts``: exact counts; ``row_map``: number and record id of each row that
    leaves, if it was asked for.
    """

    batch: TokenBatch
    rejects: Rejects
    facts: Mapping[str, int]
    row_map: pa.Table | None


def pseudonymise(
    batches: RawBatch | Iterable[RawBatch],
    agreement: Agreement,
    secrets: Secrets,
    local: Local,
    spill: Spill | None = None,
    *,
    row_map: bool = False,
    buckets: int = BUCKETS,
) -> Outcome:
    """*batches* of one register, in row order, as what may leave under *agreement*.

    Rows wait in *spill*, else in memory; the caller closes it when both streams are read.  The result does not depend on
    how the extract is cut into batches nor on *buckets*.

    Raises ``PolicyRefusal`` S4101 (a real code in a demonstration) and S4102 (an identifier in a passing column), and
    ``InputError`` S3100 if no row is left.
    """
    store: Spill = spill or Memory()
    door, layout, waiting = _let_in([batches] if isinstance(batches, RawBatch) else batches, agreement, secrets, local, store, buckets)
    register = layout.register
    making = Making(layout, agreement, secrets.key, secrets.genesis, secrets.entropy, store, door.left, row_map=row_map)
    for table in waiting.taken():
        making.add(table)
    profile = agreement.linkage.token_profile
    match = profile if register.match_tokens else None
    batch = TokenBatch(
        identity=identity_stream(making.identity, match, making.holders, making.partners(), secrets.entropy),
        payload=payload_stream(making.payload, payload_fields(register), secrets.entropy),
        sentinels=MappingProxyType(sentinels(secrets.key, secrets.genesis, profile, match=register.match_tokens)),
    )
    facts = {
        "rows": door.rows,
        "rows_left": door.left,
        "persons": making.persons,
        "persons_with_identity_token": making.joining,
        "persons_under_two_family_heads": making.conflicts,
    }
    return Outcome(batch, door.rejects, facts, making.row_map())


def _let_in(
    batches: Iterable[RawBatch], agreement: Agreement, secrets: Secrets, local: Local, spill: Spill, buckets: int
) -> tuple[Admission, Layout, Buckets]:
    """The first pass: what may leave waits in the buckets of its persons; refused here if the extract cannot leave at all."""
    door, layout, waiting = None, None, Buckets(spill, "rows", buckets)
    secret, seed = secrets.entropy(KEY_BYTES), secrets.entropy(KEY_BYTES)
    for raw in batches:
        if door is None or layout is None:
            door, layout = Admission(raw.register, agreement, local), Layout(raw.register, changes=bool(local.history))
        admitted = door.admit(raw)
        rows = rows_of(raw.register, admitted.columns, admitted.codes, secret=secret, entropy=secrets.entropy)
        waiting.deal(layout.table(rows, admitted), mixed(rows.key[0], seed, buckets))
    if door is None or layout is None:
        raise ValueError("an extract has at least one batch")
    door.refuse()
    if not door.left:
        raise InputError(
            "S3100",
            place=door.register.id,
            reason="no row of the extract can leave",
            hint=f"see 'sauma check {door.register.id}'",
            faults=door.rejects[:FAULTS_SHOWN],
        )
    return door, layout, waiting
