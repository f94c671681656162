"""Dictionary-coded columns against plain lists."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from privacy.pseudonymise.coded import Coded, from_arrow, group, together

texts = st.lists(st.one_of(st.none(), st.sampled_from(["", " ", "a", "b ", "c", "å"])), max_size=12)


def coded(values: list[str | None]) -> Coded:
    return from_arrow(pa.array(values, pa.string()))


def plain(column: Coded) -> list[str | None]:
    return column.to_arrow().to_pylist()


def stripped(values: list[str | None]) -> list[str | None]:
    return [(value or "").strip() or None for value in values]


@given(texts)
def test_there_and_back(values: list[str | None]) -> None:
    column = coded(values)
    assert plain(column) == stripped(values)
    assert list(column.values) == sorted({value for value in stripped(values) if value})


@given(texts, texts)
def test_fill_and_share_a_dictionary(one: list[str | None], other: list[str | None]) -> None:
    size = min(len(one), len(other))
    mine, theirs = coded(one[:size]), coded(other[:size])
    assert plain(mine.otherwise(theirs)) == [a or b for a, b in zip(stripped(one), stripped(other), strict=False)]
    a, b = together(mine, theirs)
    assert a.values == b.values
    assert (plain(a), plain(b)) == (plain(mine), plain(theirs))


@given(texts, st.data())
def test_rows_left_out_leave_nothing_behind(values: list[str | None], data: st.DataObject) -> None:
    column = coded(values)
    mask = np.array([data.draw(st.booleans()) for _ in values], dtype=np.bool_)
    kept = column.only(mask)
    assert plain(kept) == [value if keep else None for value, keep in zip(stripped(values), mask, strict=True)]
    assert set(kept.values) == {value for value in plain(kept) if value}
    taken = column.take(np.flatnonzero(mask))
    assert plain(taken) == [value for value, keep in zip(stripped(values), mask, strict=True) if keep]
    assert set(taken.values) == {value for value in plain(taken) if value}


@given(texts)
def test_map_and_holds_see_each_value_once(values: list[str | None]) -> None:
    seen: list[str] = []

    def upper(value: str) -> str:
        seen.append(value)
        return "" if value == "c" else value.upper()

    column = coded(values)
    assert plain(column.map(upper)) == [None if value in (None, "c") else value.upper() for value in stripped(values)]
    assert len(seen) == len(set(seen))
    assert column.holds("a".__eq__).tolist() == [value == "a" for value in stripped(values)]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from(["c", "d", None])), min_size=1, max_size=15))
def test_group_is_equality_of_rows(rows: list[tuple[str | None, str | None]]) -> None:
    numbers = group([coded([row[at] for row in rows]) for at in (0, 1)]).tolist()
    for one, first in zip(rows, numbers, strict=True):
        for other, second in zip(rows, numbers, strict=True):
            assert (one == other) == (first == second)
