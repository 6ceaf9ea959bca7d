"""Made-up prices: the same for the same seed, joined to their past, and never taken for real."""

from __future__ import annotations

import itertools
from contextlib import aclosing
from typing import Any

import pytest

from fxpaper.aggregator.sources.simulator import SimulatorSource
from fxpaper.clock import ManualClock
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Quote

START = parse_instant("2026-11-18T12:00:20Z")
MINUTE = 60 * NS_PER_SECOND
SYMBOLS = frozenset({"EURUSD", "USDJPY", "EURJPY", "XAUUSD"})


@pytest.fixture
def simulate(instruments):
    """Make a simulator whose waits move its own clock, and take some of its quotes."""

    def source(seed: int) -> tuple[SimulatorSource, ManualClock]:
        clock = ManualClock(START)

        async def wait(seconds: float) -> None:
            clock.move_to(clock.now() + round(seconds * NS_PER_SECOND))

        return SimulatorSource(instruments, clock, seed, wait), clock

    return source


async def take(source: Any, count: int) -> list[Quote]:
    quotes: list[Quote] = []
    async with aclosing(source.quotes(SYMBOLS)) as stream:
        async for quote in stream:
            quotes.append(quote)
            if len(quotes) == count:
                return quotes
    return quotes


async def test_a_seed_decides_every_price_and_every_pause(simulate):
    first, second, other = [await take(simulate(seed)[0], 400) for seed in (7, 7, 8)]
    assert first == second
    assert [quote.bid for quote in first] != [quote.bid for quote in other]


async def test_each_symbol_is_quoted_every_100_to_900_ms_with_a_real_looking_spread(
    simulate, instruments
):
    quotes = await take(simulate(1)[0], 2000)
    for symbol in SYMBOLS:
        own = [quote for quote in quotes if quote.symbol == symbol]
        gaps = [b.quoted_at - a.quoted_at for a, b in itertools.pairwise(own)]
        assert min(gaps) >= 99_000_000
        assert max(gaps) <= 901_000_000
        typical = instruments[symbol].typical_spread
        assert all(typical * 0.6 <= quote.spread <= typical * 1.5 for quote in own)


async def test_the_past_is_300_closed_minutes_that_end_where_the_walk_begins(simulate):
    source, _ = simulate(3)
    bars = await source.history("EURUSD")
    assert len(bars) == 300
    assert all(bar.closed and bar.interval == "1m" and bar.quotes == 0 for bar in bars)
    assert bars[-1].opened_at + MINUTE == parse_instant("2026-11-18T12:00:00Z")
    assert {b.opened_at - a.opened_at for a, b in itertools.pairwise(bars)} == {MINUTE}
    assert all(
        bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars
    )
    first = next(quote for quote in await take(source, 20) if quote.symbol == "EURUSD")
    assert abs(first.bid - bars[-1].close) < 30


async def test_a_day_is_calm(simulate):
    """No minute moves EURUSD by more than 15 pips, and the hour does move it."""
    bars = await simulate(5)[0].history("EURUSD")
    assert max(bar.high - bar.low for bar in bars) < 150
    assert max(bar.high for bar in bars) - min(bar.low for bar in bars) > 50


async def test_crosses_agree_with_their_majors(simulate):
    latest = {quote.symbol: quote for quote in await take(simulate(2)[0], 500)}
    made = latest["EURUSD"].bid * latest["USDJPY"].bid / 100_000
    assert abs(made - latest["EURJPY"].bid) < 60


async def test_nobody_takes_it_for_a_market(simulate):
    (quote,) = await take(simulate(1)[0], 1)
    assert quote.evidence.simulated
    assert quote.evidence.source == "simulator"


async def test_every_instrument_of_the_profile_can_be_simulated(simulate, instruments):
    source, _ = simulate(1)
    assert all(source.supports(symbol) for symbol in instruments)
    assert not source.supports("DE40")
