"""Whoever connects, and whatever is said: a good terminal is served all the while."""

from __future__ import annotations

import asyncio
import os
import random
import time
from contextlib import asynccontextmanager, suppress

import zmq
import zmq.asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fxpaper.bridge.keys import make_keys
from tests.bridge.conftest import Terminal
from tests.bridge.garbage import anything

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48)
READY = b"\x04\x1c\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"


class Good:
    """A terminal whose ticks are counted."""

    def __init__(self, terminal: Terminal, feed) -> None:
        self.terminal = terminal
        self.feed = feed
        self.said = 0

    async def enter(self) -> None:
        self.feed.want(frozenset({"EURUSD"}))
        await self.terminal.hello()
        assert (await self.terminal.hear())[0] == "welcome"
        await self.terminal.describe()
        assert (await self.terminal.hear())[0] == "sub"

    async def is_served(self) -> None:
        """Let a tick through."""
        price = 1.1 + self.said / 100_000
        tick = [time.time_ns() // 1_000_000 + 7_200_000, price, price + 0.0001]
        await self.terminal.say("ticks", sym="EURUSD.m", n=self.said, ticks=[tick])
        self.said += 1
        async with asyncio.timeout(3):
            quote = await self.feed.take()
        assert quote.bid == round(price * 100_000)


@asynccontextmanager
async def good_one(serve, address):
    async with serve() as (endpoint, feed):
        good = Good(Terminal(address, "good"), feed)
        try:
            await good.enter()
            yield endpoint, good
            await good.is_served()
        finally:
            good.terminal.leave()
        assert [one.name for one in endpoint.sessions()] == ["123@Demo"]
        assert endpoint.sessions()[0].missed == 0


def kept(endpoint) -> dict[str, int]:
    """Return how much an endpoint remembers, by the name of what it remembers it in."""
    kept = {
        name: len(value)
        for one in (endpoint, endpoint.terminals)
        for name, value in vars(one).items()
        if isinstance(value, dict | list | set)
    }
    # A sign of life that is due to the terminal that is served, or was said just now.
    assert kept.pop("_owed") <= 1
    return kept


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=st.lists(anything(), min_size=20, max_size=40))
async def test_messages_of_any_sort_disturb_nobody(serve, address, said):
    stranger = Terminal(address, "stranger")
    try:
        async with good_one(serve, address) as (endpoint, good):
            before = kept(endpoint)
            for frames in said:
                await stranger.socket.send_multipart(frames)
                kind, answer = await stranger.hear()
                assert kind == "reject"
                assert answer["code"] in {"protocol", "hello", "token", "version"}
            await good.is_served()
            assert kept(endpoint) == before
    finally:
        stranger.leave()


