"""Latest quotes in the store, and calls that are shared."""

from __future__ import annotations

import asyncio

import pytest

from fxpaper.aggregator.cache import QuoteCache, SingleFlight
from fxpaper.errors import TransientError


async def test_only_the_newest_of_each_symbol_is_written_and_keeps_the_providers_time(store, quote):
    cache = QuoteCache(store)
    newest = quote(108_300, at=5, received_at=9)
    for each in (quote(108_240), newest, quote(86_655, symbol="USDJPY")):
        cache.note(each)
    assert await cache.latest("EURUSD") is None
    await cache.flush()
    assert await cache.latest("EURUSD") == newest
    assert await store.client.ttl("q:EURUSD") == 60
    await cache.flush()


async def test_simultaneous_askers_share_one_call(quote):
    flights, calls, gate = SingleFlight(), [], asyncio.Event()

    async def fetch():
        calls.append(1)
        await gate.wait()
        return quote()

    async with asyncio.TaskGroup() as group:
        askers = [group.create_task(flights.fetch("EURUSD", fetch)) for _ in range(10)]
        await asyncio.sleep(0)
        gate.set()
    assert {asker.result() for asker in askers} == {quote()}
    assert len(calls) == 1
    await flights.fetch("EURUSD", fetch)
    assert len(calls) == 2


async def test_everybody_who_waits_gets_the_failure():
    flights, gate = SingleFlight(), asyncio.Event()

    async def fetch():
        await gate.wait()
        raise TransientError("no network")

    async with asyncio.TaskGroup() as group:
        askers = [group.create_task(_outcome(flights.fetch("EURUSD", fetch))) for _ in range(3)]
        await asyncio.sleep(0)
        gate.set()
    assert [asker.result() for asker in askers] == ["no network"] * 3


async def test_a_cancelled_caller_hands_over_to_the_next(quote):
    flights, calls, gate = SingleFlight(), [], asyncio.Event()

    async def fetch():
        calls.append(1)
        await gate.wait()
        return quote()

    async with asyncio.TaskGroup() as group:
        first = group.create_task(flights.fetch("EURUSD", fetch))
        second = group.create_task(flights.fetch("EURUSD", fetch))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        gate.set()
    assert second.result() == quote()
    assert len(calls) == 2


async def _outcome(answer) -> str:
    try:
        return str(await answer)
    except TransientError as problem:
        return str(problem)
