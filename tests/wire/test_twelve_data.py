"""The twelvedata SDK, unmodified, against every answer that Twelve Data gives."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from fxpaper.aggregator.sources.twelve_data import TwelveDataSource
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Grade, Spread, Transport
from fxpaper.errors import ConfigurationError, RateLimitedError, TransientError

KEY = "0123456789abcdef0123456789abcdef"
NOW = parse_instant("2026-11-18T12:00:30Z")
RATE = {"symbol": "EUR/USD", "rate": 1.08246, "timestamp": 1_795_003_200}
MINUTE_SPENT = {
    "code": 429,
    "message": "You have run out of API credits for the current minute. 9 API credits were used, "
    "with the current limit being 8. Wait for the next minute or consider switching to a plan.",
    "status": "error",
}
DAY_SPENT = {
    "code": 429,
    "message": "You have run out of API credits for the day. 801 API credits were used, with the "
    "current limit being 800. Wait for the next day or consider switching to a higher tier plan.",
    "status": "error",
}
NOT_IN_PLAN = {
    "code": 404,
    "message": "This symbol is available starting with the Grow or Venture plan.",
    "status": "error",
}


@pytest.fixture
async def provider(serve):
    provider = await serve()
    provider.says("/technical_indicators", {"data": {}, "status": "ok"})
    provider.says("/exchange_rate", RATE, api_credits_used="1", api_credits_left="7")
    return provider


@pytest.fixture
async def source(provider, setup):
    source = TwelveDataSource(KEY, setup, provider.base)
    yield source
    await source.close()


def rates(provider) -> int:
    return sum(request.path == "/exchange_rate" for request in provider.seen)


async def test_a_rate_becomes_a_quote_with_the_typical_spread_around_it(source, instruments):
    quote = await source.fetch("EURUSD")
    spread = instruments["EURUSD"].typical_spread
    assert (quote.bid, quote.ask) == (108_246 - spread // 2, 108_246 - spread // 2 + spread)
    assert quote.quoted_at == 1_795_003_200 * NS_PER_SECOND
    assert quote.received_at == NOW
    assert quote.evidence.source == "twelve_data"
    assert quote.evidence.transport is Transport.REST
    assert quote.evidence.spread is Spread.MODELLED
    assert quote.evidence.grade is Grade.C


async def test_the_key_travels_in_the_header_and_in_no_address(source, provider):
    await source.fetch("EURUSD")
    assert provider.seen
    for request in provider.seen:
        assert KEY not in str(request.url)
        assert request.headers["Authorization"] == f"apikey {KEY}"
    asked = provider.seen[-1]
    assert asked.query["symbol"] == "EUR/USD"
    assert asked.query["timezone"] == "UTC"


async def test_credits_that_others_used_are_counted_from_the_headers(source, provider):
    provider.says("/exchange_rate", RATE, api_credits_used="7", api_credits_left="1")
    await source.fetch("EURUSD")
    usage = await source.usage()
    assert (usage.used_minute, usage.limit_minute) == (7, 8)
    assert (usage.used_day, usage.limit_day) == (1, 800)


async def test_a_spent_budget_makes_no_call(source, provider):
    provider.says("/exchange_rate", RATE, api_credits_used="8", api_credits_left="0")
    await source.fetch("EURUSD")
    with pytest.raises(RateLimitedError, match="8 of 8 calls of this minute are used") as caught:
        await source.fetch("EURUSD")
    assert caught.value.retry_at == parse_instant("2026-11-18T12:01:00Z")
    assert rates(provider) == 1


@pytest.mark.parametrize("status", [200, 429])
@pytest.mark.parametrize(
    ("body", "until"),
    [
        pytest.param(MINUTE_SPENT, "2026-11-18T12:01:00Z", id="minute"),
        pytest.param(DAY_SPENT, "2026-11-19T00:00:00Z", id="day"),
    ],
)
async def test_429_bans_until_its_own_window_ends(source, provider, clock, status, body, until):
    provider.says("/exchange_rate", body, status)
    with pytest.raises(RateLimitedError) as caught:
        await source.fetch("EURUSD")
    assert caught.value.retry_at == parse_instant(until)
    clock.move_to(parse_instant(until) - 1_000_000)
    with pytest.raises(RateLimitedError):
        await source.fetch("EURUSD")
    assert rates(provider) == 1
    provider.says("/exchange_rate", RATE)
    clock.move_to(parse_instant(until))
    assert (await source.fetch("EURUSD")).symbol == "EURUSD"


async def test_retry_after_is_respected(source, provider):
    provider.says("/exchange_rate", MINUTE_SPENT, 429, Retry_After="90")
    with pytest.raises(RateLimitedError) as caught:
        await source.fetch("EURUSD")
    assert caught.value.retry_at == NOW + 90 * NS_PER_SECOND


@pytest.mark.parametrize("status", [200, 403, 404])
async def test_a_symbol_outside_the_plan_is_left_alone_for_a_day(source, provider, clock, status):
    provider.says("/exchange_rate", NOT_IN_PLAN, status)
    with pytest.raises(TransientError, match=r"starting with the Grow or Venture plan"):
        await source.fetch("XAGUSD")
    assert not source.supports("XAGUSD")
    assert source.supports("EURUSD")
    with pytest.raises(TransientError, match="does not include XAGUSD"):
        await source.fetch("XAGUSD")
    assert rates(provider) == 1
    clock.move_to(NOW + 24 * 3600 * NS_PER_SECOND)
    assert source.supports("XAGUSD")


async def test_a_wrong_key_is_a_setting_to_correct_and_is_not_repeated(source, provider):
    body = {"code": 401, "message": f"**apikey** {KEY} is incorrect", "status": "error"}
    provider.says("/exchange_rate", body, 401)
    with pytest.raises(ConfigurationError, match="Set the key of your plan") as caught:
        await source.fetch("EURUSD")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param({**RATE, "rate": 0}, "0 is not a price", id="zero"),
        pytest.param({**RATE, "rate": None}, "None is not a price", id="null"),
        pytest.param({**RATE, "rate": "NaN"}, "'NaN' is not a price", id="NaN"),
        pytest.param({**RATE, "rate": -1.1}, "-1.1 is not a price", id="negative"),
        pytest.param({**RATE, "timestamp": None}, "None is not a time", id="no time"),
        pytest.param({**RATE, "timestamp": 0}, "0 is not a time", id="zero time"),
        pytest.param({**RATE, "symbol": "USD/EUR"}, "answered 'USD/EUR' for EUR/USD", id="inverse"),
        pytest.param({}, "answered None for EUR/USD", id="empty object"),
        pytest.param([], "answered None for EUR/USD", id="a list"),
        pytest.param("<html>maintenance</html>", "not JSON", id="HTML"),
        pytest.param('{"symbol": "EUR/USD", "ra', "not JSON", id="truncated"),
        pytest.param("null", "not of the documented form", id="null body"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_no_quote(source, provider, body, text):
    provider.says("/exchange_rate", body)
    with pytest.raises(TransientError, match=text):
        await source.fetch("EURUSD")


async def test_a_server_error_is_tried_again_later(source, provider):
    provider.says("/exchange_rate", "oops", 500)
    with pytest.raises(TransientError, match=r"\(500\)"):
        await source.fetch("EURUSD")
    assert source.supports("EURUSD")


async def test_nobody_at_the_address_costs_nothing_and_is_said_without_the_key(setup):
    source = TwelveDataSource(KEY, setup, "http://127.0.0.1:1")
    with pytest.raises(TransientError, match="no connection to 127") as caught:
        await source.fetch("EURUSD")
    assert KEY not in str(caught.value)
    assert "cannot be reached" in str(caught.value)
    usage = await source.usage()
    assert usage is not None
    assert (usage.used_minute, usage.used_day) == (0, 0)
    await source.close()


async def test_a_connection_cut_in_the_middle_is_a_passing_fault(source, provider):
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    provider.answers["/exchange_rate"] = cut
    with pytest.raises(TransientError, match="cannot be reached"):
        await source.fetch("EURUSD")


async def test_an_old_answer_keeps_its_own_time(source, provider):
    """Friday's price on a Monday is Friday's price."""
    provider.says("/exchange_rate", {**RATE, "timestamp": 1_794_600_000})
    assert (await source.fetch("EURUSD")).quoted_at == 1_794_600_000 * NS_PER_SECOND


async def test_quotes_asks_for_each_symbol_in_turn(source, provider):
    async def rate(request: web.Request) -> web.Response:
        return web.json_response({**RATE, "symbol": request.query["symbol"]})

    provider.answers["/exchange_rate"] = rate
    quotes = source.quotes(frozenset({"USDCHF", "EURUSD"}))
    assert [(await anext(quotes)).symbol for _ in range(2)] == ["EURUSD", "USDCHF"]
    await quotes.aclose()


async def test_history_is_closed_minutes_of_bids_oldest_first(source, provider, instruments):
    values = [
        {"datetime": f"2026-11-18 {minute}", "open": "1.08200", "high": "1.08250",
         "low": "1.08190", "close": "1.08240"}
        for minute in ("12:00:00", "11:59:00", "11:58:00")
    ]  # fmt: skip
    provider.says("/time_series", {"meta": {"symbol": "EUR/USD"}, "values": values, "status": "ok"})
    bars = await source.history("EURUSD")
    half = instruments["EURUSD"].typical_spread // 2
    assert [bar.opened_at for bar in bars] == [
        parse_instant("2026-11-18T11:58:00Z"),
        parse_instant("2026-11-18T11:59:00Z"),
    ]
    prices = [(bar.open, bar.high, bar.low, bar.close) for bar in bars]
    expected = tuple(price - half for price in (108_200, 108_250, 108_190, 108_240))
    assert prices == [expected, expected]
    assert provider.seen[-1].query["timezone"] == "UTC"
    assert provider.seen[-1].query["interval"] == "1min"


async def test_simultaneous_calls_do_not_share_a_session(source, provider):
    async def rate(request: web.Request) -> web.Response:
        await asyncio.sleep(0)
        return web.json_response({**RATE, "symbol": request.query["symbol"]})

    provider.answers["/exchange_rate"] = rate
    names = ("EURUSD", "GBPUSD", "USDCHF", "AUDUSD")
    quotes = await asyncio.gather(*(source.fetch(name) for name in names))
    assert [quote.symbol for quote in quotes] == list(names)
