"""What a steward is told of an extract: each finding from an extract in which its number is known; never a value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import NOBODY, PERSON_FIELDS, TODAY, agreed, code, extract, run
from test_check_counts import reach

from privacy.pseudonymise.check import findings as findings_module
from privacy.pseudonymise.check.counts import Rounding, Tally
from privacy.pseudonymise.check.examined import examined
from privacy.pseudonymise.check.findings import FORMAT, findings
from privacy.pseudonymise.check.flaws import of_value
from privacy.pseudonymise.check.linking import CHANCES
from privacy.pseudonymise.people import NOT_RESTRICTED
from privacy.pseudonymise.pipeline import Local
from schemas.errors import InputError, PolicyRefusal

NAMES = ("Eva", "Oona", "Lauri", "Åke", "Eino", "Aino", "Elli", "Onni", "Leo", "Ida")
FAMILIES = ("Mäkelä", "Virtanen", "Holm", "Lindqvist", "Salo", "Kallio", "Rinne")


def people(count: int, start: int = 0, **rest: str) -> list[dict[str, str]]:
    """*count* different people, each with a code, both names, a birth date and a postcode."""
    return [
        {
            "hetu": code(f"20{10 + number // 90:02d}-05-{number % 28 + 1:02d}", 900 + number % 90),
            "given": NAMES[number % 10],
            "surname": FAMILIES[number % 7],
            "born": f"20{10 + number // 90:02d}-05-{number % 28 + 1:02d}",
            "sex": "12"[number % 2 == 0],
            "postcode": f"0{2000 + number:04d}",
        }
        | rest
        for number in range(start, start + count)
    ]


def but(records: list[dict[str, str]], **rest: str) -> list[dict[str, str]]:
    return [record | rest for record in records]


def found(*records: dict[str, str], local: Local = NOBODY, **agreement: Any) -> dict[str, Any]:
    terms = agreed(**agreement)
    return findings(extract(terms, *records), terms, local).as_dict()


def column(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in document["columns"] if one["column"] == name)


def own_codes(document: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in document["codes"] if one["meaning"] == "hetu")


def first_fix(document: dict[str, Any]) -> tuple[str, str, list[str], Any, Any]:
    fix = document["fixes"][0]
    return fix["fix"], fix["reason"], fix["columns"], fix["persons"], fix["gain"]


def test_counts_by_column_and_reason() -> None:
    signless = [record | {"hetu": record["hetu"][:6] + record["hetu"][7:]} for record in people(10, 30)]
    damaged = but(people(15, 50), surname="MÃ¤kelÃ¤")
    shown = found(*people(20), *signless, *damaged, *but(people(5, 70), visits="many"))
    assert shown["rows"] == 50
    assert shown["rows_kept_back"] == 5
    assert column(shown, "visits")["kept_back"] == {"not_an_integer": 5}
    assert own_codes(shown)["rejected"] == {"sign_missing": 10}
    assert own_codes(shown)["artificial"] == 40
    assert column(shown, "surname")["flawed"] == {"mojibake": 15}
    assert column(shown, "street")["filled_per_cent"] == 0
    assert column(shown, "hetu")["filled_per_cent"] == 100
    assert (column(shown, "given")["distinct"], column(shown, "postcode")["distinct"]) == ("10-99", "10-99")


FLAWS = [
    ("born", "31.12.89", "two_digit_year"),
    ("born", "12.31.1989", "day_and_month_swapped"),
    ("born", "1989-02-30", "not_a_date"),
    ("born", "Espoo", "no_digits"),
    ("born", "1969-01-15T22:00:00.000Z", "time_zone"),
    ("born", "1969-01-15 22:00:00+02", "time_zone"),
    ("given", "02100", "digits_in_name"),
    ("surname", "-", "no_letters"),
    ("surname", "MÃ¤kelÃ¤", "mojibake"),
    ("postcode", "00000", "all_zeros"),
    ("postcode", "21", "not_five_digits"),
    ("street", "Poste restante", "nowhere_to_live"),
    ("hetu", "010190", "partial"),
    ("hetu", "010190-900Q", "bad_control"),
    ("guardian_1", "010190900C", "sign_missing"),
]


@pytest.mark.parametrize(("name", "value", "reason"), FLAWS)
def test_each_flaw_is_counted_in_its_column(name: str, value: str, reason: str) -> None:
    shown = found(*people(20), *but(people(10, 40), **{name: value}))
    assert column(shown, name)["flawed"] == {reason: 10}
    assert all(not other["flawed"] for other in shown["columns"] if other["column"] != name)


ZONED = ("1969-01-15T22:00:00Z", "1969-01-15t22:00z", "1969-01-15T22:00:00+00:00", "1969-01-15 00:00:00-0500", "19690115T220000Z")
DAYS = ("1990-01-15", "15-01-1990", "15. 01-1990", "1990-01-15T00:00:00", "1990-01-15 22:00:00.000", "15.1.1990 klo 12.30", "15.1.1990")


@pytest.mark.parametrize("text", ZONED)
def test_a_moment_with_a_time_zone_is_a_flaw(text: str) -> None:
    assert of_value("birth_date", text) == "time_zone"


@pytest.mark.parametrize("text", DAYS)
def test_a_day_without_a_time_zone_is_none(text: str) -> None:
    assert of_value("birth_date", text) == ""


MADE_NUMBERS = ("401234567.0", "358401234567.0", "+358401234567.0", "401234567,00", "3,58401E+11", "3.58401E+11", "4e8", "4.01e+08")
TELEPHONES = ("0401234567", "401234567", "+358 40 123 4567", "040.123.4500", "040-123 4567", "040 1234567, 050 7654320", "09 310 1000")


@pytest.mark.parametrize("text", MADE_NUMBERS)
def test_a_telephone_number_that_was_made_a_number_is_a_flaw(text: str) -> None:
    assert of_value("phone", text) == "spreadsheet_number"


@pytest.mark.parametrize("text", TELEPHONES)
def test_a_telephone_number_as_people_write_it_is_none(text: str) -> None:
    assert of_value("phone", text) == ""


def test_what_is_read_wrongly_links_nobody() -> None:
    bare = {name: PERSON_FIELDS[name] for name in ("given", "surname")} | {"phone": {"meaning": "phone"}}
    bare |= {"born": {"type": "date", "meaning": "birth_date"}}
    phones = found(*people(20), *but(people(10, 40), surname="", born="", phone="401234567.0"), fields=bare)
    assert (phones["linkability"]["holding"]["phone"], phones["linkability"]["best"]["nothing"]) == (0, 10)
    assert column(phones, "phone")["flawed"] == {"spreadsheet_number": 10}
    assert first_fix(phones) == ("value_flawed", "spreadsheet_number", ["phone"], 10, 5)
    days = found(*people(20), *but(people(10, 40), born="1969-01-15T22:00:00Z"), fields=bare)
    assert days["linkability"]["holding"]["birth_date"] == 20
    assert first_fix(days)[:4] == ("value_flawed", "time_zone", ["born"], 10)


@pytest.mark.parametrize("rows", ["person", "event"])
@pytest.mark.parametrize("artificial", ["link", "refuse"])
def test_one_code_beside_three_birth_dates_is_everybodys(rows: str, artificial: str) -> None:
    placeholder = code("1980-01-01", 900)
    shown = found(*people(40), *but(people(20, 60), hetu=placeholder), rows=rows, artificial=artificial)
    assert (own_codes(shown)["of_several"], own_codes(shown)["rejected"]) == (20, {})
    assert column(shown, "hetu")["flawed"] == {"code_of_several": 20}
    assert shown["contradictions"]["birth_year_differs"] == 20
    assert [fix["columns"] for fix in shown["fixes"] if (fix["fix"], fix["reason"]) == ("code_rejected", "code_of_several")] == [["hetu"]]
    assert "birth_year_differs" not in {fix["fix"] for fix in shown["fixes"]}


def test_one_code_beside_two_birth_dates_is_one_persons() -> None:
    records = [record | {"hetu": code("1980-01-01", 900), "born": f"1980-01-0{1 + place % 2}"} for place, record in enumerate(people(20))]
    shown = found(*people(40, 60), *records, *but(records[:5], born=""), *but(records[:5], born="x"), rows="event")
    assert own_codes(shown)["of_several"] == 0
    assert "code_of_several" not in column(shown, "hetu")["flawed"]


def test_all_capitals_are_no_flaw() -> None:
    shown = found(*[record | {"surname": record["surname"].upper()} for record in people(20)])
    assert not any(each["flawed"] for each in shown["columns"])


def test_small_counts_are_not_shown_and_zero_is() -> None:
    shown = found(*people(20), *but(people(4, 50), hetu=""))
    assert own_codes(shown)["missing"] == "<5"
    assert column(shown, "hetu")["empty"] == "<5"
    assert column(shown, "surname")["empty"] == 0


def test_contradictions_with_the_code_are_counted_and_nothing_is_kept_back() -> None:
    records = people(40)
    records = but(records[:10], born="1980-05-04") + but(records[10:20], born="2010-07-31") + but(records[20:35], sex="1") + records[35:]
    shown = found(*records)
    assert shown["contradictions"]["birth_year_differs"] == 10
    assert shown["contradictions"]["birth_day_differs"] == 10
    odd = sum(int(record["hetu"][9]) % 2 == 0 for record in records[20:35])
    assert shown["contradictions"]["sex_differs"] == (odd // 5 * 5 if odd >= 5 else "<5")
    assert shown["rows_kept_back"] == 0
    assert shown["linkability"]["best"]["contradictory"] == 10


def test_persons_repeated_rows_and_possible_duplicates() -> None:
    twice = found(*people(15), *people(10), rows="event")
    assert (twice["persons"]["in_extract"], twice["persons"]["repeated_rows"]) == (15, 10)
    again = found(*people(15), *but(people(10), hetu=""))
    assert (again["persons"]["in_extract"], again["persons"]["possible_duplicates"]) == (25, 10)
    assert found(*people(15))["persons"]["possible_duplicates"] == 0


def test_coverage_shows_gaps_thin_months_and_rows_outside() -> None:
    days = ["2025-01-10"] * 20 + ["2025-02-10"] * 20 + ["2025-03-10"] * 5 + ["2025-05-10"] * 20 + ["2024-12-31"] * 10 + ["2026-01-01"] * 15
    records = [record | {"seen": day} for record, day in zip(people(len(days)), days, strict=True)]
    [dated] = found(*records)["coverage"]
    assert (dated["column"], dated["by"], dated["tells"]) == ("seen", "month", "when")
    assert [(each["rows"], each["mark"]) for each in dated["periods"]][:5] == [
        (20, "ok"), (20, "ok"), (5, "thin"), (0, "empty"), (20, "ok"),
    ]  # fmt: skip
    assert [each["period"] for each in dated["periods"]] == [f"2025-{month:02d}" for month in range(1, 13)]
    assert (dated["before"], dated["after"], dated["undated"]) == (10, 15, 0)


def test_a_column_that_tells_since_when_has_no_gaps() -> None:
    days = ["2019-06-01"] * 30 + ["2025-02-10"] * 10
    [dated] = found(*[record | {"seen": day} for record, day in zip(people(40), days, strict=True)])["coverage"]
    assert dated["tells"] == "since"
    assert {each["mark"] for each in dated["periods"]} == {"ok"}


def test_years_are_covered_too() -> None:
    fields = {"born": PERSON_FIELDS["born"], "year": {"type": "integer", "leaves": "as_is", "minimum": 2000, "maximum": 2030}}
    shown = found(*[{"born": "1990-02-03", "year": year} for year in ["2025"] * 10 + ["2024"] * 15], fields=fields, match_tokens=False)
    assert shown["coverage"][0]["by"] == "year"
    assert shown["coverage"][0]["periods"] == [{"period": "2025", "rows": 10, "mark": "ok"}]
    assert shown["coverage"][0]["before"] == 15


def test_uniqueness_counts_persons_by_their_rarest_combination_and_names_the_greediest_column() -> None:
    fields = {name: PERSON_FIELDS[name] for name in ("hetu", "grade", "note")}
    records = [
        {"hetu": record["hetu"], "grade": str(number) if number < 10 else "50", "note": "ab"[number % 2]}
        for number, record in enumerate(people(30))
    ]
    shown = found(*records, fields=fields, match_tokens=False)["uniqueness"]
    assert shown["columns"] == ["grade", "note"]
    assert (shown["alone"], shown["few"]) == (10, 0)
    best = shown["greediest"][0]
    assert (best["column"], best["instead"], best["alone"], best["few"]) == ("grade", "never", 0, 0)
    assert [(each["column"], each["instead"]) for each in shown["greediest"]][1] == ("grade", "band_5")
    assert shown["greediest"][-1]["column"] == "note"


def test_a_person_of_many_rows_counts_once_by_the_rarest() -> None:
    rare = [record | {"note": "alone" + record["given"] + record["postcode"]} for record in people(10)]
    shown = found(*people(20), *rare, rows="event", fields={name: PERSON_FIELDS[name] for name in ("hetu", "note")}, match_tokens=False)
    assert shown["persons"]["in_extract"] == 20
    assert shown["uniqueness"]["alone"] == 10


def test_persons_fall_into_the_best_class_that_links_them() -> None:
    bare = [
        *people(10),
        *but(people(10, 30), hetu=""),
        *but(people(10, 50), hetu="", postcode=""),
        *but(people(10, 70), hetu="", given="", surname=""),
        *but(people(10, 90), hetu="", born=""),
        *but(people(10, 110), hetu="", born="", postcode=""),
    ]
    shown = found(*bare)["linkability"]
    assert {name: count for name, count in shown["best"].items() if count} == {
        "code": 10,
        "names_birth_date_address": 10,
        "names_birth_date": 10,
        "birth_date_address": 10,
        "names_address": 10,
        "nothing": 10,
    }
    assert shown["expected_per_cent"] == round(sum(CHANCES[name] for name, count in shown["best"].items() if count) / 60)
    assert shown["holding"]["code"] == 10
    alone = found(*bare, match_tokens=False)["linkability"]
    assert (alone["best"]["code"], alone["best"]["nothing"]) == (10, 50)


def test_artificial_codes_link_nobody_where_the_agreement_refuses_them() -> None:
    shown = found(*people(20), artificial="refuse", match_tokens=False)
    assert shown["linkability"]["best"]["nothing"] == 20
    assert first_fix(shown) == ("code_artificial", "artificial", ["hetu"], 20, 20)


def test_a_required_code_keeps_a_row_back_and_its_fix_brings_it_home() -> None:
    fields = PERSON_FIELDS | {"hetu": {"meaning": "hetu", "required": True}}
    shown = found(*people(20), *but(people(10, 50), hetu=""), fields=fields)
    assert (shown["persons"]["lost"], shown["persons"]["leaving"]) == (10, 20)
    assert first_fix(shown) == ("code_missing", "missing", ["hetu"], 10, 10)


FIXES = [
    ({"hetu": "010190900C"}, False, ("code_rejected", "sign_missing", ["hetu"], 20, 20)),
    ({"hetu": "010190"}, False, ("code_rejected", "partial", ["hetu"], 20, 20)),
    ({"visits": "many"}, True, ("row_kept_back", "not_an_integer", ["visits"], 20, 20)),
    ({"hetu": "", "born": "", "postcode": ""}, True, ("code_missing", "missing", ["hetu"], 20, 20)),
    ({"born": "1980-05-04"}, True, ("birth_year_differs", "birth_year_differs", ["hetu", "born"], 20, 20)),
]


@pytest.mark.parametrize(("change", "matched", "fix"), FIXES)
def test_what_to_mend_and_what_it_gains(change: dict[str, str], matched: bool, fix: tuple[Any, ...]) -> None:
    assert first_fix(found(*people(30), *but(people(20, 60), **change), match_tokens=matched)) == fix


NO_CODE = {name: PERSON_FIELDS[name] for name in ("given", "surname", "postcode", "note")} | {
    "born": {"type": "date", "meaning": "birth_date"}
}
GAINS_WITHOUT_CODES = [
    ({"born": ""}, ("value_missing", "missing", ["born"], 40, 0.12)),
    ({"born": "", "postcode": ""}, ("value_missing", "missing", ["born"], 40, 0.92)),
    ({"born": "3.4.89"}, ("value_flawed", "two_digit_year", ["born"], 40, 0.12)),
    ({"born": "12.31.1989"}, ("value_flawed", "day_and_month_swapped", ["born"], 40, 0.12)),
    (
        {"surname": "", "given": "Eva Virtanen", "postcode": ""},
        ("names_in_one_column", "names_in_one_column", ["given", "surname"], 40, 0.92),
    ),
    ({"surname": "MÃ¤kelÃ¤", "postcode": ""}, ("value_flawed", "mojibake", ["surname"], 40, 0.92)),
    ({"given": "2010-05-04", "born": "Eva", "postcode": ""}, ("columns_shifted", "shifted", ["given", "born"], 40, 0.92)),
    ({"postcode": "00000"}, ("value_flawed", "all_zeros", ["postcode"], 40, 0.05)),
]


@pytest.mark.parametrize(("change", "fix"), GAINS_WITHOUT_CODES)
def test_gains_follow_the_declared_chances(change: dict[str, str], fix: tuple[Any, ...]) -> None:
    kind, reason, columns, persons, chance = fix
    gain = -(-round(persons * chance * 1000) // 1000) // 5 * 5 or "<5"
    assert first_fix(found(*people(30), *but(people(40, 60), **change), fields=NO_CODE)) == (kind, reason, columns, persons, gain)


def test_a_birth_date_that_keeps_its_row_back_gains_the_whole_person() -> None:
    fields = NO_CODE | {"born": PERSON_FIELDS["born"]}
    shown = found(*people(30), *but(people(40, 60), born="3.4.89"), fields=fields)
    assert first_fix(shown) == ("value_flawed", "two_digit_year", ["born"], 40, 35)
    both = found(*people(30), *but(people(40, 60), born="3.4.89", visits="many"), fields=fields | {"visits": PERSON_FIELDS["visits"]})
    assert both["fixes"] == [], "a row with two faults comes back by neither fix alone"


def test_five_fixes_at_most_and_most_gain_first() -> None:
    changes = ["010190900C", "010190", "010190-900Q", "310290-900C", "010190?900C", "01019", ""]
    records = [record for place, text in enumerate(changes) for record in but(people(10 + 5 * place, 60 * place), hetu=text)]
    fixes = found(*people(20, 500), *records, match_tokens=False)["fixes"]
    assert len(fixes) == 5
    gains = [fix["gain"] for fix in fixes]
    assert gains == sorted(gains, reverse=True)
    assert fixes[0]["reason"] == "missing"


def test_the_page_is_the_same_with_and_without_restrictions_and_opt_outs() -> None:
    records = but(people(40), street="Koulukatu", number="1", phone="040 1234567")
    plain = found(*but(records, restricted="0"))
    assert found(*but(records[:7], restricted="1"), *but(records[7:], restricted="0")) == plain
    assert found(*but(records, restricted="0"), local=Local(TODAY, {}, frozenset(record["hetu"] for record in records[:9]))) == plain
    assert found(*but(records[:7], restricted="1"), *but(records[7:], restricted="")) == plain, "only the restricted are marked"
    assert [column(plain, "restricted")[name] for name in ("empty", "filled_per_cent", "distinct")] == [None] * 3


@pytest.mark.parametrize("word", ["-", "0.0", "Ei turvakieltoa", "1"])
def test_a_restriction_mark_without_a_no_is_said_of_the_whole_column(word: str) -> None:
    assert column(found(*people(20, restricted=word)), "restricted")["all_restricted"] is True
    assert column(found(*people(4, restricted=word)), "restricted")["all_restricted"] is False, "too few persons"
    assert column(found(*but(people(1) * 20, restricted=word), rows="event"), "restricted")["all_restricted"] is False, "one person"


@settings(max_examples=20, deadline=None)
@given(marks=st.lists(st.sampled_from(["1", "-", "X"]), min_size=5, max_size=19), no=st.sampled_from(["", *sorted(NOT_RESTRICTED), " EI "]))
def test_one_row_without_a_restriction_silences_the_remark(marks: list[str], no: str) -> None:
    records = [record | {"restricted": mark} for record, mark in zip(people(20), [*marks, *[no] * 20], strict=False)]
    assert column(found(*records), "restricted")["all_restricted"] is False


def test_changed_codes_are_told_from_the_floor_on_and_few_look_like_none() -> None:
    records = people(40)

    def history(number: int) -> Local:
        return Local(TODAY, {record["hetu"]: code("1999-01-01", 900 + place) for place, record in enumerate(records[:number])}, frozenset())

    stranger = Local(TODAY, {code("1980-03-03"): code("1980-03-04")}, frozenset())
    assert found(*records, local=stranger) == found(*records, local=history(1)) == found(*records, local=history(4))
    assert own_codes(found(*records, local=history(3)))["changed"] == "<5"
    assert own_codes(found(*records, local=history(10)))["changed"] == 10
    assert "changed" not in own_codes(found(*records))


def test_refusals_are_those_of_the_way_in() -> None:
    with pytest.raises(PolicyRefusal, match="S4102"):
        found(*people(2, note="eva@example.org"))
    with pytest.raises(PolicyRefusal, match="S4101"):
        found(*people(2), {"hetu": code("1990-01-01", 100)})


def test_an_extract_of_which_nothing_may_leave_is_still_described() -> None:
    shown = found(*but(people(10), visits="many"))
    assert (shown["persons"]["leaving"], shown["persons"]["lost"]) == (0, 10)
    assert shown["uniqueness"]["alone"] is None
    assert shown["likeness"] == []
    assert shown["linkability"]["expected_per_cent"] is None
    assert first_fix(shown)[0] == "row_kept_back"


@pytest.mark.parametrize("rows", ["person", "event"])
def test_an_extract_without_rows_is_described(rows: str) -> None:
    shown = found(rows=rows)
    assert (shown["rows"], shown["fixes"]) == (0, [])


def test_the_keys_of_the_document_are_stable() -> None:
    shown = found(*people(20, seen="2025-03-04"), *but(people(10, 50), hetu="x"))
    assert list(shown) == [
        "format", "floor", "rounded_down_to", "zero_is_none", "window", "rows", "rows_kept_back", "persons", "columns", "codes",
        "contradictions", "coverage", "uniqueness", "likeness", "linkability", "fixes",
    ]  # fmt: skip
    assert shown["format"] == FORMAT == "sauma/check/v0"
    assert set(shown["persons"]) == {"in_extract", "leaving", "lost", "repeated_rows", "possible_duplicates"}
    column_keys = {"column", "meaning", "leaves", "required", "empty", "distinct", "kept_back", "flawed", "filled_per_cent"}
    more = {"postcode": {"padded"}, "restricted": {"all_restricted"}}
    assert all(set(each) - column_keys == more.get(each["meaning"], set()) for each in shown["columns"])
    assert all(column_keys <= set(each) for each in shown["columns"])
    assert set(shown["coverage"][0]) == {"column", "by", "periods", "before", "after", "undated", "tells"}
    assert set(shown["uniqueness"]) == {"columns", "alone", "few", "smallest", "greediest"}
    assert all(set(each) == {"group", "column", "code", "persons", "share"} for each in shown["likeness"])
    assert set(shown["linkability"]) == {"holding", "best", "chance_permille", "matched", "expected_per_cent"}
    assert all(set(each) == {"fix", "columns", "reason", "persons", "gain"} for each in shown["fixes"])
    assert json.loads(json.dumps(shown)) == shown


class Recorded(Tally):
    """A tally that a test keeps."""

    last: Tally

    def rounding(self, floor: int) -> Rounding:
        Recorded.last = self
        return super().rounding(floor)


HOSTILE = st.fixed_dictionaries(
    {},
    optional={
        "hetu": st.sampled_from(["", "x", "010190", "010190900C", *(record["hetu"] for record in people(6))]),
        "given": st.sampled_from(["", "Eva", "Oona", "12345", "Eva Virtanen"]),
        "surname": st.sampled_from(["", "Virtanen", "MÃ¤kelÃ¤", "-"]),
        "born": st.sampled_from(["", "2010-05-01", "1.1.2010", "31.12.89", "12.31.1989", "Eva"]),
        "sex": st.sampled_from(["", "1", "2", "3"]),
        "postcode": st.sampled_from(["", "00000", "02100", "x"]),
        "seen": st.sampled_from(["", "2025-01-01", "2024-01-01", "never"]),
        "visits": st.sampled_from(["", "3", "many", "100"]),
        "restricted": st.sampled_from(["", "0", "1"]),
    },
)


@settings(max_examples=8, deadline=None)
@given(kinds=st.lists(st.tuples(HOSTILE, st.integers(1, 12)), min_size=1, max_size=8), event=st.booleans())
def test_no_count_under_the_floor_can_be_worked_out_from_a_whole_page(kinds: list[tuple[dict[str, str], int]], event: bool) -> None:
    records = [record for record, times in kinds for _ in range(times)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings_module, "Tally", Recorded)
        shown = found(*records, rows="event" if event else "person")
    rounding = Rounding(shown["floor"], shown["rounded_down_to"], zeros_told=shown["zero_is_none"])
    for low, high in reach(Recorded.last, rounding).values():
        assert high > low


@settings(max_examples=10, deadline=None)
@given(kinds=st.lists(st.tuples(HOSTILE, st.integers(1, 3)), min_size=1, max_size=8), event=st.booleans())
def test_rows_and_persons_are_those_that_the_way_in_lets_through(kinds: list[tuple[dict[str, str], int]], event: bool) -> None:
    records = [record for record, times in kinds for _ in range(times)]
    terms = agreed(rows="event" if event else "person")
    seen = examined(extract(terms, *records), terms, NOBODY)
    try:
        facts = run(terms, *records).facts
    except InputError as nothing_left:
        assert nothing_left.code == "S3100"
        facts = {"rows_left": 0, "persons": 0}
    assert (int(seen.whole.sum()), int((~seen.lost).sum())) == (facts["rows_left"], facts["persons"])
