"""The counts behind ``sauma check``: each function counts one thing about an extract, over distinct values or whole columns."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np

from privacy.pseudonymise.checking import unusable
from privacy.pseudonymise.coded import Booleans, Coded, from_arrow, group
from privacy.pseudonymise.codes import joins_registers
from privacy.pseudonymise.columns import iso_date
from privacy.pseudonymise.families import PROFILES
from privacy.pseudonymise.hetu import birth_date_of
from privacy.pseudonymise.payload import payload_columns
from privacy.pseudonymise.people import People
from privacy.pseudonymise.pipeline import CODE_MEANINGS, Admitted
from privacy.pseudonymise.tokens import match_tokens
from schemas.batches import RawBatch
from schemas.tokens import Profile

RARE: Final = 5
"""A combination of leaving values that fewer persons share is rare."""
Nested = dict[str, dict[str, int]]
_ANY_KEY: Final = bytes(32)
_ANY_DOMAIN: Final = "00" * 32


def rejected(admitted: Admitted) -> Nested:
    """Faults that keep rows back, by column and reason."""
    counts: Nested = {}
    for fault in admitted.rejects:
        column = counts.setdefault(fault.column, {})
        column[fault.reason] = column.get(fault.reason, 0) + 1
    return counts


def filled(raw: RawBatch) -> dict[str, int]:
    """Per cent of rows with a value, by column."""
    return {name: _per_cent(from_arrow(raw.columns.column(name)).present) for name in (field.name for field in raw.register.columns)}


def codes(raw: RawBatch, admitted: Admitted) -> Nested:
    """Rows by column of codes and finding: reasons of rejection, artificial codes, birth dates that differ from the code's.

    A guardian or partner without a code is no finding.
    """
    counts: Nested = {}
    for field in raw.register.columns:
        if field.meaning not in CODE_MEANINGS:
            continue
        judged = admitted.codes[field.meaning]
        found = Counter(judged.reasons) + Counter({"artificial": int(judged.artificial.sum())})
        if field.meaning == "hetu":
            found += Counter({"birth_date_differs": _birth_dates_that_differ(raw, admitted)})
        else:
            del found["missing"]
        if found:
            counts[field.name] = dict(found)
    return counts


def useless(raw: RawBatch, admitted: Admitted) -> Nested:
    """Admitted rows whose identity value cannot serve linkage, by column and reason."""
    counts: Nested = {}
    for field in raw.register.columns:
        if field.meaning is None:
            continue
        column, meaning = admitted.columns[field.name], field.meaning
        per_value = np.bincount(column.codes[column.present], minlength=len(column.values))
        for value, rows in zip(column.values, per_value.tolist(), strict=True):
            if rows and (reason := unusable(meaning, value)):
                found = counts.setdefault(field.name, {})
                found[reason] = found.get(reason, 0) + rows
    return counts


def linkable(raw: RawBatch, people: People) -> dict[str, int]:
    """Persons by the best that links them: a code; names and birth date; less; nothing."""
    coded = people.code("hetu").holds(joins_registers)
    if not raw.register.match_tokens:
        return {"code": int(coded.sum()), "nothing": int((~coded).sum())}
    derived = people.derived()
    named = derived["low_folded"].present & derived["birth_date"].present
    something = np.logical_or.reduce(
        [
            np.logical_and.reduce([derived[term.column].present for term in alternative])
            for family in PROFILES["standard"]
            for alternative in family.alternatives
        ]
    )
    classes = {"code": coded, "names_and_birth_date": ~coded & named, "less": ~coded & ~named & something}
    counts = {name: int(mask.sum()) for name, mask in classes.items()}
    return counts | {"nothing": people.count - sum(counts.values())}


def uniqueness(raw: RawBatch, admitted: Admitted, people: People) -> dict[str, int]:
    """Persons by how many persons share their rarest combination of all values that would leave."""
    columns = payload_columns(raw.register, admitted.columns, people.restricted[people.person])
    if not columns:
        return {}
    encoded = [array.dictionary_encode(null_encoding="encode").indices.to_numpy() for array in columns.values()]
    combination = group([codes.astype(np.int64) for codes in encoded])
    pairs = np.unique(np.stack([combination, people.person]), axis=1)
    sharing = np.bincount(pairs[0])[pairs[0]]
    fewest = np.full(people.count, people.count + 1, dtype=np.int64)
    np.minimum.at(fewest, pairs[1], sharing)
    few = (fewest > 1) & (fewest < RARE)
    return {
        "alone": int((fewest == 1).sum()),
        f"2_to_{RARE - 1}": int(few.sum()),
        f"{RARE}_or_more": int((fewest >= RARE).sum()),
    }


def near(people: People, profile: Profile) -> dict[str, int]:
    """Per cent of persons with a match token that another person of this extract has too, by kind of birth day.

    Equality of tokens does not depend on the key, so any key shows what the linker will see of likeness.
    """
    derived = people.derived()
    slots = match_tokens(derived, key=_ANY_KEY, genesis=_ANY_DOMAIN, profile=profile, entropy=bytes)
    meets = np.zeros(people.count, dtype=np.bool_)
    for family in PROFILES[profile]:
        tokens = np.stack([slots[name] for name in family.public.columns], axis=1)
        _, inverse, counts = np.unique(tokens, return_inverse=True, return_counts=True)
        meets |= (counts[inverse] > 1).reshape(tokens.shape).any(axis=1)
    new_year = derived["birth_date"].holds(lambda day: day.endswith("-01-01"))
    return {
        name: _per_cent(meets[mask])
        for name, mask in (("born_1_january", new_year), ("born_on_another_day", ~new_year))
        if mask.sum() >= RARE
    }


def _birth_dates_that_differ(raw: RawBatch, admitted: Admitted) -> int:
    field = raw.register.by_meaning("birth_date")
    if field is None:
        return 0
    written, own = admitted.columns[field.name].map(iso_date), admitted.codes["hetu"].current
    said = own.map(lambda code: birth_date_of(code).isoformat())
    both = written.present & said.present
    mine, theirs = _texts(written, both), _texts(said, both)
    return int((mine != theirs).sum())


def _texts(column: Coded, rows: Booleans) -> np.ndarray[tuple[int, ...], np.dtype[np.str_]]:
    return np.array(column.values or ("",))[column.codes[rows]]


def _per_cent(mask: Booleans) -> int:
    return round(100 * int(mask.sum()) / max(len(mask), 1))
