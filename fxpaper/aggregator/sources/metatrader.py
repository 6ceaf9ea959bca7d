"""A MetaTrader terminal, whose ticks the bridge hands over: a broker's own bid and ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities, Span
from fxpaper.aggregator.sources.streaming import Stream
from fxpaper.clock import Clock
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, TransientError

EVIDENCE = Evidence("metatrader", Transport.STREAM, Spread.REAL, Grade.A)
CAPABILITIES = Capabilities(
    title="MetaTrader",
    evidence=EVIDENCE,
    sides="bid and ask of your broker",
    updates="every tick",
    history="what the terminal has, real bids",
    free_plan="all of it, with a terminal of yours",
    past=("1m", "5m", "15m", "30m", "1h", "4h", "1d"),
    past_bars=5000,
)
_LATEST_NS = 300 * 60 * NS_PER_SECOND
_MOST = 100_000
"""Ticks that wait to be taken; with more of them nobody is listening."""


class TickFeed:
    """Where the bridge puts what terminals quote, and finds what is wanted of them.

    Attributes:
        wanted: canonical symbols that somebody listens for.
        changed: is set when they change.
        ask_bars: asks a terminal for bars of the past; None before the bridge runs.
    """

    def __init__(self) -> None:
        self.wanted: frozenset[str] = frozenset()
        self.changed = asyncio.Event()
        self.ask_bars: Callable[[str, Span], Awaitable[list[Bar]]] | None = None
        self._trouble: str | None = "No terminal is connected."
        self._symbols: frozenset[str] = frozenset()
        self._queue: asyncio.Queue[Quote | None] = asyncio.Queue(_MOST)

    def has(self, symbol: str) -> bool:
        """Tell whether some connected terminal quotes a symbol."""
        return symbol in self._symbols

    def put(self, quote: Quote) -> None:
        """Hand a quote over; the oldest go when nobody takes them."""
        if quote.symbol not in self.wanted:
            return
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(quote)

    def serve(self, symbols: frozenset[str]) -> None:
        """Tell which symbols connected terminals have."""
        self._symbols, self._trouble = symbols, None

    def fail(self, trouble: str) -> None:
        """Tell that no terminal is there, and why."""
        self._symbols, self._trouble = frozenset(), trouble
        if not self._queue.full():
            self._queue.put_nowait(None)

    def want(self, symbols: frozenset[str]) -> None:
        """Ask for other symbols from now on."""
        self.wanted = symbols
        self.changed.set()

    async def take(self) -> Quote:
        """Return the next quote.

        Raises:
            TransientError: no terminal is there.
        """
        while True:
            if self._trouble is not None and self._queue.empty():
                raise TransientError(self._trouble)
            quote = await self._queue.get()
            if quote is not None:
                return quote


class MetaTraderSource(Stream):
    """Listens to terminals.

    Args:
        feed: filled by the bridge.
        clock: of the market.
    """

    name = "metatrader"
    evidence = EVIDENCE
    capabilities = CAPABILITIES

    def __init__(self, feed: TickFeed, clock: Clock) -> None:
        self._feed = feed
        self._clock = clock

    def supports(self, symbol: str) -> bool:
        """Tell whether some connected terminal quotes a symbol."""
        return self._feed.has(symbol)

    async def quotes(self, symbols: frozenset[str]) -> AsyncGenerator[Quote, None]:
        """Yield ticks as they come.

        Raises:
            TransientError: no terminal is connected any more.
        """
        self._feed.want(symbols)
        try:
            while True:
                yield await self._feed.take()
        finally:
            self._feed.want(frozenset())

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        """Return closed bars of real bids, oldest first.

        Raises:
            TransientError: no terminal can tell them now.
        """
        if self._feed.ask_bars is None:
            raise TransientError("No terminal is connected.")
        now = self._clock.now()
        return await self._feed.ask_bars(symbol, span or Span("1m", now - _LATEST_NS, now))


def _make(setup: Setup) -> MetaTraderSource:
    if setup.terminals is None:
        raise ConfigurationError("The source metatrader works inside a daemon only.")
    return MetaTraderSource(setup.terminals, setup.clock)


SPEC = SourceSpec(
    name=MetaTraderSource.name,
    capabilities=CAPABILITIES,
    make=_make,
    keys=("metatrader_address",),
    switch="mt4",
)
