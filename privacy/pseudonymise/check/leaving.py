"""How unique people are in what would leave: all leaving columns together, and which column costs most.

A person counts by the rarest combination of leaving values among his or her rows, and by how many *persons* share it.  Rows that are
kept back are left out; nobody's area is withheld here, so that the counts do not show who has a restriction.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from privacy.pseudonymise.check.counts import Count, Tally, least
from privacy.pseudonymise.check.examined import Examined
from privacy.pseudonymise.check.mixing import Numbers, scattered
from privacy.pseudonymise.coded import Integers
from privacy.pseudonymise.payload import payload_columns
from schemas.register import Field, Leaves

RARE: Final = 5
"""A combination that fewer persons share is rare."""
COARSER: Final[dict[tuple[str, Leaves], Leaves]] = {
    ("integer", "as_is"): "band_5",
    ("date", "as_is"): "month",
    ("date", "month"): "year",
    ("text", "as_is"): "prefix_3",
    ("text", "prefix_3"): "prefix_2",
    ("code", "prefix_3"): "prefix_2",
}
"""The next coarser form of a leaving column, by its type and form."""


def uniqueness(found: Examined, tally: Tally, leaving: Count) -> dict[str, Any]:
    """Persons who leave by how many share all that leaves of them, and the same without, or with a coarser form of, each column."""
    fields = found.register.leaving
    if not fields or not found.whole.any():
        return {"columns": [], "alone": None, "few": None, "smallest": None, "greediest": []}
    rows = np.flatnonzero(found.whole)
    _, person = np.unique(found.person[rows], return_inverse=True)
    mixed = {field.name: _mixed(found, field, place, rows) for place, field in enumerate(fields)}
    whole: Numbers = np.bitwise_xor.reduce(list(mixed.values()))
    shared = _fewest(whole, person)
    alone, few = tally.count(int((shared == 1).sum())), tally.count(int(((shared > 1) & (shared < RARE)).sum()))
    tally.within(leaving, [alone, few])
    greediest = []
    for place, field in enumerate(fields):
        left = whole ^ mixed[field.name]
        greediest.append(_without(left, person, tally, leaving) | {"column": field.name, "leaves": field.leaves, "instead": "never"})
        if coarser := COARSER.get((field.type, field.leaves)):
            changed = left ^ _mixed(found, field.model_copy(update={"leaves": coarser}), place, rows)
            greediest.append(_without(changed, person, tally, leaving) | {"column": field.name, "leaves": field.leaves, "instead": coarser})
    return {
        "columns": [field.name for field in fields],
        "alone": alone,
        "few": few,
        "smallest": tally.count(int(shared.min())),
        "greediest": greediest,
    }


def ranked(greediest: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The changes, as shown, that leave fewest persons with a rare combination first; in declared order where nothing differs."""
    return sorted(greediest, key=lambda change: (least(change["alone"]) + least(change["few"]), least(change["alone"])))


def _mixed(found: Examined, field: Field, stream: int, rows: Integers) -> Numbers:
    """What leaves of *field* in *rows*, as scattered numbers of *stream*."""
    alone = found.register.model_copy(update={"columns": (field,)})
    column = found.columns[field.name].take(rows)
    shown = payload_columns(alone, {field.name: column}, np.zeros(len(rows), dtype=np.bool_))[field.name]
    codes = shown.dictionary_encode(null_encoding="encode").indices.to_numpy(zero_copy_only=False)
    return scattered(codes, stream)


def _without(combination: Numbers, person: Integers, tally: Tally, leaving: Count) -> dict[str, Any]:
    shared = _fewest(combination, person)
    alone, few = tally.count(int((shared == 1).sum())), tally.count(int(((shared > 1) & (shared < RARE)).sum()))
    tally.within(leaving, [alone, few])
    return {"alone": alone, "few": few}


def _fewest(combination: Numbers, person: Integers) -> Integers:
    """For each person, how many persons share the rarest combination of his or her rows; shape (persons,)."""
    _, place = np.unique(combination, return_inverse=True)
    persons = int(person.max()) + 1
    if persons < len(person):
        pairs = np.unique(place.astype(np.int64) * persons + person)
        place, person = pairs // persons, pairs % persons
    sharing = np.bincount(place)[place]
    fewest = np.full(persons, persons + 1, dtype=np.int64)
    np.minimum.at(fewest, person, sharing)
    return fewest
