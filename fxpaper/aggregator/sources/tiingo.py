"""Tiingo's forex stream: the true best bid and ask, in the plan without a price.

Sent: ``{"eventName": "subscribe", "authorization": KEY, "eventData": {"thresholdLevel": 5,
"tickers": ["eurusd"]}}``. Received: ``{"service": "fx", "messageType": "A", "data": ["Q", "eurusd",
"2026-11-18T12:00:29.123456+00:00", 1000000, 1.08241, 1.08246, 1000000, 1.08251]}`` (sizes beside
bid, mid and ask), ``H`` about every 30 s, ``I`` with what was subscribed, ``E`` with an error.

Bars come over REST, ``/tiingo/fx/eurusd/prices``, of mid prices.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec

from fxpaper.aggregator.budget import Limits
from fxpaper.aggregator.one_sided import bar_around, read_price
from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities, Span, Usage
from fxpaper.aggregator.sources.polled import account_name
from fxpaper.aggregator.sources.polling import Hurry, Spending
from fxpaper.aggregator.sources.rest import Rest
from fxpaper.aggregator.sources.streaming import Line, Stream, shortened, texts
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.instant import NS_PER_SECOND, Instant, format_instant, parse_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, TransientError

STREAM_URL = "wss://api.tiingo.com/fx"
REST_URL = "https://api.tiingo.com"
_EVIDENCE = Evidence("tiingo", Transport.STREAM, Spread.REAL, Grade.A)
CAPABILITIES = Capabilities(
    title="Tiingo FX",
    evidence=_EVIDENCE,
    sides="bid and ask",
    updates="as they change",
    history="minutes of some years",
    free_plan="the stream, one line for each key; 50 calls an hour, 1,000 a day",
    sign_up="https://www.tiingo.com/account/api/token",
    past=("1m", "5m", "15m", "30m", "1h"),
    past_bars=5000,
)
_LATEST_NS = 300 * 60 * NS_PER_SECOND
_FREQUENCIES = {"1m": "1min", "5m": "5min", "15m": "15min", "30m": "30min", "1h": "1hour"}
_QUOTE_FIELDS = 8
_KEY_CODES = (401, 403)


class _Message(msgspec.Struct):
    messageType: str  # noqa: N815 - theirs
    data: Any = None
    response: Any = None


class TiingoSource(Stream):
    """Listens to Tiingo.

    Args:
        key: of the plan.
        setup: what it works with.
        stream_url: where the stream is.
        rest_url: where bars are.
    """

    name = "tiingo"
    evidence = _EVIDENCE
    capabilities = CAPABILITIES

    def __init__(
        self, key: str, setup: Setup, stream_url: str = STREAM_URL, rest_url: str = REST_URL
    ) -> None:
        self._key = key
        self._instruments = setup.instruments
        self._clock = setup.clock
        self._url = stream_url
        account = account_name(self.name, key)
        self._spending = Spending("Tiingo", account, setup.budget, setup.clock)
        self._rest = Rest("Tiingo", rest_url, {"Authorization": f"Token {key}"}, self._spending)
        self._decoder = msgspec.json.Decoder(_Message)

    def supports(self, symbol: str) -> bool:
        """Tell whether the provider may quote a pair; every spot pair and metal may be."""
        return symbol in self._instruments

    async def quotes(self, symbols: frozenset[str]) -> AsyncGenerator[Quote, None]:
        """Yield quotes as they come.

        Raises:
            TransientError: there is no connection, it was closed, it is dead, or it makes no
                sense.
            ConfigurationError: the key is wrong.
        """
        named = {_ticker(self._instruments[symbol]): symbol for symbol in sorted(symbols)}
        hello = {
            "eventName": "subscribe",
            "authorization": self._key,
            "eventData": {"thresholdLevel": 5, "tickers": list(named)},
        }
        line = Line("Tiingo", self._url, (msgspec.json.encode(hello).decode(),))
        async with aclosing(texts(line)) as heard:
            async for text in heard:
                self.raw = shortened(text, self._key)
                data = self._read(text)
                symbol = named.get(str(data[1])) if data else None
                if symbol is not None:
                    yield self._quote(data, symbol)

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        """Return closed bars of bids laid under Tiingo's mid prices; a call of the plan."""
        instrument, now = self._instruments[symbol], self._clock.now()
        span = span or Span("1m", now - _LATEST_NS, now)
        body = await self._rest.ask(
            f"/tiingo/fx/{_ticker(instrument)}/prices",
            {
                "resampleFreq": _FREQUENCIES[span.interval],
                "startDate": _date(span.begins),
                "endDate": _date(span.ends),
            },
            Hurry.SPARE,
        )
        try:
            bars = [_bar(row, instrument, span.interval) for row in body]
        except (TypeError, KeyError, ValueError):
            raise TransientError(
                f"Tiingo, {symbol}: the bars are not of the documented form"
            ) from None
        length = INTERVALS[span.interval] * NS_PER_SECOND
        return [
            one
            for one in sorted(bars, key=lambda bar: bar.opened_at)
            if span.begins <= one.opened_at < span.ends and one.opened_at + length <= now
        ]

    async def usage(self) -> Usage | None:
        """Return what is used of the plan's calls; the stream costs none."""
        return await self._spending.budget.usage(self._spending.account)

    async def close(self) -> None:
        """Close the connection for bars."""
        await self._rest.close()

    def _read(self, text: str) -> list[Any]:
        """Return the fields of a quote; none for a message about something else."""
        try:
            message = self._decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise TransientError(f"Tiingo's stream makes no sense: {problem}") from None
        if message.messageType == "E":
            self._fail(message.response)
        if message.messageType != "A":
            return []
        data = message.data
        if not isinstance(data, list) or len(data) != _QUOTE_FIELDS or data[0] != "Q":
            raise TransientError("Tiingo's stream makes no sense: a quote of another form")
        return data

    def _fail(self, response: object) -> None:
        said = response if isinstance(response, dict) else {}
        text = str(said.get("message", "no reason given")).replace(self._key, "***")[:300]
        if said.get("code") in _KEY_CODES:
            raise ConfigurationError(f"Tiingo refuses the key: {text}. Set tiingo_key.")
        raise TransientError(f"Tiingo's stream reports an error: {text}")

    def _quote(self, data: list[Any], symbol: str) -> Quote:
        instrument = self._instruments[symbol]
        try:
            quoted_at = parse_instant(str(data[2]))
        except ValueError:
            raise TransientError(f"Tiingo's stream, {symbol}: {data[2]!r} is not a time") from None
        bid, ask = read_price(data[4], instrument), read_price(data[7], instrument)
        return Quote(symbol, bid, ask, quoted_at, self._clock.now(), _EVIDENCE)


def _ticker(instrument: Instrument) -> str:
    return f"{instrument.base}{instrument.quote}".lower()


def _date(at: Instant) -> str:
    return format_instant(at)[:19]


def _bar(row: dict[str, Any], instrument: Instrument, interval: str) -> Bar:
    prices = tuple(row[name] for name in ("open", "high", "low", "close"))
    opened_at = parse_instant(str(row["date"]))
    return bar_around(opened_at, prices, instrument, _EVIDENCE.source, interval)


SPEC = SourceSpec(
    name=TiingoSource.name,
    capabilities=CAPABILITIES,
    make=lambda setup: TiingoSource(setup.keys["tiingo_key"], setup),
    keys=("tiingo_key",),
    limits=Limits(per_hour=50, per_day=1000, midnight="America/New_York"),
)
