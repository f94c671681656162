"""Tails of codes beside their birth dates: as one by one, and the same package as from whole codes."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from small_world import TODAY, agreed, by_row, code, run

from privacy.pseudonymise.coded import from_arrow
from privacy.pseudonymise.codes import read_codes
from privacy.pseudonymise.hetu import assemble, compose
from privacy.pseudonymise.history import History
from privacy.pseudonymise.tails import completed

whole_codes = st.builds(
    lambda born, number, new: compose(born, number, "YB"[born.year >= 2000] if new else "-A"[born.year >= 2000]),
    st.dates(date(1920, 1, 1), TODAY),
    st.integers(900, 999),
    st.booleans(),
)
texts = st.one_of(
    st.none(),
    whole_codes,
    whole_codes.map(lambda code: code[6:]),
    whole_codes.map(lambda code: f" {code[6:].lower()}"),
    whole_codes.map(lambda code: code[7:]),
    st.sampled_from(["", "999", "-999", "X", "-99WW", "\u2013999W", "\uff0d\uff19\uff19\uff19\uff37"]),
)
days = st.one_of(
    st.none(), st.dates(date(1890, 1, 1), TODAY).map(date.isoformat), st.sampled_from(["1.2.1990", "31.2.1990", "1990", "1.1.90"])
)


@given(st.lists(st.tuples(texts, days), max_size=20))
def test_whole_columns_are_completed_as_row_by_row(rows: list[tuple[str | None, str | None]]) -> None:
    codes, born = (from_arrow(pa.array([row[place] for row in rows], pa.string())) for place in (0, 1))
    expected = [assemble((day or "").strip(), text.strip()) or None if text and text.strip() else None for text, day in rows]
    assert completed(codes, born).to_arrow().to_pylist() == expected


@given(st.lists(whole_codes, min_size=1, max_size=10))
def test_a_tail_with_its_sign_is_as_good_as_the_code_and_one_without_is_none(codes: list[str]) -> None:
    day = {"-": "19", "Y": "19", "A": "20", "B": "20"}
    born = from_arrow(pa.array([f"{code[:2]}.{code[2:4]}.{day[code[6]]}{code[4:6]}" for code in codes]))

    def judged(start: int) -> object:
        column = completed(from_arrow(pa.array([code[start:] for code in codes])), born)
        return read_codes(column, History({}, {}), today=TODAY, register="a")

    assert judged(6).current.to_arrow().to_pylist() == codes
    assert judged(7).reasons == {"sign_missing": len(codes)}


def test_a_package_made_of_tails_has_the_tokens_of_the_codes() -> None:
    born = ("1990-01-01", "2012-05-04", "1990-01-02")
    records = [{"hetu": code(day), "born": day, "given": "A", "surname": "B"} for day in born]
    tails = [record | {"hetu": record["hetu"][6:]} for record in records]
    tails[2] = records[2] | {"hetu": records[2]["hetu"][7:]}
    whole, split = (by_row(run(agreed(), *each)) for each in (records, tails))
    assert [row["id_a"] for row in whole[:2]] == [row["id_a"] for row in split[:2]]
    assert whole[2]["id_a"] != split[2]["id_a"]
