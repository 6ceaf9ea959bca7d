"""The streams of two widespread MetaTrader bridges, over real ZeroMQ."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace

import pytest
import zmq
import zmq.asyncio

from fxpaper.aggregator.sources import zmq_line
from fxpaper.aggregator.sources.dwx import DwxSource
from fxpaper.aggregator.sources.mql5_json import Mql5JsonSource
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Grade, Spread
from fxpaper.errors import ConfigurationError, TransientError

NOW = parse_instant("2026-11-18T12:00:30Z")
TWO_HOURS = 2 * 3600 * NS_PER_SECOND
EURUSD = frozenset({"EURUSD"})


class Speaker:
    """The other side of a line."""

    def __init__(self, kind: int) -> None:
        self.context = zmq.asyncio.Context()
        self.socket = self.context.socket(kind)
        self.socket.setsockopt(zmq.LINGER, 0)
        port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        self.address = f"127.0.0.1:{port}"

    async def first(self, source, *texts: str, symbols=EURUSD):
        """Return the first quote of some texts that are said again and again."""

        async def say() -> None:
            while True:
                for text in texts:
                    await self.socket.send_string(text)
                await asyncio.sleep(0.01)

        saying = asyncio.create_task(say())
        try:
            async with asyncio.timeout(3), aclosing(source.quotes(symbols)) as quotes:
                return await anext(quotes)
        finally:
            saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)

    def close(self) -> None:
        self.socket.close()
        self.context.term()


@pytest.fixture
def publisher():
    speaker = Speaker(zmq.PUB)
    yield speaker
    speaker.close()


@pytest.fixture
def pusher():
    speaker = Speaker(zmq.PUSH)
    yield speaker
    speaker.close()


def tick(symbol="EURUSD", ahead=TWO_HOURS, **changed) -> str:
    at = (NOW + ahead - NS_PER_SECOND) // NS_PER_MS
    said = {"status": "CONNECTED", "symbol": symbol, "timeframe": "TICK"}
    return json.dumps({**said, "data": [at, 1.08241, 1.08251], **changed})


async def test_dwx_gives_both_sides_of_the_moment_they_came(publisher, setup):
    source = DwxSource(publisher.address, setup)
    texts = ("NOTHING:|:1;2", "GBPUSD:|:1.27;1.2701", "EURUSD:|:1.08241;1.08251")
    quote = await publisher.first(source, *texts)
    assert (quote.symbol, quote.bid, quote.ask) == ("EURUSD", 108_241, 108_251)
    assert (quote.quoted_at, quote.received_at) == (NOW, NOW)
    assert (quote.evidence.grade, quote.evidence.spread) == (Grade.B, Spread.REAL)


@pytest.mark.parametrize(
    "text",
    ["EURUSD 1.08241", "EURUSD:|:1.08241", "EURUSD:|:0;0", "EURUSD:|:x;y", "EURUSD:|:nan;1"],
)
async def test_dwx_that_makes_no_sense_ends_the_line(publisher, setup, text):
    with pytest.raises(TransientError):
        await publisher.first(DwxSource(publisher.address, setup), text)


async def test_mql5_json_gives_ticks_in_utc(pusher, setup):
    source = Mql5JsonSource(pusher.address, setup)
    bar = tick(timeframe="M1", data=[1, 2, 3, 4, 5, 6])
    quote = await pusher.first(source, bar, tick("GBPUSD"), tick())
    assert (quote.bid, quote.ask) == (108_241, 108_251)
    assert quote.quoted_at == NOW - NS_PER_SECOND
    assert quote.evidence.grade is Grade.A


@pytest.mark.parametrize(
    "text",
    [
        "<html>",
        tick(data=[1, 2]),
        tick(data=[0, 1.1, 1.2]),
        tick(data=[1_795_010_430_123, 0, 1.2]),
        tick(data="x"),
    ],
)
async def test_mql5_json_that_makes_no_sense_ends_the_line(pusher, setup, text):
    with pytest.raises(TransientError):
        await pusher.first(Mql5JsonSource(pusher.address, setup), text)


async def test_a_clock_that_is_set_back_is_noticed(setup):
    source = Mql5JsonSource("127.0.0.1:1", setup)

    def quoted_at(ahead: int) -> int:
        quote = source._read(tick(ahead=ahead))
        assert quote is not None
        return quote.quoted_at

    assert quoted_at(TWO_HOURS) == NOW - NS_PER_SECOND
    back = [quoted_at(TWO_HOURS // 2) for _ in range(50)]
    assert back[0] == NOW - NS_PER_SECOND - TWO_HOURS // 2
    assert back[-1] == NOW - NS_PER_SECOND


async def test_a_brokers_name_is_ours_when_a_person_says_so(publisher, setup):
    named = replace(setup, broker_names={"EURUSD": "EURUSD.m"})
    quote = await publisher.first(DwxSource(publisher.address, named), "EURUSD.m:|:1.08;1.0801")
    assert quote.symbol == "EURUSD"


async def test_silence_and_a_wrong_address_are_sentences(publisher, setup, monkeypatch):
    monkeypatch.setattr(zmq_line, "_SILENCE_SECONDS", 0.05)
    with pytest.raises(TransientError, match="nothing has come from"):
        await publisher.first(DwxSource(publisher.address, setup))
    with pytest.raises(ConfigurationError, match="is no address"):
        await publisher.first(DwxSource("nowhere", setup))
