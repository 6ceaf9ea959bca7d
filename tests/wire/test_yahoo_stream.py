"""Yahoo's stream: real protobuf in JSON over a real WebSocket."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import aclosing
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yfinance.pricing_pb2 import PricingData

from fxpaper.aggregator.sources import yahoo_stream
from fxpaper.aggregator.sources.yahoo_stream import YahooStreamSource
from fxpaper.domain.instant import parse_instant
from fxpaper.domain.quote import Grade, Quote, Spread, Transport
from fxpaper.errors import TransientError

NOW = parse_instant("2026-11-18T12:00:30Z")
TIME = 1_795_003_229_500
EURUSD = frozenset({"EURUSD"})


def pricing(name="EURUSD=X", **fields) -> str:
    message = PricingData(id=name, **{"price": 1.08246, "time": TIME, **fields})
    body = base64.b64encode(message.SerializeToString()).decode()
    return json.dumps({"type": "pricing", "message": body})


@pytest.fixture
async def provider(serve):
    """Send what a test wants sent, then wait for the other side."""
    provider = await serve()
    provider.sent, provider.received, provider.more = [], [], asyncio.Queue()

    async def stream(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        provider.received.append(await socket.receive_json())
        for text in provider.sent:
            await socket.send_str(text)
        if provider.sent[-1:] == ["close"]:
            await socket.close()
            return socket
        async for message in socket:
            await provider.more.put(json.loads(message.data))
        return socket

    provider.answers["/"] = stream
    return provider


@pytest.fixture
def source(provider, setup):
    return YahooStreamSource(setup, provider.base.replace("http", "ws"))


async def first(source: Any, symbols: frozenset[str] = EURUSD) -> Quote:
    async with aclosing(source.quotes(symbols)) as quotes:
        quote: Quote = await anext(quotes)
        return quote


async def test_a_price_alone_has_the_typical_spread_around_it(source, provider, instruments):
    provider.sent = [pricing()]
    quote = await first(source)
    spread = instruments["EURUSD"].typical_spread
    assert (quote.bid, quote.spread) == (108_246 - spread // 2, spread)
    assert quote.quoted_at == TIME * 1_000_000
    assert quote.received_at == NOW
    assert quote.evidence.transport is Transport.STREAM
    assert quote.evidence.spread is Spread.MODELLED
    assert quote.evidence.grade is Grade.B
    assert provider.received == [{"subscribe": ["EURUSD=X"]}]


async def test_two_real_sides_are_kept_and_freed_of_the_noise_of_float32(source, provider):
    provider.sent = [pricing(bid=1.08241, ask=1.08253)]
    quote = await first(source)
    assert (quote.bid, quote.ask) == (108_241, 108_253)
    assert quote.evidence.spread is Spread.REAL
    assert quote.evidence.grade is Grade.B


@pytest.mark.parametrize(
    "sides",
    [
        pytest.param({"bid": 1.08241}, id="only a bid"),
        pytest.param({"bid": 1.08253, "ask": 1.08241}, id="crossed"),
        pytest.param({"bid": 1.08, "ask": 1.09}, id="a hundred pips apart"),
        pytest.param({"bid": float("nan"), "ask": 1.09}, id="NaN"),
        pytest.param({"bid": 1.08246, "ask": 1.08246}, id="the same price twice"),
    ],
)
async def test_sides_that_are_no_pair_are_not_used(source, provider, sides):
    provider.sent = [pricing(**sides)]
    assert (await first(source)).evidence.spread is Spread.MODELLED


async def test_other_messages_and_other_names_are_passed_over(source, provider):
    provider.sent = ['{"type": "status"}', pricing("GC=F"), pricing(price=1.09)]
    assert (await first(source)).ask > 108_900


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<html>", id="HTML"),
        pytest.param("[]", id="a list"),
        pytest.param('{"type": "pricing"}', id="no message"),
        pytest.param('{"type": "pricing", "message": "?"}', id="no base64"),
        pytest.param('{"type": "pricing", "message": "////"}', id="no protobuf"),
        pytest.param(pricing(price=0), id="zero"),
        pytest.param(pricing(price=float("nan")), id="NaN"),
        pytest.param(pricing(time=0), id="no time"),
    ],
)
async def test_nonsense_ends_the_connection(source, provider, text):
    provider.sent = [text]
    with pytest.raises(TransientError):
        await first(source)


async def test_a_clean_close_is_a_failure_not_an_end(source, provider):
    provider.sent = [pricing(), "close"]
    async with aclosing(source.quotes(EURUSD)) as quotes:
        await anext(quotes)
        with pytest.raises(TransientError):
            await anext(quotes)


async def test_a_dead_socket_is_noticed_by_its_missing_pong(serve, setup):
    provider = await serve()
    gate = asyncio.Event()

    async def dead(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        await gate.wait()
        return socket

    provider.answers["/"] = dead
    url = provider.base.replace("http", "ws")
    with pytest.raises(TransientError, match=r"dead|closed"):
        await first(YahooStreamSource(setup, url, heartbeat=0.1))
    gate.set()


async def test_the_subscription_is_sent_again(source, provider, monkeypatch):
    monkeypatch.setattr(yahoo_stream, "_RESUBSCRIBE_SECONDS", 0.05)
    provider.sent = [pricing()]
    async with aclosing(source.quotes(EURUSD)) as quotes:
        await anext(quotes)
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(_ignore_cancel(quotes))
            assert await provider.more.get() == {"subscribe": ["EURUSD=X"]}
            waiting.cancel()


async def test_nobody_at_the_address_is_a_passing_fault(setup):
    source = YahooStreamSource(setup, "ws://127.0.0.1:1")
    with pytest.raises(TransientError, match="cannot be reached"):
        await first(source)


async def test_an_answer_that_is_no_web_socket_is_a_passing_fault(serve, setup):
    provider = await serve()
    provider.says("/", "<html></html>")
    source = YahooStreamSource(setup, provider.base.replace("http", "ws"))
    with pytest.raises(TransientError, match="refused the connection: HTTP 200"):
        await first(source)


async def test_metals_are_never_taken_from_their_futures(source):
    assert not source.supports("XAUUSD")
    assert source.supports("USDJPY")


async def _ignore_cancel(quotes) -> None:
    try:
        await anext(quotes)
    except (asyncio.CancelledError, aiohttp.ClientError):
        return
