"""What to mend, in rows: what a fix gains against the extract mended by hand, and the private list against what stays at home."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import NOBODY, PERSON_FIELDS, TODAY, agreed, code, extract, run
from test_check import HOSTILE, but, column, found, people

from privacy.pseudonymise import checking
from privacy.pseudonymise.addresses import lost_zeros, postcode
from privacy.pseudonymise.check.examined import examined
from privacy.pseudonymise.check.findings import of_examined
from privacy.pseudonymise.check.fixes import worthwhile
from privacy.pseudonymise.check.flaws import flaws
from privacy.pseudonymise.check.linking import holdings
from privacy.pseudonymise.check.listing import EFFECTS, listing
from privacy.pseudonymise.pipeline import Local
from schemas.errors import InputError, PolicyRefusal

Record = dict[str, str]


def linked(records: list[Record], **terms: Any) -> int:
    """The chances, in thousandths, of the rows of *records* that leave: the measure, without a fix."""
    agreement = agreed(**terms)
    seen = examined(extract(agreement, *records), agreement, NOBODY)
    chances = holdings(seen).chances(matched=seen.register.match_tokens)
    return int(sum(chances[person] for person, whole in zip(seen.person.tolist(), seen.whole.tolist(), strict=True) if whole))


def gains(records: list[Record], **terms: Any) -> dict[tuple[str, tuple[str, ...], str], int]:
    agreement = agreed(**terms)
    seen = examined(extract(agreement, *records), agreement, NOBODY)
    worth = worthwhile(seen, flaws(seen), holdings(seen))
    return {(each.fix.kind, each.fix.columns, each.fix.reason): int(each.gain.sum()) for each in worth}


BROKEN = {"visits": ("many", "3"), "seen": ("31.2.2025", "2025-02-01"), "score": ("x", "1,5"), "sex": ("9", "1")}
REASONS = {"visits": "not_an_integer", "seen": "not_a_date", "score": "not_a_number", "sex": "not_in_codes"}


@settings(max_examples=10, deadline=None)
@given(
    broken=st.lists(st.sets(st.sampled_from(sorted(BROKEN))), min_size=4, max_size=24),
    bare=st.lists(st.booleans(), min_size=24, max_size=24),
    event=st.booleans(),
)
def test_what_a_row_kept_back_gains_is_what_mending_it_gains(broken: list[set[str]], bare: list[bool], event: bool) -> None:
    """Mended by hand, one column at a time, and measured again: rows with two faults come back by neither mending."""
    everybody = people(24)
    records = []
    for place, names in enumerate(broken):
        record = everybody[place % 12 if event else place] | {name: BROKEN[name][0] for name in names}
        records.append(record | ({"hetu": "", "postcode": ""} if bare[place] else {}))
    rows = "event" if event else "person"
    before, told = linked(records, rows=rows), gains(records, rows=rows)
    for name, (_, good) in BROKEN.items():
        mended = [record | {name: good} if record.get(name) == BROKEN[name][0] else record for record in records]
        assert told.get(("row_kept_back", (name,), REASONS[name]), 0) == linked(mended, rows=rows) - before


def test_events_are_counted_by_the_row() -> None:
    """Somebody whose other rows leave loses nothing as a person, and the rows that stay are still worth mending."""
    events = [*people(20), *but(people(10), visits="many"), *but(people(10), visits="many"), *but(people(5), visits="many")]
    fix = found(*events, rows="event")["fixes"][0]
    assert (fix["fix"], fix["columns"], fix["persons"], fix["gain"]) == ("row_kept_back", ["visits"], 10, 25)


UNDECLARED = [
    ("postcode", {"type": "code", "meaning": "postcode", "leaves": "prefix_3", "codes": ["02100", "02150"]}, "00100", "not_in_codes"),
    ("street", {"meaning": "street", "required": True}, "", "missing"),
    ("surname", {"meaning": "surname", "required": True}, "", "missing"),
    ("born", {"type": "date", "meaning": "birth_date", "leaves": "year"}, "2010-02-31", "not_a_date"),
]


@pytest.mark.parametrize(("name", "declared", "bad", "reason"), UNDECLARED)
def test_whatever_keeps_a_row_at_home_is_among_the_fixes(name: str, declared: dict[str, Any], bad: str, reason: str) -> None:
    fields = {each: PERSON_FIELDS[each] for each in ("hetu", "given", "surname", "born", "street", "postcode")} | {name: declared}
    good = but(people(30), street="Koulukatu 1", postcode="02100")
    shown = found(*good, *but(people(20, 60), **{"street": "Koulukatu 1", "postcode": "02100", name: bad}), fields=fields)
    assert shown["rows_kept_back"] == 20
    first = shown["fixes"][0]
    assert (first["columns"], first["reason"], first["persons"], first["gain"]) == ([name], reason, 20, 20)


# The private list


def listed(records: list[Record], **terms: Any) -> list[dict[str, Any]]:
    agreement = agreed(**terms)
    return listing(examined(extract(agreement, *records), agreement, NOBODY)).to_pylist()


@settings(max_examples=15, deadline=None)
@given(kinds=st.lists(st.tuples(HOSTILE, st.integers(1, 3)), min_size=1, max_size=8), event=st.booleans())
def test_the_list_names_exactly_the_rows_that_pseudonymising_rejects(kinds: list[tuple[Record, int]], event: bool) -> None:
    records = [record for record, times in kinds for _ in range(times)]
    terms = {"rows": "event" if event else "person"}
    found_rows = listed(records, **terms)
    kept = [(each["row"], each["column"], each["reason"]) for each in found_rows if each["effect"] == "kept_back"]
    try:
        rejects = run(agreed(**terms), *records).rejects
    except InputError as nothing_left:
        assert nothing_left.code == "S3100"
        rejects = nothing_left.faults
    assert sorted(kept) == sorted((fault.row, fault.column, fault.reason) for fault in rejects)
    assert [each["row"] for each in found_rows] == sorted(each["row"] for each in found_rows)
    assert len({(each["row"], each["column"], each["reason"]) for each in found_rows}) == len(found_rows)
    assert {each["effect"] for each in found_rows} <= set(EFFECTS)


def test_the_list_names_what_costs_links_by_row() -> None:
    records = people(6)
    records[1] |= {"surname": "MÃ¤kelÃ¤"}
    records[2] |= {"hetu": "010190900C"}
    records[3] |= {"born": "1980-05-04"}
    records[4] |= {"postcode": "2100", "visits": "many"}
    told = [tuple(each.values()) for each in listed(records, artificial="link")]
    assert told == [
        (2, "surname", "mojibake", "costs_links"),
        (3, "hetu", "sign_missing", "costs_links"),
        (4, "hetu", "birth_year_differs", "costs_links"),
        (4, "born", "birth_year_differs", "costs_links"),
        (5, "visits", "not_an_integer", "kept_back"),
        (5, "postcode", "leading_zeros_put_back", "read_as_meant"),
    ]


def test_the_list_names_the_rows_of_a_code_of_several_and_of_ruined_values() -> None:
    records = people(6)
    for place in (0, 2, 4):
        records[place] |= {"hetu": code("2010-05-01", 950), "born": f"2010-05-0{1 + place}"}
    records[1] |= {"phone": "358401234567.0"}
    records[3] |= {"born": "1969-01-15T22:00:00Z", "hetu": ""}
    told = [tuple(each.values()) for each in listed(records, artificial="link", fields=PERSON_FIELDS | {"phone": {"meaning": "phone"}})]
    assert {(1, "hetu", "code_of_several", "costs_links"), (2, "phone", "spreadsheet_number", "costs_links")} <= set(told)
    assert [row for row, _, reason, _ in told if reason == "code_of_several"] == [1, 3, 5]
    assert (4, "born", "time_zone", "costs_links") in told


def test_the_list_names_what_happened_after_the_window() -> None:
    fields = PERSON_FIELDS | {"year": {"type": "integer", "leaves": "as_is", "minimum": 2000, "maximum": 2100}}
    records = but(people(6), seen="2025-03-01", year="2025")
    records[1] |= {"seen": "1.8.2204"}
    records[2] |= {"seen": "2019-01-01", "year": "2019"}
    records[3] |= {"year": "2031"}
    records[4] |= {"seen": "", "year": "02025"}
    records[5] |= {"year": "9" * 5000}
    told = [tuple(each.values()) for each in listed(records, artificial="link", fields=fields)]
    assert [each for each in told if each[2] != "not_an_integer"] == [
        (2, "seen", "after_window", "doubtful"),
        (4, "year", "after_window", "doubtful"),
    ]


WORD = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=6).map("kvx".__add__)


@settings(max_examples=15, deadline=None)
@given(cells=st.lists(st.tuples(WORD, WORD, WORD, WORD), min_size=1, max_size=12))
def test_no_value_is_listed(cells: list[tuple[str, ...]]) -> None:
    records = [dict(zip(("hetu", "given", "born", "visits"), each, strict=True)) for each in cells]
    told = listed(records)
    assert {each["row"] for each in told} == set(range(1, len(cells) + 1))
    assert "kvx" not in str(told)


def test_the_list_does_not_show_who_is_restricted_or_has_opted_out() -> None:
    records, terms = but(people(30), street="Koulukatu", postcode="2100"), agreed()
    plain = listed(but(records, restricted="0"))
    assert plain
    assert listed(but(records[:7], restricted="1") + but(records[7:], restricted="0")) == plain
    away = Local(TODAY, {}, frozenset(record["hetu"] for record in records[:9]))
    assert listing(examined(extract(terms, *but(records, restricted="0")), terms, away)).to_pylist() == plain


# Identifiers that would leave: the rows are named, in a check and while pseudonymising


@pytest.mark.parametrize("many", [1, 3, 47])
def test_a_refusal_names_the_rows_of_identifiers(many: int) -> None:
    records = [*people(10), *but(people(many, 20), note=code("1990-01-01")), *people(5, 80)]
    terms = agreed()
    seen = examined(extract(terms, *records), terms, NOBODY)
    for refuse in (lambda: of_examined(seen, terms, NOBODY), lambda: run(terms, *records)):
        with pytest.raises(PolicyRefusal, match="S4102") as refused:
            refuse()
        faults = refused.value.faults
        assert [fault.row for fault in faults] == list(range(11, 11 + many))[: checking.SIGHTINGS_SHOWN]
        assert sum(fault.count for fault in faults) == many
        assert {fault.column for fault in faults} == {"note"}
        assert code("1990-01-01")[:6] not in str([fault.as_dict() for fault in faults])
    rows = [each["row"] for each in listing(seen).to_pylist() if each["effect"] == "refused"]
    assert rows == list(range(11, 11 + many))


def test_identifiers_are_found_by_the_row_as_one_by_one() -> None:
    texts = ["a", "010190-900C", "", "eva@example.org", "040 1234567", "1234567", "Otaniementie 9", None, "a" * 50]
    terms = agreed(fields={"note": PERSON_FIELDS["note"]}, match_tokens=False)
    raw = extract(terms, *({"note": text} for text in texts))
    found_rows = checking.identifying(raw.register, checking.coded_columns(raw))["note"]
    assert found_rows.tolist() == [bool(text) and checking.looks_identifying(text, phones=True) for text in texts]
    assert np.flatnonzero(found_rows).tolist() == [1, 3, 4]


# Postcodes that lost their zeros


@given(st.text(st.sampled_from("0123456789 -A"), max_size=8))
def test_lost_zeros_are_those_that_the_normaliser_puts_back(text: str) -> None:
    digits = "".join(sign for sign in text if sign.isalnum())
    assert lost_zeros(text) == (len(postcode(text)) == 5 and len(digits) in (3, 4) and digits.isdecimal())


def test_zeros_put_back_are_counted_and_few_are_not() -> None:
    assert column(found(*people(20), *but(people(10, 40), postcode="2100")), "postcode")["padded"] == 10
    assert column(found(*people(20), *but(people(3, 40), postcode="2100")), "postcode")["padded"] == "<5"
    assert column(found(*people(20)), "postcode")["padded"] == 0


def test_a_note_tells_of_zeros_while_reading() -> None:
    from sauma.readers import telling_zeros

    terms = agreed()
    for count, said in ((0, None), (3, "fewer than 5 rows"), (12, "12 rows")):
        told: list[str] = []
        raw = extract(terms, *people(20), *but(people(count, 40), postcode="2100"))
        batches = list(telling_zeros(iter([raw]), raw.register, told.append))
        assert batches == [raw]
        assert (len(told), said is None or said in told[0]) == (int(said is not None), True)
        assert not any("2100" in text for text in told)
