"""Quotes, bars, instruments, sources and health, by value."""

from __future__ import annotations

import msgspec

from fxpaper.domain.quote import Evidence, Grade, Spread, Transport
from tests.web.conftest import Daemon
from tests.web.payloads import QUOTE, SOURCE
from tests.web.world import bar


async def test_quotes(daemon: Daemon):
    assert (await daemon.ask("GET", "/quotes"))[1] == {"items": [QUOTE]}
    assert (await daemon.ask("GET", "/quotes?symbols=USDJPY"))[1] == {"items": []}
    assert (await daemon.ask("GET", "/quotes?symbols=USDJPY,eur/usd"))[1] == {"items": [QUOTE]}
    status, problem, _ = await daemon.ask("GET", "/quotes?symbols=EURUDS")
    assert (status, problem["code"]) == (422, "unknown_symbol")
    assert problem["detail"].startswith('Unknown symbol "EURUDS". Known and close: EURUSD')


async def test_bars(daemon: Daemon):
    _, series, _ = await daemon.ask("GET", "/bars?symbol=EURUSD&interval=1m&limit=500")
    assert (series["symbol"], series["interval"]) == ("EURUSD", "1m")
    assert series["items"][0] == {
        "symbol": "EURUSD",
        "interval": "1m",
        "opened_at": "2026-09-21T14:13:20.000000Z",
        "open": "1.08200",
        "high": "1.08250",
        "low": "1.08190",
        "close": "1.08241",
        "quotes": 31,
        "closed": True,
        "source": "simulator",
    }
    assert [one["closed"] for one in series["items"]] == [True, False]
    daemon.market.series["EURUSD", "1m"] = [bar(one, closed=True) for one in range(9)]
    _, series, _ = await daemon.ask("GET", "/bars?symbol=EURUSD&limit=3")
    assert [one["opened_at"][14:16] for one in series["items"]] == ["19", "20", "21"]
    status, problem, _ = await daemon.ask("GET", "/bars?symbol=EURUSD&interval=2m")
    assert (status, problem["errors"][0]["pointer"]) == (422, "/interval")
    assert problem["detail"] == 'Unknown interval "2m". Known: 1m, 5m, 15m, 30m, 1h, 4h, 1d.'


async def test_instruments(daemon: Daemon):
    _, instruments, _ = await daemon.ask("GET", "/instruments")
    assert instruments["items"][1] == {
        "symbol": "USDJPY",
        "base": "USD",
        "quote": "JPY",
        "digits": 3,
        "pip": 10,
        "contract_size": "100000",
        "min_lots": "0.01",
        "max_lots": "100",
        "lot_step": "0.01",
        "subscribed": True,
    }
    assert [one["subscribed"] for one in instruments["items"]] == [True, True, False]


async def test_bars_of_the_past(daemon: Daemon):
    path = "/bars?symbol=EURUSD&from=2026-09-21T14:00:00Z"
    _, series, _ = await daemon.ask("GET", path)
    assert [one["opened_at"] for one in series["items"]] == ["2026-09-21T14:13:20.000000Z"]
    _, series, _ = await daemon.ask("GET", f"{path}&to=2026-09-21T14:10:00Z")
    assert series["items"] == []
    for query, pointer, said in (
        ("from=yesterday", "/from", '"yesterday" is not a time'),
        ("from=2026-09-21T14:00:00", "/from", "has no time zone"),
        ("from=2026-09-21T14:00:00Z&to=2026-09-21T13:00:00Z", "/to", "is empty"),
    ):
        status, problem, _ = await daemon.ask("GET", f"/bars?symbol=EURUSD&{query}")
        assert (status, problem["code"]) == (422, "invalid")
        assert problem["errors"][0]["pointer"] == pointer
        assert said in problem["detail"]
    status, problem, _ = await daemon.ask("GET", "/bars?symbol=GBPUSD&from=2026-09-21T14:00:00Z")
    assert (status, problem["code"]) == (422, "invalid")


async def test_sources(daemon: Daemon):
    assert (await daemon.ask("GET", "/sources"))[1] == {"items": [SOURCE]}


async def test_health_needs_no_token(daemon: Daemon):
    async with daemon.http.get(f"{daemon.url}/api/v1/health") as response:
        assert response.status == 200
        health = await response.json()
    assert health == {
        "status": "ok",
        "version": "0.1.0",
        "mode": "paper",
        "time": "2026-09-21T14:13:22.000000Z",
        "started_at": "2026-09-21T14:13:20.000000Z",
        "account": "paper",
        "demo": True,
        "simulated": False,
        "market_open": True,
        "note": None,
        "sources": [SOURCE],
    }


async def test_health_says_in_one_sentence_what_is_wrong(daemon: Daemon):
    daemon.trouble.append("The disk is full.")
    status, health, _ = await daemon.ask("GET", "/health")
    assert (status, health["status"], health["note"]) == (200, "degraded", "The disk is full.")


async def test_health_tells_of_simulated_prices_while_they_are_used(daemon: Daemon):
    simulated = Evidence("simulator", Transport.SIMULATED, Spread.REAL, Grade.A)
    (state,) = daemon.market.states
    daemon.market.states = [msgspec.structs.replace(state, evidence=simulated)]
    assert (await daemon.ask("GET", "/health"))[1]["simulated"] is True
    daemon.market.states = [msgspec.structs.replace(state, evidence=simulated, active=False)]
    assert (await daemon.ask("GET", "/health"))[1]["simulated"] is False
