"""How far a price moves on an average day: days by hand, and any order of what is fed."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import NS_PER_SECOND, Instant, parse_instant
from fxpaper.engine.sessions import day_end
from fxpaper.signals.volatility import Volatility
from tests.signals.builders import quoted

HOUR = 3600 * NS_PER_SECOND
FIRST = parse_instant("2026-08-24T21:00:00Z")
"""17:00 in New York on a Monday: the beginning of Tuesday's day."""


def bar(at: Instant, low: int, high: int, close: int, symbol: str = "EURUSD") -> Bar:
    return Bar(symbol, "1h", at, low, high, low, close, 0, closed=True, source="test")


def beginnings(count: int) -> list[Instant]:
    """Return when the first trading days begin; the weekend is none."""
    found: list[Instant] = []
    at = FIRST
    while len(found) < count:
        if (at - FIRST) // (24 * HOUR) % 7 not in {4, 5}:
            found.append(at)
        at += 24 * HOUR
    return found


def days(ranges: list[int], symbol: str = "EURUSD") -> list[Bar]:
    """Return one bar a day that goes from 100,000 up by so much and closes in its middle."""
    return [
        bar(at, 100_000, 100_000 + wide, 100_000 + wide // 2, symbol)
        for at, wide in zip(beginnings(len(ranges)), ranges, strict=True)
    ]


def fed(bars: list[Bar]) -> Volatility:
    made = Volatility()
    for one in bars:
        made.on_bar(one)
    return made


def test_fourteen_days_after_a_first_one_make_a_mean():
    """Ten days of 800 and four of 807: (8000 + 3228) / 14 = 802, of 1 and 2 after the first."""
    bars = days([1] + [800] * 10 + [807] * 4)
    last = day_end(bars[-1].opened_at)
    assert fed(bars).daily_range("EURUSD", last) == Fraction(11_228, 14)
    assert fed(bars[1:]).daily_range("EURUSD", last) is None
    assert fed(bars).daily_range("GBPUSD", last) is None


def test_a_day_counts_only_when_it_is_over():
    bars = days([800] * 15 + [5000])
    begun = bars[-1].opened_at
    volatility = fed(bars)
    assert volatility.daily_range("EURUSD", begun + HOUR) == 800
    assert volatility.daily_range("EURUSD", begun - 1) is None
    assert volatility.daily_range("EURUSD", day_end(begun)) == Fraction(13 * 800 + 5000, 14)


def test_a_gap_since_the_day_before_counts():
    """The last day lies 2,000 above the close before it, 100,400: 102,900 - 100,400 = 2,500."""
    bars = days([800] * 14)
    bars.append(bar(beginnings(15)[-1], 102_400, 102_900, 102_500))
    last = day_end(bars[-1].opened_at)
    assert fed(bars).daily_range("EURUSD", last) == Fraction(13 * 800 + 2500, 14)


def test_hours_of_sunday_belong_to_monday():
    """21:00 UTC on Sunday is 17:00 in New York: no fifteenth day begins and ends there."""
    sunday = parse_instant("2026-08-30T21:00:00Z")
    assert day_end(sunday) == parse_instant("2026-08-31T21:00:00Z")
    assert sunday in beginnings(6)


def test_prices_of_the_weekend_are_not_looked_at():
    bars = days([800] * 15)
    saturday = parse_instant("2026-08-29T12:00:00Z")
    volatility = fed([*bars[:4], bar(saturday, 1, 900_000, 5), *bars[4:]])
    assert volatility.daily_range("EURUSD", day_end(bars[-1].opened_at)) == 800


def test_quotes_and_bars_make_the_same_days():
    """Three quotes of each day in place of its bar."""
    bars = days([10 * number for number in range(1, 17)])
    volatility = Volatility()
    for one in bars:
        for minute, bid in enumerate((one.low, one.high, one.close)):
            volatility.on_quote(quoted(at=one.opened_at + minute, bid=bid))
    last = day_end(bars[-1].opened_at)
    # The fourteen latest of 16 days: 30 to 160, mean 95.
    assert volatility.daily_range("EURUSD", last) == fed(bars).daily_range("EURUSD", last) == 95


@given(st.randoms(use_true_random=False), st.lists(st.integers(1, 5000), min_size=15, max_size=16))
def test_the_order_in_which_they_are_fed_does_not_matter(chance, ranges):
    """As when bars of the past come after the quotes of the day."""
    bars = days(ranges)
    bars += [bar(one.opened_at + HOUR, one.low, one.close, one.low + 1) for one in bars]
    bars.sort(key=lambda one: one.opened_at)
    mixed = list(bars)
    chance.shuffle(mixed)
    last = day_end(bars[-1].opened_at)
    found = fed(bars).daily_range("EURUSD", last)
    assert found is not None
    assert fed(mixed).daily_range("EURUSD", last) == found


@pytest.mark.parametrize("more", [0, 200])
def test_no_more_days_are_kept_than_needed(more: int):
    bars = days([800] * (16 + more))
    assert len(fed(bars)._days["EURUSD"]) == 16