async def test_bytes_of_any_sort_disturb_nobody(serve, address):
    """Before, inside and after the handshake; some hang on, some leave."""
    chance = random.Random(7)  # noqa: S311 - a test
    host, _, port = address.rpartition(":")
    writers = []
    async with good_one(serve, address) as (endpoint, good):
        for number in range(120):
            whole = bytearray(chance.choice([b"", GREETING, GREETING + READY]))
            whole += chance.randbytes(chance.choice([0, 1, 9, 64, 2000]))
            if number % 3 == 0 and whole:
                whole[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
            if number % 10 == 0:
                whole = bytearray(GREETING + READY + b"\x03" + b"\xff" * 8 + b"x")
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(bytes(whole))
            with suppress(ConnectionError):
                await writer.drain()
            writers.append(writer)
            if number % 4:
                writer.close()
            if number % 20 == 0:
                await good.is_served()
        await good.is_served()
        assert len(endpoint.sessions()) == 1
    for writer in writers:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_nothing_is_kept_of_who_is_refused(serve, address):
    async with good_one(serve, address) as (endpoint, good):
        before = kept(endpoint)
        context = zmq.asyncio.Context()
        for number in range(150):
            socket = context.socket(zmq.DEALER)
            socket.setsockopt(zmq.IDENTITY, os.urandom(12).hex().encode())
            socket.connect(good.terminal.socket.getsockopt(zmq.LAST_ENDPOINT).decode())
            body = f'{{"s":0,"t":0,"login":"{number}","token":"guess"}}'
            await socket.send_multipart([b"hello", body.encode()])
            async with asyncio.timeout(3):
                assert (await socket.recv_multipart())[0] == b"reject"
            socket.close(linger=0)
        context.term()
        assert kept(endpoint) == before


async def test_a_flood_leaves_all_else_its_turns(serve, address):
    """Of messages that are refused, faster than they can be."""
    ends = time.monotonic() + 1

    def flood() -> None:
        context = zmq.Context()
        with context.socket(zmq.DEALER) as line:
            line.setsockopt(zmq.LINGER, 0)
            line.connect(f"tcp://{address}")
            while time.monotonic() < ends:
                line.send_multipart([b"hb", b'{"s":0,"t":0}'])
        context.term()

    async with good_one(serve, address) as (_, good):
        flooding = asyncio.create_task(asyncio.to_thread(flood))
        turns = 0
        while time.monotonic() < ends:
            await asyncio.sleep(0.001)
            turns += 1
        await good.is_served()
        await flooding
    assert turns > 50


async def test_a_taken_over_identity_is_not_a_session(serve, dial):
    """Names are no secret: another process that takes one must not speak with its authority."""
    async with serve() as (_, feed):
        good = Good(dial("ea-123-42"), feed)
        await good.enter()
        await good.is_served()
        thief = dial("ea-123-42")
        tick = [time.time_ns() // 1_000_000 + 7_200_000, 2.5, 2.6]
        await thief.say("ticks", sym="EURUSD.m", n=1, ticks=[tick])
        kind, said = await thief.hear()
        assert (kind, said["code"]) == ("reject", "hello")
        assert feed._queue.empty()


async def test_a_terminal_that_connects_anew_does_not_end_the_source(serve, dial):
    """Its prices go on; whoever listens to them notices nothing."""
    async with serve() as (endpoint, feed):
        await Good(dial("ea-1"), feed).enter()
        coming = asyncio.create_task(feed.take())
        await asyncio.sleep(0.01)
        again = Good(dial("ea-1"), feed)
        await again.enter()
        tick = [time.time_ns() // 1_000_000 + 7_200_000, 1.1, 1.2]
        await again.terminal.say("ticks", sym="EURUSD.m", n=0, ticks=[tick])
        async with asyncio.timeout(3):
            assert (await coming).bid == 110_000
        assert len(endpoint.sessions()) == 1


async def test_nonsense_of_the_only_terminal_ends_the_source(serve, dial):
    """Else its symbols would be waited for in vain."""
    async with serve() as (endpoint, feed):
        good = Good(dial(), feed)
        await good.enter()
        assert feed.has("EURUSD")
        await good.terminal.socket.send_multipart([b"ticks", b"<html>"])
        assert (await good.terminal.hear())[1]["code"] == "protocol"
        await asyncio.sleep(0.05)
        assert (feed.has("EURUSD"), endpoint.sessions()) == (False, [])


async def test_a_damaged_list_of_keys_lets_nobody_in_and_stops_nothing(serve, dial, tmp_path):
    keys = make_keys(tmp_path, "laptop", "123")
    path = tmp_path / "metatrader" / "terminals.json"
    whole = path.read_bytes()
    async with serve() as (endpoint, _):
        terminal = dial("ea-1", keys)
        await terminal.hello()
        assert (await terminal.hear())[0] == "welcome"
        path.write_bytes(b"[{")
        await terminal.hello()
        assert (await terminal.hear())[1]["code"] == "key"
        path.write_bytes(whole)
        await terminal.hello()
        assert (await terminal.hear())[0] == "welcome"
        assert len(endpoint.sessions()) == 1
