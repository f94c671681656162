"""What is shown of the linkage's counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sauma.rounding import BASE, FEW, rounded, share


@given(st.integers(0, 10**7))
def test_counts_are_rounded_and_small_ones_not_told(count):
    shown = rounded(count)
    if count < BASE:
        assert shown == FEW
    else:
        assert shown % BASE == 0
        assert abs(shown - count) <= BASE / 2


def test_shares_come_from_rounded_counts():
    assert share(3, 40) is None
    assert share(996, 1003) == 100.0
    assert share(951, 1003) == 95.0
    assert share(4, 1003) == 0.0
