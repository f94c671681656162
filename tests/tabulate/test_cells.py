"""The cell space against plain enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabulate_world import AGE, AREA, SEX, request, table

from privacy.tabulate.cells import cell_space
from schemas.errors import InputError


def space_of(*dimensions: dict, **more: object):
    return cell_space(request([table("t", dimensions, **more)]).table[0])


def test_points_levels_and_total_come_in_order() -> None:
    axis = space_of(AREA).axes[0]
    assert [point.code for point in axis.points] == ["049", "235", "257", "unknown", "east", "west", "total"]
    assert axis.levels == ("area", "part", "total")
    assert axis.points[4].finest == (0, 1)
    assert axis.points[6].finest == (0, 1, 2, 3)


def test_keys_are_in_c_order_and_indexed() -> None:
    space = space_of(SEX, AGE)
    assert space.keys == tuple(itertools.product(("female", "male", "unknown", "total"), ("0-6", "7-17", "18+", "unknown", "total")))
    assert all(space.index[key] == number for number, key in enumerate(space.keys))


def test_membership_is_the_product_of_the_points() -> None:
    space = space_of(AREA, SEX)
    dense = space.membership.toarray()
    shape = space.finest_shape
    for number, (a, b) in enumerate(itertools.product(space.axes[0].points, space.axes[1].points)):
        members = {np.ravel_multi_index(pair, shape) for pair in itertools.product(a.finest, b.finest)}
        assert set(np.flatnonzero(dense[number])) == members
    assert set(np.unique(dense)) == {0, 1}


def test_cells_of_a_grouping_never_overlap_and_the_finest_are_all() -> None:
    space = space_of(AREA, SEX, {**AGE, "total": False})
    assert len(space.groupings) == 3 * 2 * 1
    for number in range(len(space.groupings)):
        inside = space.membership[np.flatnonzero(space.grouping == number)]
        assert inside.sum(axis=0).max() == 1
    assert (space.membership[space.inner] != np.eye(space.finest_size)).sum() == 0
    assert space.groupings[0] == ("area", "sex", "age")


@given(st.lists(st.integers(0, 50), min_size=12, max_size=12))
def test_sums_add_up(counts: list[int]) -> None:
    space = space_of(AREA, SEX)
    totals = space.sums(np.array(counts))
    grid = np.array(counts).reshape(space.finest_shape)
    assert totals[space.index["total", "total"]] == grid.sum()
    assert totals[space.index["east", "male"]] == grid[0, 1] + grid[1, 1]
    assert totals[space.index["unknown", "total"]] == grid[3].sum()


def test_a_table_for_nobody_is_refused() -> None:
    wide = [{"name": f"d{number}", "value": "population.sex", "codes": [str(code) for code in range(20)]} for number in range(5)]
    with pytest.raises(InputError) as refused:
        space_of(*wide)
    assert refused.value.code == "S3301"
