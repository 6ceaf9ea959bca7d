"""Yahoo's stream of prices over a WebSocket.

Sent: ``{"subscribe": ["EURUSD=X"]}``, again every 15 s. Received: ``{"type": "pricing", "message":
"<base64>"}`` with yfinance's protobuf ``PricingData`` in it: ``id``, ``price``, ``bid`` and ``ask``
are float32 and may be unset, ``time`` is in milliseconds. yfinance's own client is not used: after
a clean close it spins without letting the event loop run.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING

from fxpaper.aggregator.one_sided import pair_of_sides, quote_around, read_price
from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities
from fxpaper.aggregator.sources.streaming import Line, Stream, texts
from fxpaper.aggregator.sources.yahoo_names import yahoo_name
from fxpaper.domain.instant import NS_PER_MS
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import TransientError

if TYPE_CHECKING:
    from fxpaper.aggregator.sources.yahoo_pricing import Pricing

DEFAULT_URL = "wss://streamer.finance.yahoo.com/?version=2"
_ONE_SIDED = Evidence("yahoo_stream", Transport.STREAM, Spread.MODELLED, Grade.B)
_TWO_SIDED = Evidence("yahoo_stream", Transport.STREAM, Spread.REAL, Grade.B)
_RESUBSCRIBE_SECONDS = 15.0
CAPABILITIES = Capabilities(
    title="Yahoo Finance, stream",
    evidence=_ONE_SIDED,
    sides="one price, both sides where Yahoo has them",
    updates="as they change, about once a second",
    history="none",
    free_plan="no key",
)


class YahooStreamSource(Stream):
    """Listens to Yahoo.

    Args:
        setup: what it works with.
        url: where the stream is.
        heartbeat: seconds between pings; a socket that leaves one unanswered is dead.
    """

    name = "yahoo_stream"
    evidence = _ONE_SIDED
    capabilities = CAPABILITIES

    def __init__(self, setup: Setup, url: str = DEFAULT_URL, heartbeat: float = 15.0) -> None:
        self._instruments = setup.instruments
        self._clock = setup.clock
        self._url = url
        self._heartbeat = heartbeat
        self._decode: Callable[[str], Pricing | None] | None = None

    def supports(self, symbol: str) -> bool:
        """Tell whether Yahoo has the spot price; it has none of metals, only futures."""
        instrument = self._instruments.get(symbol)
        return instrument is not None and yahoo_name(instrument) is not None

    async def quotes(self, symbols: frozenset[str]) -> AsyncGenerator[Quote, None]:
        """Yield quotes as they come; the market's own silence, as at a weekend, is no failure.

        Raises:
            TransientError: there is no connection, it was closed, or it is dead.
        """
        if self._decode is None:
            self._decode = await asyncio.to_thread(_import_decoder)
        named = {yahoo_name(self._instruments[symbol]): symbol for symbol in sorted(symbols)}
        line = Line(
            "Yahoo",
            self._url,
            hello := (json.dumps({"subscribe": list(named)}),),
            awake=hello[0],
            awake_seconds=_RESUBSCRIBE_SECONDS,
            heartbeat=self._heartbeat,
        )
        async with aclosing(texts(line)) as heard:
            async for text in heard:
                self.raw = text
                quote = self._read(self._decode, text, named)
                if quote is not None:
                    yield quote

    def _read(
        self,
        decode: Callable[[str], Pricing | None],
        text: str,
        named: Mapping[str | None, str],
    ) -> Quote | None:
        """Return the quote in a message; None for a message about something else.

        Raises:
            TransientError: it is not of the known form.
        """
        try:
            pricing = decode(text)
        except ValueError as problem:
            raise TransientError(f"Yahoo's stream makes no sense: {problem}") from None
        symbol = named.get(pricing.name) if pricing is not None else None
        if pricing is None or symbol is None:
            return None
        return self._quote(pricing, self._instruments[symbol])

    def _quote(self, pricing: Pricing, instrument: Instrument) -> Quote:
        """Return both real sides where they are set and sane, else a spread around the price."""
        if pricing.time_ms <= 0:
            raise TransientError(f"Yahoo's stream, {instrument.symbol}: a price without a time")
        quoted_at = pricing.time_ms * NS_PER_MS
        now = self._clock.now()
        sides = pair_of_sides(pricing.bid, pricing.ask, instrument)
        if sides is not None:
            return Quote(instrument.symbol, *sides, quoted_at, now, _TWO_SIDED)
        middle = read_price(pricing.price, instrument)
        return quote_around(middle, instrument, quoted_at, now, _ONE_SIDED)


def _import_decoder() -> Callable[[str], Pricing | None]:
    from fxpaper.aggregator.sources.yahoo_pricing import (  # noqa: PLC0415 - 2 s, all of yfinance
        read_pricing,
    )

    return read_pricing


SPEC = SourceSpec(
    name=YahooStreamSource.name,
    capabilities=CAPABILITIES,
    make=YahooStreamSource,
    supports=lambda instrument: yahoo_name(instrument) is not None,
)
