"""The alpha_vantage SDK, unmodified, against every answer that Alpha Vantage gives."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from alpha_vantage.alphavantage import AlphaVantage

from fxpaper.aggregator.sources import alpha_vantage
from fxpaper.aggregator.sources.alpha_vantage import AlphaVantageSource
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Evidence, Grade, Spread, Transport
from fxpaper.errors import ConfigurationError, RateLimitedError, TransientError

KEY = "0123456789ABCDEF"
RATE = {
    "1. From_Currency Code": "EUR",
    "2. From_Currency Name": "Euro",
    "3. To_Currency Code": "USD",
    "4. To_Currency Name": "United States Dollar",
    "5. Exchange Rate": "1.08246000",
    "6. Last Refreshed": "2026-11-18 12:00:01",
    "7. Time Zone": "UTC",
    "8. Bid Price": "1.08241000",
    "9. Ask Price": "1.08251000",
}
NAME = "Realtime Currency Exchange Rate"
SPENT = "We have detected your API key as {}; the standard API rate limit is 25 requests per day."


@pytest.fixture
async def provider(serve, monkeypatch):
    provider = await serve()
    monkeypatch.setattr(AlphaVantage, "_ALPHA_VANTAGE_API_URL", f"{provider.base}/query?")
    provider.says("/query", {NAME: RATE})
    return provider


@pytest.fixture
async def source(provider, setup):
    assert provider.base
    source = AlphaVantageSource(KEY, setup)
    yield source
    await source.close()


async def test_bid_and_ask_with_their_time(source, provider):
    quote = await source.fetch("EURUSD")
    assert (quote.bid, quote.ask) == (108_241, 108_251)
    assert quote.quoted_at == parse_instant("2026-11-18T12:00:01Z")
    assert quote.evidence == Evidence("alpha_vantage", Transport.REST, Spread.REAL, Grade.C)
    query = provider.seen[-1].query
    assert (query["from_currency"], query["to_currency"]) == ("EUR", "USD")
    assert query["function"] == "CURRENCY_EXCHANGE_RATE"
    assert KEY not in source.raw


@pytest.mark.parametrize("name", ["Information", "Note"])
async def test_a_spent_day_ends_at_midnight_in_new_york(source, provider, clock, name):
    provider.says("/query", {name: SPENT.format(KEY)})
    with pytest.raises(RateLimitedError, match="25 requests per day") as caught:
        await source.fetch("EURUSD")
    assert KEY not in str(caught.value)
    ends = parse_instant("2026-11-19T05:00:00Z")
    assert caught.value.retry_at == ends
    clock.move_to(ends - NS_PER_SECOND)
    with pytest.raises(RateLimitedError):
        await source.fetch("EURUSD")
    assert len(provider.seen) == 1


async def test_a_pair_it_does_not_know_is_left_alone_for_a_day(source, provider):
    text = "Invalid API call. Please retry or visit the documentation."
    provider.says("/query", {"Error Message": text})
    with pytest.raises(TransientError, match="not asked again for a day"):
        await source.fetch("EURUSD")
    assert not source.supports("EURUSD")


async def test_a_wrong_key_is_a_setting_to_correct(source, provider):
    text = f"the parameter apikey {KEY} is invalid or missing."
    provider.says("/query", {"Error Message": text})
    with pytest.raises(ConfigurationError, match="refuses the key") as caught:
        await source.fetch("EURUSD")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param({NAME: {**RATE, "8. Bid Price": "-"}}, "'-' is not a price", id="no bid"),
        pytest.param({NAME: {**RATE, "9. Ask Price": "0"}}, "'0' is not a price", id="zero"),
        pytest.param({NAME: {**RATE, "8. Bid Price": "NaN"}}, "'NaN' is not", id="NaN"),
        pytest.param({NAME: {**RATE, "7. Time Zone": "US/Eastern"}}, "is not a time", id="zone"),
        pytest.param({NAME: {**RATE, "6. Last Refreshed": None}}, "is not a time", id="no time"),
        pytest.param({NAME: {**RATE, "3. To_Currency Code": "JPY"}}, "'JPY'", id="other pair"),
        pytest.param({NAME: []}, "answered None", id="a list"),
        pytest.param({"Something": {}}, "documented form", id="other key"),
        pytest.param("<html></html>", "not JSON", id="HTML"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_no_quote(source, provider, body, text):
    provider.says("/query", body)
    with pytest.raises(TransientError, match=text) as caught:
        await source.fetch("EURUSD")
    assert not isinstance(caught.value, RateLimitedError)
    assert KEY not in str(caught.value)


async def test_truncated_json_is_no_quote(source, provider):
    async def broken(_: web.Request) -> web.Response:
        return web.Response(text='{"Realtime', content_type="application/json")

    provider.answers["/query"] = broken
    with pytest.raises(TransientError, match="not JSON"):
        await source.fetch("EURUSD")


async def test_nobody_at_the_address_costs_nothing(setup, monkeypatch):
    monkeypatch.setattr(AlphaVantage, "_ALPHA_VANTAGE_API_URL", "http://127.0.0.1:1/query?")
    source = AlphaVantageSource(KEY, setup)
    with pytest.raises(TransientError, match="cannot be reached") as caught:
        await source.fetch("EURUSD")
    assert KEY not in str(caught.value)
    usage = await source.usage()
    assert usage is not None
    assert usage.used_day == 0
    await source.close()


async def test_an_answer_that_does_not_come_is_given_up(provider, setup, monkeypatch):
    monkeypatch.setattr(alpha_vantage, "_SECONDS", 0.1)
    source, gate = AlphaVantageSource(KEY, setup), asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await gate.wait()
        return web.Response()

    provider.answers["/query"] = hang
    with pytest.raises(TransientError, match="cannot be reached: TimeoutError"):
        await source.fetch("EURUSD")
    gate.set()
    await source.close()


async def test_a_connection_cut_in_the_middle(source, provider):
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    provider.answers["/query"] = cut
    with pytest.raises(TransientError, match="cannot be reached") as caught:
        await source.fetch("EURUSD")
    assert KEY not in str(caught.value)


async def test_each_call_counts_and_a_probe_makes_none(source, provider):
    await source.fetch("EURUSD")
    finding = await source.probe("EURUSD")
    assert (finding.ok, len(provider.seen)) == (True, 1)
    usage = await source.usage()
    assert (usage.used_day, usage.limit_day) == (1, 25)


def test_it_has_no_platinum(source):
    assert not source.supports("XPTUSD")
    assert source.supports("XAUUSD")
