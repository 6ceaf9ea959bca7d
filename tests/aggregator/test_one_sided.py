"""The spread that is laid around one price."""

from contextlib import aclosing
from typing import Any

import pytest

from fxpaper.aggregator.one_sided import bar_around, quote_around, read_price, spread_at
from fxpaper.aggregator.sources.simulator import SimulatorSource
from fxpaper.clock import ManualClock
from fxpaper.domain.instant import parse_instant
from fxpaper.domain.quote import Evidence, Grade, Spread, Transport
from fxpaper.errors import TransientError

NOON = parse_instant("2026-11-18T12:00:00Z")
ROLLOVER = parse_instant("2026-11-18T22:00:00Z")
EVIDENCE = Evidence("test", Transport.REST, Spread.MODELLED, Grade.C)


def test_a_modelled_spread_is_wider_around_the_rollover(instruments):
    """By the time of the price, not of its arrival."""
    eurusd = instruments["EURUSD"]
    assert (spread_at(eurusd, NOON), spread_at(eurusd, ROLLOVER)) == (12, 60)
    quote = quote_around(110_000, eurusd, ROLLOVER, ROLLOVER + 3_600_000_000_000, EVIDENCE)
    assert (quote.bid, quote.ask) == (109_970, 110_030)


def test_bars_are_of_the_bids_that_quotes_of_their_minute_have(instruments):
    """So a chart does not jump where history meets quotes."""
    prices = ("1.10000", "1.10020", "1.09990", "1.10010")
    bar = bar_around(ROLLOVER, prices, instruments["EURUSD"], "test")
    assert (bar.open, bar.high, bar.low, bar.close) == (109_970, 109_990, 109_960, 109_980)


async def test_made_up_quotes_widen_too(instruments):
    """Between 0.7 and 1.4 times what is typical of the hour."""

    async def wait(seconds: float) -> None:
        del seconds

    source: Any = SimulatorSource(instruments, ManualClock(ROLLOVER), 1, wait)
    async with aclosing(source.quotes(frozenset({"EURUSD"}))) as quotes:
        spreads = [(await anext(quotes)).spread for _ in range(20)]
    assert 42 <= min(spreads) < max(spreads) <= 84


@pytest.mark.parametrize("price", [10**400, True, "", [], None, float("inf"), -(10**400)])
def test_what_is_no_price_is_refused_whatever_json_makes_of_it(instruments, price):
    """An integer of four hundred digits is no number to anybody."""
    with pytest.raises(TransientError, match="is not a price"):
        read_price(price, instruments["EURUSD"])
