"""The way in as a whole: what leaves, what stays, what is refused."""

from __future__ import annotations

import dataclasses
import hmac
import json
import os

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tokens import hkdf
from small_world import GENESIS, KEY, PERSON_FIELDS, TODAY, agreed, by_row, code, extract, payload_by_row, ran, run

from privacy.pseudonymise.families import layout
from privacy.pseudonymise.pipeline import Local, Secrets
from schemas.errors import InputError, PolicyRefusal
from schemas.tokens import BIRTH_YEAR_COLUMN, IDENTITY_COLUMNS, MONTH_COLUMNS, RECORD_ID, RELATION_COLUMNS

EVA = {"hetu": code("2012-05-04"), "given": "Eva", "surname": "Mäkelä", "born": "2012-05-04", "sex": "2", "dwelling": "900000759J1C003 "}
MOTHER = {"hetu": code("1980-05-04"), "given": "Anna", "surname": "Mäkelä", "born": "1980-05-04", "sex": "2", "dwelling": "900000759J1C003"}
FATHER = {
    "hetu": code("1979-05-05", 901),
    "given": "Åke",
    "surname": "Öhman",
    "born": "1979-05-05",
    "sex": "1",
    "dwelling": "900000759J 1C003",
}
EVENTS = {name: PERSON_FIELDS[name] for name in ("hetu", "given", "surname", "born", "seen")}


def identity_token(hetu: str) -> bytes:
    return hmac.digest(hkdf(KEY, GENESIS, "identity"), hetu.encode(), "sha256")[:16]


def test_members_have_the_declared_shape() -> None:
    agreement = agreed()
    batch = run(agreement, EVA, MOTHER).batch
    slots = [column for family in layout("standard") for column in family.columns]
    assert batch.identity.column_names == [RECORD_ID, *IDENTITY_COLUMNS, BIRTH_YEAR_COLUMN, *RELATION_COLUMNS, *MONTH_COLUMNS, *slots]
    assert {str(batch.identity.schema.field(name).type) for name in slots} == {"int64"}
    assert batch.identity.schema.field("id_a").type == pa.binary(16)
    assert batch.payload.column_names == [RECORD_ID, *(field.name for field in agreement.register[0].leaving)]
    assert not sum(column.null_count for column in batch.identity.columns)


def test_no_tokens_but_identities_without_match_tokens() -> None:
    outcome = run(agreed(match_tokens=False), EVA)
    assert not [name for name in outcome.batch.identity.column_names if name.startswith("m")]
    assert set(outcome.batch.sentinels) == {"id"}


def test_identity_tokens_and_relations_are_the_same_hash() -> None:
    eva, mother = by_row(run(agreed(), EVA | {"guardian_1": MOTHER["hetu"].lower(), "guardian_2": FATHER["hetu"]}, MOTHER))
    assert eva is not None
    assert mother is not None
    assert eva["id_a"] == identity_token(EVA["hetu"])
    assert {eva["guardian_1"], eva["guardian_2"]} == {identity_token(MOTHER["hetu"]), identity_token(FATHER["hetu"])}
    assert eva["guardian_1"] < eva["guardian_2"]
    assert mother["id_a"] in (eva["guardian_1"], eva["guardian_2"])
    assert eva["dwelling"] == mother["dwelling"]


def test_unused_slots_are_random() -> None:
    agreement = agreed()
    seen = [row for _ in range(2) for row in by_row(run(agreement, {"given": "Eva"}, {"given": "Eva"}))]
    for column in (*IDENTITY_COLUMNS, BIRTH_YEAR_COLUMN, *RELATION_COLUMNS, "m00_00", "m04_00"):
        assert len({row[column] for row in seen if row}) == 4


def test_birth_year_shows_a_contradiction_and_no_cohort() -> None:
    agreement = agreed()
    eva, twin, other, wrong = by_row(
        run(agreement, EVA, EVA | {"hetu": code("2012-05-04", 901)}, MOTHER, EVA | {"hetu": code("2012-05-04", 902), "born": "1980-05-04"})
    )
    assert eva is not None
    assert wrong is not None
    assert len({row["birth_year"] for row in (eva, twin, other, wrong) if row}) == 4
    again = by_row(run(agreement, EVA | {"born": "2012-12-31"}))[0]
    guardian = by_row(run(agreement, EVA | {"born": "1980-05-04"}))[0]
    assert again is not None
    assert guardian is not None
    assert eva["birth_year"] == again["birth_year"] != guardian["birth_year"]
    assert eva["id_a"] == guardian["id_a"]


def test_a_code_without_a_birth_date_field_gives_year_and_match_tokens() -> None:
    agreement = agreed()
    with_date, without = (
        by_row(run(agreement, EVA))[0],
        by_row(run(agreement, {name: EVA[name] for name in ("hetu", "given", "surname")}))[0],
    )
    assert with_date is not None
    assert without is not None
    assert with_date["birth_year"] == without["birth_year"]
    assert with_date["m00_00"] == without["m00_00"]


