"""A client that does not read is let go, and nobody else notices."""

from __future__ import annotations

import asyncio
import base64
import os
import socket as sockets
import struct

import pytest

from fxpaper.web import client as limits
from tests.ledger import samples
from tests.web.conftest import Daemon
from tests.web.talk import ask, tick
from tests.web.world import quote, until


class SleepySocket:
    """A WebSocket client of bare bytes, which reads when it is told to and not before."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._tcp = sockets.socket()
        self._tcp.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        self._tcp.settimeout(0)

    async def open(self, *operations: bytes) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self._tcp, ("127.0.0.1", self._daemon.server.port))
        key = base64.b64encode(os.urandom(16)).decode()
        await loop.sock_sendall(
            self._tcp,
            f"GET /api/v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Authorization: Bearer {self._daemon.server.token}\r\n\r\n".encode(),
        )
        for text in operations:
            masked = struct.pack("!BB4x", 0x81, 0x80 | len(text)) + text
            await loop.sock_sendall(self._tcp, masked)

    async def rest_until(self, end: bytes) -> None:
        """Read up to ``end``, a close frame, then agree to close and wait until it is."""
        loop, tail = asyncio.get_running_loop(), b""
        while not tail.endswith(end):
            part = await loop.sock_recv(self._tcp, 1 << 16)
            assert part, "the server hung up without a close frame"
            tail = (tail + part)[-len(end) :]
        await loop.sock_sendall(self._tcp, struct.pack("!BB4xH", 0x88, 0x82, 4008))
        while await loop.sock_recv(self._tcp, 1 << 16):
            pass
        self._tcp.close()


async def test_a_client_that_takes_no_events_is_closed_with_4008(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "TOO_SLOW_BYTES", 32 * 1024)
    awake, sleepy = await daemon.socket(), SleepySocket(daemon)
    resume = {"epoch": "b81f", "seq": 1}
    await ask(awake, op="subscribe", id=1, stream="account:paper", resume=resume)
    await sleepy.open(
        b'{"op":"subscribe","stream":"account:paper","resume":{"epoch":"b81f","seq":1}}'
    )
    await until(lambda: len(daemon.server.hub.clients) == 2)
    slow = list(daemon.server.hub.clients)[1]
    seen = 1
    while slow.dropped is None:
        wide = [samples.policy("m" * 2000 + str(number), auto_execute=True) for number in range(40)]
        await daemon.account.record(*wide)
        for _ in wide:
            seen += 1
            assert (await awake.receive_json())["seq"] == seen
    await daemon.account.record(samples.policy("last", auto_execute=True))
    assert (await awake.receive_json())["seq"] == seen + 1
    await sleepy.rest_until(b"\x88\x0f" + struct.pack("!H", 4008) + b"slow consumer")
    await until(lambda: daemon.server.hub.dropped_slow == 1)
    assert len(daemon.server.hub.clients) == 1
    await awake.close()


async def test_a_client_that_is_behind_gets_only_the_newest_quotes_later(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
):
    daemon.market.quotes.clear()
    feed, socket = daemon.server.hub.quotes, await daemon.socket()
    await ask(socket, op="subscribe", id=1, stream="quotes")
    (client,) = daemon.server.hub.clients
    behind = True
    monkeypatch.setattr(type(client), "behind", property(lambda _: behind))
    for bid in range(5):
        tick(daemon, quote(bid=108000 + bid))
        await feed._flush()
    behind = False
    await feed._flush()
    assert [one["bid"] for one in await socket.receive_json()] == ["1.08004"]
    await socket.close()


async def test_patience_with_a_client_that_stays_behind_ends(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "BEHIND_BYTES", -1)
    monkeypatch.setattr(limits, "PATIENCE_SECONDS", 0.0)
    socket = await daemon.socket()
    (client,) = daemon.server.hub.clients
    client.check_patience()
    assert client.dropped is None
    client.check_patience()
    assert client.dropped == 4008
    async for _ in socket:
        pass
    assert socket.close_code == 4008
