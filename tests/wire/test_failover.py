"""The feed with real adapters: a stream dies, REST stands in, the stream takes over again."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest
from aiohttp import web
from yfinance.pricing_pb2 import PricingData

from fxpaper.aggregator.feed import Extras, PriceFeed
from fxpaper.aggregator.source import Source
from fxpaper.aggregator.sources.twelve_data import TwelveDataSource
from fxpaper.aggregator.sources.yahoo_stream import YahooStreamSource
from fxpaper.aggregator.store import open_store
from fxpaper.domain.instant import NS_PER_SECOND

SECOND = NS_PER_SECOND


def pricing(at: int) -> str:
    message = PricingData(id="EURUSD=X", price=1.08246, time=at // 1_000_000)
    body = base64.b64encode(message.SerializeToString()).decode()
    return json.dumps({"type": "pricing", "message": body})


@pytest.fixture
async def provider(serve, clock):
    """Start Yahoo's stream and Twelve Data in one; ``drop`` lets the stream go."""
    provider = await serve()
    provider.drop = drop = asyncio.Event()

    async def stream(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive_json()
        await socket.send_str(pricing(clock.now()))
        await drop.wait()
        await socket.close()
        return socket

    async def rate(request: web.Request) -> web.Response:
        now = clock.now() // SECOND
        return web.json_response(
            {"symbol": request.query["symbol"], "rate": 1.08250, "timestamp": now}
        )

    provider.answers["/"] = stream
    provider.answers["/exchange_rate"] = rate
    provider.says("/technical_indicators", {"data": {}, "status": "ok"})
    return provider


async def test_rest_stands_in_for_a_dead_stream(provider, setup, clock, tmp_path):
    store = await open_store(None, tmp_path)
    url = provider.base.replace("http", "ws")
    sources: list[Source] = [
        YahooStreamSource(setup, url),
        TwelveDataSource("key", setup, provider.base),
    ]
    extras = Extras(rhythm=0.005)
    feed = PriceFeed(sources, ("EURUSD",), clock, store, lambda _: True, extras)
    published: list[str] = []

    async def until(source: str) -> None:
        async with asyncio.timeout(5):
            while published[-1:] != [source]:  # noqa: ASYNC110
                await asyncio.sleep(0.002)

    async with asyncio.TaskGroup() as group:
        running = group.create_task(feed.run(lambda q: published.append(q.evidence.source)))
        await until("yahoo_stream")
        clock.move_to(clock.now() + SECOND)
        provider.drop.set()
        await until("twelve_data")
        assert "closed" in (feed.states()[0].error or "")
        provider.drop.clear()
        clock.move_to(clock.now() + 5 * SECOND)
        await until("yahoo_stream")
        provider.drop.set()
        running.cancel()
    await store.close()
    assert published == ["yahoo_stream", "twelve_data", "yahoo_stream"]
