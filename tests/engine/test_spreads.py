"""A modelled spread over the week, over both of New York's clock changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxpaper.domain.instant import parse_instant
from fxpaper.engine.spreads import TYPICAL_SPREADS, SpreadProfile, widened

YEAR = st.integers(parse_instant("2026-01-01T00:00:00Z"), parse_instant("2027-01-01T00:00:00Z"))


@pytest.mark.parametrize(
    ("at", "points"),
    [
        pytest.param("2026-11-18T12:00:00Z", 12, id="07:00, London trades"),
        pytest.param("2026-11-18T21:54:59.9Z", 18, id="the last hour"),
        pytest.param("2026-11-18T21:55:00Z", 60, id="16:55, winter"),
        pytest.param("2026-11-18T22:29:59.9Z", 60, id="until 17:30"),
        pytest.param("2026-11-18T22:30:00Z", 36, id="17:30"),
        pytest.param("2026-11-19T01:00:00Z", 17, id="20:00: 16.8 points"),
        pytest.param("2026-03-05T21:55:00Z", 60, id="16:55, last Thursday of winter"),
        pytest.param("2026-03-09T20:55:00Z", 60, id="16:55, first Monday of summer"),
        pytest.param("2026-03-09T21:55:00Z", 36, id="17:55 that day"),
        pytest.param("2026-10-30T20:55:00Z", 60, id="16:55, last Friday of summer"),
        pytest.param("2026-11-02T21:55:00Z", 60, id="16:55, first Monday of winter"),
        pytest.param("2026-03-08T21:05:00Z", 48, id="Sunday 17:05, clocks just changed"),
        pytest.param("2026-11-01T22:05:00Z", 48, id="Sunday 17:05, clocks just changed back"),
        pytest.param("2026-11-21T12:00:00Z", 12, id="Saturday, only simulations"),
    ],
)
def test_a_typical_spread_of_twelve_points_becomes(at, points):
    """By the clock in New York; widest around the rollover."""
    assert widened(12, TYPICAL_SPREADS, parse_instant(at)) == points


@given(st.integers(0, 10_000), YEAR)
def test_a_spread_stays_one(spread, at):
    """None stays none; whatever there is stays at least a point, and never gets thinner."""
    wide = widened(spread, TYPICAL_SPREADS, at)
    assert spread <= wide <= 5 * spread


def test_a_point_never_vanishes():
    """However thin a profile makes it."""
    thin = SpreadProfile(hours=(10,) * 168, rollover=10)
    assert widened(1, thin, 0) == 1
    assert widened(0, thin, 0) == 0


@pytest.mark.parametrize(
    ("hours", "rollover"), [((100,) * 167, 100), ((100,) * 167 + (0,), 100), ((100,) * 168, -1)]
)
def test_a_profile_with_a_gap_is_refused(hours, rollover):
    """168 figures, all positive."""
    with pytest.raises(ValueError, match="168 positive figures"):
        SpreadProfile(hours=hours, rollover=rollover)
