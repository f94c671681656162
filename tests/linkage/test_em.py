"""EM against recordlinkage's classifier, and what it must survive: few candidates, no candidates, impossible starts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import recordlinkage
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.em import FLOOR, Model, fit
from linkage.isotonic import isotonic

JARO = Model(np.full(4, 0.9), np.full(4, 0.1), 0.1)
"""recordlinkage starts from here."""


def sample(seed, matches, others, m=0.9, u=0.15):
    rng = np.random.default_rng(seed)
    return np.vstack([rng.random((matches, 4)) < m, rng.random((others, 4)) < u])


@pytest.mark.parametrize("seed", range(6))
def test_em_finds_what_recordlinkage_finds(seed):
    pairs = sample(seed, 150 + 40 * seed, 700)
    slow = recordlinkage.ECMClassifier(max_iter=2000, atol=1e-10)
    slow.fit(pd.DataFrame(pairs.astype(int), columns=list("abcd")))
    patterns, counts = np.unique(pairs, axis=0, return_counts=True)
    model = fit(patterns, counts.astype(float), JARO)
    assert model.prior == pytest.approx(slow.p, abs=2e-3)
    for place, name in enumerate("abcd"):
        assert model.m[place] == pytest.approx(slow.m_probs[name][1], abs=2e-3)
        assert model.u[place] == pytest.approx(slow.u_probs[name][1], abs=2e-3)
    expected = slow.prob(pd.DataFrame(patterns.astype(int), columns=list("abcd"))).to_numpy()
    np.testing.assert_allclose(model.posterior(patterns), expected, atol=5e-3)


def likelihood(model, patterns, counts):
    def of(p):
        return np.where(patterns, p, 1 - p).prod(axis=1)

    return float((counts * np.log(model.prior * of(model.m) + (1 - model.prior) * of(model.u))).sum())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=8, max_size=8), st.integers(0, 2**32 - 1))
def test_em_never_makes_the_data_less_likely(counts, seed):
    rng = np.random.default_rng(seed)
    patterns = (np.arange(8)[:, None] >> np.arange(3)) & 1 != 0
    start = Model(rng.uniform(0.05, 0.95, 3), rng.uniform(0.05, 0.95, 3), rng.uniform(0.05, 0.95))
    numbers = np.array(counts, dtype=float)
    model = fit(patterns, numbers, start)
    assert likelihood(model, patterns, numbers) >= likelihood(start, patterns, numbers) - 1e-6
    assert (model.m >= FLOOR).all()
    assert (model.u <= 1 - FLOOR).all()


def test_few_candidates_keep_to_what_matches_are_known_to_look_like():
    patterns = np.array([[1, 1, 0, 0], [0, 0, 0, 0]], dtype=bool)
    start = Model(np.array([0.9, 0.9, 0.8, 0.8]), np.full(4, 1e-4), 1e-4)
    free = fit(patterns, np.array([2.0, 9998.0]), start)
    held = fit(patterns, np.array([2.0, 9998.0]), start, held=20.0)
    assert free.m[2] < 0.01
    assert held.m[2] > 0.7


def test_the_prior_never_exceeds_its_bound():
    patterns, counts = np.unique(sample(1, 500, 500), axis=0, return_counts=True)
    assert fit(patterns, counts.astype(float), JARO, prior_max=0.2).prior <= 0.2


def test_no_pairs_leave_the_start():
    assert fit(np.zeros((1, 4), bool), np.zeros(1), JARO).prior == JARO.prior


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 9)), min_size=1, max_size=9))
def test_isotonic_regression_is_the_minimax_of_its_means(pairs):
    values, weights = np.array([v for v, _ in pairs]), np.array([float(w) for _, w in pairs])

    def mean(low, high):
        return np.average(values[low : high + 1], weights=weights[low : high + 1])

    size = len(values)
    slow = [max(min(mean(low, high) for high in range(place, size)) for low in range(place + 1)) for place in range(size)]
    np.testing.assert_allclose(isotonic(values, weights), slow, atol=1e-9)
