"""OANDA's practice stream of JSON lines, and its candles."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest
from aiohttp import web

from fxpaper.aggregator.source import Span
from fxpaper.aggregator.sources import oanda
from fxpaper.aggregator.sources.oanda import OandaSource
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, RateLimitedError, TransientError

KEY = "0123456789abcdef-0123456789abcdef"
ACCOUNT = "101-001-1234567-001"
NOW = parse_instant("2026-11-18T12:00:30Z")
STREAM = f"/v3/accounts/{ACCOUNT}/pricing/stream"
INSTRUMENTS = f"/v3/accounts/{ACCOUNT}/instruments"
CANDLES = "/v3/instruments/EUR_USD/candles"
EURUSD = frozenset({"EURUSD"})
HEARTBEAT = {"type": "HEARTBEAT", "time": "2026-11-18T12:00:29.000000000Z"}
MINUTE = 60 * NS_PER_SECOND


def price(**changed):
    return {
        "type": "PRICE",
        "instrument": "EUR_USD",
        "time": "2026-11-18T12:00:29.123456789Z",
        "bids": [{"price": "1.08241", "liquidity": 10_000_000}],
        "asks": [{"price": "1.08251", "liquidity": 10_000_000}],
        "closeoutBid": "1.08231",
        "closeoutAsk": "1.08261",
        "status": "tradeable",
        "tradeable": True,
        **changed,
    }


def candle(minute: int, *, complete: bool = True, close: str = "1.08240"):
    return {
        "complete": complete,
        "volume": 30,
        "time": f"2026-11-18T11:{minute:02}:00.000000000Z",
        "bid": {"o": "1.08200", "h": "1.08250", "l": "1.08190", "c": close},
    }


@pytest.fixture
async def provider(serve):
    """Send lines, then stay silent or hang up."""
    provider = await serve()
    provider.lines, provider.then = [], "wait"

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for line in provider.lines:
            text = line if isinstance(line, str) else json.dumps(line)
            await response.write(text.encode() + b"\n")
        if provider.then == "cut":
            assert request.transport is not None
            request.transport.abort()
        elif provider.then == "wait":
            await asyncio.sleep(1)
        return response

    provider.answers[STREAM] = stream
    provider.says(INSTRUMENTS, {"instruments": [{"name": "EUR_USD"}, {"name": "GBP_USD"}]})
    return provider


@pytest.fixture
async def source(provider, setup):
    source = OandaSource(KEY, ACCOUNT, setup, provider.base, provider.base)
    yield source
    await source.close()


async def first(source, symbols: frozenset[str] = EURUSD) -> Quote:
    async with aclosing(source.quotes(symbols)) as quotes:
        return await anext(quotes)


async def test_a_price_has_both_sides_of_a_broker(source, provider):
    provider.lines = [HEARTBEAT, "", price(instrument="GBP_USD"), price()]
    quote = await first(source)
    assert (quote.bid, quote.ask) == (108_241, 108_251)
    assert quote.quoted_at == parse_instant("2026-11-18T12:00:29.123456789Z")
    assert quote.evidence == Evidence("oanda", Transport.STREAM, Spread.REAL, Grade.A)
    asked = next(one for one in provider.seen if one.path == STREAM)
    assert asked.query["instruments"] == "EUR_USD"
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in str(asked.url)


async def test_a_price_nobody_can_trade_on_is_none(source, provider):
    """As all weekend."""
    provider.lines = [price(tradeable=False, status="non-tradeable"), price()]
    provider.lines[0]["bids"][0]["price"] = "1.00000"
    assert (await first(source)).bid == 108_241


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("<html>", id="HTML"),
        pytest.param('{"type": "PRI', id="truncated"),
        pytest.param(price(bids=[]), id="no bid"),
        pytest.param(price(asks=[{"price": "NaN"}]), id="NaN"),
        pytest.param(price(asks=[{"price": "0"}]), id="zero"),
        pytest.param(price(time="now"), id="no time"),
    ],
)
async def test_what_makes_no_sense_ends_the_line(source, provider, line):
    provider.lines = [line]
    with pytest.raises(TransientError):
        await first(source)


@pytest.mark.parametrize("then", ["end", "cut"])
async def test_the_end_of_the_line_is_a_failure(source, provider, then):
    provider.lines, provider.then = [price()], then
    found: list[Quote] = []

    async def listen() -> None:
        async with aclosing(source.quotes(EURUSD)) as quotes:
            async for quote in quotes:
                found.append(quote)  # noqa: PERF401 - what came before the fault counts

    with pytest.raises(TransientError):
        await listen()
    assert len(found) <= 1


async def test_silence_longer_than_two_heartbeats_is_death(source, provider, monkeypatch):
    monkeypatch.setattr(oanda, "_SILENCE_SECONDS", 0.1)
    provider.lines = [HEARTBEAT]
    with pytest.raises(TransientError, match=r"no heartbeat|cannot be reached"):
        await first(source)


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, ConfigurationError), (403, ConfigurationError), (400, TransientError)],
)
async def test_a_refusal_is_told_without_the_token(source, provider, status, error):
    provider.says(STREAM, {"errorMessage": f"Insufficient authorization {KEY}"}, status)
    with pytest.raises(error, match="Insufficient authorization") as caught:
        await first(source)
    assert KEY not in str(caught.value)


async def test_nobody_at_the_address(setup):
    source = OandaSource(KEY, ACCOUNT, setup, "http://127.0.0.1:1", "http://127.0.0.1:1")
    with pytest.raises(TransientError, match="cannot be reached"):
        await first(source)
    with pytest.raises(TransientError, match="OANDA cannot be reached"):
        await source.history("EURUSD")
    await source.close()


async def test_candles_are_bars_of_real_bids(source, provider):
    provider.says(CANDLES, {"candles": [candle(58), candle(59), candle(59, complete=False)]})
    begins, ends = parse_instant("2026-11-18T11:58:00Z"), parse_instant("2026-11-18T12:00:00Z")
    bars = await source.history("EURUSD", Span("1m", begins, ends))
    assert [bar.opened_at for bar in bars] == [begins, begins + MINUTE]
    assert (bars[0].open, bars[0].high, bars[0].low, bars[0].close) == (
        108_200,
        108_250,
        108_190,
        108_240,
    )
    query = provider.seen[-1].query
    assert (query["price"], query["granularity"]) == ("B", "M1")
    assert (query["from"], query["to"]) == (
        "2026-11-18T11:58:00.000000Z",
        "2026-11-18T12:00:00.000000Z",
    )


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param({"candles": [{"complete": True}]}, "documented form", id="no prices"),
        pytest.param({}, "documented form", id="no candles"),
        pytest.param([], "documented form", id="a list"),
        pytest.param("<html>", "not JSON", id="HTML"),
    ],
)
async def test_candles_that_make_no_sense(source, provider, body, error):
    provider.says(CANDLES, body)
    with pytest.raises(TransientError, match=error):
        await source.history("EURUSD")


@pytest.mark.parametrize(
    ("headers", "until"),
    [({}, "2026-11-18T12:01:00Z"), ({"Retry_After": "90"}, "2026-11-18T12:02:00Z")],
)
async def test_too_many_calls_are_not_repeated_before_their_time(
    source, provider, clock, headers, until
):
    provider.says(CANDLES, {}, 429, **headers)
    with pytest.raises(RateLimitedError) as caught:
        await source.history("EURUSD")
    assert caught.value.retry_at == parse_instant(until)
    clock.move_to(parse_instant(until) - 1_000_000)
    with pytest.raises(RateLimitedError):
        await source.history("EURUSD")
    assert len(provider.seen) == 1


async def test_a_pair_that_the_account_has_not_fails_no_other(source, provider):
    provider.lines = [price()]
    assert source.supports("USDJPY")
    quote = await first(source, frozenset({"EURUSD", "USDJPY"}))
    assert quote.symbol == "EURUSD"
    asked = next(one for one in provider.seen if one.path == STREAM)
    assert asked.query["instruments"] == "EUR_USD"
    assert not source.supports("USDJPY")
    with pytest.raises(TransientError, match="the account has none of USD_JPY"):
        await first(source, frozenset({"USDJPY"}))


@pytest.mark.parametrize("body", [{}, [], {"instruments": [{}]}, "<html>"])
async def test_a_list_of_instruments_that_makes_no_sense(source, provider, body):
    provider.says(INSTRUMENTS, body)
    with pytest.raises(TransientError):
        await first(source)


async def test_a_wrong_token_for_candles(source, provider):
    provider.says(CANDLES, f"who is {KEY}?", 401)
    with pytest.raises(ConfigurationError, match="Set the key") as caught:
        await source.history("EURUSD")
    assert KEY not in str(caught.value)
