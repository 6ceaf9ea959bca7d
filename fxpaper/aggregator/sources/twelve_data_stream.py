"""Twelve Data's stream over a WebSocket.

Sent: ``{"action": "subscribe", "params": {"symbols": "EUR/USD,USD/JPY"}}``, and every 10 s
``{"action": "heartbeat"}``. Received: ``{"event": "price", "symbol": "EUR/USD", "timestamp":
1790766150, "price": 1.17071, "bid": …, "ask": …}`` with seconds, and both sides where the plan has
them; ``{"event": "subscribe-status", "fails": […]}``; errors as ``{"status": "error", "code": …,
"message": …}``. The key travels in the address, because the stream takes it nowhere else; the
address is never shown. A plan without a price has one line and eight symbols on trial.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog

from fxpaper.aggregator.one_sided import pair_of_sides, quote_around, read_price
from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities
from fxpaper.aggregator.sources.streaming import Line, Stream, shortened, texts
from fxpaper.aggregator.sources.twelve_data import pair_name
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, TransientError

log = structlog.get_logger(__name__)

DEFAULT_URL = "wss://ws.twelvedata.com/v1/quotes/price"
_ONE_SIDED = Evidence("twelve_data_stream", Transport.STREAM, Spread.MODELLED, Grade.B)
_TWO_SIDED = Evidence("twelve_data_stream", Transport.STREAM, Spread.REAL, Grade.A)
CAPABILITIES = Capabilities(
    title="Twelve Data, stream",
    evidence=_TWO_SIDED,
    sides="one price, both sides where the plan has them",
    updates="as they change, about once a second",
    history="none",
    free_plan="on trial: one line, eight symbols",
    sign_up="https://twelvedata.com/pricing",
)
_AWAKE_SECONDS = 10.0
_BLOCKED_NS = 24 * 3600 * NS_PER_SECOND
_KEY_CODES = (401, 403)


class _Message(msgspec.Struct):
    event: str = ""
    status: str = ""
    symbol: str = ""
    timestamp: int = 0
    price: float | None = None
    bid: float | None = None
    ask: float | None = None
    fails: list[Any] | None = None
    code: int = 0
    message: str = ""


class TwelveDataStreamSource(Stream):
    """Listens to Twelve Data.

    Args:
        key: of the plan.
        setup: what it works with.
        url: where the stream is.
    """

    name = "twelve_data_stream"
    evidence = _ONE_SIDED
    capabilities = CAPABILITIES

    def __init__(self, key: str, setup: Setup, url: str = DEFAULT_URL) -> None:
        self._key = key
        self._instruments = setup.instruments
        self._clock = setup.clock
        self._url = url
        self._decoder = msgspec.json.Decoder(_Message)
        self._blocked: dict[str, Instant] = {}

    def supports(self, symbol: str) -> bool:
        """Tell whether a pair can be subscribed; False for a day where the plan has it not."""
        return symbol in self._instruments and self._blocked.get(symbol, 0) <= self._clock.now()

    async def quotes(self, symbols: frozenset[str]) -> AsyncGenerator[Quote, None]:
        """Yield quotes as they come.

        Raises:
            TransientError: there is no connection, it was closed, it is dead, or it makes no
                sense.
            ConfigurationError: the key is wrong.
        """
        named = {pair_name(self._instruments[symbol]): symbol for symbol in sorted(symbols)}
        subscription = {"action": "subscribe", "params": {"symbols": ",".join(named)}}
        line = Line(
            "Twelve Data",
            f"{self._url}?{urlencode({'apikey': self._key})}",
            (msgspec.json.encode(subscription).decode(),),
            awake='{"action":"heartbeat"}',
            awake_seconds=_AWAKE_SECONDS,
        )
        async with aclosing(texts(line)) as heard:
            async for text in heard:
                self.raw = shortened(text, self._key)
                message = self._read(text)
                if message.event == "subscribe-status" and message.fails:
                    self._leave_out(message.fails, named)
                symbol = named.get(message.symbol)
                if message.event == "price" and symbol is not None:
                    yield self._quote(message, symbol)

    def _read(self, text: str) -> _Message:
        try:
            message = self._decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise TransientError(f"Twelve Data's stream makes no sense: {problem}") from None
        if message.status == "error" and message.event != "subscribe-status":
            said = f"{message.message} ({message.code})".replace(self._key, "***")[:300]
            if message.code in _KEY_CODES:
                raise ConfigurationError(f"Twelve Data's stream refuses the key: {said}")
            raise TransientError(f"Twelve Data's stream reports an error: {said}")
        return message

    def _leave_out(self, fails: list[Any], named: dict[str, str]) -> None:
        """Leave symbols alone for a day that the plan does not stream."""
        for fail in fails:
            name = fail.get("symbol") if isinstance(fail, dict) else fail
            symbol = named.get(str(name))
            if symbol is not None:
                log.warning("symbol_not_streamed", source=self.name, symbol=symbol)
                self._blocked[symbol] = self._clock.now() + _BLOCKED_NS

    def _quote(self, message: _Message, symbol: str) -> Quote:
        if message.timestamp <= 0:
            raise TransientError(f"Twelve Data's stream, {symbol}: a price without a time")
        instrument, now = self._instruments[symbol], self._clock.now()
        quoted_at = message.timestamp * NS_PER_SECOND
        sides = pair_of_sides(message.bid, message.ask, instrument)
        if sides is not None:
            return Quote(symbol, *sides, quoted_at, now, _TWO_SIDED)
        middle = read_price(message.price, instrument)
        return quote_around(middle, instrument, quoted_at, now, _ONE_SIDED)


SPEC = SourceSpec(
    name=TwelveDataStreamSource.name,
    capabilities=CAPABILITIES,
    make=lambda setup: TwelveDataStreamSource(setup.keys["twelve_data_key"], setup),
    keys=("twelve_data_key",),
)
