"""The WebSocket: who may open one, what is answered, and how it ends."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from tests.web.conftest import Daemon
from tests.web.payloads import SOURCE
from tests.web.talk import Object, Socket, ask, closed, tick
from tests.web.world import quote


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
    assert await closed(socket) == 4001
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


@pytest.mark.usefixtures("quick_heart")
async def test_a_heartbeat_tells_seqs_and_sources(daemon: Daemon):
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
            'Unknown stream "account:other". '
            "Known: account:paper, quotes, bars, valuation, alerts.",
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
    daemon: Daemon, operation: Object, code: str, detail: str
):
    socket = await daemon.socket()
    for number in range(5):
        answer = await ask(socket, **operation, id=number)
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
    assert await closed(socket) == 4009


async def test_a_message_that_is_too_large_closes(daemon: Daemon):
    socket = await daemon.socket()
    await socket.send_str(json.dumps({"op": "subscribe", "stream": "x" * 20_000}))
    assert await closed(socket) == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


async def test_a_daemon_that_stops_says_goodbye(daemon: Daemon):
    sockets = [await daemon.socket() for _ in range(3)]

    async def listen(socket: Socket) -> None:
        assert await socket.receive_json() == {"type": "goodbye", "reason": "shutdown"}
        assert await closed(socket) == 1001

    async with asyncio.TaskGroup() as group:
        group.create_task(daemon.server.stop())
        for socket in sockets:
            group.create_task(listen(socket))
    assert not daemon.server.hub.clients


async def test_metrics_count_what_happens(daemon: Daemon):
    socket = await daemon.socket()
    tick(daemon, quote())
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
