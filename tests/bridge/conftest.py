"""A terminal as pyzmq speaks, for the real endpoint."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import zmq
import zmq.asyncio

from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.endpoint import Endpoint, Place
from fxpaper.clock import SystemClock
from fxpaper.profiles import read_profile
from tests.bridge.terminal_world import World

KNOWN = read_profile("standard").instruments
TOKEN = "token-of-the-daemon"  # noqa: S105 - of a test


class Terminal:
    """What an Expert Advisor does, from a test."""

    def __init__(self, address: str, name: str = "ea-1", keys=None) -> None:
        self.context = zmq.asyncio.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.IDENTITY, name.encode())
        self.socket.setsockopt(zmq.LINGER, 0)
        if keys is not None:
            self.socket.curve_publickey = keys.public.encode()
            self.socket.curve_secretkey = keys.secret.encode()
            self.socket.curve_serverkey = keys.server.encode()
        self.socket.connect(f"tcp://{address}")
        self.number = 0

    async def say(self, kind: str, **fields) -> None:
        body = {"s": self.number, "t": 0, **fields}
        self.number += 1
        await self.socket.send_multipart([kind.encode(), json.dumps(body).encode()])

    async def hello(self, **fields) -> None:
        said = {"v": 1, "token": TOKEN, "login": "123", "server": "Demo", "epoch": "e"}
        clock = {"offset": 7200, "offset_valid": True}
        await self.say("hello", **{**said, **clock, **fields})

    async def describe(self, symbol: str = "EURUSD.m", base: str = "EUR", profit: str = "USD"):
        numbers = {"digits": 5, "point": 0.00001, "contract": 100000}
        await self.say("spec", symbol=symbol, base=base, profit=profit, **numbers)

    async def hear(self, *, beats: bool = False) -> tuple[str, dict[str, Any]]:
        """Return the next message, of those that are more than a sign of life."""
        async with asyncio.timeout(3):
            kind = b"hb"
            while kind == b"hb":
                kind, body = await self.socket.recv_multipart()
                if beats:
                    break
        return kind.decode(), json.loads(body)

    def leave(self) -> None:
        self.socket.close()
        self.context.term()


@pytest.fixture
def address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def serve(address, tmp_path):
    """Run an endpoint for the length of a block."""

    @asynccontextmanager
    async def serve():
        feed = TickFeed()
        place = Place(address=address, token=TOKEN, data_dir=tmp_path, instruments=KNOWN)
        endpoint = Endpoint(place, feed, SystemClock())
        running = asyncio.create_task(endpoint.run())
        await asyncio.sleep(0.02)
        try:
            yield endpoint, feed
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    return serve


@pytest.fixture
def dial(address):
    """Make terminals that leave when the test ends."""
    made = []

    def dial(name: str = "ea-1", keys=None) -> Terminal:
        made.append(Terminal(address, name, keys))
        return made[-1]

    yield dial
    for terminal in made:
        terminal.leave()


@pytest.fixture
def world() -> World:
    made = World()
    made.connect()
    return made