def test_changed_codes_join_by_the_second_slot_whichever_is_held() -> None:
    old, new = code("2012-05-04", 900), code("2012-05-04", 950)
    local = Local(TODAY, {old: new}, frozenset())
    for held in (old, new):
        row = by_row(run(agreed(), EVA | {"hetu": held}, local=local))[0]
        assert row is not None
        assert (row["id_a"], row["id_b"]) == (identity_token(new), identity_token(old))
    child = by_row(run(agreed(), {"given": "Aino", "guardian_1": old}, local=local))[0]
    assert child is not None
    assert identity_token(new) in (child["guardian_1"], child["guardian_2"])


def test_a_loop_in_the_history_ends() -> None:
    old, new = code("2012-05-04", 900), code("2012-05-04", 950)
    assert by_row(run(agreed(), EVA | {"hetu": old}, local=Local(TODAY, {old: new, new: old}, frozenset())))[0] is not None


def test_opted_out_persons_leave_in_no_form() -> None:
    old, new = code("2012-05-04", 900), code("2012-05-04", 950)
    for listed in (old, new, old.lower()):
        local = Local(TODAY, {old: new}, frozenset((listed,)))
        outcome = run(agreed(), EVA | {"hetu": new}, MOTHER | {"partner": new}, local=local)
        gone, mother = by_row(outcome)
        assert gone is None
        assert mother is not None
        assert identity_token(new) not in mother.values()
        assert len(outcome.batch.payload) == 1
        assert not outcome.rejects


def test_artificial_codes_stay_at_home_unless_agreed() -> None:
    records = (EVA | {"grade": "1"}, {"hetu": EVA["hetu"], "grade": "2"})
    refused = run(agreed(rows="event", demonstration=False, artificial="refuse"), *records)
    assert len(refused.batch.identity) == 1
    assert refused.batch.identity["id_a"][0].as_py() != identity_token(EVA["hetu"])
    assert run(agreed(rows="event"), *records).batch.identity["id_a"][0].as_py() == identity_token(EVA["hetu"])


def test_artificial_codes_hold_a_registers_own_relations_together() -> None:
    agreement = agreed(demonstration=False, artificial="refuse")
    child, mother = by_row(run(agreement, EVA | {"guardian_1": MOTHER["hetu"]}, MOTHER))
    assert child is not None
    assert mother is not None
    assert mother["id_a"] in (child["guardian_1"], child["guardian_2"])
    assert mother["id_a"] != identity_token(MOTHER["hetu"])  # bound to the register: it joins no other
    assert mother["id_a"] == identity_token(f"{MOTHER['hetu']}@{agreement.register[0].id}")


def test_real_codes_are_refused_in_a_demonstration_wherever_they_stand() -> None:
    real = code("2012-05-04", 899)
    for record in ({"hetu": real}, {"given": "Eva", "guardian_2": real}, {"given": "Eva", "partner": real}):
        with pytest.raises(PolicyRefusal, match="S4101"):
            run(agreed(), record)
    for local in (Local(TODAY, {real: EVA["hetu"]}, frozenset()), Local(TODAY, {}, frozenset((real,)))):
        with pytest.raises(PolicyRefusal, match="S4101") as refusal:
            run(agreed(), EVA, local=local)
        assert real not in str(refusal.value)
        assert refusal.value.__context__ is None
    assert by_row(run(agreed(demonstration=False, artificial="refuse"), {"hetu": real}))[0]["id_a"] == identity_token(real)


def test_restricted_persons_have_no_address_and_are_like_those_whose_address_is_unknown() -> None:
    home = {"street": "Kuja", "number": "3 A 4", "postcode": "02100", "municipality": "049"}
    agreement = agreed()
    hidden, unknown, open_ = payload_by_row(run(agreement, EVA | home | {"restricted": "kyllä"}, MOTHER, FATHER | home))
    assert hidden is not None
    assert unknown is not None
    assert open_ is not None
    assert hidden["municipality"] == unknown["municipality"] == "unknown"
    assert hidden["postcode"] == unknown["postcode"] == "unknown"
    assert (open_["municipality"], open_["postcode"]) == ("049", "021")
    first, second = (by_row(run(agreement, EVA | home | {"restricted": "1"}))[0] for _ in range(2))
    assert first is not None
    assert second is not None
    address = [
        name
        for family in layout("standard")
        if any("street" in part or "postcode" in part for part in family.components)
        for name in family.columns
    ]
    assert address
    assert not [name for name in (*address, "dwelling") if first[name] == second[name]]
    assert first["m00_00"] == second["m00_00"]


