"""Instruments of the standard profile, quotes in literal points, and real stores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
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
