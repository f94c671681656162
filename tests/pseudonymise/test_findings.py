"""What a steward is shown: counts, never values, small ones hidden."""

from __future__ import annotations

import json

import pytest
from small_world import NOBODY, PERSON_FIELDS, TODAY, agreed, code, extract

from privacy.pseudonymise.findings import FIXES, Findings, findings
from privacy.pseudonymise.pipeline import Local
from schemas.errors import PolicyRefusal

NAMES = ("Eva", "Oona", "Lauri", "Åke", "Eino", "Aino", "Elli", "Onni", "Leo", "Ida")


def people(count: int, **rest: str) -> list[dict[str, str]]:
    return [
        {"hetu": code("2012-05-04", 900 + number), "given": NAMES[number % 10], "surname": "Mäkelä", "born": "2012-05-04", "sex": "1"}
        | rest
        for number in range(count)
    ]


def found(*records: dict[str, str], local: Local = NOBODY, **agreement: object) -> Findings:
    terms = agreed(**agreement)
    return findings(extract(terms, *records), terms, local)


def test_counts_by_column_and_reason() -> None:
    wrong = [record | {"hetu": record["hetu"][:6] + record["hetu"][7:]} for record in people(6)]
    damaged = [record | {"surname": "MÃ¤kelÃ¤"} for record in people(7)]
    shown = found(*people(9), *wrong, *damaged, *people(5, visits="many")).as_dict()
    assert shown["rows"] == 27
    assert shown["rejected"] == {"visits": {"not_an_integer": 5}}
    assert shown["codes"]["hetu"] == {"sign_missing": 6, "artificial": 16}
    assert shown["unusable"] == {"surname": {"mojibake": 7}}
    assert shown["filled_per_cent"]["hetu"] == 100
    assert shown["filled_per_cent"]["street"] == 0
    assert [each["fix"] for each in shown["fixes"]] == [FIXES["mojibake"], FIXES["sign_missing"]]


def test_small_counts_are_not_shown() -> None:
    shown = found(*people(9), *(record | {"hetu": ""} for record in people(4))).as_dict()
    assert shown["codes"]["hetu"]["missing"] == "<5"
    assert shown["linkable_persons"] == {"code": 9, "names_and_birth_date": "<5", "less": 0, "nothing": 0}


def test_birth_dates_that_differ_from_the_code_are_counted_and_stay_valid() -> None:
    shown = found(*people(6), *people(8, born="1980-05-04")[2:]).as_dict()
    assert shown["codes"]["hetu"]["birth_date_differs"] == 6
    assert shown["rejected"] == {}


def test_uniqueness_counts_persons_by_their_rarest_combination() -> None:
    shown = found(*people(6), people(7, note="alone")[6], rows="event").as_dict()
    assert shown["persons_by_uniqueness"] == {"alone": "<5", "2_to_4": 0, "5_or_more": 6}
    assert shown["persons"] == 7


def test_rows_of_one_person_are_counted_as_repeated() -> None:
    shown = found(*people(6), *people(6)).as_dict()
    assert (shown["persons"], shown["repeated_rows"]) == (6, 6)


def test_likeness_is_shown_apart_for_new_year_births() -> None:
    alike = [{"given": "Eva", "surname": "Virta", "born": "2010-02-03"}] * 6
    new_year = [{"given": name, "surname": "Virta", "born": f"20{year:02d}-01-01"} for year, name in enumerate(NAMES)]
    assert found(*alike, *new_year).as_dict()["near_per_cent"] == {"born_1_january": 0, "born_on_another_day": 100}


def test_no_value_and_no_restriction_is_shown() -> None:
    records = [
        {name: f"canary{name}{number}" for name in PERSON_FIELDS if name not in ("hetu", "guardian_1", "guardian_2", "partner")}
        | {"hetu": f"01019{number}-canary"}
        for number in range(9)
    ]
    shown = found(*records, *people(6, restricted="1"))
    text = json.dumps(shown.as_dict()) + "\n".join(shown.lines())
    assert "canary" not in text
    assert "010190" not in text
    assert not [column for key in ("codes", "unusable", "rejected") for column in shown.as_dict()[key] if column == "restricted"]


def test_changed_codes_and_opt_outs_are_not_counted() -> None:
    records = people(8)
    changed = Local(TODAY, {records[0]["hetu"]: code("2012-05-04", 950)}, frozenset())
    assert found(*records, local=changed) == found(*records)
    left = Local(TODAY, {}, frozenset((records[0]["hetu"],)))
    assert not [key for key in found(*records, local=left).as_dict() if "opt" in key]


def test_an_extract_of_which_nothing_may_leave_is_still_described() -> None:
    shown = found(*people(6, visits="many")).as_dict()
    assert (shown["persons"], shown["rejected"]) == (0, {"visits": {"not_an_integer": 6}})


def test_refusals_are_those_of_the_way_in() -> None:
    with pytest.raises(PolicyRefusal, match="S4102"):
        found(*people(2, note="eva@example.org"))


def test_lines_tell_the_same_as_the_document() -> None:
    told = "\n".join(found(*people(6), *people(5, visits="x")).lines())
    assert "rows: 11, persons: 6" in told
    assert "rejected rows, visits: not an integer 5" in told
    assert "artificial" in told