@pytest.mark.parametrize(
    ("mark", "hidden"), [("1", True), ("true", True), ("Kyllä", True), ("ei tiedossa", True), ("0", False), ("ei", False), ("", False)]
)
def test_an_unclear_restriction_restricts(mark: str, hidden: bool) -> None:
    row = payload_by_row(run(agreed(), EVA | {"municipality": "049", "restricted": mark}))[0]
    assert row is not None
    assert (row["municipality"] == "unknown") == hidden


def test_any_row_of_a_person_restricts_all() -> None:
    rows = ({"municipality": "049", "restricted": "0"}, {"municipality": "049", "restricted": "1"})
    outcome = run(agreed(rows="event"), *(EVA | row for row in rows))
    assert set(outcome.batch.payload["municipality"].to_pylist()) == {"unknown"}


def test_events_of_one_person_have_one_identity_row() -> None:
    records = [
        EVA | {"seen": "2025-03-04"},
        {"hetu": EVA["hetu"].lower(), "seen": "2025-03-05"},
        {"given": "Oona", "surname": "Virta", "born": "2010-01-02", "seen": "2025-03-06"},
        {"given": "OONA ", "surname": "virta", "born": "2010-01-02", "seen": "2025-03-07"},
        {"given": "Oona", "seen": "2025-03-08"},
        {"given": "Oona", "seen": "2025-03-09"},
        {"seen": "2025-03-10"},
        {"seen": "2025-03-11"},
    ]
    outcome = run(agreed(fields=EVENTS, rows="event"), *records)
    ids = outcome.record_ids.to_pylist()
    assert [ids.index(record) for record in ids] == [0, 0, 2, 2, 4, 5, 6, 7]
    assert len(outcome.batch.payload) == 8
    assert outcome.facts["persons"] == len(outcome.batch.identity) == 6


def test_persons_are_described_by_their_most_complete_row() -> None:
    agreement = agreed(fields=EVENTS, rows="event")
    split = by_row(run(agreement, {"hetu": EVA["hetu"]}, {name: EVA[name] for name in ("hetu", "given", "surname")}))
    assert split[0] is not None
    whole = by_row(run(agreement, {name: EVA[name] for name in ("hetu", "given", "surname", "born")}))[0]
    assert whole is not None
    assert split[0]["m00_00"] == whole["m00_00"]


def test_values_leave_in_the_declared_form() -> None:
    record = EVA | {
        "visits": "13",
        "grade": "007",
        "seen": "4.3.2025",
        "score": "1,50",
        "note": " ok ",
        "postcode": "02100",
        "municipality": "049",
    }
    row, empty = payload_by_row(run(agreed(), record, {"given": "x"}))
    assert row == {
        "born": 2012, "sex": "2", "postcode": "021", "municipality": "049", "visits": "10-14", "grade": 7, "seen": "2025-03", "score": "1.50", "note": "ok",
    }  # fmt: skip
    assert empty is not None
    assert {name for name, value in empty.items() if value is None} == {"born", "sex", "visits", "grade", "seen", "score", "note"}


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"visits": "many"}, "visits", "not_an_integer"),
        ({"visits": "-1"}, "visits", "too_small"),
        ({"visits": "100"}, "visits", "too_large"),
        ({"seen": "31.2.2025"}, "seen", "not_a_date"),
        ({"born": "2012-13-01"}, "born", "not_a_date"),
        ({"sex": "3"}, "sex", "not_in_codes"),
        ({"score": "high"}, "score", "not_a_number"),
        ({"score": "0." + "1" * 21}, "score", "not_a_number"),
        ({"note": "x" * 4001}, "note", "too_long"),
    ],
)
def test_a_broken_value_rejects_its_row_by_place_and_reason(change: dict[str, str], column: str, reason: str) -> None:
    outcome = run(agreed(), MOTHER, EVA | change)
    assert [fault.as_dict() for fault in outcome.rejects] == [{"reason": reason, "column": column, "row": 2, "count": 1}]
    assert by_row(outcome)[1] is None
    assert len(outcome.batch.identity) == len(outcome.batch.payload) == 1


def test_a_fraction_as_a_program_writes_it_leaves_whole() -> None:
    (row,) = payload_by_row(run(agreed(), EVA | {"score": "0.14285714285714285"}))
    assert row is not None
    assert row["score"] == "0.14285714285714285"


def test_a_broken_birth_date_that_never_leaves_still_links() -> None:
    fields = PERSON_FIELDS | {"born": {"type": "date", "meaning": "birth_date"}}
    agreement = agreed(fields=fields)
    one, other = (by_row(run(agreement, {"given": "Eva", "surname": "Mäkelä", "born": born}))[0] for born in ("2012-13-04", "2012-03-04"))
    assert one is not None
    assert other is not None
    assert {one[name] for name in ("m01_00", "m01_01", "m01_02")} & {other[name] for name in ("m01_00", "m01_01", "m01_02")}


