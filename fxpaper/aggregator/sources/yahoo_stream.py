"""Yahoo's stream of prices over a WebSocket.

Sent: ``{"subscribe": ["EURUSD=X"]}``, again every 15 s. Received: ``{"type": "pricing", "message":
"<base64>"}`` with yfinance's protobuf ``PricingData`` in it: ``id``, ``price``, ``bid`` and ``ask``
are float32 and may be unset, ``time`` is in milliseconds. yfinance's own client is not used: after
a clean close it spins without letting the event loop run.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING

import aiohttp

from fxpaper.aggregator.one_sided import quote_around, read_price
from fxpaper.aggregator.source import Usage
from fxpaper.aggregator.sources.yahoo_names import yahoo_name
from fxpaper.clock import Clock
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import NS_PER_MS
from fxpaper.domain.instrument import Instrument, Points
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import TransientError

if TYPE_CHECKING:
    from fxpaper.aggregator.sources.yahoo_pricing import Pricing

DEFAULT_URL = "wss://streamer.finance.yahoo.com/?version=2"
_ONE_SIDED = Evidence("yahoo_stream", Transport.STREAM, Spread.MODELLED, Grade.B)
_TWO_SIDED = Evidence("yahoo_stream", Transport.STREAM, Spread.REAL, Grade.B)
_RESUBSCRIBE_SECONDS = 15.0
_CONNECT_SECONDS = 10.0
_WIDEST = 20
"""A spread of more than so many typical ones is no real pair of bid and ask."""


class YahooStreamSource:
    """Listens to Yahoo.

    Args:
        instruments: the known ones, by canonical symbol.
        clock: of the market.
        url: where the stream is.
        heartbeat: seconds between pings; a socket that leaves one unanswered is dead.
    """

    name = "yahoo_stream"
    evidence = _ONE_SIDED
    polled = False

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        clock: Clock,
        url: str = DEFAULT_URL,
        heartbeat: float = 15.0,
    ) -> None:
        self._instruments = instruments
        self._clock = clock
        self._url = url
        self._heartbeat = heartbeat
        self._decode: Callable[[str], Pricing | None] | None = None

    def supports(self, symbol: str) -> bool:
        """Tell whether Yahoo has the spot price; it has none of metals, only futures."""
        instrument = self._instruments.get(symbol)
        return instrument is not None and yahoo_name(instrument) is not None

    async def quotes(self, symbols: frozenset[str]) -> AsyncIterator[Quote]:
        """Yield quotes as they come; the market's own silence, as at a weekend, is no failure.

        Raises:
            TransientError: there is no connection, it was closed, or it is dead.
        """
        if self._decode is None:
            self._decode = await asyncio.to_thread(_import_decoder)
        named = {yahoo_name(self._instruments[symbol]): symbol for symbol in sorted(symbols)}
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=aiohttp.ClientTimeout(sock_connect=_CONNECT_SECONDS)
                ) as session,
                session.ws_connect(
                    self._url,
                    heartbeat=self._heartbeat,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                ) as socket,
                aclosing(_listen(socket, json.dumps({"subscribe": list(named)}))) as texts,
            ):
                async for text in texts:
                    quote = self._read(self._decode, text, named)
                    if quote is not None:
                        yield quote
        except aiohttp.ClientError as problem:
            raise TransientError(f"Yahoo's stream cannot be reached: {problem}") from None
        except TimeoutError:
            raise TransientError("Yahoo's stream did not answer") from None

    async def fetch(self, symbol: str) -> Quote:
        """Refuse: a stream cannot be asked.

        Raises:
            TransientError: always.
        """
        raise TransientError(f"A stream cannot be asked for {symbol}; wait for its next quote.")

    async def history(self, symbol: str) -> list[Bar]:
        """Return nothing: the stream has no past."""
        del symbol
        return []

    async def usage(self) -> Usage | None:
        """Return None: nothing is counted."""
        return None

    async def close(self) -> None:
        """Do nothing; the socket closes with :meth:`quotes`."""

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
        bid, ask = (_points(side, instrument) for side in (pricing.bid, pricing.ask))
        if 0 < bid < ask <= bid + _WIDEST * instrument.typical_spread:
            return Quote(instrument.symbol, bid, ask, quoted_at, now, _TWO_SIDED)
        middle = read_price(pricing.price, instrument)
        return quote_around(middle, instrument, quoted_at, now, _ONE_SIDED)


async def _listen(
    socket: aiohttp.ClientWebSocketResponse, subscription: str
) -> AsyncGenerator[str, None]:
    """Subscribe, again every 15 s, and yield each text that comes.

    Raises:
        TransientError: the connection was closed or is dead.
    """
    loop = asyncio.get_running_loop()
    await socket.send_str(subscription)
    again_at = loop.time() + _RESUBSCRIBE_SECONDS
    while True:
        try:
            async with asyncio.timeout_at(again_at):
                message = await socket.receive()
        except TimeoutError:
            await socket.send_str(subscription)
            again_at = loop.time() + _RESUBSCRIBE_SECONDS
            continue
        if message.type is aiohttp.WSMsgType.TEXT:
            yield message.data
        elif message.type is aiohttp.WSMsgType.ERROR:
            raise TransientError(f"Yahoo's stream is dead: {message.data}")
        elif message.type is not aiohttp.WSMsgType.BINARY:
            raise TransientError("Yahoo's stream was closed by the other side")


def _points(price: float, instrument: Instrument) -> Points:
    """Return the nearest point; 0 for a side that is not set or no number."""
    return instrument.nearest_points(price) if math.isfinite(price) else 0


def _import_decoder() -> Callable[[str], Pricing | None]:
    from fxpaper.aggregator.sources.yahoo_pricing import (  # noqa: PLC0415 - 2 s, all of yfinance
        read_pricing,
    )

    return read_pricing
