"""From bounded counts to a DP table: split, fit, display, blank, interval.

Statistical tests print their seed and state their error probability.
"""

from __future__ import annotations

import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tabulate_world import AGE, AREA, SEX, one_table, table

from privacy.protect import budget, dp, intervals, least_squares
from privacy.tabulate.counts import Bounded
from schemas.agreement import ReleaseClass
from schemas.errors import BudgetExhausted, InputError, PolicyRefusal

RULES = ReleaseClass(audience="public", kinds=("DP",), minimum_persons=5, minimum_families=3)
BUDGETS = st.fixed_dictionaries({"area": st.integers(1, 3), "part": st.integers(0, 3), "total": st.integers(0, 3)})


def dp_plan(*dimensions: dict, epsilon: str = "1", unit: str = "person", **more: object):
    if unit == "family":
        dimensions = tuple({**each, "value": f"max({each['value']})"} for each in dimensions)
    return one_table(table("t", dimensions, kind="DP", epsilon=epsilon, unit=unit, **more))


def silent(counts: np.ndarray, scale: float) -> np.ndarray:
    return counts.copy()


def seeded(seed: int):
    """Discrete Laplace as a difference of geometrics, from a seed: for tests only."""
    generator = np.random.default_rng(seed)
    sys.stdout.write(f"seed {seed}\n")

    def draw(counts: np.ndarray, scale: float) -> np.ndarray:
        p = 1 - np.exp(-1 / scale)
        return counts + generator.geometric(p, len(counts)) - generator.geometric(p, len(counts))

    return draw


def test_the_split_adds_up_to_epsilon_and_scales_are_exact() -> None:
    made = dp_plan({**AREA, "budget": {"area": 3, "part": 0}}, SEX, epsilon="0.7")
    parts = budget.split(made.table, made.space, 4)
    assert sum(part.share for part in parts) == Fraction("0.7")
    assert len(parts) == 2 * 2  # areas and total, by sex and total: the parts are only summed up
    assert {part.weight for part in parts} == {3, 1}
    assert all(part.scale == Fraction(4) / part.share for part in parts)
    assert budget.loss(parts, 4) <= Fraction("0.7")
    assert Fraction("0.6999999999") < budget.loss(parts, 4)


def test_equal_shares_where_nothing_is_said() -> None:
    made = dp_plan(AREA, SEX, AGE)
    parts = budget.split(made.table, made.space, 3)
    assert {part.share for part in parts} == {Fraction(1, 12)}
    assert {part.scale for part in parts} == {Fraction(36)}  # persons_per_family x number of noised levels


def test_a_table_of_families_counts_one_family_of_a_unit() -> None:
    made = dp_plan(SEX, unit="family")
    assert {part.scale for part in budget.split(made.table, made.space, 3)} == {Fraction(2)}


