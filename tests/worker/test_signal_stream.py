"""Signals from a Redis stream, on a real server."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
import redis
from structlog.testing import capture_logs

from fxpaper.worker.signal_stream import GROUP, SignalStream, body_of
from tests.worker.standing_in import Desk

NAME = "fxpaper:signals"
ONE = b'{"id": "one"}'


@asynccontextmanager
async def opened(url: str, desk: Desk):
    door = SignalStream(url, NAME, desk)  # type: ignore[arg-type]
    async with asyncio.TaskGroup() as group:
        task = group.create_task(door.run())
        yield
        task.cancel()
        async with asyncio.timeout(2):
            await asyncio.wait((task,))


@pytest.fixture
def client(redis_url: str):
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        client.flushall()
        yield client


def pending(client: redis.Redis) -> int:
    return int(client.xpending(NAME, f"{GROUP}:paper")["pending"])


async def acknowledged(client: redis.Redis) -> bool:
    for _ in range(200):
        if not pending(client):
            return True
        await asyncio.sleep(0.01)
    return False


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({b"signal": ONE, b"note": b"x"}, ONE),
        ({b"json": ONE}, ONE),
        ({b"id": b"one", b"side": b"buy"}, b'{"id": "one", "side": "buy"}'),
        ({b"id": b"\xff", b"side": b"buy"}, b"id \xff\nside buy"),
    ],
)
def test_the_signal_is_in_a_field_or_in_all_of_them(fields: dict[bytes, bytes], body: bytes):
    assert body_of(fields) == body


async def test_each_entry_is_taken_once_and_acknowledged(redis_url, client):
    """Also what was there before the first start; its place is its id."""
    desk = Desk()
    first = client.xadd(NAME, {"signal": ONE})
    async with opened(redis_url, desk):
        await desk.has_taken(1)
        second = client.xadd(NAME, {"id": "two"})
        taken = await desk.has_taken(2)
        assert await acknowledged(client)
    places = [f"{NAME} {name.decode()}" for name in (first, second)]
    assert taken == [(ONE, "stream", places[0]), (b'{"id": "two"}', "stream", places[1])]
    again = Desk()
    async with opened(redis_url, again):
        client.xadd(NAME, {"id": "three"})
        taken = await again.has_taken(1)
    assert [body for body, _, _ in taken] == [b'{"id": "three"}']


async def test_what_was_not_journalled_comes_again_at_the_same_place(redis_url, client):
    """First, before what is new; what waits behind it was not even read."""
    desk = Desk()
    desk.stand_still()
    async with opened(redis_url, desk):
        client.xadd(NAME, {"signal": ONE})
        client.xadd(NAME, {"signal": b"{}"})
        asked = await desk.was_asked(1)
        assert pending(client) == 1
    again = Desk()
    async with opened(redis_url, again):
        taken = await again.has_taken(2)
        assert await acknowledged(client)
    assert taken[0] == asked[0]
    assert taken[1][0] == b"{}"


async def test_every_account_takes_every_entry(redis_url, client):
    client.xadd(NAME, {"signal": ONE})
    for account in ("paper", "demo"):
        desk = Desk(account)
        async with opened(redis_url, desk):
            assert (await desk.has_taken(1))[0][0] == ONE


async def test_an_entry_came_in_when_it_was_added(redis_url, client):
    """So one that waited for days while nobody read is as old as it is."""
    desk = Desk()
    added = client.xadd(NAME, {"signal": ONE}, id="1700000000123-0")
    assert added == b"1700000000123-0"
    async with opened(redis_url, desk):
        await desk.has_taken(1)
    assert desk.times == [1_700_000_000_123_000_000]


async def test_an_entry_that_was_deleted_is_not_waited_for(redis_url, client):
    desk = Desk()
    desk.stand_still()
    async with opened(redis_url, desk):
        name = client.xadd(NAME, {"signal": ONE})
        await desk.was_asked(1)
    client.xdel(NAME, name)
    again = Desk()
    async with opened(redis_url, again):
        client.xadd(NAME, {"signal": b"{}"})
        assert [body for body, _, _ in await again.has_taken(1)] == [b"{}"]
        assert await acknowledged(client)


async def test_what_is_too_long_is_cut(redis_url, client):
    desk = Desk()
    async with opened(redis_url, desk):
        client.xadd(NAME, {"signal": b"x" * 100_000})
        [(body, _, place)] = await desk.has_taken(1)
    assert len(body) == 65_536
    assert place.endswith(", cut after 65536 bytes")


async def test_a_server_that_goes_is_mentioned_once_and_waited_for(own_redis):
    """It forgets the group too; it is made again."""
    desk = Desk()
    with capture_logs() as logs:
        async with opened(own_redis.url, desk):
            with redis.Redis.from_url(own_redis.url) as client:
                client.xadd(NAME, {"signal": ONE})
                await desk.has_taken(1)
                own_redis.stop()
                await asyncio.sleep(1.2)
                own_redis.start()
                client.xadd(NAME, {"signal": b"{}"})
            taken = await desk.has_taken(2)
    assert taken[1][0] == b"{}"
    said = [log["event"] for log in logs]
    assert said.count("signal_stream_unreadable") == 1
    assert said.count("signal_stream_back") == 1
