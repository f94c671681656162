"""What the linker would see of some people, and what an attacker makes of its own list: the same columns, each under any key.

Nothing here needs the linkage key: what is attacked is which tokens are equal, and that is the same under every key.  So both
sides are made under throw-away keys, and each under its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from privacy.attacks.graph import Graph, Words, edges, equal_pairs, mixed
from privacy.pseudonymise.admission import Admission, Local
from privacy.pseudonymise.coded import Booleans, Coded, Integers
from privacy.pseudonymise.identity import Tokens, homes, identity_columns, relatives
from privacy.pseudonymise.people import People, grouped
from privacy.pseudonymise.relations import Period
from privacy.pseudonymise.rows import rows_of
from privacy.pseudonymise.tokens import layout, match_tokens
from schemas.agreement import Agreement
from schemas.batches import RawBatch
from schemas.register import Meaning, Register
from schemas.tokens import MONTH_COLUMNS, OPEN_MONTH

Entropy = Callable[[int], bytes]
KEY_BYTES: Final = 32
_POINTS: Final = ("guardian_1", "guardian_2", "partner", "family_head", "family_partner")
"""Columns that hold the identity token of somebody else."""
_KINDS: Final = {"guardian_1": 1, "guardian_2": 1, "partner": 2, "family_head": 3, "family_partner": 4, "dwelling": 5}
"""Guardians are one kind: their places say nothing."""
_POINTED, _SHARED = 8, 16
"""Added to a kind, seen from the other end, and where two records name the same person."""


@dataclass(frozen=True, slots=True, repr=False)
class Exposed:
    """The columns of an identity member that an attack reads, by record.

    ``families``: match tokens by family, shape (n, slots); ``relations``: the graph of who names whom and who shares a
    dwelling; ``months``: each record's months as one number, equal for equal months, 0 where all are open.
    """

    families: Mapping[str, Integers]
    relations: Graph
    months: Words


def exposed(people: People, register: Register, agreement: Agreement, entropy: Entropy, *, key: bytes = b"") -> Exposed:
    """*people* as a package of *register* shows them, under a *key* of 64 bytes, else one that nobody keeps."""
    both = key or entropy(2 * KEY_BYTES)
    key, genesis = both[:KEY_BYTES], both[KEY_BYTES:].hex()
    families: dict[str, Integers] = {}
    if register.match_tokens:
        profile = agreement.linkage.token_profile
        alone = agreement.drops_near_equal(register)
        slots = match_tokens(people.derived(), key=key, genesis=genesis, profile=profile, entropy=entropy, alone=alone)
        families = {family.name: np.stack([slots[name] for name in family.columns], axis=1) for family in layout(profile)}
    day = agreement.linkage.family_as_of
    tokens = Tokens(key, genesis, people.bound, entropy)
    columns = identity_columns(people, relatives(people, day), homes(people, day), tokens, changes=False)
    months = np.zeros(people.count, dtype=np.uint64)
    for place, name in enumerate(MONTH_COLUMNS):
        if name in columns:
            held = columns[name].to_numpy().astype(np.uint64)
            months += np.where(held == OPEN_MONTH, np.uint64(0), mixed(held + np.uint64(place << 32)))
    return Exposed(families, _relations(people.count, columns), months)


def people_of(raw: RawBatch, agreement: Agreement, local: Local, entropy: Entropy) -> tuple[People, int]:
    """The persons of *raw*, a whole extract, who would leave under *agreement*, and in how many rows.

    Raises the policy refusals of the way in: S4101 and S4102.
    """
    door = Admission(raw.register, agreement, local)
    admitted = door.admit(raw)
    door.refuse()
    rows = rows_of(raw.register, admitted.columns, admitted.codes, secret=entropy(KEY_BYTES), entropy=entropy)
    bound = "" if agreement.linkage.artificial_hetu == "link" else raw.register.id
    return grouped(rows, bound=bound, day=agreement.linkage.family_as_of), door.left


def taken(people: People, who: Integers) -> People:
    """The people at *who*, in that order."""
    return dataclasses.replace(
        people,
        person=np.arange(len(who)),
        fields={meaning: column.take(who) for meaning, column in people.fields.items()},
        restricted=people.restricted[who],
        codes={meaning: numbers[who] for meaning, numbers in people.codes.items()},
        earlier=people.earlier[who],
        periods={meaning: Period(period.first[who], period.last[who]) for meaning, period in people.periods.items()},
        _known={},
    )


def rewritten(people: People, change: Callable[[Mapping[Meaning, Coded]], Mapping[Meaning, Coded]]) -> People:
    """*people* with their fields as *change* writes them; the attacker does not know who is restricted, nor withholds an address."""
    fields = {**people.fields, "birth_date": people.birth_dates()} if people.count else dict(people.fields)
    nobody: Booleans = np.zeros(people.count, dtype=np.bool_)
    return dataclasses.replace(people, fields=change(fields), restricted=nobody, _known={})


def _relations(count: int, columns: Mapping[str, pa.Array]) -> Graph:
    """Who names whom, who is named by the same, who shares a dwelling."""
    words = {name: _words(columns[name]) for name in (*_KINDS, "id_a") if name in columns}
    source, target = list[Integers](), list[Integers]()
    kind = list[Words]()

    def join(one: Integers, other: Integers, there: int, back: int) -> None:
        source.extend((one, other))
        target.extend((other, one))
        kind.extend((np.full(len(one), there, dtype=np.uint64), np.full(len(one), back, dtype=np.uint64)))

    for name in _POINTS:
        if name in words and "id_a" in words:
            join(*_pointing(words[name], words["id_a"]), _KINDS[name], _KINDS[name] + _POINTED)
    guardians = [words[name] for name in ("guardian_1", "guardian_2") if name in words]
    alike = {"dwelling": words.get("dwelling"), "guardian_1": np.stack(guardians, axis=1) if guardians else None}
    for name, held in alike.items():
        if held is not None:
            for one, other in equal_pairs(held.reshape(count, -1)):
                join(one, other, _KINDS[name] + _SHARED, _KINDS[name] + _SHARED)
    nobody, nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64)
    return edges(count, np.concatenate([nobody, *source]), np.concatenate([nobody, *target]), np.concatenate([nothing, *kind]))


def _pointing(names: Words, own: Words) -> tuple[Integers, Integers]:
    """Records and the records they name; each name is looked up once, in the first record that bears it."""
    order = np.argsort(own, kind="stable")
    place = np.minimum(np.searchsorted(own[order], names), max(len(own) - 1, 0))
    found = own[order][place] == names
    return np.flatnonzero(found), order[place[found]]


def _words(column: pa.Array) -> Words:
    """16-byte tokens as 64-bit numbers that are equal for equal tokens."""
    halves = np.frombuffer(column.buffers()[1], dtype=np.uint64).reshape(-1, 2)[column.offset : column.offset + len(column)]
    return halves[:, 0] ^ mixed(halves[:, 1])
