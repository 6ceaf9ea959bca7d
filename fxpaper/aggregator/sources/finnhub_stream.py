"""Finnhub's stream over a WebSocket, of its OANDA feed.

Sent: ``{"type": "subscribe", "symbol": "OANDA:EUR_USD"}``. Received: ``{"type": "trade", "data":
[{"s": "OANDA:EUR_USD", "p": 1.0825, "t": 1790766150123, "v": 0}]}`` with milliseconds, ``{"type":
"ping"}`` about once a minute, ``{"type": "error", "msg": …}``. A ping says nothing about prices.
The key travels in the address, because the stream takes it nowhere else; the address is never
shown. A plan has one open line; a second process pushes the first one out.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from urllib.parse import urlencode

import msgspec

from fxpaper.aggregator.one_sided import quote_around, read_price
from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities
from fxpaper.aggregator.sources.finnhub_names import finnhub_name
from fxpaper.aggregator.sources.streaming import Line, Stream, shortened, texts
from fxpaper.domain.instant import NS_PER_MS
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, TransientError

DEFAULT_URL = "wss://ws.finnhub.io"
_EVIDENCE = Evidence("finnhub_stream", Transport.STREAM, Spread.MODELLED, Grade.B)
CAPABILITIES = Capabilities(
    title="Finnhub, stream",
    evidence=_EVIDENCE,
    sides="one price",
    updates="as they change",
    history="none",
    free_plan="one line for each key, about 50 symbols",
    sign_up="https://finnhub.io/register",
)


class _Trade(msgspec.Struct):
    s: str
    p: float
    t: int


class _Message(msgspec.Struct):
    type: str
    data: list[_Trade] = []
    msg: str = ""


class FinnhubStreamSource(Stream):
    """Listens to Finnhub.

    Args:
        key: of the plan.
        setup: what it works with.
        url: where the stream is.
    """

    name = "finnhub_stream"
    evidence = _EVIDENCE
    capabilities = CAPABILITIES

    def __init__(self, key: str, setup: Setup, url: str = DEFAULT_URL) -> None:
        self._key = key
        self._instruments = setup.instruments
        self._clock = setup.clock
        self._url = url
        self._decoder = msgspec.json.Decoder(_Message)

    def supports(self, symbol: str) -> bool:
        """Tell whether Finnhub's OANDA feed has a name for it."""
        instrument = self._instruments.get(symbol)
        return instrument is not None and finnhub_name(instrument) is not None

    async def quotes(self, symbols: frozenset[str]) -> AsyncGenerator[Quote, None]:
        """Yield quotes as they come.

        Raises:
            TransientError: there is no connection, it was closed, it is dead, or it makes no
                sense.
            ConfigurationError: the key is wrong.
        """
        named = {finnhub_name(self._instruments[symbol]): symbol for symbol in sorted(symbols)}
        hello = [_subscription(name) for name in named if name is not None]
        line = Line("Finnhub", f"{self._url}?{urlencode({'token': self._key})}", hello)
        try:
            async with aclosing(texts(line)) as heard:
                async for text in heard:
                    self.raw = shortened(text, self._key)
                    for trade in self._read(text):
                        symbol = named.get(trade.s)
                        if symbol is not None:
                            yield self._quote(trade, symbol)
        except TransientError as problem:
            if "HTTP 401" in str(problem):
                raise ConfigurationError(
                    "Finnhub's stream refuses the key. Set the key of your plan as finnhub_key."
                ) from None
            raise

    def _read(self, text: str) -> list[_Trade]:
        try:
            message = self._decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise TransientError(f"Finnhub's stream makes no sense: {problem}") from None
        if message.type == "error":
            said = message.msg.replace(self._key, "***")[:200]
            raise TransientError(f"Finnhub's stream reports an error: {said}")
        return message.data if message.type == "trade" else []

    def _quote(self, trade: _Trade, symbol: str) -> Quote:
        if trade.t <= 0:
            raise TransientError(f"Finnhub's stream, {symbol}: a price without a time")
        instrument = self._instruments[symbol]
        middle = read_price(trade.p, instrument)
        now = self._clock.now()
        return quote_around(middle, instrument, trade.t * NS_PER_MS, now, _EVIDENCE)


def _subscription(name: str) -> str:
    body: Mapping[str, str] = {"type": "subscribe", "symbol": name}
    return msgspec.json.encode(body).decode()


SPEC = SourceSpec(
    name=FinnhubStreamSource.name,
    capabilities=CAPABILITIES,
    make=lambda setup: FinnhubStreamSource(setup.keys["finnhub_key"], setup),
    supports=lambda instrument: finnhub_name(instrument) is not None,
    keys=("finnhub_key",),
)
