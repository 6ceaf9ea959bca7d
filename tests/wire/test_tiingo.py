"""Tiingo's bars over REST, and what its stream has of its own.

What it has in common with other streams is in ``test_streams.py``.
"""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

import pytest
from aiohttp import web

from fxpaper.aggregator.source import Span
from fxpaper.aggregator.sources import streaming
from fxpaper.aggregator.sources.tiingo import TiingoSource
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, RateLimitedError, TransientError

KEY = "0123456789abcdef0123456789abcdef"
PRICES = "/tiingo/fx/eurusd/prices"
NOW = parse_instant("2026-11-18T12:00:30Z")
HOUR = 3600 * NS_PER_SECOND
EURUSD = frozenset({"EURUSD"})
HEARTBEAT = {"service": "fx", "messageType": "H", "response": {"code": 200, "message": "HeartBeat"}}
SUBSCRIBED = {
    "service": "fx",
    "messageType": "I",
    "response": {"code": 200, "message": "Success"},
    "data": {"subscriptionId": 61, "thresholdLevel": "5", "tickers": ["eurusd"]},
}


def quote_of(
    ticker: str = "eurusd",
    *,
    at: Any = "2026-11-18T12:00:29.123456+00:00",
    bid: Any = 1.08241,
    ask: Any = 1.08251,
):
    data = ["Q", ticker, at, 1_000_000, bid, 1.08246, 1_000_000, ask]
    return {"service": "fx", "messageType": "A", "data": data}


def error(response: Any):
    return {"service": "fx", "messageType": "E", "response": response}


def row(hour: int):
    return {
        "date": f"2026-11-18T{hour:02}:00:00.000Z",
        "ticker": "eurusd",
        "open": 1.082,
        "high": 1.0825,
        "low": 1.0819,
        "close": 1.0824,
    }


@pytest.fixture
async def provider(serve):
    """Have bars; of the stream, send what a test wants sent, then wait for the other side."""
    provider = await serve()
    provider.says(PRICES, [row(12), row(10), row(11)])
    provider.sent, provider.received = [], []

    async def stream(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        provider.received.append(await socket.receive_json())
        for message in provider.sent:
            await socket.send_str(message if isinstance(message, str) else json.dumps(message))
        async for _ in socket:
            pass
        return socket

    provider.answers["/fx"] = stream
    return provider


@pytest.fixture
async def source(provider, setup):
    source = TiingoSource(KEY, setup, provider.base.replace("http", "ws") + "/fx", provider.base)
    yield source
    await source.close()


async def first(source: TiingoSource, symbols: frozenset[str] = EURUSD) -> Quote:
    async with aclosing(source.quotes(symbols)) as quotes:
        return await anext(quotes)


async def test_a_message_has_the_two_real_sides_and_the_providers_time(source, provider):
    provider.sent = [SUBSCRIBED, HEARTBEAT, quote_of("gbpusd", bid=1.25), quote_of()]
    quote = await first(source)
    assert (quote.symbol, quote.bid, quote.ask) == ("EURUSD", 108_241, 108_251)
    assert quote.quoted_at == parse_instant("2026-11-18T12:00:29.123456Z")
    assert quote.received_at == NOW
    assert quote.evidence == Evidence("tiingo", Transport.STREAM, Spread.REAL, Grade.A)


async def test_symbols_share_one_line_and_keep_their_own_digits(source, provider):
    provider.sent = [quote_of("usdjpy", bid=154.321, ask=154.335), quote_of()]
    async with aclosing(source.quotes(frozenset({"USDJPY", "EURUSD"}))) as quotes:
        found = [await anext(quotes) for _ in range(2)]
    assert [(one.symbol, one.bid, one.ask) for one in found] == [
        ("USDJPY", 154_321, 154_335),
        ("EURUSD", 108_241, 108_251),
    ]
    assert [asked["eventData"]["tickers"] for asked in provider.received] == [["eurusd", "usdjpy"]]


async def test_the_key_travels_in_the_subscription_only(source, provider):
    provider.sent = [quote_of()]
    await first(source)
    assert [asked["authorization"] for asked in provider.received] == [KEY]
    (request,) = provider.seen
    assert KEY not in str(request.url)
    assert KEY not in str(request.headers)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param("<html>", "malformed", id="HTML"),
        pytest.param('{"service": "fx", "messageType": "A", "da', "truncated", id="truncated"),
        pytest.param('{"service": "fx"}', "messageType", id="no type"),
        pytest.param({"messageType": "A"}, "of another form", id="no data"),
        pytest.param({"messageType": "A", "data": ["Q", "eurusd"]}, "of another form", id="short"),
        pytest.param(quote_of(bid=None), "None is not a price", id="null"),
        pytest.param(quote_of(ask=0), "0 is not a price", id="zero"),
        pytest.param(quote_of(bid=-1.08241), "-1.08241 is not a price", id="negative"),
        pytest.param(quote_of(bid="NaN"), "'NaN' is not a price", id="NaN text"),
        pytest.param(quote_of(bid=float("nan")), "makes no sense", id="NaN"),
        pytest.param(quote_of(ask=float("inf")), "makes no sense", id="infinite"),
        pytest.param(quote_of(at=None), "None is not a time", id="no time"),
        pytest.param(quote_of(at=0), "0 is not a time", id="zero time"),
        pytest.param(quote_of(at="2026-11-18T12:00:29"), "is not a time", id="no zone"),
        pytest.param(quote_of(at="2026-02-30T12:00:29Z"), "is not a time", id="no such day"),
    ],
)
async def test_what_makes_no_sense_ends_the_line(source, provider, message, said):
    provider.sent = [message]
    with pytest.raises(TransientError, match=said):
        await first(source)


