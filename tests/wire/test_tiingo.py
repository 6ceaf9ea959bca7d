"""Tiingo's bars over REST; its stream is tested with the others."""

from __future__ import annotations

import pytest

from fxpaper.aggregator.source import Span
from fxpaper.aggregator.sources.tiingo import TiingoSource
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.errors import ConfigurationError, RateLimitedError, TransientError

KEY = "0123456789abcdef0123456789abcdef"
PRICES = "/tiingo/fx/eurusd/prices"
HOUR = 3600 * NS_PER_SECOND


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
    provider = await serve()
    provider.says(PRICES, [row(12), row(10), row(11)])
    return provider


@pytest.fixture
async def source(provider, setup):
    source = TiingoSource(KEY, setup, "ws://127.0.0.1:1", provider.base)
    yield source
    await source.close()


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
        pytest.param('[{"date": ', "not JSON", id="truncated"),
        pytest.param([{**row(10), "close": None}], "not a price", id="null"),
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
