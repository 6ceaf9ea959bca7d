"""The finnhub SDK, unmodified, against every answer that Finnhub gives."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from fxpaper.aggregator.sources import finnhub
from fxpaper.aggregator.sources.finnhub import FinnhubSource
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Evidence, Grade, Spread, Transport
from fxpaper.errors import ConfigurationError, RateLimitedError, TransientError

KEY = "0123456789abcdef0123456789abcdef"
NOW = parse_instant("2026-11-18T12:00:30Z")
QUOTE = "//quote"
PRICE = {
    "c": 1.08246,
    "d": 0.002,
    "dp": 0.19,
    "h": 1.09,
    "l": 1.08,
    "o": 1.081,
    "pc": 1.08,
    "t": 1_795_003_229,
}
ZEROS = {"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0}


@pytest.fixture
async def provider(serve):
    provider = await serve()
    provider.says(QUOTE, PRICE)
    return provider


@pytest.fixture
async def source(provider, setup):
    source = FinnhubSource(KEY, setup, provider.base)
    yield source
    await source.close()


async def test_a_price_becomes_a_quote_with_the_typical_spread(source, provider, setup):
    quote = await source.fetch("EURUSD")
    spread = setup.instruments["EURUSD"].typical_spread
    assert (quote.bid, quote.spread) == (108_246 - spread // 2, spread)
    assert quote.quoted_at == 1_795_003_229 * NS_PER_SECOND
    assert quote.evidence == Evidence("finnhub", Transport.REST, Spread.MODELLED, Grade.C)
    asked = provider.seen[-1]
    assert asked.query["symbol"] == "OANDA:EUR_USD"
    assert asked.headers["X-Finnhub-Token"] == KEY
    assert KEY not in str(asked.url)
    assert "1.08246" in source.raw


async def test_all_zeros_is_a_symbol_that_the_key_does_not_get(source, provider, clock):
    provider.says(QUOTE, ZEROS)
    with pytest.raises(TransientError, match="gets no forex quotes"):
        await source.fetch("EURUSD")
    assert not source.supports("EURUSD")
    with pytest.raises(TransientError, match="does not include EURUSD"):
        await source.fetch("EURUSD")
    assert len(provider.seen) == 1
    clock.move_to(NOW + 24 * 3600 * NS_PER_SECOND)
    assert source.supports("EURUSD")


async def test_a_wrong_key_is_a_setting_to_correct(source, provider):
    provider.says(QUOTE, {"error": f"Invalid API key {KEY}."}, 401)
    with pytest.raises(ConfigurationError, match="finnhub_key") as caught:
        await source.fetch("EURUSD")
    assert KEY not in str(caught.value)


async def test_what_costs_money_is_left_alone_for_a_day(source, provider):
    provider.says(QUOTE, {"error": "You don't have access to this resource."}, 403)
    with pytest.raises(TransientError, match="You don't have access to this resource"):
        await source.fetch("EURUSD")
    assert not source.supports("EURUSD")


@pytest.mark.parametrize(
    ("headers", "until"),
    [
        pytest.param({}, "2026-11-18T12:01:00Z", id="the minute"),
        pytest.param({"Retry_After": "90"}, "2026-11-18T12:02:00Z", id="Retry-After"),
        pytest.param({"X_Ratelimit_Reset": "1795003400"}, "2026-11-18T12:03:20Z", id="reset"),
    ],
)
async def test_too_many_calls(source, provider, clock, headers, until):
    body = {"error": "API limit reached. Please try again later. Remaining Limit: 0"}
    provider.says(QUOTE, body, 429, **headers)
    with pytest.raises(RateLimitedError) as caught:
        await source.fetch("EURUSD")
    assert caught.value.retry_at == parse_instant(until)
    clock.move_to(parse_instant(until) - 1_000_000)
    with pytest.raises(RateLimitedError):
        await source.fetch("EURUSD")
    assert len(provider.seen) == 1


async def test_calls_that_others_made_are_counted_from_the_headers(source, provider):
    provider.says(QUOTE, PRICE, X_Ratelimit_Remaining="12")
    await source.fetch("EURUSD")
    usage = await source.usage()
    assert (usage.used_minute, usage.limit_minute) == (48, 60)


async def test_nothing_left_bans_until_the_reset(source, provider):
    provider.says(QUOTE, PRICE, X_Ratelimit_Remaining="0", X_Ratelimit_Reset="1795003400")
    await source.fetch("EURUSD")
    with pytest.raises(RateLimitedError) as caught:
        await source.fetch("EURUSD")
    assert caught.value.retry_at == parse_instant("2026-11-18T12:03:20Z")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param({**PRICE, "c": None}, "None is not a price", id="null"),
        pytest.param({**PRICE, "c": -1}, "-1 is not a price", id="negative"),
        pytest.param({**PRICE, "c": "NaN"}, "'NaN' is not a price", id="NaN"),
        pytest.param({**PRICE, "t": 0}, "0 is not a time", id="no time"),
        pytest.param({}, "None is not a time", id="empty"),
        pytest.param([], "None is not a time", id="a list"),
        pytest.param("<html></html>", "None is not a time", id="text"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_no_quote(source, provider, body, text):
    provider.says(QUOTE, body)
    with pytest.raises(TransientError, match=text):
        await source.fetch("EURUSD")


async def test_html_and_broken_json_are_no_quote(source, provider):
    async def html(_: web.Request) -> web.Response:
        return web.Response(text="<html>", content_type="text/html")

    async def broken(_: web.Request) -> web.Response:
        return web.Response(text='{"c": 1.08', content_type="application/json")

    for answer in (html, broken):
        provider.answers[QUOTE] = answer
        with pytest.raises(TransientError, match="not JSON"):
            await source.fetch("EURUSD")


async def test_a_server_error_is_tried_again_later(source, provider):
    provider.says(QUOTE, "oops", 502)
    with pytest.raises(TransientError, match=r"\(502\)"):
        await source.fetch("EURUSD")
    assert source.supports("EURUSD")


async def test_nobody_at_the_address_costs_nothing(setup):
    source = FinnhubSource(KEY, setup, "http://127.0.0.1:1")
    with pytest.raises(TransientError, match="no connection to 127") as caught:
        await source.fetch("EURUSD")
    assert KEY not in str(caught.value)
    usage = await source.usage()
    assert usage is not None
    assert usage.used_minute == 0
    await source.close()


async def test_a_connection_cut_in_the_middle(source, provider):
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    provider.answers[QUOTE] = cut
    with pytest.raises(TransientError, match="cannot be reached") as caught:
        await source.fetch("EURUSD")
    assert KEY not in str(caught.value)


async def test_a_call_that_hangs_blocks_nobody_else(provider, setup, monkeypatch):
    monkeypatch.setattr(finnhub, "_PATIENCE_SECONDS", 0.1)
    source, gate = FinnhubSource(KEY, setup, provider.base), asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await gate.wait()
        return web.json_response(PRICE)

    provider.answers[QUOTE] = hang
    with pytest.raises(TransientError, match=r"did not answer within 0\.1 s"):
        await source.fetch("EURUSD")
    gate.set()
    await source.close()
