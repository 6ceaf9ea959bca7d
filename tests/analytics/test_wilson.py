"""Wilson's interval, against figures worked out with pen and paper."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxpaper.analytics.roots import root
from fxpaper.analytics.wilson import ONE_SIDED_90, wilson_interval, wilson_lower


@pytest.mark.parametrize(
    ("wins", "count", "lower"),
    [
        # 8 + 0.821187 less 1.281552 times the root of 1.6 + 0.410594, over 10 + 1.642374
        pytest.param(8, 10, "0.601596", id="eight of ten"),
        # one over 1 + z², ten over 10 + z²
        pytest.param(1, 1, "0.378448", id="one of one"),
        pytest.param(10, 10, "0.858932", id="ten of ten"),
        pytest.param(0, 10, "0.000000", id="none of ten"),
    ],
)
def test_the_lower_bound(wins: int, count: int, lower: str):
    assert abs(wilson_lower(wins, count) - Fraction(lower)) < Fraction(1, 10**6)


def test_the_interval_is_the_published_one():
    """R. G. Newcombe, Statistics in Medicine 17 (1998): 81 of 263 with 95 %, 0.2553 to 0.3662."""
    lower, upper = wilson_interval(81, 263, Fraction("1.959963984540054"))
    assert (round(lower, 4), round(upper, 4)) == (Fraction("0.2553"), Fraction("0.3662"))


@given(st.integers(1, 500), st.data())
def test_the_ends_are_where_the_definition_says(count: int, data: st.DataObject):
    """At the lower end p, wins/count - p is z standard errors of p: both sides squared."""
    wins = data.draw(st.integers(0, count))
    lower, upper = wilson_interval(wins, count, ONE_SIDED_90)
    rate = Fraction(wins, count)
    assert 0 <= lower <= rate <= upper <= 1
    for end in (lower, upper):
        error = (rate - end) ** 2 - ONE_SIDED_90**2 * end * (1 - end) / count
        assert abs(error) < Fraction(1, 10**8)


@given(st.fractions(0, 10**9))
def test_a_root_is_right_to_twelve_decimals_and_never_above(value: Fraction):
    found, unit = root(value), Fraction(1, 10**12)
    assert found**2 <= value < (found + unit) ** 2
