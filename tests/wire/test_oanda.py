"""OANDA's practice stream of JSON lines, and its candles."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest
from aiohttp import web

from fxpaper.aggregator.source import Span
from fxpaper.aggregator.sources import oanda, streaming
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
    provider.lines, provider.then, provider.pause = [], "wait", 0.0
    over = asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for line in provider.lines:
            text = line if isinstance(line, str) else json.dumps(line)
            await response.write(text.encode() + b"\n")
            await asyncio.sleep(provider.pause)
        if provider.then == "cut":
            assert request.transport is not None
            request.transport.abort()
        elif provider.then == "wait":
            await over.wait()
        return response

    provider.answers[STREAM] = stream
    provider.says(INSTRUMENTS, {"instruments": [{"name": "EUR_USD"}, {"name": "GBP_USD"}]})
    yield provider
    over.set()


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


async def test_symbols_share_one_line_and_keep_their_own_digits(source, provider):
    provider.says(INSTRUMENTS, {"instruments": [{"name": "EUR_USD"}, {"name": "USD_JPY"}]})
    yen = price(instrument="USD_JPY", bids=[{"price": "154.321"}], asks=[{"price": "154.335"}])
    provider.lines = [yen, price()]
    async with aclosing(source.quotes(frozenset({"USDJPY", "EURUSD"}))) as quotes:
        found = [await anext(quotes) for _ in range(2)]
    assert [(one.symbol, one.bid, one.ask) for one in found] == [
        ("USDJPY", 154_321, 154_335),
        ("EURUSD", 108_241, 108_251),
    ]
    asked = [request.query["instruments"] for request in provider.seen if request.path == STREAM]
    assert asked == ["EUR_USD,USD_JPY"]


async def test_the_token_travels_in_the_header_and_in_no_address(source, provider):
    provider.lines = [price()]
    await first(source)
    assert [request.path for request in provider.seen] == [INSTRUMENTS, STREAM]
    for request in provider.seen:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        assert KEY not in str(request.url)


async def test_the_best_of_the_ladder_is_taken(source, provider):
    provider.lines = [
        price(
            bids=[{"price": "1.08241"}, {"price": "1.08235"}],
            asks=[{"price": "1.08251"}, {"price": "1.08257"}],
        )
    ]
    quote = await first(source)
    assert (quote.bid, quote.ask, quote.received_at) == (108_241, 108_251, NOW)


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
        pytest.param(price(asks=[]), id="no ask"),
        pytest.param(price(asks=[{"price": "NaN"}]), id="NaN"),
        pytest.param(price(asks=[{"price": "1e400"}]), id="infinite"),
        pytest.param(price(bids=[{"price": "0"}]), id="zero bid"),
        pytest.param(price(asks=[{"price": "0"}]), id="zero"),
        pytest.param(price(bids=[{"price": "-1.08241"}]), id="negative"),
        pytest.param(price(bids=[{"price": None}]), id="null"),
        pytest.param(price(bids=None), id="null side"),
        pytest.param(price(time="now"), id="no time"),
        pytest.param(price(time=None), id="null time"),
        pytest.param(price(time="1795003229.123456789"), id="seconds"),
        pytest.param(price(time="2026-11-18T12:00:29"), id="time without a zone"),
        pytest.param(price(time="2026-02-30T12:00:29Z"), id="no day of any calendar"),
        pytest.param({name: v for name, v in price().items() if name != "time"}, id="timeless"),
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


async def test_a_clean_end_comes_after_all_that_was_said(source, provider):
    provider.lines, provider.then = [price()], "end"
    async with aclosing(source.quotes(EURUSD)) as quotes:
        assert (await anext(quotes)).bid == 108_241
        with pytest.raises(TransientError, match="closed by the other side"):
            await anext(quotes)


async def test_silence_longer_than_two_heartbeats_is_death(source, provider, monkeypatch):
    monkeypatch.setattr(oanda, "_SILENCE_SECONDS", 0.1)
    provider.lines = [HEARTBEAT]
    with pytest.raises(TransientError, match=r"is dead: no heartbeat for 0\.1 s"):
        await first(source)


async def test_heartbeats_alone_keep_a_line_open(source, provider, monkeypatch):
    monkeypatch.setattr(oanda, "_SILENCE_SECONDS", 0.3)
    provider.lines, provider.pause = [*[HEARTBEAT] * 4, price()], 0.1
    assert (await first(source)).bid == 108_241


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, ConfigurationError),
        (403, ConfigurationError),
        (400, TransientError),
        (500, TransientError),
    ],
)
async def test_a_refusal_is_told_without_the_token(source, provider, status, error):
    provider.says(STREAM, {"errorMessage": f"Insufficient authorization {KEY}"}, status)
    with pytest.raises(error, match=rf"Insufficient authorization .*\({status}\)") as caught:
        await first(source)
    assert KEY not in str(caught.value)
    assert ACCOUNT not in str(caught.value)


@pytest.mark.parametrize("path", [STREAM, CANDLES])
async def test_a_token_at_the_end_of_a_long_refusal_is_not_told_in_part(source, provider, path):
    provider.says(path, "x" * 280 + KEY, 401)
    with pytest.raises(ConfigurationError) as caught:
        await (first(source) if path == STREAM else source.history("EURUSD"))
    assert KEY[:8] not in str(caught.value)


async def test_a_refusal_that_is_not_utf_8_is_still_one(source, provider):
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=401, body=b"Acc\xe8s refus\xe9", content_type="text/plain")

    provider.answers[STREAM] = refuse
    with pytest.raises(ConfigurationError, match="Set oanda_key and oanda_account"):
        await first(source)


async def test_nobody_at_the_address(setup):
    source = OandaSource(KEY, ACCOUNT, setup, "http://127.0.0.1:1", "http://127.0.0.1:1")
    with pytest.raises(TransientError, match="cannot be reached"):
        await first(source)
    with pytest.raises(TransientError, match="OANDA cannot be reached"):
        await source.history("EURUSD")
    usage = await source.usage()
    assert usage is not None
    assert usage.used_day == 0
    await source.close()


async def test_nobody_at_the_address_of_the_stream(provider, setup):
    source = OandaSource(KEY, ACCOUNT, setup, "http://127.0.0.1:1", provider.base)
    with pytest.raises(TransientError, match="OANDA's stream cannot be reached") as caught:
        await first(source)
    assert KEY not in str(caught.value)
    await source.close()


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_refused_before_the_stream_is_a_setting_to_correct(source, provider, status):
    provider.says(INSTRUMENTS, {"errorMessage": f"Insufficient authorization {KEY}"}, status)
    with pytest.raises(ConfigurationError, match="Set the key") as caught:
        await first(source)
    assert KEY not in str(caught.value)
    assert all(request.path != STREAM for request in provider.seen)


async def test_a_probe_tells_of_a_quote(source, provider):
    provider.lines = [HEARTBEAT, price()]
    finding = await source.probe("EURUSD")
    assert (finding.ok, finding.text) == (True, "EURUSD streams, grade A, real spread.")
    assert source.latest.bid == 108_241


async def test_a_probe_of_a_silent_line_is_no_fault(source, provider, monkeypatch):
    """As at night; a price that is not tradeable is silence too."""
    monkeypatch.setattr(streaming, "_PROBE_SECONDS", 0.05)
    provider.lines = [HEARTBEAT, price(tradeable=False)]
    finding = await source.probe("EURUSD")
    assert finding.ok
    assert "EURUSD was not quoted for 0.05 s" in finding.text
    assert source.latest is None


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


async def test_without_a_span_the_latest_minutes_are_asked_for(source, provider):
    provider.says(CANDLES, {"candles": [candle(58), candle(59), candle(59, complete=False)]})
    bars = await source.history("EURUSD")
    assert [bar.opened_at for bar in bars] == [
        parse_instant("2026-11-18T11:58:00Z"),
        parse_instant("2026-11-18T11:59:00Z"),
    ]
    assert all(bar.closed and bar.source == "oanda" for bar in bars)
    asked = provider.seen[-1]
    assert dict(asked.query) == {
        "price": "B",
        "granularity": "M1",
        "from": "2026-11-18T07:00:30.000000Z",
        "to": "2026-11-18T12:00:30.000000Z",
    }
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in str(asked.url)


@pytest.mark.parametrize(
    ("interval", "granularity"), [("5m", "M5"), ("15m", "M15"), ("30m", "M30"), ("1h", "H1")]
)
async def test_no_candle_of_the_future_is_asked_for(source, provider, interval, granularity):
    """OANDA refuses a time that has not come."""
    provider.says(CANDLES, {"candles": []})
    assert await source.history("EURUSD", Span(interval, NOW - 600 * MINUTE, NOW + MINUTE)) == []
    query = provider.seen[-1].query
    assert (query["granularity"], query["to"]) == (granularity, "2026-11-18T12:00:30.000000Z")


async def test_candles_outside_the_span_are_left_out(source, provider):
    provider.says(CANDLES, {"candles": [candle(57), candle(58), candle(59)]})
    begins = parse_instant("2026-11-18T11:58:00Z")
    bars = await source.history("EURUSD", Span("1m", begins, begins + MINUTE))
    assert [bar.opened_at for bar in bars] == [begins]


async def test_calls_are_counted_and_the_stream_is_not(source, provider):
    provider.says(CANDLES, {"candles": []})
    await source.history("EURUSD")
    await source.history("EURUSD")
    assert (await source.usage()).used_day == 2
    provider.lines = [price()]
    await first(source)
    await first(source)
    usage = await source.usage()
    assert (usage.used_minute, usage.used_hour, usage.used_day) == (3, 3, 3)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param({"candles": [{"complete": True}]}, "documented form", id="no prices"),
        pytest.param({"candles": None}, "documented form", id="null candles"),
        pytest.param({"candles": [{**candle(58), "time": None}]}, "documented form", id="no time"),
        pytest.param({"candles": [candle(58, close="NaN")]}, "not a price", id="NaN"),
        pytest.param({"candles": [candle(58, close="0")]}, "not a price", id="zero"),
        pytest.param({"candles": [candle(58, close="-1.08")]}, "not a price", id="negative"),
        pytest.param('{"candles": [', "not JSON", id="truncated"),
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
    assert (await source.usage()).banned_until == parse_instant(until)
    provider.says(CANDLES, {"candles": []})
    clock.move_to(parse_instant(until))
    assert await source.history("EURUSD") == []


@pytest.mark.parametrize("after", ["soon", "-5", "1.5", "\u00b2", ""])
async def test_a_retry_after_that_is_no_number_is_passed_over(source, provider, after):
    provider.says(CANDLES, {}, 429, Retry_After=after)
    with pytest.raises(RateLimitedError) as caught:
        await source.history("EURUSD")
    assert caught.value.retry_at == parse_instant("2026-11-18T12:01:00Z")


async def test_a_fault_of_the_server_is_tried_again_later(source, provider):
    provider.says(CANDLES, f"oops {KEY}", 500)
    with pytest.raises(TransientError, match=r"oops \*\*\* \(500\)"):
        await source.history("EURUSD")


async def test_candles_cut_in_the_middle_are_a_passing_fault(source, provider):
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    provider.answers[CANDLES] = cut
    with pytest.raises(TransientError, match="OANDA did not answer"):
        await source.history("EURUSD")
    assert (await source.usage()).used_day >= 1


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
