"""Pseudonymise one extract: rows in, an identity member and a payload member out.  Pure; entropy and today are arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from privacy.pseudonymise.checking import check_rows, coded_columns, refuse_identifiers
from privacy.pseudonymise.coded import Coded, Integers
from privacy.pseudonymise.codes import Codes, joins_registers, opted_out, read_codes, read_history, refuse_real
from privacy.pseudonymise.identity import Bytes, identity_columns, record_ids, to_arrow
from privacy.pseudonymise.payload import payload_columns
from privacy.pseudonymise.people import People, persons
from privacy.pseudonymise.sentinels import sentinels
from privacy.pseudonymise.tokens import match_tokens
from schemas.agreement import Agreement
from schemas.batches import RawBatch, TokenBatch
from schemas.errors import Fault, InputError
from schemas.register import Meaning, Register
from schemas.tokens import RECORD_ID

CODE_MEANINGS: tuple[Meaning, ...] = (
    "hetu", "guardian_1_hetu", "guardian_2_hetu", "partner_hetu", "family_head_hetu", "family_partner_hetu",
)  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """The linkage key, the genesis digest (hex) that names the pseudonym domain, and the source of randomness."""

    key: bytes
    genesis: str
    entropy: Callable[[int], bytes]


@dataclass(frozen=True, slots=True, repr=False)
class Local:
    """What only the steward has and what never leaves: today, old -> current codes, and who has opted out."""

    today: date
    history: Mapping[str, str]
    opt_out: frozenset[str]


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """The batch that leaves, and what stays: faults of rejected rows, exact counts, each input row's record id (or null)."""

    batch: TokenBatch
    rejects: tuple[Fault, ...]
    facts: Mapping[str, int]
    record_ids: pa.Array


@dataclass(frozen=True, slots=True, repr=False)
class Admitted:
    """The rows that may leave: ``rows`` are their places in the extract; columns and codes are of those rows only."""

    rows: Integers
    columns: Mapping[str, Coded]
    codes: Mapping[Meaning, Codes]
    rejects: tuple[Fault, ...]


def pseudonymise(raw: RawBatch, agreement: Agreement, secrets: Secrets, local: Local) -> Outcome:
    """*raw* as what may leave under *agreement*.

    Raises ``PolicyRefusal`` S4101 (a real code in a demonstration) and S4102 (an identifier in a passing column), and
    ``InputError`` S3100 if no row is left.
    """
    admitted = admit(raw, agreement, local)
    if not len(admitted.rows):
        raise InputError(
            "S3100",
            place=raw.register.id,
            reason="no row of the extract can leave",
            hint=f"see 'sauma check {raw.register.id}'",
            faults=admitted.rejects,
        )
    artificial = agreement.linkage.artificial_hetu == "link"
    people = persons(raw.register, admitted.columns, admitted.codes, artificial=artificial, day=agreement.linkage.family_as_of)
    ids = record_ids(people.count, secrets.entropy)
    batch = TokenBatch(
        identity=_identity(people, ids, agreement, raw.register, secrets),
        payload=_payload(people, ids, admitted, raw.register, secrets),
        sentinels=MappingProxyType(
            sentinels(secrets.key, secrets.genesis, agreement.linkage.token_profile, match=raw.register.match_tokens)
        ),
    )
    return Outcome(batch, admitted.rejects, _facts(raw, admitted, people), _row_ids(len(raw.rows), admitted.rows, people, ids))


def admit(raw: RawBatch, agreement: Agreement, local: Local) -> Admitted:
    """Check *raw* against its declaration and the agreement, judge its codes, and leave out who has opted out."""
    register, today = raw.register, local.today
    columns = coded_columns(raw)
    declared = {field.meaning: columns[field.name] for field in register.columns if field.meaning in CODE_MEANINGS}
    if agreement.demonstration:
        names = {field.name: columns[field.name] for field in register.columns if field.meaning in CODE_MEANINGS}
        lists = {"history": frozenset(local.history) | frozenset(local.history.values()), "opt_out": local.opt_out}
        refuse_real(names, lists, today=today)
    refuse_identifiers(register, columns)
    whole, rejects = check_rows(raw, columns)
    history = read_history(local.history, today=today)
    codes = {meaning: read_codes(column, history, today=today, register=register.id) for meaning, column in declared.items() if meaning}
    out = {meaning: opted_out(judged.current, local.opt_out, history) for meaning, judged in codes.items()}
    gone = whole & out.get("hetu", np.zeros(len(whole), dtype=np.bool_))
    rows = np.flatnonzero(whole & ~gone)
    return Admitted(
        rows,
        {name: column.take(rows) for name, column in columns.items()},
        {meaning: judged.without(out[meaning]).take(rows) for meaning, judged in codes.items()},
        rejects,
    )


def _identity(people: People, ids: Bytes, agreement: Agreement, register: Register, secrets: Secrets) -> pa.Table:
    derived, key, genesis, entropy = people.derived(), secrets.key, secrets.genesis, secrets.entropy
    day, profile = agreement.linkage.family_as_of, agreement.linkage.token_profile
    columns = {RECORD_ID: to_arrow(ids)}
    columns |= identity_columns(people, derived["birth_date"], key=key, genesis=genesis, day=day, entropy=entropy)
    if register.match_tokens:
        slots = match_tokens(derived, key=key, genesis=genesis, profile=profile, entropy=entropy)
        columns |= {name: pa.array(tokens) for name, tokens in slots.items()}
    return _shuffled(pa.table(columns), entropy)


def _payload(people: People, ids: Bytes, admitted: Admitted, register: Register, secrets: Secrets) -> pa.Table:
    columns = {RECORD_ID: to_arrow(ids[people.person])}
    columns |= payload_columns(register, admitted.columns, people.restricted[people.person])
    return _shuffled(pa.table(columns), secrets.entropy)


def _shuffled(table: pa.Table, entropy: Callable[[int], bytes]) -> pa.Table:
    """The rows in random order: that of one random 64-bit number a row."""
    return table.take(pa.array(np.argsort(np.frombuffer(entropy(8 * len(table)), dtype=np.uint64))))


def _facts(raw: RawBatch, admitted: Admitted, people: People) -> dict[str, int]:
    """Exact counts; they travel encrypted.  Nothing about restrictions, changed codes or who has opted out."""
    coded = int(people.code("hetu").holds(joins_registers).sum())
    left = len(admitted.rows)
    return {
        "rows": len(raw.rows),
        "rows_left": left,
        "persons": people.count,
        "persons_with_identity_token": coded,
        "persons_under_two_family_heads": people.conflicts,
    }


def _row_ids(rows: int, left: Integers, people: People, ids: Bytes) -> pa.Array:
    """Each input row's record id, null where the row did not leave."""
    place = np.full(rows, people.count, dtype=np.int64)
    place[left] = people.person
    return to_arrow(ids).take(pa.array(place, mask=place == people.count))
