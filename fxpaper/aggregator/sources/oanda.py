"""OANDA's practice stream: bid and ask of a broker, at most four prices a second, without a price.

``GET /v3/accounts/ACCOUNT/pricing/stream?instruments=EUR_USD`` answers one JSON object a line:
``{"type": "PRICE", "instrument": "EUR_USD", "time": "2026-11-18T12:00:29.123456789Z", "bids":
[{"price": "1.08241", "liquidity": 10000000}], "asks": […], "tradeable": true, …}`` and every
five seconds ``{"type": "HEARTBEAT", "time": …}``. A price that is not tradeable, as all weekend, is
none.

Candles have real bids: ``/v3/instruments/EUR_USD/candles?price=B``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import msgspec

from fxpaper.aggregator.budget import Limits
from fxpaper.aggregator.one_sided import read_price
from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities, Span, Usage
from fxpaper.aggregator.sources.polled import account_name
from fxpaper.aggregator.sources.polling import Hurry, Spending
from fxpaper.aggregator.sources.rest import Rest
from fxpaper.aggregator.sources.streaming import Stream
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import NS_PER_SECOND, format_instant, parse_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, TransientError

STREAM_URL = "https://stream-fxpractice.oanda.com"
REST_URL = "https://api-fxpractice.oanda.com"
_EVIDENCE = Evidence("oanda", Transport.STREAM, Spread.REAL, Grade.A)
CAPABILITIES = Capabilities(
    title="OANDA practice",
    evidence=_EVIDENCE,
    sides="bid and ask",
    updates="as they change, at most four a second",
    history="years, real bids",
    free_plan="all of it, with a practice account",
    sign_up="https://www.oanda.com/demo-account",
    past=("1m", "5m", "15m", "30m", "1h"),
    past_bars=5000,
)
_SILENCE_SECONDS = 10.0
_CONNECT_SECONDS = 10.0
_LATEST_NS = 300 * 60 * NS_PER_SECOND
_GRANULARITY = {"1m": "M1", "5m": "M5", "15m": "M15", "30m": "M30", "1h": "H1"}
_OK = 200
_KEY_STATUSES = (401, 403)


class _Level(msgspec.Struct):
    price: str


class _Message(msgspec.Struct):
    type: str = ""
    instrument: str = ""
    time: str = ""
    bids: list[_Level] = []
    asks: list[_Level] = []
    tradeable: bool = False


class OandaSource(Stream):
    """Listens to OANDA.

    Args:
        key: the token.
        account: the practice account, ``101-001-1234567-001``.
        setup: what it works with.
        stream_url: where the stream is.
        rest_url: where candles are.
    """

    name = "oanda"
    evidence = _EVIDENCE
    capabilities = CAPABILITIES

    def __init__(
        self,
        key: str,
        account: str,
        setup: Setup,
        stream_url: str = STREAM_URL,
        rest_url: str = REST_URL,
    ) -> None:
        self._key = key
        self._account = account
        self._instruments = setup.instruments
        self._clock = setup.clock
        self._url = stream_url
        self._headers = {"Authorization": f"Bearer {key}"}
        account = account_name(self.name, key)
        self._spending = Spending("OANDA", account, setup.budget, setup.clock)
        self._rest = Rest("OANDA", rest_url, self._headers, self._spending)
        self._decoder = msgspec.json.Decoder(_Message)
        self._has: frozenset[str] | None = None

    def supports(self, symbol: str) -> bool:
        """Tell whether the account may trade a pair; that is asked for before the first stream."""
        instrument = self._instruments.get(symbol)
        return instrument is not None and (self._has is None or _name(instrument) in self._has)

    async def quotes(self, symbols: frozenset[str]) -> AsyncGenerator[Quote, None]:
        """Yield quotes as they come.

        Raises:
            TransientError: there is no connection, it was closed, nothing came for ten seconds
                (a heartbeat comes every five), or it makes no sense.
            ConfigurationError: the token or the account is wrong.
        """
        named = await self._named(symbols)
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS
        )
        address = f"{self._url}/v3/accounts/{self._account}/pricing/stream"
        try:
            async with (
                aiohttp.ClientSession(headers=self._headers, timeout=timeout) as session,
                session.get(address, params={"instruments": ",".join(named)}) as answer,
            ):
                if answer.status != _OK:
                    await self._refused(answer)
                async for text in answer.content:
                    self.raw = text.decode("utf-8", "replace")
                    message = self._read(text)
                    symbol = named.get(message.instrument)
                    if message.type == "PRICE" and message.tradeable and symbol is not None:
                        yield self._quote(message, symbol)
        except aiohttp.ClientConnectorError as problem:
            why = problem.os_error.strerror or "no connection"
            raise TransientError(f"OANDA's stream cannot be reached: {why}") from None
        except aiohttp.SocketTimeoutError:
            raise TransientError(
                f"OANDA's stream is dead: no heartbeat for {_SILENCE_SECONDS:g} s"
            ) from None
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise TransientError(
                f"OANDA's stream cannot be reached: {type(problem).__name__}"
            ) from None
        except ValueError as problem:
            raise TransientError(f"OANDA's stream makes no sense: {problem}") from None
        raise TransientError("OANDA's stream was closed by the other side")

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        """Return closed bars of real bids, oldest first."""
        instrument, now = self._instruments[symbol], self._clock.now()
        span = span or Span("1m", now - _LATEST_NS, now)
        body = await self._rest.ask(
            f"/v3/instruments/{_name(instrument)}/candles",
            {
                "price": "B",
                "granularity": _GRANULARITY[span.interval],
                "from": format_instant(span.begins),
                "to": format_instant(min(span.ends, now)),
            },
            Hurry.SPARE,
        )
        try:
            candles = [row for row in body["candles"] if row["complete"]]
            bars = [_bar(row, instrument, span.interval) for row in candles]
        except (TypeError, KeyError, ValueError):
            raise TransientError(
                f"OANDA, {symbol}: the candles are not of the documented form"
            ) from None
        return [one for one in bars if span.begins <= one.opened_at < span.ends]

    async def usage(self) -> Usage | None:
        """Return what was asked over REST; the stream costs none, and no plan limits it."""
        return await self._spending.budget.usage(self._spending.account)

    async def close(self) -> None:
        """Close the connection for candles."""
        await self._rest.close()

    async def _named(self, symbols: frozenset[str]) -> dict[str, str]:
        """Return our symbols by OANDA's names; one that the account has not would fail them all."""
        has = self._has = self._has or await self._tradeable_names()
        wanted = {_name(self._instruments[symbol]): symbol for symbol in sorted(symbols)}
        named = {name: symbol for name, symbol in wanted.items() if name in has}
        if not named:
            raise TransientError(f"OANDA: the account has none of {', '.join(wanted)}")
        return named

    async def _tradeable_names(self) -> frozenset[str]:
        path = f"/v3/accounts/{self._account}/instruments"
        body = await self._rest.ask(path, {}, Hurry.NOW)
        try:
            return frozenset(str(one["name"]) for one in body["instruments"])
        except (TypeError, KeyError):
            raise TransientError(
                "OANDA: the account's instruments are not of the documented form"
            ) from None

    async def _refused(self, answer: aiohttp.ClientResponse) -> None:
        body = await answer.read()
        said = body.decode("utf-8", "replace").replace(self._key, "***")[:300]
        text = f"OANDA refuses the stream: {said or answer.reason} ({answer.status})"
        if answer.status in _KEY_STATUSES:
            raise ConfigurationError(f"{text}. Set oanda_key and oanda_account.")
        raise TransientError(text)

    def _read(self, text: bytes) -> _Message:
        if not text.strip():
            return _Message()
        try:
            return self._decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise TransientError(f"OANDA's stream makes no sense: {problem}") from None

    def _quote(self, message: _Message, symbol: str) -> Quote:
        instrument = self._instruments[symbol]
        if not message.bids or not message.asks:
            raise TransientError(f"OANDA's stream, {symbol}: a price without both sides")
        try:
            quoted_at = parse_instant(message.time)
        except ValueError:
            raise TransientError(
                f"OANDA's stream, {symbol}: {message.time!r} is not a time"
            ) from None
        bid = read_price(message.bids[0].price, instrument)
        ask = read_price(message.asks[0].price, instrument)
        return Quote(symbol, bid, ask, quoted_at, self._clock.now(), _EVIDENCE)


def _name(instrument: Instrument) -> str:
    return f"{instrument.base}_{instrument.quote}"


def _bar(row: dict[str, Any], instrument: Instrument, interval: str) -> Bar:
    opened, high, low, close = (
        read_price(row["bid"][name], instrument) for name in ("o", "h", "l", "c")
    )
    return Bar(
        instrument.symbol,
        interval,
        parse_instant(str(row["time"])),
        opened,
        high,
        low,
        close,
        0,
        closed=True,
        source=_EVIDENCE.source,
    )


def _make(setup: Setup) -> OandaSource:
    return OandaSource(setup.keys["oanda_key"], setup.keys["oanda_account"], setup)


SPEC = SourceSpec(
    name=OandaSource.name,
    capabilities=CAPABILITIES,
    make=_make,
    keys=("oanda_key", "oanda_account"),
    limits=Limits(spacing_ms=20),
)
