"""yfinance, unmodified, against a Yahoo with its real names, TLS and cookies."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from fxpaper.aggregator.sources.yahoo import YahooSource
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Grade, Spread, Transport
from fxpaper.errors import RateLimitedError, TransientError

NOW = parse_instant("2026-11-18T12:00:30Z")
LATEST = 1_795_003_222
DAY = 1_794_960_000
CHART = "/v8/finance/chart/EURUSD=X"


def chart(price: object = 1.0824600458, at: object = LATEST) -> dict[str, object]:
    """Return an answer as Yahoo gives it, its newest minute still growing."""
    minutes = (-3, -2, -1, 0)
    closes = (1.1, None, 1.1, 1.1)
    period = {"timezone": "GMT", "start": DAY, "end": DAY + 86_340, "gmtoffset": 0}
    meta = {
        "currency": "USD",
        "symbol": "EURUSD=X",
        "exchangeName": "CCY",
        "instrumentType": "CURRENCY",
        "regularMarketPrice": price,
        "regularMarketTime": at,
        "gmtoffset": 0,
        "timezone": "GMT",
        "exchangeTimezoneName": "Europe/London",
        "priceHint": 4,
        "currentTradingPeriod": {"pre": period, "regular": period, "post": period},
        "tradingPeriods": [[period]],
        "dataGranularity": "1m",
        "range": "1d",
        "validRanges": ["1d", "5d", "1mo"],
    }
    columns = {
        "open": [close and 1.08200 for close in closes],
        "high": [close and 1.0824999570846558 for close in closes],
        "low": [close and 1.08190 for close in closes],
        "close": [close and 1.08240 for close in closes],
        "volume": [0 for _ in closes],
    }
    result = {
        "meta": meta,
        "timestamp": [1_795_003_200 + minute * 60 for minute in minutes],
        "indicators": {"quote": [columns]},
    }
    return {"chart": {"result": [result], "error": None}}


@pytest.fixture
def provider(yahoo):
    return yahoo[0]


@pytest.fixture
async def source(yahoo, setup):
    yahoo[0].says(CHART, chart())
    source = YahooSource(setup, yahoo[1])
    yield source
    await source.close()


def charts(provider) -> int:
    return sum("interval=1m" in request.query_string for request in provider.seen)


async def test_one_call_gives_price_and_time(source, provider, instruments):
    quote = await source.fetch("EURUSD")
    spread = instruments["EURUSD"].typical_spread
    assert (quote.bid, quote.spread) == (108_246 - spread // 2, spread)
    assert quote.quoted_at == LATEST * NS_PER_SECOND
    assert quote.received_at == NOW
    assert quote.evidence.source == "yahoo"
    assert quote.evidence.transport is Transport.REST
    assert quote.evidence.spread is Spread.MODELLED
    assert quote.evidence.grade is Grade.C
    before = len(provider.seen)
    await source.fetch("EURUSD")
    assert len(provider.seen) == before + 1


async def test_history_is_closed_minutes_without_holes_and_without_the_growing_one(
    source, instruments
):
    bars = await source.history("EURUSD")
    half = instruments["EURUSD"].typical_spread // 2
    assert [bar.opened_at for bar in bars] == [
        parse_instant("2026-11-18T11:57:00Z"),
        parse_instant("2026-11-18T11:59:00Z"),
    ]
    first = bars[0]
    assert (first.open, first.high, first.low, first.close) == (
        108_200 - half,
        108_250 - half,
        108_190 - half,
        108_240 - half,
    )
    assert (first.quotes, first.closed, first.source) == (0, True, "yahoo")


async def test_metals_are_never_taken_from_their_futures(source, provider):
    assert not source.supports("XAUUSD")
    assert not source.supports("XAGUSD")
    assert source.supports("USDJPY")
    with pytest.raises(TransientError, match="no spot price of XAUUSD"):
        await source.fetch("XAUUSD")
    assert provider.seen == []


async def test_429_is_a_limit_with_an_end_and_the_next_call_waits_for_it(source, provider, clock):
    provider.says(CHART, "Too Many Requests", 429)
    with pytest.raises(RateLimitedError, match="too many requests") as caught:
        await source.fetch("EURUSD")
    assert caught.value.retry_at == NOW + 60 * NS_PER_SECOND
    asked = len(provider.seen)
    with pytest.raises(RateLimitedError):
        await source.fetch("EURUSD")
    assert len(provider.seen) == asked
    clock.move_to(caught.value.retry_at)
    provider.says(CHART, chart())
    assert (await source.fetch("EURUSD")).symbol == "EURUSD"


async def test_repeated_429_waits_twice_as_long(source, provider, clock):
    provider.says(CHART, "Too Many Requests", 429)
    for seconds in (60, 120, 240):
        with pytest.raises(RateLimitedError) as caught:
            await source.fetch("EURUSD")
        assert caught.value.retry_at - clock.now() == seconds * NS_PER_SECOND
        clock.move_to(caught.value.retry_at)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(chart(price=0), id="zero"),
        pytest.param(chart(price=None), id="null price"),
        pytest.param(chart(at=None), id="no time"),
        pytest.param("<html>Will be right back</html>", id="maintenance"),
        pytest.param("<html></html>", id="HTML"),
        pytest.param('{"chart": {"result": [{"me', id="truncated"),
        pytest.param({"chart": {"result": None, "error": None}}, id="nothing"),
        pytest.param({}, id="empty object"),
        pytest.param(
            {"chart": {"result": None, "error": {"code": "Not Found", "description": "gone"}}},
            id="an error in the body",
        ),
    ],
)
async def test_an_answer_that_makes_no_sense_is_no_quote(source, provider, body):
    provider.says(CHART, body)
    with pytest.raises(TransientError, match="EURUSD"):
        await source.fetch("EURUSD")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"chart": {"result": [{"meta": {}}], "error": None}}, id="no time zone"),
        pytest.param({"chart": {"result": None, "error": None}}, id="nothing"),
        pytest.param("<html>Will be right back</html>", id="maintenance"),
    ],
)
async def test_a_broken_answer_is_not_remembered(source, provider, body):
    """Yfinance keeps the answer from which it learns a time zone; a broken one must go again."""
    provider.says(CHART, body)
    with pytest.raises(TransientError, match="makes no sense"):
        await source.fetch("EURUSD")
    provider.says(CHART, chart())
    assert (await source.fetch("EURUSD")).quoted_at == LATEST * NS_PER_SECOND


@pytest.mark.parametrize("status", [401, 404, 500, 502])
async def test_an_error_status_is_a_passing_fault(source, provider, status):
    provider.says(CHART, "oops", status)
    with pytest.raises(TransientError):
        await source.fetch("EURUSD")


async def test_a_connection_cut_in_the_middle_is_a_passing_fault(source, provider):
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    provider.answers[CHART] = cut
    with pytest.raises(TransientError, match=r"cannot be reached|makes no sense"):
        await source.fetch("EURUSD")


async def test_fridays_price_keeps_fridays_time(source, provider):
    provider.says(CHART, chart(at=1_794_600_000))
    assert (await source.fetch("EURUSD")).quoted_at == 1_794_600_000 * NS_PER_SECOND


async def test_our_own_limit_is_kept(source, provider, budget):
    await budget.settle("yahoo", minute=60)
    with pytest.raises(RateLimitedError, match="60 of 60 calls of this minute are used"):
        await source.fetch("EURUSD")
    assert charts(provider) == 0


async def test_a_hanging_answer_is_given_up(source, provider):
    gate = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await gate.wait()
        return web.Response(status=503)

    provider.answers[CHART] = hang
    source._calls._patience = 0.2
    with pytest.raises(TransientError, match=r"Yahoo did not answer within 0\.2 s"):
        await source.fetch("EURUSD")
    gate.set()
