"""Quotes through the feed, and many callers of one price.

Quotes of four symbols go through quality checks, rotation, bars and cache, as a stream would bring
them, beside a loop that only counts them; a thousand callers ask for the same price at once.

Run: scripts/bench aggregator [--quotes 200000] [--callers 1000] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from fxpaper.aggregator.feed import Extras, PriceFeed
from fxpaper.aggregator.source import Capabilities, Finding, Span, Usage
from fxpaper.aggregator.store import open_store
from fxpaper.clock import ManualClock
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.profiles import read_profile

SYMBOLS = ("EURUSD", "GBPUSD", "USDJPY", "AUDUSD")
NOON = parse_instant("2026-11-18T12:00:00Z")
GAP_NS = NS_PER_SECOND // 20


class Made:
    """A source of quotes that are made before the clock starts."""

    raw = ""
    latest: Quote | None = None

    def __init__(self, quotes: list[Quote], clock: ManualClock, *, polled: bool) -> None:
        self._clock = clock
        transport = Transport.REST if polled else Transport.STREAM
        self.name = "made"
        self.evidence = Evidence(self.name, transport, Spread.REAL, Grade.A)
        self.capabilities = Capabilities(
            title="Made", evidence=self.evidence, sides="", updates="", history="", free_plan=""
        )
        self.polled = polled
        self.calls = 0
        self._quotes = quotes

    def supports(self, symbol: str) -> bool:
        """Say of its four symbols that it has them."""
        return symbol in SYMBOLS

    async def quotes(self, symbols: frozenset[str]) -> AsyncIterator[Quote]:
        """Yield what was made, moving the clock."""
        del symbols
        for quote in self._quotes:
            self._clock.move_to(quote.received_at)
            yield quote
        await asyncio.Event().wait()

    async def fetch(self, symbol: str) -> Quote:
        """Return a price after a fifth of a second."""
        self.calls += 1
        await asyncio.sleep(0.2)
        return Quote(symbol, 108_240, 108_250, NOON, NOON, self.evidence)

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        """Return nothing."""
        del symbol, span
        return []

    async def usage(self) -> Usage | None:
        """Return nothing."""
        return None

    async def probe(self, symbol: str) -> Finding:
        """Say that all is well."""
        return Finding(ok=True, text=symbol)

    async def close(self) -> None:
        """Do nothing."""


def made(count: int) -> list[Quote]:
    """Return quotes that wander by a point or two, a twentieth of a second apart."""
    evidence = Evidence("made", Transport.STREAM, Spread.REAL, Grade.A)
    return [
        Quote(
            SYMBOLS[n % len(SYMBOLS)],
            108_240 + n // 4 % 7,
            108_250 + n // 4 % 7,
            NOON + n * GAP_NS,
            NOON + n * GAP_NS,
            evidence,
        )
        for n in range(count)
    ]


async def with_feed(
    source: Made,
    clock: ManualClock,
    publish: Callable[[Quote], None],
    work: Callable[[PriceFeed], Any],
) -> Any:  # noqa: ANN401
    """Return what some work with a running feed returns."""
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(None, Path(folder))
        instruments = read_profile("standard").instruments
        extras = Extras(instruments=instruments)
        feed = PriceFeed([source], SYMBOLS, clock, store, lambda _: True, extras)
        running = asyncio.create_task(feed.run(publish))
        try:
            return await work(feed)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await store.close()


async def through(count: int) -> tuple[float, float]:
    """Return the seconds for quotes through the feed, and through a bare loop."""
    quotes, done, published = made(count), asyncio.Event(), 0

    def publish(_: Quote) -> None:
        nonlocal published
        published += 1
        if published == count:
            done.set()

    async def work(_: PriceFeed) -> float:
        began = time.perf_counter()
        await done.wait()
        return time.perf_counter() - began

    clock = ManualClock(NOON)
    seconds = await with_feed(Made(quotes, clock, polled=False), clock, publish, work)
    bare, began = 0, time.perf_counter()
    async for _ in _each(quotes):
        bare += 1
    return seconds, time.perf_counter() - began


async def _each(quotes: list[Quote]) -> AsyncIterator[Quote]:
    for quote in quotes:
        yield quote


async def together(callers: int) -> tuple[float, int]:
    """Return the seconds until every caller has the price, and the calls that took."""
    clock = ManualClock(NOON)
    source = Made([], clock, polled=True)

    async def work(feed: PriceFeed) -> float:
        await asyncio.sleep(0.05)
        began = time.perf_counter()
        await asyncio.gather(*(feed.fresh("EURUSD") for _ in range(callers)))
        return time.perf_counter() - began

    return await with_feed(source, clock, lambda _: None, work), source.calls


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quotes", type=int, default=200_000)
    parser.add_argument("--callers", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    seconds, bare = await through(asked.quotes)
    waited, calls = await together(asked.callers)
    figures = {
        "quotes_per_second": round(asked.quotes / seconds),
        "microseconds_a_quote": round(seconds / asked.quotes * 1e6, 2),
        "times_a_bare_loop": round(seconds / bare, 1),
        "callers": asked.callers,
        "calls": calls,
        "seconds_for_all": round(waited, 3),
    }
    if asked.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):24} {value:>12,}")


if __name__ == "__main__":
    asyncio.run(_main())
