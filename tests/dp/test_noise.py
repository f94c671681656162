"""The noise is the noise that was paid for: exact integers, the right law, and no other law.

Error probability: each acceptance test rejects a right sampler with probability at most 1e-9 (p > 1e-10 is asked, in
fewer than ten comparisons); each power test rejects a sampler that is 10 % off.  Noise comes from the operating
system, so there is no seed for it; where a test draws its own inputs the seed is printed.
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from privacy.protect.budget import outward
from privacy.protect.noise import opendp_laplace, privacy_map

DRAWS = 60_000
ACCEPT = 1e-10


def expected(scale: float, edge: int) -> np.ndarray:
    """Probabilities of -edge..edge, the tails in the end cells: P(k) = (1-p)/(1+p) p^abs(k), p = e^(-1/scale)."""
    p = math.exp(-1 / scale)
    inside = (1 - p) / (1 + p) * p ** np.abs(np.arange(-edge, edge + 1)).astype(float)
    inside[0] = inside[-1] = p**edge / (1 + p)
    return inside


def chi_squared(noise: np.ndarray, scale: float) -> float:
    edge = max(2, round(3 * scale))
    observed = np.bincount(np.clip(noise, -edge, edge) + edge, minlength=2 * edge + 1)
    return float(stats.chisquare(observed, expected(scale, edge) * len(noise)).pvalue)


@pytest.mark.parametrize("scale", [0.7, 4.0, 12.5])
def test_the_law_is_discrete_laplace_at_the_scale_and_at_no_other(scale: float) -> None:
    noise = opendp_laplace(np.zeros(DRAWS, dtype=np.int64), scale)
    assert noise.dtype == np.int64
    assert chi_squared(noise, scale) > ACCEPT
    assert chi_squared(noise, scale * 1.1) < ACCEPT
    assert chi_squared(noise, scale / 1.1) < ACCEPT


def test_noise_is_added_to_the_counts_and_is_independent() -> None:
    counts = np.arange(DRAWS, dtype=np.int64)
    noise = opendp_laplace(counts, 3.0) - counts
    assert chi_squared(noise, 3.0) > ACCEPT
    correlation = float(np.corrcoef(noise[:-1], noise[1:])[0, 1])
    assert abs(correlation) < 6.5 / math.sqrt(DRAWS)  # normal tail beyond 6.5: 8e-11


def test_opendp_and_diffprivlib_draw_the_same_law() -> None:
    """Another author's sampler, diffprivlib's two-sided geometric of sensitivity 1: same table of frequencies."""
    from diffprivlib.mechanisms import Geometric

    scale = 3.0
    other = Geometric(epsilon=1 / scale, sensitivity=1, random_state=None)
    theirs = np.array([other.randomise(0) for _ in range(DRAWS // 2)])
    ours = opendp_laplace(np.zeros(DRAWS, dtype=np.int64), scale)
    edge = 9
    table = [np.bincount(np.clip(draws, -edge, edge) + edge, minlength=2 * edge + 1) for draws in (ours, theirs)]
    assert stats.chi2_contingency(table).pvalue > ACCEPT
    wrong = opendp_laplace(np.zeros(DRAWS, dtype=np.int64), scale * 1.15)
    table[0] = np.bincount(np.clip(wrong, -edge, edge) + edge, minlength=2 * edge + 1)
    assert stats.chi2_contingency(table).pvalue < ACCEPT


@pytest.mark.parametrize(("honest", "factor"), [(True, 1.0), (False, 1.25)])
def test_epsilon_audit(honest: bool, factor: float) -> None:
    """Clopper-Pearson lower bound on epsilon from neighbouring counts 0 and 2, union bound over thresholds, error 1e-6.

    The honest mechanism stays under what it claims; one that spends a quarter more is caught: a test of the test.
    """
    bound, claimed, thresholds = 2, 1.0, range(-6, 7)
    scale = outward(Fraction(bound)) / factor
    first, second = (opendp_laplace(np.full(2 * DRAWS, count), scale) for count in (bound, 0))
    tail = 1e-6 / (2 * len(thresholds) * 2)
    found = 0.0
    for threshold in thresholds:
        for a, b in ((first >= threshold, second >= threshold), (second <= threshold, first <= threshold)):
            low = stats.beta.ppf(tail, a.sum(), len(a) - a.sum() + 1)
            high = stats.beta.ppf(1 - tail, b.sum() + 1, len(b) - b.sum())
            found = max(found, math.log(max(low, 1e-12) / high))
    sys.stdout.write(f"audited lower bound on epsilon: {found:.3f} of {claimed}, {'honest' if honest else 'overspending'}\n")
    assert (found <= claimed) == honest


@given(st.fractions(min_value=Fraction(1, 1000), max_value=10**6))
def test_scales_round_outward(scale: Fraction) -> None:
    double = outward(scale)
    assert Fraction(double) >= scale
    assert Fraction(math.nextafter(double, 0)) < scale


@pytest.mark.parametrize(("bound", "epsilon"), [(1, "0.1"), (4, "1"), (3, "0.7"), (7, "0.333333333")])
def test_opendp_agrees_about_the_privacy_loss(bound: int, epsilon: str) -> None:
    scale = outward(Fraction(bound) / Fraction(epsilon))
    assert Fraction(bound) / Fraction(scale) <= Fraction(epsilon)
    assert privacy_map(bound, scale) <= float(epsilon) * (1 + 1e-12)
