"""Relations with days: what does not hold on the agreement's day never leaves, and of what holds only months do."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import PERSON_FIELDS, agreed, by_row, code, run

from privacy.pseudonymise.coded import from_arrow
from privacy.pseudonymise.hetu import age_on
from privacy.pseudonymise.relations import Period, minors, months, period
from schemas.tokens import MONTH_COLUMNS, OPEN_MONTH, RELATION_COLUMNS

DAY = date(2025, 12, 31)
ENDS = {f"{relation}_{end}": {"type": "date", "meaning": f"{relation}_{end}"}
        for relation in ("guardian_1", "guardian_2", "partner", "dwelling", "family") for end in ("from", "until")}  # fmt: skip
FIELDS = PERSON_FIELDS | ENDS | {"head": {"meaning": "family_head_hetu"}, "heads_partner": {"meaning": "family_partner_hetu"}}
CHILD, MOTHER, FATHER, OTHER = code("2012-05-04"), code("1980-05-04"), code("1979-01-02"), code("1985-07-08")
HER, HIM, THEM = ({"hetu": each} for each in (MOTHER, FATHER, OTHER))
BORN = {"hetu": CHILD, "born": "2012-05-04"}


def sent(*records, fields=FIELDS, rows="person"):
    return by_row(run(agreed(fields=fields, rows=rows), *records))


def relatives(row, *others, column="guardian"):
    """Which of *others* the token columns of *row* name."""
    tokens = {row[name] for name in RELATION_COLUMNS if name.startswith(column)}
    return [other["id_a"] in tokens for other in others]


def month_of(row, *names):
    return tuple(row[name] for name in names)


@pytest.mark.parametrize(
    ("days", "holds"),
    [
        ({}, True),
        ({"guardian_1_until": "2025-12-31"}, True),
        ({"guardian_1_until": "2025-12-30"}, False),
        ({"guardian_1_from": "2025-12-31"}, True),
        ({"guardian_1_from": "2026-01-01"}, False),
        ({"guardian_1_from": "no day"}, True),
    ],
)
def test_only_what_holds_on_the_day_leaves(days, holds):
    child, mother, father = sent(BORN | {"guardian_1": MOTHER, "guardian_2": FATHER} | days, HER, HIM)
    assert relatives(child, mother, father) == [holds, True]


def test_guardians_are_a_minors():
    adult = {"hetu": code("2007-12-31"), "guardian_1": MOTHER}
    minor = {"hetu": code("2008-01-01"), "guardian_1": MOTHER}
    grown, under_age, mother = sent(adult, minor, HER)
    assert relatives(grown, mother) == [False]
    assert relatives(under_age, mother) == [True]


def test_months_leave_where_birth_does_not_give_them_away():
    since_birth = {"guardian_1": MOTHER, "guardian_1_from": "2012-05-04", "guardian_1_until": "2030-05-04"}
    later = {"guardian_2": FATHER, "guardian_2_from": "2019-03-17", "guardian_2_until": "2028-02-29"}
    homes = {"dwelling": "900000759J 1C003", "dwelling_from": "2012-05-20"}
    child, mother, father = sent(BORN | since_birth | later | homes, HER, HIM)
    places = {
        other: next(name for name in ("guardian_1", "guardian_2") if child[name] == row["id_a"])
        for other, row in (("m", mother), ("f", father))
    }
    assert month_of(child, f"{places['m']}_from", f"{places['m']}_until") == (OPEN_MONTH, OPEN_MONTH)
    assert month_of(child, f"{places['f']}_from", f"{places['f']}_until") == (201903, 202802)
    assert month_of(child, "dwelling_from", "dwelling_until") == (OPEN_MONTH, OPEN_MONTH)


def test_what_does_not_leave_has_no_month():
    ended = {"partner": FATHER, "partner_from": "2010-01-01", "partner_until": "2020-01-01", "dwelling_from": "2015-01-01"}
    hidden = {"dwelling": "900000759J 1C003", "restricted": "1"}
    (row, _) = sent(HER | ended | hidden, HIM)
    assert {row[name] for name in MONTH_COLUMNS} == {OPEN_MONTH}


def test_registers_without_days_send_a_constant():
    rows = sent(BORN | {"guardian_1": MOTHER}, HER, fields=PERSON_FIELDS)
    assert {row[name] for row in rows for name in MONTH_COLUMNS} == {OPEN_MONTH}


def test_a_declared_family_leaves_as_tokens():
    family = {"head": MOTHER, "heads_partner": FATHER, "family_from": "2024-08-12"}
    child, mother, father = sent(BORN | family, HER, HIM)
    assert (child["family_head"], child["family_partner"]) == (mother["id_a"], father["id_a"])
    assert month_of(child, "family_from", "family_until") == (202408, OPEN_MONTH)
    child, mother, father = sent(BORN | family | {"family_until": "2025-06-01"}, HER, HIM)
    assert relatives(child, mother, father, column="family") == [False, False]


def test_of_several_rows_a_relation_is_taken_from_the_one_that_holds_and_began_last():
    rows = [
        BORN
        | {"head": MOTHER, "family_from": "2020-08-01", "dwelling": "past", "dwelling_until": "2021-01-01", "given": "Eva", "surname": "x"},
        BORN | {"head": FATHER, "family_from": "2024-08-01", "dwelling": "present", "dwelling_from": "2021-01-02"},
        BORN | {"head": OTHER, "family_from": "2025-01-01", "family_until": "2025-05-01"},
    ]
    outcome = run(agreed(fields=FIELDS), *rows, HER, HIM | {"dwelling": "present"}, THEM)
    child, *_, mother, father, other = by_row(outcome)
    assert relatives(child, mother, father, other, column="family") == [False, True, False]
    assert child["dwelling"] == father["dwelling"]
    assert outcome.facts["persons_under_two_family_heads"] == 1


def test_a_couple_whose_marriage_ended_may_cohabit_again_and_kin_never_do():
    home = {"dwelling": "900000759J 1C003"}
    she = home | {"hetu": MOTHER, "born": "1980-05-04", "sex": "2", "partner": FATHER, "partner_until": "2020-01-01"}
    he = home | {"hetu": FATHER, "born": "1979-01-02", "sex": "1"}
    mother, father = sent(she, he)
    assert mother["partner"] == father["id_a"]
    brother = home | {"hetu": code("2001-01-01"), "born": "2001-01-01", "sex": "1", "guardian_1": OTHER}
    sister = home | {"hetu": code("2003-01-01"), "born": "2003-01-01", "sex": "2", "guardian_1": OTHER}
    one, two = sent(brother, sister)
    assert one["partner"] != two["id_a"]


YEAR = timedelta(days=366)
DAYS = st.dates(date(1899, 12, 1), date(2030, 12, 31)) | st.none()


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(DAYS, DAYS, DAYS, st.booleans()), min_size=1, max_size=8), st.booleans())
def test_as_the_calendar_says(rows, comes_of_age):
    def texts(place):
        return from_arrow(pa.array([row[place] and row[place].isoformat() for row in rows], pa.string()))

    born, held = texts(2), np.array([row[3] for row in rows])
    stands = period({"family_from": texts(0), "family_until": texts(1)}, "family_head_hetu", len(rows))
    first, last = months(stands, held, born, comes_of_age=comes_of_age)
    for place, (since, until, birth, leaves) in enumerate(rows):
        assert stands.on(DAY)[place] == ((since is None or since <= DAY) and (until is None or until >= DAY))
        assert minors(born, DAY)[place] == (birth is None or age_on(DAY, birth) < 18)
        at_birth = since is None or (birth is not None and since <= birth + YEAR)
        grown = comes_of_age and birth is not None and until is not None and age_on(until + YEAR, birth) >= 18
        assert first[place] == (since.year * 100 + since.month if leaves and since and not at_birth else OPEN_MONTH)
        assert last[place] == (until.year * 100 + until.month if leaves and until and not grown else OPEN_MONTH)


def test_open_ends_hold_always() -> None:
    stands = period({}, "dwelling", 2)
    assert isinstance(stands, Period)
    assert stands.on(date(1900, 1, 1)).all()
    assert stands.on(date(2999, 1, 1)).all()
