"""Quotes through the engine, nothing triggered and something triggered, as ratios of one run.

Run: .venv/bin/python benchmarks/engine.py
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from decimal import Decimal

from fxpaper.domain.account import Account, Mode
from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.instant import parse_instant
from fxpaper.domain.order import OrderKind, Side
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.refusal import Refused
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.profiles import read_profile

NOON = parse_instant("2026-11-18T12:00:00Z")
EVIDENCE = Evidence("bench", Transport.STREAM, Spread.REAL, Grade.A)
QUOTES = 500_000
TRADES = 3_000


def quote(bid: int) -> Quote:
    """Return a EURUSD quote one pip wide."""
    return Quote("EURUSD", bid, bid + 10, NOON, NOON, EVIDENCE)


def engine_with(positions: int) -> Engine:
    """Return an engine with resting levels far from the market."""
    engine = Engine(read_profile("standard"), FillLimits())
    money = Decimal(10) ** 9
    engine.open_account(
        Account(
            id="a",
            mode=Mode.PAPER,
            currency="USD",
            leverage=100,
            balance=money,
            initial_balance=money,
            opened_at=NOON,
        )
    )
    engine.on_quote(quote(110_000))
    for number in range(positions):
        buy(engine, 100_000 - number, 120_000 + number)
    return engine


def buy(engine: Engine, stop_loss: int, take_profit: int) -> None:
    """Open a small long position."""
    order = PlaceOrder(
        account="a",
        symbol="EURUSD",
        side=Side.BUY,
        lots=Decimal("0.01"),
        stop_loss=stop_loss,
        take_profit=take_profit,
    )
    assert not isinstance(engine.place(order, NOON), Refused)


def crowd(orders: int, accounts: int = 1_000) -> Engine:
    """Return an engine with orders far from the market, spread over many accounts."""
    engine = Engine(read_profile("standard"), FillLimits())
    money = Decimal(10) ** 6
    for number in range(accounts):
        engine.open_account(
            Account(
                id=f"a{number}",
                mode=Mode.PAPER,
                currency="USD",
                leverage=100,
                balance=money,
                initial_balance=money,
                opened_at=NOON,
            )
        )
    engine.on_quote(quote(110_000))
    for number in range(orders):
        order = PlaceOrder(
            account=f"a{number % accounts}",
            symbol="EURUSD",
            side=Side.BUY,
            lots=Decimal("0.01"),
            kind=OrderKind.LIMIT,
            price=100_000 - number % 20_000,
        )
        assert not isinstance(engine.place(order, NOON), Refused)
    return engine


def feed(engine: Engine, quotes: Sequence[Quote]) -> float:
    """Return the seconds that quotes take."""
    begun = time.perf_counter()
    for one in quotes:
        engine.on_quote(one)
    return time.perf_counter() - begun


def trade(engine: Engine) -> float:
    """Return the seconds of many trades: opened, then stopped by a quote."""
    begun = time.perf_counter()
    for _ in range(TRADES):
        engine.on_quote(quote(110_000))
        buy(engine, 109_900, 110_500)
        engine.on_quote(quote(109_890))
    return time.perf_counter() - begun


def main() -> None:
    """Print the figures."""
    quotes = [quote(110_000 + number % 50) for number in range(QUOTES)]
    empty = feed(engine_with(0), quotes)
    print(f"nothing triggered, no level:      {QUOTES / empty / 1e6:.2f} M quotes/s")
    for positions in (1, 100, 1_000):
        seconds = feed(engine_with(positions), quotes)
        print(f"nothing triggered, {2 * positions:5} levels:  {empty / seconds:.2f} of that")
    for orders in (1, 1_000, 100_000):
        seconds = feed(crowd(orders), quotes)
        print(
            f"{orders:7,} orders of 1,000 accounts:  {empty / seconds:.2f} of that, "
            f"{seconds / QUOTES * 1e6:.2f} us a quote"
        )
    seconds = trade(engine_with(0)) / TRADES
    worth = seconds * QUOTES / empty
    print(f"open and stop out one position:   {seconds * 1e6:.0f} us, {worth:.0f} quotes' worth")


if __name__ == "__main__":
    main()