@pytest.mark.parametrize("code", [401, 403])
async def test_a_refused_key_is_a_setting_to_correct_and_is_shown_nowhere(source, provider, code):
    provider.sent = [error({"code": code, "message": f"Invalid token {KEY}"})]
    with pytest.raises(
        ConfigurationError, match=r"Invalid token \*\*\*\. Set tiingo_key"
    ) as caught:
        await first(source)
    assert KEY not in str(caught.value)
    assert "Invalid token" in source.raw
    assert KEY not in source.raw


@pytest.mark.parametrize(
    ("response", "said"),
    [
        pytest.param({"code": 400, "message": f"no, {KEY}"}, r"no, \*\*\*", id="with a reason"),
        pytest.param({"code": 500}, "no reason given", id="without a reason"),
        pytest.param(None, "no reason given", id="null"),
        pytest.param("busy", "no reason given", id="text"),
    ],
)
async def test_any_other_error_may_pass(source, provider, response, said):
    provider.sent = [error(response)]
    with pytest.raises(TransientError, match=f"reports an error: {said}"):
        await first(source)


async def test_an_answer_that_is_no_web_socket_is_a_passing_fault(source, provider):
    provider.says("/fx", "<html></html>")
    with pytest.raises(TransientError, match="refused the connection: HTTP 200"):
        await first(source)


async def test_a_probe_of_a_line_with_heartbeats_only_is_no_fault(source, provider, monkeypatch):
    monkeypatch.setattr(streaming, "_PROBE_SECONDS", 0.05)
    provider.sent = [SUBSCRIBED, HEARTBEAT, quote_of("gbpusd")]
    finding = await source.probe("EURUSD")
    assert finding.ok
    assert "EURUSD was not quoted for 0.05 s" in finding.text


async def test_a_probe_tells_of_a_quote(source, provider):
    provider.sent = [SUBSCRIBED, quote_of()]
    finding = await source.probe("EURUSD")
    assert (finding.ok, finding.text) == (True, "EURUSD streams, grade A, real spread.")