@given(BUDGETS, st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_the_fit_is_the_dense_weighted_least_squares(weights: dict[str, int], seed: int) -> None:
    """Against NumPy's lstsq on the whole membership matrix, and variances against the dense normal equations."""
    made = dp_plan({**AREA, "budget": weights}, {**SEX, "budget": {"sex": 2}})
    space = made.space
    chosen = budget.axis_weights(made.table, space)
    levels = np.array([1.0])
    for axis, names in zip(space.axes, chosen, strict=True):
        levels = np.outer(levels, [names[point.depth] for point in axis.points]).ravel()
    noisy = np.random.default_rng(seed).integers(-20, 50, space.size)
    dense = space.membership.toarray().astype(float)
    solution = np.linalg.lstsq(levels[:, None] * dense, levels * noisy, rcond=None)[0]
    found = least_squares.fit(space, chosen, noisy)
    assert np.allclose(found.cells, dense @ solution, atol=1e-6)
    covariance = dense @ np.linalg.inv(dense.T @ np.diag(levels**2) @ dense) @ dense.T
    assert np.allclose(found.variances, np.diag(covariance))


@given(st.lists(st.integers(-30, 60), min_size=12, max_size=12))
@settings(max_examples=40, deadline=None)
def test_display_is_whole_not_negative_and_adds_up(finest: list[int]) -> None:
    space = dp_plan(AREA, SEX).space
    weights = ((1, 1, 1), (1, 1))
    fitted = least_squares.Fit(space.membership @ np.array(finest, dtype=float), np.ones(space.size))
    shown = least_squares.display(space, weights, fitted)
    assert shown.min() >= 0
    assert (shown == space.sums(shown[space.inner])).all()
    if min(finest) >= 0:
        assert (shown == space.sums(np.array(finest))).all()  # what needs no cutting is left alone


def test_display_does_not_add_the_cut_off_noise_to_totals() -> None:
    """Empty cells: cutting each at 0 alone would make a total of hundreds out of nothing."""
    made = dp_plan({"name": "school", "value": "population.municipality", "codes": [f"s{n}" for n in range(300)]}, epsilon="0.5")
    table_of = dp.noised(made, Bounded(np.zeros(made.space.finest_size, dtype=np.int64)), RULES, persons_per_family=3, draw=seeded(11))
    weights = budget.axis_weights(made.table, made.space)
    noisy = seeded(11)(np.zeros(made.space.finest_size, dtype=np.int64), 12.0)
    assert np.maximum(noisy, 0).sum() > 1000
    total = table_of.cells[-1]
    assert total.value is None or total.value < 150
    assert weights == ((1, 1),)


def test_without_noise_the_counts_come_back_and_small_ones_are_blank() -> None:
    made = dp_plan(AREA, epsilon="9")
    found = dp.noised(made, Bounded(np.array([40, 4, 5, 0])), RULES, persons_per_family=1, draw=silent)
    assert [cell.value for cell in found.cells] == [40, None, 5, None, 44, 5, 49]
    assert [cell.key for cell in found.cells] == list(made.space.keys)
    for cell in found.cells:
        assert (cell.value is None) == (cell.lower is None) == (cell.upper is None)
        assert cell.value is None or cell.lower <= cell.value <= cell.upper


def test_noise_is_drawn_once_for_every_measured_cell_at_its_scale() -> None:
    made = dp_plan({**AREA, "budget": {"part": 0, "area": 2}})
    seen: list[tuple[int, float]] = []

    def watch(counts: np.ndarray, scale: float) -> np.ndarray:
        seen.append((len(counts), scale))
        return counts

    dp.noised(made, Bounded(np.array([9, 9, 9, 9])), RULES, persons_per_family=3, draw=watch)
    assert seen == [(4, 4.5), (1, 9.0)]


def test_policy_a_is_refused_with_its_reason() -> None:
    made = dp_plan(SEX, policy="A")
    with pytest.raises(PolicyRefusal) as refused:
        dp.noised(made, Bounded(np.array([1, 2, 3])), RULES, persons_per_family=3, draw=silent)
    assert refused.value.code == "S4302"
    assert "not differentially private" in refused.value.reason


@pytest.mark.parametrize("count", [0, 5, 30])
def test_intervals_cover_given_that_the_cell_is_shown(count: int) -> None:
    """The whole path, hundreds of times.  A right 95 % interval fails this with probability under 1e-6 (normal tail
    beyond 5 standard errors of the share)."""
    seed = 20261 + count
    draw = seeded(seed)
    made = dp_plan(AREA, SEX, epsilon="2")
    finest = np.full(made.space.finest_size, count)
    truth = made.space.sums(finest)
    missed = np.zeros(made.space.size)
    shown = np.zeros(made.space.size)
    for _ in range(500):
        for place, cell in enumerate(dp.noised(made, Bounded(finest), RULES, persons_per_family=1, draw=draw).cells):
            if cell.value is not None and cell.lower is not None and cell.upper is not None:
                shown[place] += 1
                missed[place] += not cell.lower <= truth[place] <= cell.upper
    for place in np.flatnonzero(shown > 100):
        allowed = 0.05 + 5 * np.sqrt(0.05 * 0.95 / shown[place])
        assert missed[place] / shown[place] <= allowed, (made.space.keys[place], shown[place])


def test_a_shown_count_near_the_minimum_may_be_nothing() -> None:
    low, high = intervals.conditional(np.array([6.0, 200.0]), np.array([4.0, 4.0]), 5.0)
    assert low[0] == 0
    assert 10 < high[0] < 18
    assert 200 - 13 < low[1] < 200 - 11
    assert 200 + 11 < high[1] < 200 + 13


def test_the_expected_error_needs_no_data_and_is_what_happens() -> None:
    """Half of the plain 95 % width, against 400 draws; seeds printed; error probability under 1e-6 (see above)."""
    made = dp_plan(AREA, SEX)
    rows = dp.expectations(made.table, made.space, 2)
    assert [row.levels for row in rows] == list(made.space.groupings)
    weights = budget.axis_weights(made.table, made.space)
    draw = seeded(5)
    scale = float(budget.split(made.table, made.space, 2)[0].scale)
    zeros = np.zeros(made.space.size, dtype=np.int64)
    errors = np.array([np.abs(least_squares.fit(made.space, weights, draw(zeros, scale)).cells) for _ in range(400)])
    for number, row in enumerate(rows):
        inside = errors[:, made.space.grouping == number]
        assert (inside > row.half_width).mean() < 0.05 + 5 * np.sqrt(0.05 * 0.95 / 400)
    assert rows[0].half_width < np.log(20) * scale  # least squares never widens


def test_the_budget_is_exact() -> None:
    assert budget.charge(Fraction("0.3"), Fraction("0.7"), Fraction(1)) == 0
    with pytest.raises(BudgetExhausted) as refused:
        budget.charge(Fraction("0.3"), Fraction("0.700000001"), Fraction(1))
    assert refused.value.code == "S7001"
    assert "0.700000001" in refused.value.reason


@given(st.integers(0, 10**12), st.integers(0, 9))
def test_decimals_are_written_exactly(digits: int, places: int) -> None:
    assert Fraction(budget.decimal(Fraction(digits, 10**places))) == Fraction(digits, 10**places)


def test_the_finest_level_is_always_measured() -> None:
    with pytest.raises(InputError) as refused:
        dp_plan({**AREA, "budget": {"area": 0}})
    assert "finest" in refused.value.reason
