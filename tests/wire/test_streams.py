"""The streams over WebSockets: their messages, and everything that can go wrong with a line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import Any, NamedTuple

import pytest
from aiohttp import web

from fxpaper.aggregator.sources import streaming, twelve_data_stream
from fxpaper.aggregator.sources.finnhub_stream import FinnhubStreamSource
from fxpaper.aggregator.sources.tiingo import TiingoSource
from fxpaper.aggregator.sources.twelve_data_stream import TwelveDataStreamSource
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, TransientError

KEY = "0123456789abcdef0123456789abcdef"
NOW = parse_instant("2026-11-18T12:00:30Z")
QUOTED = parse_instant("2026-11-18T12:00:29Z")
EURUSD = frozenset({"EURUSD"})


def tiingo(**changed: Any) -> str:
    fields = {
        "kind": "Q",
        "ticker": "eurusd",
        "time": "2026-11-18T12:00:29.000000+00:00",
        "bid_size": 1_000_000,
        "bid": 1.08241,
        "mid": 1.08246,
        "ask_size": 1_000_000,
        "ask": 1.08251,
        **changed,
    }
    return json.dumps({"service": "fx", "messageType": "A", "data": list(fields.values())})


def finnhub(**changed: Any) -> str:
    trade = {"s": "OANDA:EUR_USD", "p": 1.08246, "t": QUOTED // 1_000_000, "v": 0, **changed}
    return json.dumps({"type": "trade", "data": [trade]})


def twelve_data(**changed: Any) -> str:
    message = {
        "event": "price",
        "symbol": "EUR/USD",
        "currency_base": "Euro",
        "timestamp": QUOTED // NS_PER_SECOND,
        "price": 1.08246,
        **changed,
    }
    return json.dumps({name: value for name, value in message.items() if value is not None})


class Kind(NamedTuple):
    """A stream and how it talks."""

    make: Callable[..., Any]
    say: Callable[..., str]
    subscription: dict[str, Any]
    wrong: list[dict[str, Any]]
    other: list[str]


KINDS = {
    "tiingo": Kind(
        lambda setup, url: TiingoSource(KEY, setup, url),
        tiingo,
        {
            "eventName": "subscribe",
            "authorization": KEY,
            "eventData": {"thresholdLevel": 5, "tickers": ["eurusd"]},
        },
        [{"bid": 0}, {"bid": None}, {"ask": "NaN"}, {"time": "today"}, {"kind": "T"}, {"ask": -1}],
        [
            '{"messageType": "I", "response": {"code": 200, "message": "Success"}, "data": {}}',
            '{"messageType": "H", "response": {"code": 200, "message": "HeartBeat"}}',
            tiingo(ticker="gbpusd"),
        ],
    ),
    "finnhub_stream": Kind(
        lambda setup, url: FinnhubStreamSource(KEY, setup, url),
        finnhub,
        {"type": "subscribe", "symbol": "OANDA:EUR_USD"},
        [{"p": 0}, {"p": None}, {"t": 0}, {"p": -1.1}, {"t": "now"}],
        ['{"type": "ping"}', finnhub(s="OANDA:GBP_USD")],
    ),
    "twelve_data_stream": Kind(
        lambda setup, url: TwelveDataStreamSource(KEY, setup, url),
        twelve_data,
        {"action": "subscribe", "params": {"symbols": "EUR/USD"}},
        [{"price": 0}, {"price": None}, {"timestamp": 0}, {"timestamp": None}, {"price": "x"}],
        [
            '{"event": "subscribe-status", "status": "ok", "success": [], "fails": null}',
            '{"event": "heartbeat", "status": "ok"}',
            twelve_data(symbol="GBP/USD"),
        ],
    ),
}


@pytest.fixture(params=KINDS)
def kind(request) -> Kind:
    return KINDS[request.param]


@pytest.fixture
async def provider(serve):
    """Send what a test wants sent, then wait for the other side."""
    provider = await serve()
    provider.sent, provider.received, provider.status = [], asyncio.Queue(), 0

    async def stream(request: web.Request) -> web.StreamResponse:
        if provider.status:
            return web.Response(status=provider.status, text=f"no, {KEY}")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await provider.received.put(await socket.receive_json())
        for text in provider.sent:
            if text == "cut":
                assert request.transport is not None
                request.transport.abort()
                return socket
            if text == "close":
                await socket.close()
                return socket
            await socket.send_str(text)
        async for message in socket:
            await provider.received.put(json.loads(message.data))
        return socket

    provider.answers["/"] = stream
    provider.url = provider.base.replace("http", "ws")
    return provider


async def first(source: Any, symbols: frozenset[str] = EURUSD) -> Quote:
    async with aclosing(source.quotes(symbols)) as quotes:
        quote: Quote = await anext(quotes)
        return quote


def expected(name: str) -> tuple[int, int, Evidence]:
    if name == "tiingo":
        return 108_241, 108_251, Evidence(name, Transport.STREAM, Spread.REAL, Grade.A)
    modelled = Evidence(name, Transport.STREAM, Spread.MODELLED, Grade.B)
    return 108_246 - 5, 108_246 + 5, modelled


async def test_a_message_becomes_a_quote_with_the_providers_time(kind, provider, setup):
    provider.sent = [*kind.other, kind.say()]
    source = kind.make(setup, provider.url)
    quote = await first(source)
    bid, ask, evidence = expected(source.name)
    spread = setup.instruments["EURUSD"].typical_spread
    if evidence.spread is Spread.MODELLED:
        bid, ask = 108_246 - spread // 2, 108_246 - spread // 2 + spread
    assert (quote.bid, quote.ask, quote.evidence) == (bid, ask, evidence)
    assert (quote.quoted_at, quote.received_at) == (QUOTED, NOW)
    assert await provider.received.get() == kind.subscription


async def test_whatever_makes_no_sense_ends_the_line(kind, provider, setup):
    for changed in kind.wrong:
        provider.sent = [kind.say(**changed)]
        with pytest.raises(TransientError):
            await first(kind.make(setup, provider.url))
    for text in ("<html>", '{"type": ', "[]"):
        provider.sent = [text]
        with pytest.raises(TransientError):
            await first(kind.make(setup, provider.url))


@pytest.mark.parametrize("how", ["close", "cut"])
async def test_the_end_of_a_line_is_a_failure(kind, provider, setup, how):
    provider.sent = [kind.say(), how]
    async with aclosing(kind.make(setup, provider.url).quotes(EURUSD)) as quotes:
        await anext(quotes)
        with pytest.raises(TransientError):
            await anext(quotes)


async def test_nobody_at_the_address_and_a_refusal_are_told_without_the_key(kind, provider, setup):
    with pytest.raises(TransientError, match="cannot be reached") as caught:
        await first(kind.make(setup, "ws://127.0.0.1:1"))
    assert KEY not in str(caught.value)
    provider.status = 503
    with pytest.raises(TransientError, match="HTTP 503") as caught:
        await first(kind.make(setup, provider.url))
    assert KEY not in str(caught.value)


async def test_a_silent_line_is_open_and_a_quote_proves_that_it_works(
    kind, provider, setup, monkeypatch
):
    monkeypatch.setattr(streaming, "_PROBE_SECONDS", 0.05)
    source = kind.make(setup, provider.url)
    finding = await source.probe("EURUSD")
    assert finding.ok
    assert "was not quoted for" in finding.text
    provider.sent = [kind.say()]
    finding = await source.probe("EURUSD")
    assert (finding.ok, finding.text.partition(",")[0]) == (True, "EURUSD streams")
    assert source.latest is not None
    assert source.raw == kind.say()
    provider.sent = ["close"]
    with pytest.raises(TransientError):
        await source.probe("EURUSD")


@pytest.mark.parametrize("code", [401, 403])
async def test_tiingo_refuses_a_key(provider, setup, code):
    message = {"code": code, "message": f"Invalid token {KEY}"}
    provider.sent = [json.dumps({"messageType": "E", "response": message})]
    with pytest.raises(ConfigurationError, match="Set tiingo_key") as caught:
        await first(KINDS["tiingo"].make(setup, provider.url))
    assert KEY not in str(caught.value)


async def test_tiingo_reports_an_error(provider, setup):
    message = {"code": 400, "message": "thresholdLevel is not valid"}
    provider.sent = [json.dumps({"messageType": "E", "response": message})]
    with pytest.raises(TransientError, match="thresholdLevel is not valid"):
        await first(KINDS["tiingo"].make(setup, provider.url))


async def test_finnhub_refuses_a_key(provider, setup):
    provider.status = 401
    with pytest.raises(ConfigurationError, match="finnhub_key"):
        await first(KINDS["finnhub_stream"].make(setup, provider.url))


async def test_finnhub_reports_an_error(provider, setup):
    provider.sent = [json.dumps({"type": "error", "msg": f"Subscribing too much {KEY}"})]
    with pytest.raises(TransientError, match="Subscribing too much") as caught:
        await first(KINDS["finnhub_stream"].make(setup, provider.url))
    assert KEY not in str(caught.value)


async def test_twelve_data_with_both_sides_has_a_real_spread(provider, setup):
    provider.sent = [twelve_data(bid=1.08241, ask=1.08251)]
    quote = await first(KINDS["twelve_data_stream"].make(setup, provider.url))
    assert (quote.bid, quote.ask) == (108_241, 108_251)
    assert (quote.evidence.spread, quote.evidence.grade) == (Spread.REAL, Grade.A)


@pytest.mark.parametrize(
    ("bid", "ask"), [(1.08251, 1.08241), (1.08241, None), (1.0, 1.2), (1.08241, 1.08241)]
)
async def test_twelve_data_with_sides_that_are_no_pair_has_a_modelled_one(
    provider, setup, bid, ask
):
    provider.sent = [twelve_data(bid=bid, ask=ask)]
    quote = await first(KINDS["twelve_data_stream"].make(setup, provider.url))
    assert (quote.evidence.spread, quote.evidence.grade) == (Spread.MODELLED, Grade.B)


async def test_twelve_data_leaves_a_symbol_alone_that_the_plan_does_not_stream(
    provider, setup, clock
):
    fails = [{"symbol": "XAU/USD", "exchange": ""}]
    status = {"event": "subscribe-status", "status": "error", "success": [], "fails": fails}
    provider.sent = [json.dumps(status), twelve_data()]
    source = KINDS["twelve_data_stream"].make(setup, provider.url)
    assert source.supports("XAUUSD")
    await first(source, frozenset({"EURUSD", "XAUUSD"}))
    assert not source.supports("XAUUSD")
    assert source.supports("EURUSD")
    clock.move_to(NOW + 24 * 3600 * NS_PER_SECOND)
    assert source.supports("XAUUSD")


@pytest.mark.parametrize(("code", "error"), [(401, ConfigurationError), (429, TransientError)])
async def test_twelve_data_reports_an_error_without_an_event(provider, setup, code, error):
    text = {"status": "error", "code": code, "message": f"apikey {KEY} says no"}
    provider.sent = [json.dumps(text)]
    with pytest.raises(error, match="says no") as caught:
        await first(KINDS["twelve_data_stream"].make(setup, provider.url))
    assert KEY not in str(caught.value)


async def test_twelve_data_is_kept_awake(provider, setup, monkeypatch):
    monkeypatch.setattr(twelve_data_stream, "_AWAKE_SECONDS", 0.03)
    source = KINDS["twelve_data_stream"].make(setup, provider.url)
    listening = asyncio.create_task(first(source))
    assert (await provider.received.get())["action"] == "subscribe"
    for _ in range(2):
        assert await provider.received.get() == {"action": "heartbeat"}
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
