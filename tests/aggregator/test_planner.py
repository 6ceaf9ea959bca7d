"""How calls are spread over the market's hours, and what is said of it before a start."""

from __future__ import annotations

from math import isinf

import pytest

from fxpaper.aggregator.budget import Limits
from fxpaper.aggregator.plan_of_day import expectations
from fxpaper.aggregator.planner import Turns, Urgency, gap_seconds, open_seconds
from fxpaper.aggregator.registry import spec_of
from fxpaper.aggregator.source import Usage
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.engine.sessions import FOREX_HOLIDAYS, trading_hours
from fxpaper.profiles import read_profile

HOURS = trading_hours("", FOREX_HOLIDAYS)
KNOWN = read_profile("standard").instruments
DAY = 86_400 * NS_PER_SECOND
FREE = Limits(per_minute=8, per_day=800)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param("2026-11-18", 24, id="Wednesday"),
        pytest.param("2026-11-20", 22, id="Friday in winter"),
        pytest.param("2026-07-17", 21, id="Friday in summer"),
        pytest.param("2026-11-21", 0, id="Saturday"),
        pytest.param("2026-11-22", 2, id="Sunday in winter"),
        pytest.param("2026-07-19", 3, id="Sunday in summer"),
        pytest.param("2026-12-25", 0, id="Christmas, a Friday"),
    ],
)
def test_the_open_hours_of_a_day(day, hours):
    begins = parse_instant(f"{day}T00:00:00Z")
    assert open_seconds(HOURS, begins, begins + DAY) == hours * 3600


@pytest.mark.parametrize(
    ("now", "used", "gap"),
    [
        pytest.param("2026-11-18T00:00:00Z", 0, 135.0, id="a whole day for 640 of 800"),
        pytest.param("2026-11-18T12:00:00Z", 320, 135.0, id="half of both"),
        pytest.param("2026-11-20T12:00:00Z", 440, 180.0, id="Friday has ten hours left"),
        pytest.param("2026-11-22T22:30:00Z", 0, 10.0, id="on Sunday the minute is the narrower"),
        pytest.param("2026-11-18T12:00:00Z", 639, 43_200.0, id="one call for half a day"),
    ],
)
def test_what_is_left_of_a_plan_is_spread_over_what_is_left_of_the_market(now, used, gap):
    usage = Usage(used_day=used)
    assert gap_seconds(FREE, usage, HOURS, parse_instant(now)) == pytest.approx(gap, rel=0.01)


def test_nothing_is_asked_while_the_market_is_closed():
    assert isinf(gap_seconds(FREE, Usage(), HOURS, parse_instant("2026-11-21T12:00:00Z")))


def test_an_hours_limit_and_a_spacing_count_too():
    now = parse_instant("2026-11-18T12:00:00Z")
    assert gap_seconds(Limits(per_hour=50), Usage(), HOURS, now) == 3600 / 35
    assert gap_seconds(Limits(spacing_ms=1100), Usage(), HOURS, now) == 1.1


def test_a_symbol_that_joins_neither_starves_the_others_nor_waits_for_them():
    turns, weights = Turns(), {"A": Urgency.WATCHED, "B": Urgency.WATCHED}
    for _ in range(1000):
        turns.take(weights)
    taken = [turns.take({**weights, "C": Urgency.WATCHED}) for _ in range(9)]
    assert {name: taken.count(name) for name in "ABC"} == {"A": 3, "B": 3, "C": 3}


def test_streams_come_before_what_is_asked_and_better_grades_before_worse_ones():
    specs = [spec_of(name) for name in ("yahoo", "yahoo_stream", "alpha_vantage", "tiingo")]
    (found,) = expectations(specs, [KNOWN["EURUSD"]], KNOWN, parse_instant("2026-11-18T12:00:00Z"))
    assert (found.source, found.then) == ("tiingo", ("yahoo_stream", "yahoo", "alpha_vantage"))
    assert found.oldest_seconds is None


def test_the_free_plan_of_twelve_data_gives_each_of_five_pairs_a_price_every_eleven_minutes():
    """800 credits, a fifth of them kept, over 24 hours; it is said even at the weekend."""
    wanted = [KNOWN[name] for name in ("EURUSD", "GBPUSD", "USDJPY", "AUDUSD", "XAUUSD")]
    found = expectations(
        [spec_of("twelve_data")], wanted, KNOWN, parse_instant("2026-11-21T12:00:00Z")
    )
    assert {one.oldest_seconds for one in found} == {5 * 135.0}
    assert found[0].near_seconds == pytest.approx(135.0 * 13 / 9)
    assert found[0].calls_a_day == 128


def test_gold_without_a_source_and_a_cross_without_one():
    """Yahoo has no spot gold, and nothing leads to it; nothing is put in its place."""
    wanted = [KNOWN["XAUUSD"]]
    (found,) = expectations(
        [spec_of("yahoo_stream")], wanted, KNOWN, parse_instant("2026-11-18T12:00:00Z")
    )
    assert (found.source, found.updates) == (None, "no source quotes it")
