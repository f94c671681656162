"""However an extract is cut and wherever its rows wait, what leaves is what a plain reading of the whole gives."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any
from unittest.mock import Mock

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference_pipeline import Reference
from small_world import GENESIS, KEY, PERSON_FIELDS, TODAY, Ran, agreed, code, extract, ran

from privacy.pseudonymise import buckets, crowded
from privacy.pseudonymise.buckets import Buckets, mixed
from privacy.pseudonymise.crowded import Holders
from privacy.pseudonymise.families import PROFILES
from privacy.pseudonymise.memory import Memory
from privacy.pseudonymise.pipeline import Local
from privacy.pseudonymise.randomness import random_order, random_places
from schemas.batches import RawBatch
from schemas.errors import InputError, PolicyRefusal
from schemas.tokens import MONTH_COLUMNS, RECORD_ID, RELATION_COLUMNS

ENDS = {f"{relation}_{end}": {"type": "date", "meaning": f"{relation}_{end}"}
        for relation in ("guardian_1", "guardian_2", "partner", "dwelling", "family") for end in ("from", "until")}  # fmt: skip
FIELDS = PERSON_FIELDS | ENDS | {"head": {"meaning": "family_head_hetu"}, "heads_partner": {"meaning": "family_partner_hetu"}}
CODES = [code(born, 900 + number) for number, born in enumerate(
    ("1950-02-03", "1979-05-05", "1980-05-04", "1981-06-06", "2003-01-01", "2007-12-31", "2012-05-04", "2015-07-07"))]  # fmt: skip
ANY_CODE = st.sampled_from([*CODES, *CODES, CODES[2].lower(), "", "", "010190", "x"])
DAYS = st.sampled_from(["", "", "2010-05-04", "2019-03-17", "1.7.2025", "2025-12-31", "2026-01-01", "2030-05-04", "no day"])
VALUES: dict[str, Any] = {
    "hetu": ANY_CODE,
    "given": st.sampled_from(["Eva", "EVA ", "Åke", "Anna Liisa", ""]),
    "surname": st.sampled_from(["Mäkelä", "mäkelä", "Öhman", ""]),
    "born": st.sampled_from(["1980-05-04", "4.5.1980", "2012-05-04", "", ""]),
    "sex": st.sampled_from(["1", "2", "2", ""]),
    "street": st.sampled_from(["Kuja 3", "Poste restante", ""]),
    "number": st.sampled_from(["3 A 4", ""]),
    "postcode": st.sampled_from(["02100", ""]),
    "municipality": st.sampled_from(["049", "091", ""]),
    "dwelling": st.sampled_from(["900000759J 1C003", "900000759J1C003", "other", ""]),
    "restricted": st.sampled_from(["", "", "0", "1"]),
    "guardian_1": ANY_CODE,
    "guardian_2": ANY_CODE,
    "partner": ANY_CODE,
    "head": ANY_CODE,
    "heads_partner": ANY_CODE,
    "visits": st.sampled_from(["", "3", "07", "many", "100"]),
    "grade": st.sampled_from(["", "7", "-01"]),
    "seen": st.sampled_from(["", "2025-03-04", "31.2.2025"]),
    "score": st.sampled_from(["", "3,5", "3.5", "high"]),
    "note": st.sampled_from(["", "ä", "b c"]),
} | dict.fromkeys(ENDS, DAYS)  # fmt: skip
RECORDS = st.lists(
    st.fixed_dictionaries({"hetu": VALUES["hetu"]}, optional={name: values for name, values in VALUES.items() if name != "hetu"}),
    min_size=1,
    max_size=9,
)
HISTORY = st.sampled_from([{}, {CODES[2]: CODES[3]}, {CODES[6]: code("2012-05-04", 950)}])
OPT_OUT = st.sampled_from([frozenset[str](), frozenset((CODES[2],)), frozenset((CODES[6].lower(),))])


def cut(raw: RawBatch, places: list[int]) -> list[RawBatch]:
    """*raw* in batches that end at *places*."""
    ends = sorted({min(place, len(raw.rows)) for place in places} | {len(raw.rows)} - {0})
    starts = [0, *ends]
    return [
        RawBatch(raw.register, raw.columns.slice(start, end - start), raw.rows.slice(start, end - start))
        for start, end in zip(starts, ends, strict=False)
        if end > start
    ]


def check(found: Ran, expected: Reference) -> None:
    assert found.facts == expected.facts
    assert [(fault.row, fault.column, fault.reason) for fault in found.rejects] == expected.rejected
    ids = found.record_ids.to_pylist()
    identity = {row[RECORD_ID]: row for row in found.batch.identity.to_pylist()}
    payload = Counter(tuple(row.values()) for row in found.batch.payload.to_pylist())
    assert payload == Counter((ids[person.rows[0] - 1], *values) for person in expected.people for values in person.payload)
    assert len(identity) == len(found.batch.identity) == len(expected.people)
    assert sum(each is not None for each in ids) == sum(len(person.rows) for person in expected.people)
    known = {token for person in expected.people for token in person.tokens.values() if token}
    dummies = Counter[Any]()
    for person in expected.people:
        record = {ids[row - 1] for row in person.rows}
        assert len(record) == 1
        row = identity[record.pop()]
        guardians = {"guardian_1", "guardian_2"}
        for column in set(person.tokens) - guardians:
            assert row[column] == person.tokens[column] if person.tokens[column] else row[column] not in known, column
            dummies[row[column]] += person.tokens[column] is None
        check_guardians(row, person, known)
        assert {name: row[name] for name in MONTH_COLUMNS if "guardian" not in name} == {
            name: month for name, month in person.months.items() if "guardian" not in name
        }
        for family in PROFILES["standard"] if person.slots else ():
            slots = [row[name] for name in family.public.columns]
            assert slots == sorted(slots)
            assert slots == person.slots[family.name] if person.slots[family.name] else len(set(slots)) == len(slots)
    assert all(count <= 1 for count in dummies.values())


def check_guardians(row: dict[str, Any], person: Any, known: set[bytes]) -> None:
    """The two tokens in order, each with its months wherever it went."""
    assert row["guardian_1"] <= row["guardian_2"]
    names = ("guardian_1", "guardian_2")
    found = [(row[name] if row[name] in known else None, row[f"{name}_from"], row[f"{name}_until"]) for name in names]
    expected = [(person.tokens[name], person.months[f"{name}_from"], person.months[f"{name}_until"]) for name in names]
    assert Counter(found) == Counter(expected)


@settings(deadline=None, max_examples=60)
@given(
    RECORDS,
    st.lists(st.integers(1, 8), max_size=3),
    st.sampled_from([1, 2, 7, 128]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 3).map(lambda number: not number),
    HISTORY,
    OPT_OUT,
)
@example(
    [{"hetu": CODES[1], "sex": "1", "dwelling": "x"}, {"hetu": CODES[2], "sex": "2", "dwelling": "x"}],
    [1],
    128,
    True,
    False,
    False,
    {},
    frozenset(),
)
@example([{"hetu": CODES[6], "guardian_1": CODES[1], "guardian_2": CODES[2]}], [], 1, False, True, True, {}, frozenset())
def test_as_a_plain_reading_of_the_whole(
    records: list[dict[str, str]],
    places: list[int],
    count: int,
    links: bool,
    event: bool,
    match: bool,
    history: dict[str, str],
    out: frozenset[str],
) -> None:
    agreement = agreed(
        fields=FIELDS,
        rows="event" if event else "person",
        demonstration=links,
        artificial="link" if links else "refuse",
        match_tokens=match,
    )
    local = Local(TODAY, history, out)
    expected = Reference(records, agreement, local, KEY, GENESIS)
    batches = cut(extract(agreement, *records), places)
    if expected.people:
        check(ran(batches, agreement, local, buckets=count), expected)
    else:
        with pytest.raises(InputError, match="S3100"):
            ran(batches, agreement, local, buckets=count)


@settings(deadline=None, max_examples=30)
@given(RECORDS, st.lists(st.integers(1, 8), max_size=3), st.sampled_from([[], ["visits"], ["hetu"], ["hetu", "sex", "dwelling"]]))
def test_registers_that_declare_little(records: list[dict[str, str]], places: list[int], names: list[str]) -> None:
    """The columns that a register cannot fill have the form of those it can."""
    agreement = agreed(fields={name: FIELDS[name] for name in (*names, "grade")}, match_tokens=False)
    expected = Reference(records, agreement, Local(TODAY, {}, frozenset()), KEY, GENESIS)
    batches = cut(extract(agreement, *records), places)
    if not expected.people:
        with pytest.raises(InputError, match="S3100"):
            ran(batches, agreement, buckets=2)
        return
    found = ran(batches, agreement, buckets=2)
    ids = found.record_ids.to_pylist()
    identity = {row[RECORD_ID]: row for row in found.batch.identity.to_pylist()}
    for person in expected.people:
        row = identity[ids[person.rows[0] - 1]]
        assert all(row[column] == token for column, token in person.tokens.items() if token)
        assert row["guardian_1"] < row["guardian_2"]
        assert {row[name] for name in MONTH_COLUMNS} == {0}
    assert len({row[column] for row in identity.values() for column in RELATION_COLUMNS}) >= 5 * len(identity)


def test_a_refusal_is_the_same_wherever_the_extract_is_cut() -> None:
    agreement = agreed()
    records = [{"note": "eva@example.org"}, {"hetu": code("2012-05-04", 899)}, {"hetu": CODES[1], "note": "ok"}]
    for places in ([], [1], [1, 2]):
        with pytest.raises(PolicyRefusal, match="S4101"):
            ran(cut(extract(agreement, *records), places), agreement)
        with pytest.raises(PolicyRefusal, match="S4102"):
            ran(cut(extract(agreement, *records[::2]), places), agreement)


def test_rows_of_one_person_meet_from_any_batch_and_ties_go_to_the_first_row() -> None:
    agreement = agreed(rows="event")
    records = [
        {"hetu": CODES[6], "given": name, "surname": "x", "grade": str(number)} for number, name in enumerate(("Eva", "Åke", "Anna"))
    ]
    whole = ran(extract(agreement, *records), agreement)
    parts = ran(cut(extract(agreement, *records), [1, 2]), agreement)
    assert whole.facts == parts.facts
    assert whole.batch.identity["m04_00"] == parts.batch.identity["m04_00"]
    assert len(parts.batch.payload) == 3


def test_tokens_that_too_many_hold_are_dropped_over_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "TOGETHER_ROWS", 8)
    monkeypatch.setattr(crowded, "PART_TOKENS", 16)
    agreement = agreed()
    common = {"born": "1980-05-04", "surname": "Virtanen"}
    twenty = [common | {"given": f"Eva{chr(97 + number)}"} for number in range(20)]
    kept = ran(cut(extract(agreement, *twenty), [3, 9]), agreement)
    dropped = ran(cut(extract(agreement, *twenty, common | {"given": "Anna"}), [3, 9]), agreement)
    assert len(set(kept.batch.identity["m07_00"].to_pylist())) == 1
    assert len(set(dropped.batch.identity["m07_00"].to_pylist())) == 21
    slots = dropped.batch.identity.select([f"m07_{slot:02d}" for slot in range(4)]).to_pylist()
    assert all(list(row.values()) == sorted(row.values()) for row in slots)


@pytest.mark.parametrize("fields", ["with codes", "without"])
@pytest.mark.parametrize("near_equal", ["kept", "dropped"])
def test_near_equal_tokens_are_dropped_where_agreed_and_codes_tell_persons_apart(near_equal: str, fields: str) -> None:
    """Neighbours of one birth date share no token of day and postcode then; namesakes of one birth date still share theirs."""
    columns = {name: field for name, field in PERSON_FIELDS.items() if fields == "with codes" or name != "hetu"}
    agreement = agreed(fields=columns)
    agreement = agreement.model_copy(update={"linkage": agreement.linkage.model_copy(update={"near_equal_tokens": near_equal})})
    two = [{"given": given, "surname": "Virtanen", "born": "1980-05-04", "postcode": "02100"} for given in ("Eva", "Aino")]
    identity = ran(cut(extract(agreement, *two), [1]), agreement).batch.identity
    postcode = set(identity["m08_00"].to_pylist())
    surname = set(identity["m07_00"].to_pylist())
    assert len(postcode) == (2 if near_equal == "dropped" and fields == "with codes" else 1)
    assert len(surname) == 1


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(-3, 3), min_size=2, max_size=2), min_size=1, max_size=60), st.integers(1, 7), st.integers(1, 6))
def test_holders_against_a_counter(rows: list[list[int]], limit: int, size: int) -> None:
    family, other = Mock(), Mock()
    family.name, other.name = "m00", "m01"
    family.holders_max.return_value = other.holders_max.return_value = limit
    tokens = np.array([[token * (2**61 + 1) for token in row] for row in rows], dtype=np.int64)
    random = np.zeros(tokens.shape, dtype=np.bool_)
    random[::3, 1] = True
    holders = Holders(Memory(), len(rows) * 2**20, alone=True)
    for start in range(0, len(rows), size):
        holders.add("m00", tokens[start : start + size], random[start : start + size])
    counts = Counter(tokens[~random].tolist())
    found = holders.crowded(family)
    assert found.tolist() == sorted(token for token, count in counts.items() if count > limit)
    assert crowded.among(tokens, found).tolist() == [[counts[token] > limit for token in row] for row in tokens.tolist()]
    assert not holders.crowded(other).size


def test_every_row_goes_into_a_bucket_and_comes_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "TOGETHER_ROWS", 100)
    waiting, seed = Buckets(Memory(), "rows", 16), os.urandom(16)
    keys = np.arange(3000) // 3
    for part in np.split(np.arange(3000), 7 * np.arange(1, 100)):
        waiting.deal(pa.table({"key": keys[part], "row": part}), mixed(keys[part], seed, 16))
    tables = list(waiting.taken())
    assert len(tables) > 8
    assert sorted(np.concatenate([table["row"].to_numpy() for table in tables]).tolist()) == list(range(3000))
    for table in tables:
        rows = table.group_by("key", use_threads=False).aggregate([("row", "list")])["row_list"].to_pylist()
        assert all(row == sorted(row) and len(row) == 3 for row in rows)


def test_keys_spread_over_buckets_whatever_they_are() -> None:
    """Chi-square over 64 buckets of 64,000 codes: mean 63, and 150 is passed by chance once in 10**8."""
    seed = os.urandom(16)
    for keys in (np.arange(64_000), np.arange(64_000) * 13_000, np.arange(64_000) << 40):
        counts = np.bincount(mixed(keys, seed, 64), minlength=64)
        assert ((counts - 1000) ** 2 / 1000).sum() < 150, seed.hex()


def test_the_order_is_uniform_over_the_whole() -> None:
    """Where the first of 6 rows ends up after dealing into 3 buckets and permuting each: chi-square with 5 degrees, 45 once in 10**7."""
    counts = np.zeros(6)
    for _ in range(1200):
        waiting = Buckets(Memory(), "x", 3)
        waiting.deal(pa.table({"row": np.arange(6)}), random_places(6, 3, os.urandom))
        order = [row for table in waiting.taken() for row in table["row"].to_numpy()[random_order(table.num_rows, os.urandom)].tolist()]
        counts[order.index(0)] += 1
    assert ((counts - 200) ** 2 / 200).sum() < 45