async def test_closed_bars_are_laid_under_the_mid_prices(source, provider, setup):
    begins = parse_instant("2026-11-18T10:00:00Z")
    bars = await source.history("EURUSD", Span("1h", begins, begins + 3 * HOUR))
    assert [bar.opened_at for bar in bars] == [begins, begins + HOUR]
    assert bars[0].close == 108_240 - setup.instruments["EURUSD"].typical_spread // 2
    asked = provider.seen[-1]
    assert dict(asked.query) == {
        "resampleFreq": "1hour",
        "startDate": "2026-11-18T10:00:00",
        "endDate": "2026-11-18T13:00:00",
    }
    assert asked.headers["Authorization"] == f"Token {KEY}"
    usage = await source.usage()
    assert (usage.used_hour, usage.limit_hour, usage.used_day) == (1, 50, 1)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param([{"date": "2026-11-18T10:00:00Z"}], "documented form", id="no prices"),
        pytest.param({"detail": "Not found."}, "documented form", id="an object"),
        pytest.param("null", "documented form", id="null body"),
        pytest.param([{**row(10), "date": None}], "documented form", id="no date"),
        pytest.param("<html>", "not JSON", id="HTML"),
        pytest.param('[{"date": ', "not JSON", id="truncated"),
        pytest.param([{**row(10), "close": None}], "not a price", id="null"),
        pytest.param([{**row(10), "low": 0}], "not a price", id="zero"),
        pytest.param([{**row(10), "open": -1.082}], "not a price", id="negative"),
        pytest.param([{**row(10), "high": "NaN"}], "not a price", id="NaN"),
    ],
)
async def test_bars_that_make_no_sense(source, provider, body, said):
    provider.says(PRICES, body)
    with pytest.raises(TransientError, match=said):
        await source.history("EURUSD")


async def test_a_spent_hour_is_known_before_it_is_asked(source, provider, budget):
    account = source._spending.account
    for _ in range(35):
        await budget.take(account, spare=True)
    with pytest.raises(RateLimitedError, match="35 of 50 calls of this hour") as caught:
        await source.history("EURUSD")
    assert caught.value.retry_at == parse_instant("2026-11-18T13:00:00Z")
    assert provider.seen == []


async def test_a_wrong_key(source, provider):
    provider.says(PRICES, {"detail": f"Invalid token {KEY}."}, 401)
    with pytest.raises(ConfigurationError, match="Invalid token") as caught:
        await source.history("EURUSD")
    assert KEY not in str(caught.value)


async def test_without_a_span_the_latest_closed_minutes_are_asked_for(source, provider, setup):
    minutes = ("12:00", "11:59", "11:58")
    rows = [{**row(0), "date": f"2026-11-18T{minute}:00.000Z"} for minute in minutes]
    provider.says(PRICES, rows)
    bars = await source.history("EURUSD")
    assert [bar.opened_at for bar in bars] == [
        parse_instant("2026-11-18T11:58:00Z"),
        parse_instant("2026-11-18T11:59:00Z"),
    ]
    half = setup.instruments["EURUSD"].typical_spread // 2
    prices = [(bar.open, bar.high, bar.low, bar.close) for bar in bars]
    assert prices == [tuple(at - half for at in (108_200, 108_250, 108_190, 108_240))] * 2
    asked = provider.seen[-1]
    assert dict(asked.query) == {
        "resampleFreq": "1min",
        "startDate": "2026-11-18T07:00:30",
        "endDate": "2026-11-18T12:00:30",
    }
    assert asked.headers["Authorization"] == f"Token {KEY}"
    assert KEY not in str(asked.url)


@pytest.mark.parametrize(
    ("headers", "until"),
    [({}, "2026-11-18T12:01:00Z"), ({"Retry_After": "90"}, "2026-11-18T12:02:00Z")],
)
async def test_too_many_calls_are_not_repeated_before_their_time(
    source, provider, clock, headers, until
):
    provider.says(PRICES, {"detail": "Error: You have run over your hourly"}, 429, **headers)
    with pytest.raises(RateLimitedError) as caught:
        await source.history("EURUSD")
    assert caught.value.retry_at == parse_instant(until)
    clock.move_to(parse_instant(until) - 1_000_000)
    with pytest.raises(RateLimitedError):
        await source.history("EURUSD")
    assert len(provider.seen) == 1
    provider.says(PRICES, [])
    clock.move_to(parse_instant(until))
    assert await source.history("EURUSD") == []


async def test_a_fault_of_the_server_is_tried_again_later_and_costs_a_call(source, provider):
    provider.says(PRICES, f"oops {KEY}", 500)
    with pytest.raises(TransientError, match=r"oops \*\*\* \(500\)"):
        await source.history("EURUSD")
    assert (await source.usage()).used_day == 1


async def test_nobody_at_the_address_costs_nothing(setup):
    source = TiingoSource(KEY, setup, "ws://127.0.0.1:1", "http://127.0.0.1:1")
    with pytest.raises(TransientError, match="Tiingo cannot be reached"):
        await source.history("EURUSD")
    usage = await source.usage()
    assert usage is not None
    assert (usage.used_hour, usage.used_day) == (0, 0)
    await source.close()
