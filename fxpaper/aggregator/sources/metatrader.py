"""A MetaTrader terminal, whose ticks the bridge hands over: a broker's own bid and ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities
from fxpaper.aggregator.sources.streaming import Stream
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, TransientError

EVIDENCE = Evidence("metatrader", Transport.STREAM, Spread.REAL, Grade.A)
CAPABILITIES = Capabilities(
    title="MetaTrader",
    evidence=EVIDENCE,
    sides="bid and ask of your broker",
    updates="every tick",
    history="none",
    free_plan="all of it, with a terminal of yours",
)
_MOST = 100_000
"""Ticks that wait to be taken; with more of them nobody is listening."""


class TickFeed:
    """Where the bridge puts what terminals quote, and finds what is wanted of them.

    Attributes:
        wanted: canonical symbols that somebody listens for.
        changed: is set when they change.
    """

    def __init__(self) -> None:
        self.wanted: frozenset[str] = frozenset()
        self.changed = asyncio.Event()
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
    """

    name = "metatrader"
    evidence = EVIDENCE
    capabilities = CAPABILITIES

    def __init__(self, feed: TickFeed) -> None:
        self._feed = feed

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


def _make(setup: Setup) -> MetaTraderSource:
    if setup.terminals is None:
        raise ConfigurationError("The source metatrader works inside a daemon only.")
    return MetaTraderSource(setup.terminals)


SPEC = SourceSpec(
    name=MetaTraderSource.name,
    capabilities=CAPABILITIES,
    make=_make,
    keys=("metatrader_address",),
    switch="mt4",
)
