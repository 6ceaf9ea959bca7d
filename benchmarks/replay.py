"""Recorded quotes through the whole engine by skipping, as ratios of one run.

Five million quotes of one symbol; when there is no position, every ten thousandth quote buys with a
stop-loss of 20 and a take-profit of 30 pips. Account, margin, profit, events and the hash over all
of them included. Beside it a bare scan of the same arrays for the same trades, without any account,
and the engine fed quote by quote.

Run: .venv/bin/python benchmarks/replay.py [--quotes 5000000] [--resting 1000] [--json]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import time
from decimal import Decimal

import numpy as np

from fxpaper.domain.account import Account, Mode
from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.event import DealBooked, Recorded, encode_event
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.order import OrderKind, Side
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.refusal import Refused
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.engine.replay import Replay
from fxpaper.engine.tape import Tape
from fxpaper.profiles import read_profile

START = parse_instant("2024-01-02T00:00:00Z")
EVIDENCE = Evidence("recorded", Transport.FILE, Spread.REAL, Grade.A)
EVERY = 10_000
STOP, TAKE = 200, 300


class Alone:
    """An engine without a desk."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.on_quote = engine.on_quote
        self.on_time = engine.advance
        self.next_timer = engine.next_timer

    def awaits(self, symbol: str) -> bool:
        """Tell that nobody waits."""
        del symbol
        return False


def arrays(length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return bid, ask and times: a walk in points, five quotes a second."""
    chance = np.random.default_rng(7)
    bid = 110_000 + chance.integers(-2, 3, length).cumsum()
    return bid, bid + 10, START + np.arange(length, dtype=np.int64) * (NS_PER_SECOND // 5)


def engine_with(resting: int) -> Engine:
    """Return an engine with a rich account and limit orders far from the market."""
    engine = Engine(read_profile("standard"), FillLimits(around_the_clock=True))
    money = Decimal(10) ** 7
    engine.open_account(
        Account(
            id="a",
            mode=Mode.PAPER,
            currency="USD",
            leverage=100,
            balance=money,
            initial_balance=money,
            opened_at=START,
        )
    )
    engine.on_quote(Quote("EURUSD", 110_000, 110_010, START, START, EVIDENCE))
    for number in range(resting):
        order = PlaceOrder(
            account="a",
            symbol="EURUSD",
            side=Side.BUY,
            lots=Decimal("0.01"),
            kind=OrderKind.LIMIT,
            price=50_000 - number,
        )
        assert not isinstance(engine.place(order, START), Refused)
    return engine


def buy(engine: Engine, ask: int, now: int) -> list[Recorded]:
    """Buy with both levels."""
    order = PlaceOrder(
        account="a",
        symbol="EURUSD",
        side=Side.BUY,
        lots=Decimal("1.00"),
        stop_loss=ask - STOP,
        take_profit=ask + TAKE,
    )
    caused = engine.place(order, now)
    assert not isinstance(caused, Refused), caused.text
    return caused


def skip(engine: Engine, tape: Tape) -> tuple[float, int, str]:
    """Return seconds, deals and hash of a run that skips."""
    begun = time.perf_counter()
    player, chain, deals = Replay(tape, Alone(engine)), hashlib.sha256(), 0
    positions, quotes = engine.state.accounts["a"].positions, engine.board.quotes

    def keep(events: list[Recorded]) -> None:
        nonlocal deals
        for one in events:
            chain.update(encode_event(one.event))
            deals += isinstance(one.event, DealBooked)

    for stop in range(EVERY, len(tape), EVERY):
        for caused in player.play_until(stop):
            keep(caused)
        if not positions:
            latest = quotes["EURUSD"]
            keep(buy(engine, latest.ask, latest.received_at))
    for caused in player.play_until(len(tape)):
        keep(caused)
    return time.perf_counter() - begun, deals, chain.hexdigest()


def feed(engine: Engine, tape: Tape, length: int) -> float:
    """Return the seconds of feeding so many quotes one by one."""
    quotes = [tape.quote(place) for place in range(length)]
    positions, begun = engine.state.accounts["a"].positions, time.perf_counter()
    for place, quote in enumerate(quotes, 1):
        engine.on_quote(quote)
        if place % EVERY == 0 and not positions:
            buy(engine, quote.ask, quote.received_at)
    return time.perf_counter() - begun


def scan(bid: np.ndarray, ask: np.ndarray) -> tuple[float, int]:
    """Return seconds and trades of a bare search for the same levels, without any account."""
    begun, trades, place, length = time.perf_counter(), 0, EVERY, len(bid)
    while place < length:
        paid = ask[place - 1]
        window, found, at = 4096, length, place
        while at < length:
            part = bid[at : at + window]
            hits = (part <= paid - STOP) | (part >= paid + TAKE)
            first = int(hits.argmax())
            if hits[first]:
                found = at + first
                break
            at, window = at + window, min(window * 4, 1 << 18)
        trades += 1
        place = (found // EVERY + 1) * EVERY
    return time.perf_counter() - begun, trades


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quotes", type=int, default=5_000_000)
    parser.add_argument("--resting", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    bid, ask, at = arrays(given.quotes)
    begun = time.perf_counter()
    tape = Tape(["EURUSD"], np.zeros(len(bid), dtype=np.int16), bid, ask, at, EVIDENCE)
    prepared = time.perf_counter() - begun
    seconds, deals, digest = skip(engine_with(0), tape)
    crowded, _, _ = skip(engine_with(given.resting), tape)
    bare, trades = scan(bid, ask)
    sample = min(len(bid), 400_000)
    fed = feed(engine_with(0), tape, sample) / sample * len(bid)
    million = len(bid) / 1e6
    figures = {
        "quotes": len(bid),
        "deals": deals,
        "trades_of_bare_scan": trades,
        "hash": digest,
        "prepare_seconds": prepared,
        "skip_million_quotes_per_second": million / seconds,
        "skip_with_resting_orders": million / crowded,
        "bare_scan_million_quotes_per_second": million / bare,
        "every_quote_million_per_second": million / fed,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if given.json:
        print(json.dumps(figures, indent=2))
        return
    print(f"{len(bid):,} quotes, {deals} deals; bare scan {trades} trades")
    print(f"whole engine, skipping:        {million / seconds:7.1f} M quotes/s")
    print(f"with {given.resting:,} resting orders:    {million / crowded:7.1f} M quotes/s")
    print(f"bare scan, no account:         {million / bare:7.1f} M quotes/s")
    print(f"every quote fed:               {million / fed:7.2f} M quotes/s")
    print(
        f"skipping is {fed / seconds:.0f} times feeding, {seconds / bare:.1f} times the bare scan"
    )
    print(f"most memory {figures['memory_mb']:.0f} MB; arrays prepared in {prepared * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
