"""The endpoint over real ZeroMQ: hello, ticks, silence, keys, strangers, nonsense."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

import pytest
import zmq

from fxpaper.aggregator.sources.metatrader import MetaTraderSource, TickFeed
from fxpaper.bridge.endpoint import Endpoint, Place
from fxpaper.bridge.keys import NewTerminal, forget_keys, make_keys, server_keys, terminals
from fxpaper.clock import SystemClock
from fxpaper.errors import ConfigurationError, TransientError
from tests.bridge.conftest import KNOWN, TOKEN

BROKER_AHEAD_MS = 7_200_000


def broker_now() -> int:
    return time.time_ns() // 1_000_000 + BROKER_AHEAD_MS


async def tell(terminal, n: int, bid: float = 1.08241) -> None:
    tick = [broker_now(), bid, bid + 0.0001]
    await terminal.say("ticks", sym="EURUSD.m", n=n, ticks=[tick])


async def test_ticks_of_a_terminal_become_quotes(serve, dial):
    async with serve() as (endpoint, feed):
        terminal, source = dial(), MetaTraderSource(feed, SystemClock())
        await terminal.hello()
        kind, welcome = await terminal.hear()
        assert (kind, welcome["session"], welcome["s"]) == ("welcome", "123@Demo", 1)
        await terminal.describe()
        await asyncio.sleep(0.05)
        assert source.supports("EURUSD")
        assert not source.supports("GBPUSD")
        async with aclosing(source.quotes(frozenset({"EURUSD"}))) as quotes:
            coming = asyncio.create_task(anext(quotes))
            kind, asked = await terminal.hear()
            assert (kind, asked["symbols"]) == ("sub", ["EURUSD.m"])
            await tell(terminal, 0)
            quote = await coming
        assert (quote.symbol, quote.bid, quote.ask) == ("EURUSD", 108_241, 108_251)
        assert abs(quote.received_at - quote.quoted_at) < 1_000_000_000
        assert [one.name for one in endpoint.sessions()] == ["123@Demo"]


async def test_a_terminal_that_leaves_ends_the_source(serve, dial):
    async with serve() as (_, feed):
        terminal, source = dial(), MetaTraderSource(feed, SystemClock())
        await terminal.hello()
        await terminal.describe()
        await asyncio.sleep(0.05)
        async with aclosing(source.quotes(frozenset({"EURUSD"}))) as quotes:
            coming = asyncio.create_task(anext(quotes))
            await asyncio.sleep(0.05)
            await terminal.say("bye", reason="chart closed")
            with pytest.raises(TransientError, match="The terminal left: chart closed"):
                await coming


async def test_two_terminals_serve_side_by_side(serve, dial):
    async with serve() as (endpoint, feed):
        first, second = dial("ea-1"), dial("ea-2")
        await first.hello()
        await second.hello(login="456")
        await first.describe()
        await second.describe("GBPUSD", "GBP")
        await asyncio.sleep(0.05)
        assert len(endpoint.sessions()) == 2
        assert (feed.has("EURUSD"), feed.has("GBPUSD")) == (True, True)


async def test_a_wrong_token_is_refused_with_a_sentence_for_the_chart(serve, dial):
    async with serve() as (endpoint, _):
        terminal = dial()
        await terminal.hello(token="guess")  # noqa: S106 - of a test
        kind, said = await terminal.hear()
        assert (kind, said["code"]) == ("reject", "token")
        assert "copy it from the file token" in said["why"]
        assert TOKEN not in said["why"]
        assert endpoint.sessions() == []


async def test_ticks_without_a_hello_are_refused(serve, dial):
    async with serve() as (_, _):
        terminal = dial()
        await tell(terminal, 0)
        assert (await terminal.hear())[1]["code"] == "hello"


async def test_nonsense_ends_only_its_own_session(serve, dial):
    async with serve() as (endpoint, _):
        good, bad = dial("ea-1"), dial("ea-2")
        await good.hello()
        await bad.hello()
        await good.hear()
        await bad.hear()
        await bad.socket.send_multipart([b"ticks", b"<html>"])
        kind, said = await bad.hear()
        assert (kind, said["code"]) == ("reject", "protocol")
        await asyncio.sleep(0.02)
        assert len(endpoint.sessions()) == 1


async def test_a_restarted_terminal_takes_its_place_over(serve, dial):
    async with serve() as (endpoint, feed):
        first = dial()
        await first.hello()
        await first.hear()
        await first.describe()
        feed.want(frozenset({"EURUSD"}))
        assert (await first.hear())[0] == "sub"
        await tell(first, 0)
        await asyncio.sleep(0.05)
        again = dial()
        await again.hello()
        assert (await again.hear())[0] == "welcome"
        await again.describe()
        kind, asked = await again.hear()
        assert kind == "sub"
        assert asked["since"]["EURUSD.m"] > 0
        assert len(endpoint.sessions()) == 1


async def test_a_known_key_may_connect_and_a_stranger_hears_nothing(serve, dial, tmp_path):
    keys = make_keys(tmp_path, "laptop", "123")
    stranger_public, stranger_secret = (one.decode() for one in zmq.curve_keypair())
    async with serve() as (endpoint, _):
        assert endpoint.encrypted
        stranger = dial("x", NewTerminal("x", stranger_secret, stranger_public, keys.server))
        in_clear = dial("y")
        known = dial("ea-1", keys)
        for terminal in (stranger, in_clear, known):
            await terminal.hello(token="")
        assert (await known.hear())[0] == "welcome"
        for terminal in (stranger, in_clear):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await terminal.socket.recv_multipart()


async def test_a_key_is_bound_to_its_account(serve, dial, tmp_path):
    keys = make_keys(tmp_path, "laptop", "999")
    async with serve() as (_, _):
        terminal = dial("ea-1", keys)
        await terminal.hello()
        kind, said = await terminal.hear()
        assert (kind, said["code"]) == ("reject", "login")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("5555", "is no address"),
        ("localhost:5555", "no IP address"),
        ("127.0.0.1:0", "is no address"),
        ("0.0.0.0:5555", "can be reached from other machines"),
    ],
)
def test_an_address_that_cannot_be_is_a_sentence(tmp_path, address, said):
    place = Place(address=address, token=TOKEN, data_dir=tmp_path, instruments=KNOWN)
    with pytest.raises(ConfigurationError, match=said):
        Endpoint(place, TickFeed(), SystemClock())


async def test_an_address_that_is_taken_is_a_sentence(serve, address, tmp_path):
    async with serve() as (_, feed):
        place = Place(address=address, token=TOKEN, data_dir=tmp_path, instruments=KNOWN)
        with pytest.raises(ConfigurationError, match="cannot be awaited"):
            await Endpoint(place, feed, SystemClock()).run()


def test_keys_are_made_once_for_each_name_and_forgotten(tmp_path):
    made = make_keys(tmp_path, "laptop", None)
    server = server_keys(tmp_path)
    assert server is not None
    assert made.server == server.public
    assert made.secret not in (tmp_path / "metatrader" / "terminals.json").read_text()
    assert (tmp_path / "metatrader" / "server.json").stat().st_mode & 0o077 == 0
    with pytest.raises(ConfigurationError, match='a terminal "laptop" already'):
        make_keys(tmp_path, "laptop", None)
    make_keys(tmp_path, "desktop", "7")
    assert server_keys(tmp_path) == server
    assert forget_keys(tmp_path, "laptop")
    assert not forget_keys(tmp_path, "laptop")
    assert [(one.name, one.login) for one in terminals(tmp_path)] == [("desktop", "7")]
