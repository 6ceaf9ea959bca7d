"""The same quotes and trades through fxpaper and through NautilusTrader, in one run.

Both buy when flat on every ten thousandth quote, stop-loss 20 and take-profit 30 pips, and make
as many trades. NautilusTrader 1.221 fills a stop that a gap has passed at the stop itself, so it
comes out some points richer; later ones fill it at the market, as fxpaper does.

NautilusTrader is optional: pip install 'fxpaper[peers]'.

Run: scripts/bench peers [--quotes 300000] [--json]
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from benchmarks.replay import EVERY, EVIDENCE, START, STOP, TAKE, arrays, engine_with, skip
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.engine.tape import Tape

PRICE = 1e5


def nautilus(bid: np.ndarray, ask: np.ndarray) -> tuple[float, int, int]:
    """Return seconds of the run alone, trades, and their profit in points."""
    from nautilus_trader.backtest.engine import (  # noqa: PLC0415 - optional and slow to load
        BacktestEngine,
        BacktestEngineConfig,
    )
    from nautilus_trader.config import LoggingConfig, StrategyConfig  # noqa: PLC0415
    from nautilus_trader.model.currencies import USD  # noqa: PLC0415
    from nautilus_trader.model.data import QuoteTick  # noqa: PLC0415
    from nautilus_trader.model.enums import AccountType, OmsType, OrderSide  # noqa: PLC0415
    from nautilus_trader.model.identifiers import InstrumentId, Venue  # noqa: PLC0415
    from nautilus_trader.model.objects import Money, Price, Quantity  # noqa: PLC0415
    from nautilus_trader.test_kit.providers import TestInstrumentProvider  # noqa: PLC0415
    from nautilus_trader.trading.strategy import Strategy  # noqa: PLC0415

    class Config(StrategyConfig, frozen=True):  # type: ignore[misc,call-arg]
        instrument_id: InstrumentId

    class Buyer(Strategy):  # type: ignore[misc]
        def on_start(self) -> None:
            self.seen = 0
            self.instrument = self.cache.instrument(self.config.instrument_id)
            self.subscribe_quote_ticks(self.config.instrument_id)

        def on_quote_tick(self, tick: Any) -> None:  # noqa: ANN401 - untyped library
            self.seen += 1
            if self.seen % EVERY or not self.portfolio.is_flat(self.config.instrument_id):
                return
            price = tick.ask_price.as_double()
            orders = self.order_factory.bracket(
                instrument_id=self.config.instrument_id,
                order_side=OrderSide.BUY,
                quantity=self.instrument.make_qty(100_000),
                sl_trigger_price=self.instrument.make_price(price - STOP / PRICE),
                tp_price=self.instrument.make_price(price + TAKE / PRICE),
            )
            self.submit_order_list(orders)

    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    venue = Venue("SIM")
    money = [Money(1e7, USD)]
    engine.add_venue(venue, OmsType.HEDGING, AccountType.MARGIN, money, base_currency=USD)
    instrument = TestInstrumentProvider.default_fx_ccy("EUR/USD", venue=venue)
    engine.add_instrument(instrument)
    many, step = Quantity.from_int(1_000_000), NS_PER_SECOND // 5
    engine.add_data(
        [
            QuoteTick(
                instrument.id,
                Price(b / PRICE, 5),
                Price(a / PRICE, 5),
                many,
                many,
                START + number * step,
                START + number * step,
            )
            for number, (b, a) in enumerate(zip(bid.tolist(), ask.tolist(), strict=True))
        ]
    )
    engine.add_strategy(Buyer(Config(instrument_id=instrument.id)))
    begun = time.perf_counter()
    engine.run()
    seconds = time.perf_counter() - begun
    closed = engine.cache.positions_closed()
    points = sum(round((one.avg_px_close - one.avg_px_open) * PRICE) for one in closed)
    return seconds, len(closed), points


def ours(bid: np.ndarray, ask: np.ndarray, at: np.ndarray) -> tuple[float, int, int]:
    """Return seconds of the run alone, trades, and their profit in points."""
    tape = Tape(["EURUSD"], np.zeros(len(bid), dtype=np.int16), bid, ask, at, EVIDENCE)
    engine = engine_with(0)
    seconds, deals, _ = skip(engine, tape)
    state = engine.state.accounts["a"]
    profit = state.account.balance - state.account.initial_balance
    return seconds, deals // 2, round(profit)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quotes", type=int, default=300_000, help="for NautilusTrader")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    bid, ask, at = arrays(5_000_000)
    few = slice(0, given.quotes)
    try:
        theirs = nautilus(bid[few], ask[few])
    except ModuleNotFoundError:
        raise SystemExit("NautilusTrader is not here: pip install 'fxpaper[peers]'") from None
    same = ours(bid[few], ask[few], at[few])
    whole = ours(bid, ask, at)
    figures = {
        "trades": {"nautilus": theirs[1], "fxpaper": same[1]},
        "points": {"nautilus": theirs[2], "fxpaper": same[2]},
        "nautilus_million_quotes_per_second": given.quotes / theirs[0] / 1e6,
        "fxpaper_million_quotes_per_second": len(bid) / whole[0] / 1e6,
        "ratio": (len(bid) / whole[0]) / (given.quotes / theirs[0]),
    }
    if given.json:
        print(json.dumps(figures, indent=2))
        return
    print(f"NautilusTrader: {theirs[1]} trades, {theirs[2]} points")
    print(f"fxpaper:        {same[1]} trades, {same[2]} points")
    print(f"NautilusTrader: {figures['nautilus_million_quotes_per_second']:.2f} M quotes/s")
    print(f"fxpaper:        {figures['fxpaper_million_quotes_per_second']:.1f} M quotes/s")
    print(f"fxpaper is {figures['ratio']:.0f} times as fast, on all five million quotes.")


if __name__ == "__main__":
    main()
