"""Bars: closed once, never invented, the same from quotes and from minutes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fxpaper.aggregator.bars import LIMIT, Bars
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.engine.sessions import forex_is_open

NOON = parse_instant("2026-11-18T12:00:00Z")
SECOND = NS_PER_SECOND
MINUTE = 60 * SECOND
EVIDENCE = Evidence("stream", Transport.STREAM, Spread.REAL, Grade.A)


@pytest.fixture
def bars() -> Bars:
    return Bars(forex_is_open)


def short(bar: Bar) -> tuple[str, int, int, int, int, int, int]:
    minutes = (bar.opened_at - NOON) // MINUTE
    return (bar.interval, minutes, bar.open, bar.high, bar.low, bar.close, bar.quotes)


def test_a_minute_is_made_of_bids_and_closed_by_the_first_quote_after_it(bars, quote):
    for second, bid in ((0, 100), (20, 130), (40, 90), (59, 110)):
        assert bars.on_quote(quote(bid, bid + 9, NOON + second * SECOND)) == []
    (closed,) = bars.on_quote(quote(120, 129, NOON + 60 * SECOND))
    assert short(closed) == ("1m", 0, 100, 130, 90, 110, 4)
    assert closed.closed
    assert [short(bar) for bar in bars.series("EURUSD", "1m", 10)] == [
        ("1m", 0, 100, 130, 90, 110, 4),
        ("1m", 1, 120, 120, 120, 120, 1),
    ]
    assert not bars.series("EURUSD", "1m", 1)[0].closed


def test_the_time_closes_a_bar_two_seconds_after_its_end_and_once(bars, quote):
    bars.on_quote(quote(100, at=NOON))
    assert bars.on_time(NOON + MINUTE + 2 * SECOND - 1) == []
    assert [short(bar) for bar in bars.on_time(NOON + MINUTE + 2 * SECOND)] == [
        ("1m", 0, 100, 100, 100, 100, 1)
    ]
    assert bars.on_time(NOON + MINUTE + 3 * SECOND) == []
    assert bars.on_quote(quote(101, at=NOON + MINUTE + 4 * SECOND)) == []


def test_a_late_quote_never_opens_a_closed_bar_again(bars, quote):
    bars.on_quote(quote(100, at=NOON))
    bars.on_time(NOON + MINUTE + 2 * SECOND)
    assert bars.on_quote(quote(999, at=NOON + 59 * SECOND)) == []
    assert [short(bar) for bar in bars.series("EURUSD", "1m", 10)] == [
        ("1m", 0, 100, 100, 100, 100, 1)
    ]


def test_minutes_without_quotes_have_no_bars(bars, quote):
    bars.on_quote(quote(100, at=NOON))
    bars.on_quote(quote(101, at=NOON + 7 * MINUTE))
    assert [short(bar)[1] for bar in bars.series("EURUSD", "1m", 10)] == [0, 7]


def test_five_minutes_close_with_their_last_minute(bars, quote):
    closed = [
        short(bar)
        for minute, bid in enumerate((100, 120, 90, 95, 110, 105))
        for bar in bars.on_quote(quote(bid, at=NOON + minute * MINUTE))
        if bar.interval == "5m"
    ]
    assert closed == [("5m", 0, 100, 120, 90, 110, 5)]
    assert short(bars.series("EURUSD", "5m", 1)[0]) == ("5m", 5, 105, 105, 105, 105, 1)


def test_a_longer_bar_ends_in_a_gap_too(bars, quote):
    bars.on_quote(quote(100, at=NOON + 3 * MINUTE))
    closed = bars.on_time(NOON + 5 * MINUTE + 2 * SECOND)
    assert [bar.interval for bar in closed] == ["1m", "5m"]


def test_the_open_longer_bar_includes_the_open_minute(bars, quote):
    bars.on_quote(quote(100, at=NOON))
    bars.on_quote(quote(150, at=NOON + MINUTE))
    assert short(bars.series("EURUSD", "1h", 1)[0]) == ("1h", 0, 100, 150, 100, 150, 2)


def test_there_are_no_bars_while_the_market_is_shut(bars, quote):
    """Friday 17:00 in New York is 22:00 UTC in winter; some providers go on."""
    friday = parse_instant("2026-11-20T21:59:30Z")
    bars.on_quote(quote(100, at=friday))
    bars.on_quote(quote(100, at=friday + 60 * SECOND))
    bars.on_quote(quote(100, at=friday + 24 * 60 * MINUTE))
    assert len(bars.series("EURUSD", "1m", 10)) == 1


def test_sources_of_a_bar_are_joined(bars, quote):
    bars.on_quote(quote(100, at=NOON, source="yahoo"))
    bars.on_quote(quote(101, at=NOON + 1, source="twelve_data"))
    bars.on_quote(quote(102, at=NOON + 2, source="yahoo"))
    assert bars.series("EURUSD", "1m", 1)[0].source == "yahoo+twelve_data"
    assert bars.series("EURUSD", "1h", 1)[0].source == "yahoo+twelve_data"


def past(minute: int, price: int) -> Bar:
    at = NOON + minute * MINUTE
    return Bar("EURUSD", "1m", at, price, price, price, price, 0, closed=True, source="yahoo")


def test_history_comes_before_quotes_and_replaces_none(bars, quote):
    bars.on_quote(quote(100, at=NOON))
    bars.on_quote(quote(110, at=NOON + MINUTE))
    bars.seed("EURUSD", [past(minute, 50) for minute in (-7, -6, -1, 0, 1, 2)])
    assert [short(bar)[1:3] for bar in bars.series("EURUSD", "1m", 10)] == [
        (-7, 50),
        (-6, 50),
        (-1, 50),
        (0, 100),
        (1, 110),
    ]
    assert [short(bar)[1:] for bar in bars.series("EURUSD", "5m", 10)] == [
        (-10, 50, 50, 50, 50, 0),
        (-5, 50, 50, 50, 50, 0),
        (0, 100, 110, 100, 110, 2),
    ]
    assert bars.on_quote(quote(120, at=NOON + MINUTE + 1)) == []


def test_what_is_kept_is_bounded(bars, quote):
    for minute in range(LIMIT + 50):
        bars.on_quote(quote(100, at=NOON + minute * MINUTE - 40 * 60 * MINUTE))
    assert len(bars.series("EURUSD", "1m", 10**6)) == LIMIT + 1


def test_an_unknown_symbol_has_no_bars_and_an_unknown_interval_is_an_error(bars):
    assert bars.series("EURUSD", "1m", 5) == []
    with pytest.raises(KeyError):
        bars.series("EURUSD", "2m", 5)


@settings(max_examples=60, deadline=None)
@given(
    moves=st.lists(st.tuples(st.integers(1, 400), st.integers(90, 110)), min_size=1, max_size=80)
)
def test_every_interval_tells_the_same_as_the_quotes_themselves(moves):
    """Highest, lowest, first, last and count of each interval, and each is closed once."""
    bars, at, quotes, closed = Bars(lambda _: True), NOON, [], []
    for seconds, bid in moves:
        at += seconds * SECOND
        quotes.append((at, bid))
        closed += bars.on_quote(Quote("EURUSD", bid, bid, at, at, EVIDENCE))
        closed += bars.on_time(at)
    for interval, seconds in INTERVALS.items():
        wanted: dict[int, list[int]] = {}
        for instant, bid in quotes:
            wanted.setdefault(instant - instant % (seconds * SECOND), []).append(bid)
        series = bars.series("EURUSD", interval, 10**6)
        assert {
            bar.opened_at: (bar.open, bar.high, bar.low, bar.close, bar.quotes) for bar in series
        } == {
            start: (bids[0], max(bids), min(bids), bids[-1], len(bids))
            for start, bids in wanted.items()
        }
        of_interval = [bar for bar in closed if bar.interval == interval]
        assert of_interval == [bar for bar in series if bar.closed]
