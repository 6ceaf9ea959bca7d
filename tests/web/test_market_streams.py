"""Quotes, bars and valuation on sockets."""

from __future__ import annotations

import asyncio

import msgspec

from tests.web.conftest import Daemon
from tests.web.payloads import QUOTE, SIGNAL
from tests.web.talk import ask, is_silent, tick
from tests.web.world import bar, quote


async def test_quotes_start_with_those_of_now(daemon: Daemon):
    socket = await daemon.socket()
    ack = await ask(socket, op="subscribe", id=2, stream="quotes", symbols=["EURUSD"])
    assert ack == {"type": "ack", "id": 2, "stream": "quotes"}
    assert await socket.receive_json() == [{"type": "quote", **QUOTE}]
    await socket.close()


async def test_only_the_newest_quote_of_each_symbol_is_sent_in_one_frame(daemon: Daemon):
    daemon.market.quotes.clear()
    socket = await daemon.socket()
    await ask(socket, op="subscribe", id=1, stream="quotes")
    for bid in range(108000, 108100):
        tick(daemon, quote(bid=bid))
    tick(daemon, quote("USDJPY", 150123))
    frame = await socket.receive_json()
    assert [(one["symbol"], one["bid"]) for one in frame] == [
        ("EURUSD", "1.08099"),
        ("USDJPY", "150.123"),
    ]
    assert await is_silent(socket)
    await socket.close()


async def test_at_most_ten_frames_a_second(daemon: Daemon):
    daemon.market.quotes.clear()
    socket = await daemon.socket()
    await ask(socket, op="subscribe", id=1, stream="quotes")
    loop = asyncio.get_running_loop()
    started = loop.time()
    for bid in range(4):
        tick(daemon, quote(bid=108000 + bid))
        assert [one["bid"] for one in await socket.receive_json()] == [f"1.0800{bid}"]
    assert loop.time() - started >= 0.3
    await socket.close()


async def test_each_client_gets_its_own_symbols(daemon: Daemon):
    daemon.market.quotes.clear()
    yen, pound, everything = [await daemon.socket() for _ in range(3)]
    await ask(yen, op="subscribe", id=1, stream="quotes", symbols=["usd/jpy"])
    await ask(pound, op="subscribe", id=1, stream="quotes", symbols=["GBPUSD"])
    await ask(everything, op="subscribe", id=1, stream="quotes")
    tick(daemon, quote("USDJPY", 150123))
    tick(daemon, quote())
    assert [one["symbol"] for one in await yen.receive_json()] == ["USDJPY"]
    assert {one["symbol"] for one in await everything.receive_json()} == {"USDJPY", "EURUSD"}
    assert await is_silent(pound)
    for socket in (yen, pound, everything):
        await socket.close()


async def test_an_unsubscribed_client_hears_nothing(daemon: Daemon):
    socket, other = await daemon.socket(), await daemon.socket()
    for one in (socket, other):
        await ask(one, op="subscribe", id=1, stream="quotes")
        await one.receive_json()
    ack = await ask(socket, op="unsubscribe", id=5, stream="quotes")
    assert ack == {"type": "ack", "id": 5, "stream": "quotes"}
    tick(daemon, quote(bid=108300))
    await other.receive_json()
    assert await is_silent(socket)
    await socket.close()
    await other.close()


async def test_bars_start_with_a_snapshot_and_close_once(daemon: Daemon):
    socket = await daemon.socket()
    asked = {"op": "subscribe", "id": 3, "stream": "bars", "symbol": "EURUSD", "interval": "1m"}
    assert (await ask(socket, **asked))["type"] == "ack"
    snapshot = await socket.receive_json()
    shown = (await daemon.ask("GET", "/bars?symbol=EURUSD"))[1]["items"]
    assert snapshot == {
        "type": "snapshot",
        "stream": "bars",
        "symbol": "EURUSD",
        "interval": "1m",
        "data": shown,
    }
    daemon.market.series["EURUSD", "1m"] = [bar(0, closed=True), bar(1, closed=False, close=108245)]
    tick(daemon, quote(bid=108245))
    grown = await socket.receive_json()
    assert grown == {"type": "bar", "stream": "bars", **shown[1], "close": "1.08245"}
    ended = bar(1, closed=True, close=108246)
    daemon.server.hub.on_bar(ended)
    daemon.server.hub.on_bar(ended)
    daemon.server.hub.on_bar(msgspec.structs.replace(ended, interval="5m"))
    closed = await socket.receive_json()
    assert (closed["close"], closed["closed"]) == ("1.08246", True)
    assert await is_silent(socket)
    await socket.close()


async def test_a_socket_has_one_bars_subscription(daemon: Daemon):
    socket = await daemon.socket()
    for symbol in ("EURUSD", "USDJPY"):
        await ask(socket, op="subscribe", id=1, stream="bars", symbol=symbol)
        assert (await socket.receive_json())["symbol"] == symbol
    daemon.server.hub.on_bar(bar(1, closed=True))
    assert await is_silent(socket)
    await socket.close()


async def test_valuation_is_sent_when_it_changes(daemon: Daemon):
    await daemon.allow()
    await daemon.ask("POST", "/signals", json=SIGNAL)
    socket = await daemon.socket()
    await ask(socket, op="subscribe", id=4, stream="valuation")
    first = await socket.receive_json()
    _, account, _ = await daemon.ask("GET", "/account")
    assert first == {
        "type": "valuation",
        "stream": "valuation",
        "time": "2026-09-21T14:13:22.000000Z",
        "mode": "paper",
        "account": account,
        "positions": [{"id": "p-7", "current_price": "1.08241", "profit": "-4.80", "r": "-0.05"}],
    }
    tick(daemon, quote(bid=108353))
    second = await socket.receive_json()
    assert second["positions"] == [
        {"id": "p-7", "current_price": "1.08353", "profit": "40.00", "r": "0.40"}
    ]
    assert second["account"]["equity"] == "100038.60"
    tick(daemon, quote("USDJPY", 150123))
    await daemon.server.hub.valuation._flush()
    assert await is_silent(socket)
    tick(daemon, quote(bid=108453))
    assert (await socket.receive_json())["positions"][0]["profit"] == "80.00"
    await socket.close()
