"""WebSocket clients in a process of their own, with so little code that the server is measured.

A client only cuts frames out of its byte stream and notes when each came. Quotes of a recording are
played in real time, so a quote's time and its arrival differ by a constant and by how long it was
on its way. The constant is not known; the fastest arrival of all stands for it, and ages are what
others took longer than that one.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection

from benchmarks.program.daemon import Daemon

SETTLE_SECONDS = 2.0
BURST = 50
WHOLE = 0.98
"""A frame counts when this part of the clients got it; the first and last of a run are cut off."""

_QUOTES = b'[{"type":"quote"'
_QUOTED_AT = re.compile(rb'"quoted_at":"([^"]+)"')
_CLOSE = 0x88


@dataclass(frozen=True)
class Received:
    """What clients got in a while.

    Args:
        frames: all clients together.
        spreads_ms: from the first to the last client that got a frame, sorted.
        ages_ms: of the newest quote of a frame when a client got it, beyond the fastest; sorted.
        lost: clients that were closed or cut off.
        core_seconds: processor time of the clients' process.
    """

    frames: int
    spreads_ms: list[float]
    ages_ms: list[float]
    lost: int
    core_seconds: float


@dataclass
class Arrivals:
    """When frames came, by their content."""

    of: dict[bytes, list[float]] = field(default_factory=dict)

    def note(self, frame: bytes) -> None:
        """Note that a client got a frame just now."""
        self.of.setdefault(frame, []).append(time.perf_counter())

    def summed_up(self, clients: int, lost: int, core_seconds: float) -> Received:
        """Return what has come to so many clients."""
        whole = [times for times in self.of.values() if len(times) >= clients * WHOLE]
        spreads = sorted((max(times) - min(times)) * 1e3 for times in whole)
        lags = [
            at - newest
            for frame, times in self.of.items()
            for newest in [_newest(frame)]
            for at in times
        ]
        fastest = min(lags, default=0.0)
        ages = sorted((lag - fastest) * 1e3 for lag in lags)
        return Received(len(lags), spreads, ages, lost, core_seconds)


class Client(asyncio.Protocol):
    """Subscribes to quotes.

    Args:
        handshake: bytes that ask for the socket.
        arrivals: of all clients.
    """

    def __init__(self, handshake: bytes, arrivals: Arrivals) -> None:
        self._handshake = handshake
        self._arrivals = arrivals
        self._bytes = b""
        self._upgraded = False
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the socket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._handshake)

    def data_received(self, data: bytes) -> None:
        """Cut frames out of the stream."""
        self._bytes += data
        if not self._upgraded and not self._upgrade():
            return
        while (frame := self._next()) is not None:
            if frame.startswith(_QUOTES):
                self._arrivals.note(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the server went away."""
        del exc
        self.lost = True

    def _upgrade(self) -> bool:
        head, end, rest = self._bytes.partition(b"\r\n\r\n")
        if not end:
            return False
        assert b" 101 " in head, head[:200]
        self._upgraded, self._bytes = True, rest
        said = json.dumps({"op": "subscribe", "id": 1, "stream": "quotes"})
        self._transport.write(masked(said.encode()))
        return True

    def _next(self) -> bytes | None:
        if len(self._bytes) < 2:
            return None
        length, start = self._bytes[1] & 127, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(self._bytes[2:start])
        if len(self._bytes) < start + length:
            return None
        self.lost = self.lost or self._bytes[0] == _CLOSE
        frame = self._bytes[start : start + length]
        self._bytes = self._bytes[start + length :]
        return frame


def masked(payload: bytes) -> bytes:
    """Return a short text frame as a client must send it; a mask of zeros leaves it readable."""
    assert len(payload) < 126
    return bytes([0x81, 128 | len(payload)]) + bytes(4) + payload


def hold(daemon: Daemon, clients: int, seconds: float, told: Connection) -> None:
    """Hold clients; tells when it begins to count (None), then what they got in ``seconds``."""
    told.send(asyncio.run(_hold(daemon, clients, seconds, told)))


async def _hold(daemon: Daemon, clients: int, seconds: float, told: Connection) -> Received:
    arrivals, loop, open_ = Arrivals(), asyncio.get_running_loop(), list[Client]()
    handshake = _handshake(daemon)
    for _ in range(clients):
        _, client = await loop.create_connection(
            lambda: Client(handshake, arrivals), "127.0.0.1", daemon.port
        )
        open_.append(client)
        if len(open_) % BURST == 0:
            await asyncio.sleep(BURST / 1000)
    await asyncio.sleep(SETTLE_SECONDS)
    arrivals.of.clear()
    told.send(None)
    used = time.process_time()
    await asyncio.sleep(seconds)
    used = time.process_time() - used
    return arrivals.summed_up(clients, sum(client.lost for client in open_), used)


def _handshake(daemon: Daemon) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /api/v1/ws HTTP/1.1\r\nHost: 127.0.0.1:{daemon.port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {daemon.token}\r\n\r\n"
    ).encode()


def _newest(frame: bytes) -> float:
    """Return when the newest quote of a frame was quoted, in seconds."""
    return max(datetime.fromisoformat(at.decode()).timestamp() for at in _QUOTED_AT.findall(frame))
