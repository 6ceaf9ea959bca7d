"""The WebSocket as the document says: who may open one, and every stream but the account's."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import msgspec
import pytest

from fxpaper.domain.quote import Quote
from tests.web.conftest import Daemon
from tests.web.test_rest import QUOTE, SIGNAL, SOURCE
from tests.web.world import bar, quote

Socket = aiohttp.ClientWebSocketResponse


def _tick(daemon: Daemon, new: Quote) -> None:
    daemon.market.quotes[new.symbol] = new
    daemon.server.hub.on_quote(new)


async def _ask(socket: Socket, **operation) -> dict:
    """Send an operation and return the first answer."""
    await socket.send_json(operation)
    answer: dict = await socket.receive_json()
    return answer


async def _closed(socket: Socket) -> int | None:
    """Read until the server closes; return its code."""
    async for _ in socket:
        pass
    return socket.close_code


async def _silent(socket: Socket) -> bool:
    """Tell whether nothing more was sent: the answer to a question comes next."""
    answer = await _ask(socket, op="subscribe", id="ping", stream="none")
    return answer["type"] == "error" and answer["id"] == "ping"


async def test_the_first_word_is_a_welcome(daemon: Daemon):
    async with daemon.http.ws_connect(
        f"{daemon.url}/api/v1/ws", headers=daemon.bearer, protocols=("fxpaper.v1",)
    ) as socket:
        assert socket.protocol == "fxpaper.v1"
        assert await socket.receive_json() == {
            "type": "welcome",
            "protocol": 1,
            "server": "0.1.0",
            "mode": "paper",
            "account": "paper",
            "time": "2026-09-21T14:13:22.000000Z",
            "heartbeat_s": 5,
            "demo": True,
        }


async def test_a_stranger_is_closed_with_4001(daemon: Daemon):
    socket = await daemon.http.ws_connect(f"{daemon.url}/api/v1/ws")
    assert await _closed(socket) == 4001
    assert not daemon.server.hub.clients


@pytest.mark.parametrize(
    ("origin", "code"), [("own", None), ("http://evil.example", 4003), ("", 4003)]
)
async def test_a_session_opens_sockets_from_its_own_page_only(
    daemon: Daemon, origin: str, code: int | None
):
    async with daemon.http.get(daemon.server.new_link()) as response:
        assert response.status == 200
    headers = {"Origin": daemon.url if origin == "own" else origin} if origin else {}
    socket = await daemon.http.ws_connect(f"{daemon.url}/api/v1/ws", headers=headers)
    first = await socket.receive()
    if code is None:
        assert json.loads(first.data)["type"] == "welcome"
        await socket.close()
    else:
        assert (first.type, socket.close_code) == (aiohttp.WSMsgType.CLOSE, code)


async def test_a_foreign_host_gets_no_socket(daemon: Daemon):
    headers = daemon.bearer | {"Host": "evil.example"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await daemon.http.ws_connect(f"{daemon.url}/api/v1/ws", headers=headers)
    assert caught.value.status == 403


async def test_quotes_start_with_those_of_now(daemon: Daemon):
    socket = await daemon.socket()
    ack = await _ask(socket, op="subscribe", id=2, stream="quotes", symbols=["EURUSD"])
    assert ack == {"type": "ack", "id": 2, "stream": "quotes"}
    assert await socket.receive_json() == [{"type": "quote", **QUOTE}]
    await socket.close()


async def test_only_the_newest_quote_of_each_symbol_is_sent_in_one_frame(daemon: Daemon):
    daemon.market.quotes.clear()
    socket = await daemon.socket()
    await _ask(socket, op="subscribe", id=1, stream="quotes")
    for bid in range(108000, 108100):
        _tick(daemon, quote(bid=bid))
    _tick(daemon, quote("USDJPY", 150123))
    frame = await socket.receive_json()
    assert [(one["symbol"], one["bid"]) for one in frame] == [
        ("EURUSD", "1.08099"),
        ("USDJPY", "150.123"),
    ]
    assert await _silent(socket)
    await socket.close()


async def test_at_most_ten_frames_a_second(daemon: Daemon):
    daemon.market.quotes.clear()
    socket = await daemon.socket()
    await _ask(socket, op="subscribe", id=1, stream="quotes")
    loop = asyncio.get_running_loop()
    started = loop.time()
    for bid in range(4):
        _tick(daemon, quote(bid=108000 + bid))
        assert [one["bid"] for one in await socket.receive_json()] == [f"1.0800{bid}"]
    assert loop.time() - started >= 0.3
    await socket.close()


async def test_each_client_gets_its_own_symbols(daemon: Daemon):
    daemon.market.quotes.clear()
    yen, pound, everything = [await daemon.socket() for _ in range(3)]
    await _ask(yen, op="subscribe", id=1, stream="quotes", symbols=["usd/jpy"])
    await _ask(pound, op="subscribe", id=1, stream="quotes", symbols=["GBPUSD"])
    await _ask(everything, op="subscribe", id=1, stream="quotes")
    _tick(daemon, quote("USDJPY", 150123))
    _tick(daemon, quote())
    assert [one["symbol"] for one in await yen.receive_json()] == ["USDJPY"]
    assert {one["symbol"] for one in await everything.receive_json()} == {"USDJPY", "EURUSD"}
    assert await _silent(pound)
    for socket in (yen, pound, everything):
        await socket.close()


async def test_an_unsubscribed_client_hears_nothing(daemon: Daemon):
    socket, other = await daemon.socket(), await daemon.socket()
    for one in (socket, other):
        await _ask(one, op="subscribe", id=1, stream="quotes")
        await one.receive_json()
    ack = await _ask(socket, op="unsubscribe", id=5, stream="quotes")
    assert ack == {"type": "ack", "id": 5, "stream": "quotes"}
    _tick(daemon, quote(bid=108300))
    await other.receive_json()
    assert await _silent(socket)
    await socket.close()
    await other.close()


async def test_bars_start_with_a_snapshot_and_close_once(daemon: Daemon):
    socket = await daemon.socket()
    ask = {"op": "subscribe", "id": 3, "stream": "bars", "symbol": "EURUSD", "interval": "1m"}
    assert (await _ask(socket, **ask))["type"] == "ack"
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
    _tick(daemon, quote(bid=108245))
    grown = await socket.receive_json()
    assert grown == {"type": "bar", "stream": "bars", **shown[1], "close": "1.08245"}
    ended = bar(1, closed=True, close=108246)
    daemon.server.hub.on_bar(ended)
    daemon.server.hub.on_bar(ended)
    daemon.server.hub.on_bar(msgspec.structs.replace(ended, interval="5m"))
    closed = await socket.receive_json()
    assert (closed["close"], closed["closed"]) == ("1.08246", True)
    assert await _silent(socket)
    await socket.close()


async def test_a_socket_has_one_bars_subscription(daemon: Daemon):
    socket = await daemon.socket()
    for symbol in ("EURUSD", "USDJPY"):
        await _ask(socket, op="subscribe", id=1, stream="bars", symbol=symbol)
        assert (await socket.receive_json())["symbol"] == symbol
    daemon.server.hub.on_bar(bar(1, closed=True))
    assert await _silent(socket)
    await socket.close()


async def test_valuation_is_sent_when_it_changes(daemon: Daemon):
    await daemon.ask("PUT", "/models/trend", json={"auto_execute": True})
    await daemon.ask("POST", "/signals", json=SIGNAL)
    socket = await daemon.socket()
    await _ask(socket, op="subscribe", id=4, stream="valuation")
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
    _tick(daemon, quote(bid=108353))
    second = await socket.receive_json()
    assert second["positions"] == [
        {"id": "p-7", "current_price": "1.08353", "profit": "40.00", "r": "0.40"}
    ]
    assert second["account"]["equity"] == "100038.60"
    _tick(daemon, quote("USDJPY", 150123))
    _tick(daemon, quote(bid=108453))
    assert (await socket.receive_json())["positions"][0]["profit"] == "80.00"
    await socket.close()


async def test_a_heartbeat_tells_seqs_and_sources(quick_heart: None, daemon: Daemon):
    socket = await daemon.socket()
    assert await socket.receive_json() == {
        "type": "heartbeat",
        "time": "2026-09-21T14:13:22.000000Z",
        "seq": {"account:paper": 1},
        "market_open": True,
        "sources": [SOURCE],
    }
    await socket.close()


@pytest.mark.parametrize(
    ("operation", "code", "detail"),
    [
        pytest.param(
            {"op": "subscribe", "stream": "quotes", "symbols": ["EURUDS"]},
            "unknown_symbol",
            'Unknown symbol "EURUDS". Known and close: EURUSD',
            id="symbol",
        ),
        pytest.param(
            {"op": "subscribe", "stream": "bars"}, "unknown_symbol", "Unknown symbol", id="none"
        ),
        pytest.param(
            {"op": "subscribe", "stream": "bars", "symbol": "EURUSD", "interval": "2m"},
            "invalid",
            'Unknown interval "2m". Known: 1m, 5m',
            id="interval",
        ),
        pytest.param(
            {"op": "subscribe", "stream": "account:other"},
            "not_found",
            'Unknown stream "account:other". Known: account:paper, quotes, bars, valuation.',
            id="stream",
        ),
        pytest.param(
            {"op": "unsubscribe", "stream": "x"}, "not_found", 'Unknown stream "x"', id="nothing"
        ),
        pytest.param({"op": "buy", "stream": "x"}, "malformed", "Invalid value 'buy'", id="op"),
        pytest.param({"op": "subscribe"}, "malformed", "Object missing required", id="incomplete"),
    ],
)
async def test_a_bad_operation_is_answered_with_an_error(
    daemon: Daemon, operation: dict, code: str, detail: str
):
    socket = await daemon.socket()
    for number in range(5):
        answer = await _ask(socket, **operation, id=number)
        assert (answer["type"], answer["id"], answer["code"]) == ("error", number, code)
        assert answer["detail"].startswith(detail)
    await socket.close()


@pytest.mark.parametrize("text", ["{", "", "[" * 10_000, b"\x00"])
async def test_a_client_that_keeps_talking_nonsense_is_closed_with_4009(
    daemon: Daemon, text: str | bytes
):
    socket = await daemon.socket()
    send = socket.send_bytes if isinstance(text, bytes) else socket.send_str
    for _ in range(3):
        await send(text)  # type: ignore[arg-type]
        answer = await socket.receive_json()
        assert (answer["type"], answer["id"], answer["code"]) == ("error", None, "malformed")
    assert await _closed(socket) == 4009


async def test_a_message_that_is_too_large_closes(daemon: Daemon):
    socket = await daemon.socket()
    await socket.send_str(json.dumps({"op": "subscribe", "stream": "x" * 20_000}))
    assert await _closed(socket) == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


async def test_a_daemon_that_stops_says_goodbye(daemon: Daemon):
    sockets = [await daemon.socket() for _ in range(3)]

    async def listen(socket: Socket) -> None:
        assert await socket.receive_json() == {"type": "goodbye", "reason": "shutdown"}
        assert await _closed(socket) == 1001

    async with asyncio.TaskGroup() as group:
        group.create_task(daemon.server.stop())
        for socket in sockets:
            group.create_task(listen(socket))
    assert not daemon.server.hub.clients


async def test_metrics_count_what_happens(daemon: Daemon):
    socket = await daemon.socket()
    _tick(daemon, quote())
    await daemon.ask("GET", "/signals/none")
    async with daemon.http.get(f"{daemon.url}/metrics") as response:
        assert response.status == 401
    async with daemon.http.get(f"{daemon.url}/metrics", headers=daemon.bearer) as response:
        lines = (await response.text()).splitlines()
    assert "fxpaper_ws_clients 1.0" in lines
    assert "fxpaper_quotes_total 1.0" in lines
    assert (
        'fxpaper_http_requests_total{method="GET",route="/api/v1/signals/{id}",status="404"} 1.0'
        in lines
    )
    await socket.close()