def test_a_required_field_must_be_there() -> None:
    agreement = agreed(fields=PERSON_FIELDS | {"hetu": {"meaning": "hetu", "required": True}})
    outcome = run(agreement, EVA, {"given": "Oona"})
    assert [(fault.row, fault.column, fault.reason) for fault in outcome.rejects] == [(2, "hetu", "missing")]


def test_nothing_left_is_an_error_with_all_faults() -> None:
    with pytest.raises(InputError, match="S3100") as error:
        run(agreed(), EVA | {"visits": "many", "grade": "x"})
    assert {fault.column for fault in error.value.faults} == {"visits", "grade"}


@pytest.mark.parametrize(
    "note",
    [
        f"katso {EVA['hetu']}",
        EVA["hetu"].lower(),
        EVA["hetu"].replace("A", "\u2013") + " ",
        "soita 040 123 4567",
        "0401234567",
        "+358 40 123 4567",
        "00358401234567",
        "09-1234567",
        "eva@example.org",
    ],
)
def test_identifiers_do_not_pass(note: str) -> None:
    with pytest.raises(PolicyRefusal, match="S4102") as refusal:
        run(agreed(), MOTHER, EVA | {"note": note})
    assert refusal.value.place == "note"
    assert note not in repr(refusal.value.args)


@pytest.mark.parametrize(
    "note", ["02100", "2025-01-15", "15.1.2025", "2025-01-15 10:30", "luokka 7B", "049", "3,5", "120000 €", "Kuja 3 A 4", "12345678"]
)
def test_ordinary_values_pass(note: str) -> None:
    assert payload_by_row(run(agreed(), EVA | {"note": note}))[0]["note"] == note


def test_both_members_are_shuffled_and_apart() -> None:
    records = [{"given": f"Eva{chr(97 + number % 26)}{chr(97 + number // 26)}", "grade": str(number)} for number in range(300)]
    outcome = run(agreed(), *records)
    given_order = outcome.record_ids.to_pylist()
    identity, payload = (member[RECORD_ID].to_pylist() for member in (outcome.batch.identity, outcome.batch.payload))
    assert sorted(identity) == sorted(payload) == sorted(given_order)
    assert identity != payload
    assert given_order not in (identity, payload)


def test_two_runs_share_no_record_id_and_no_dummy() -> None:
    first, second = (run(agreed(), EVA) for _ in range(2))
    assert first.record_ids != second.record_ids
    assert first.batch.identity["id_b"] != second.batch.identity["id_b"]
    assert first.batch.identity["id_a"] == second.batch.identity["id_a"]


def test_wrappers_show_nothing() -> None:
    secrets = Secrets(b"secret" * 8, GENESIS, os.urandom)
    shown = repr(secrets) + repr(Local(TODAY, {EVA["hetu"]: "x"}, frozenset())) + repr(run(agreed(), EVA))
    assert "secret" not in shown
    assert EVA["hetu"] not in shown


def test_facts_are_plain_counts_and_say_nothing_about_restrictions_or_changed_codes() -> None:
    facts = run(agreed(), EVA | {"restricted": "1"}, MOTHER, {"given": "Oona"}, EVA | {"visits": "x"}).facts
    assert facts == {"rows": 4, "rows_left": 3, "persons": 3, "persons_with_identity_token": 2, "persons_under_two_family_heads": 0}
    json.dumps(facts)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.fixed_dictionaries({}, optional={name: st.text(max_size=12) for name in PERSON_FIELDS if name != "note"}), min_size=1, max_size=5
    )
)
def test_any_text_gives_a_batch_or_our_own_error(records: list[dict[str, str]]) -> None:
    agreement = agreed()
    raw = extract(agreement, *records)
    try:
        outcome = ran(raw, agreement)
    except (InputError, PolicyRefusal) as refused:
        assert refused.code in ("S3100", "S4101", "S4102")
        assert refused.code != "S3100" or {fault.row for fault in refused.faults} == set(range(1, len(records) + 1))
        return
    assert len(outcome.record_ids) == len(records)
    rejected = {fault.row for fault in outcome.rejects}
    assert [record is None for record in outcome.record_ids.to_pylist()] == [row in rejected for row in range(1, len(records) + 1)]


def test_chunked_columns_are_one_column() -> None:
    agreement = agreed()
    raw = extract(agreement, EVA, MOTHER)
    chunked = dataclasses.replace(raw, columns=pa.concat_tables([raw.columns.slice(0, 1), raw.columns.slice(1)]))
    outcome = ran(chunked, agreement)
    assert {row["id_a"] for row in by_row(outcome) if row} == {identity_token(EVA["hetu"]), identity_token(MOTHER["hetu"])}
