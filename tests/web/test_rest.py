"""Every route of the document, by value."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import quote

import msgspec
import pytest
from yarl import URL

from fxpaper.aggregator.source import SourceCondition
from fxpaper.domain.refusal import RefusalCode
from tests.ledger import samples
from tests.web.conftest import Daemon
from tests.web.world import bar

SIGNAL = {
    "id": "s1",
    "model": "trend",
    "symbol": "EURUSD",
    "side": "buy",
    "confidence": 0.82,
    "stop_loss": {"price": "1.08"},
    "take_profit": {"r": 2},
    "time": "2026-11-20T21:00:00Z",
}
QUOTE = {
    "symbol": "EURUSD",
    "bid": "1.08241",
    "ask": "1.08253",
    "digits": 5,
    "spread_points": 12,
    "quoted_at": "2026-09-21T14:13:20.000000Z",
    "received_at": "2026-09-21T14:13:21.000000Z",
    "source": "yahoo_stream",
    "transport": "stream",
    "spread": "modelled",
    "grade": "B",
    "simulated": False,
}
SOURCE = {
    "name": "yahoo_stream",
    "state": "live",
    "active": True,
    "grade": "B",
    "transport": "stream",
    "symbols": ["EURUSD"],
    "last_quote_at": "2026-09-21T14:13:21.000000Z",
    "age_ms": 1000,
    "error": None,
    "used_minute": 3,
    "limit_minute": 8,
    "used_day": 0,
    "limit_day": None,
    "simulated": False,
    "retry_at": None,
}


async def _allow(daemon: Daemon) -> None:
    status, _, _ = await daemon.ask("PUT", "/models/trend", json={"auto_execute": True})
    assert status == 200


async def test_an_account_without_positions(daemon: Daemon):
    status, account, response = await daemon.ask("GET", "/account")
    assert status == 200
    assert account == {
        "id": "paper",
        "mode": "paper",
        "currency": "USD",
        "leverage": 100,
        "initial_balance": "100000.00",
        "balance": "100000.00",
        "floating_profit": "0.00",
        "equity": "100000.00",
        "margin": "0.00",
        "free_margin": "100000.00",
        "margin_level": None,
        "complete": True,
        "opened_at": "2026-09-21T14:13:20.000000Z",
        "seq": 1,
    }
    assert response.headers["Fxpaper-Seq"] == "1"
    assert response.headers["Cache-Control"] == "no-store"


async def test_a_signal_of_a_model_that_may_execute_is_filled(daemon: Daemon):
    await _allow(daemon)
    status, record, response = await daemon.ask("POST", "/signals", json=SIGNAL)
    assert status == 201
    assert response.headers["Fxpaper-Seq"] == "8"
    assert record == {
        "id": "s1",
        "given_id": "s1",
        "account": "paper",
        "mode": "paper",
        "model": "trend",
        "symbol": "EURUSD",
        "side": "buy",
        "confidence": "0.82",
        "stop_loss": {"price": "1.08000"},
        "take_profit": {"r": "2"},
        "time": "2026-11-20T21:00:00.000000Z",
        "expires_at": "2026-11-20T21:05:00.000000Z",
        "received_at": "2026-09-21T14:13:21.000000Z",
        "door": "http",
        "status": "executed",
        "decided_at": "2026-09-21T14:13:21.000000Z",
        "code": None,
        "text": None,
        "actual": None,
        "limit": None,
        "checks": [{"name": "confidence", "actual": "0.82", "limit": "≥ 0.50", "passed": True}],
        "sizing": {"equity": "100000.00", "risk_percent": "1"},
        "quote": {
            "symbol": "EURUSD",
            "bid": "1.08241",
            "ask": "1.08253",
            "digits": 5,
            "spread_points": 12,
            "quoted_at": "2026-09-21T14:13:19.000000Z",
            "received_at": "2026-09-21T14:13:20.000000Z",
            "source": "twelve_data",
            "transport": "rest",
            "spread": "modelled",
            "grade": "C",
            "simulated": False,
        },
        "order_id": "o-4",
        "position_ids": ["p-7"],
        "entry_price": "1.08253",
        "stop_loss_price": "1.08003",
        "take_profit_price": "1.08753",
        "lots": "0.40",
        "raw": None,
        "duplicate": False,
    }
    status, chain, _ = await daemon.ask("GET", "/signals/s1")
    assert status == 200
    del record["duplicate"]
    assert chain["signal"] == record
    assert chain["order"] == {
        "id": "o-4",
        "account": "paper",
        "mode": "paper",
        "symbol": "EURUSD",
        "side": "buy",
        "lots": "0.40",
        "stop_loss": "1.08003",
        "take_profit": None,
        "state": "filled",
        "fill_price": "1.08253",
        "placed_at": "2026-09-21T14:13:20.000000Z",
        "filled_at": "2026-09-21T14:13:21.000000Z",
        "signal_id": "s1",
        "digits": 5,
    }
    position = {
        "id": "p-7",
        "account": "paper",
        "mode": "paper",
        "symbol": "EURUSD",
        "side": "buy",
        "lots": "0.40",
        "open_price": "1.08253",
        "opened_at": "2026-09-21T14:13:21.000000Z",
        "stop_loss": "1.08003",
        "take_profit": None,
        "margin": "433.01",
        "commission": "-1.40",
        "risk": "100.00",
        "order_id": "o-4",
        "signal_id": "s1",
        "model": "trend",
        "current_price": "1.08241",
        "profit": "-4.80",
        "r": "-0.05",
        "digits": 5,
    }
    assert chain["positions"] == [position]
    assert (await daemon.ask("GET", "/positions"))[1] == {"items": [position], "next": None}
    (deal,) = chain["deals"]
    assert (deal["id"], deal["entry"], deal["reason"]) == ("d-6", "in", "signal")
    assert (deal["price"], deal["gross_currency"]) == ("1.08253", "USD")
    assert deal["time"] == "2026-09-21T14:13:21.000000Z"
    assert deal["quote"] == record["quote"]


async def test_profit_and_r_are_unknown_without_a_quote(daemon: Daemon):
    await _allow(daemon)
    await daemon.ask("POST", "/signals", json=SIGNAL)
    del daemon.market.quotes["EURUSD"]
    (position,) = (await daemon.ask("GET", "/positions"))[1]["items"]
    assert (position["current_price"], position["profit"], position["r"]) == (None, None, None)
    assert (await daemon.ask("GET", "/account"))[1]["complete"] is False


async def test_a_signal_that_a_rule_refuses_is_created_all_the_same(daemon: Daemon):
    status, record, _ = await daemon.ask("POST", "/signals", json=SIGNAL)
    assert status == 201
    assert (record["status"], record["code"]) == ("refused", "auto_execution_off")
    assert (record["actual"], record["limit"]) == ("off", "on")
    assert record["text"] == "Model trend may not execute."
    assert record["quote"]["bid"] == "1.08241"


async def test_a_signal_without_a_fit_quote_waits(daemon: Daemon):
    status, record, _ = await daemon.ask("POST", "/signals", json=SIGNAL | {"symbol": "USDJPY"})
    assert (status, record["status"], record["decided_at"]) == (202, "waiting", None)
    status, again, _ = await daemon.ask("POST", "/signals", json=SIGNAL | {"symbol": "USDJPY"})
    assert (status, again["duplicate"], again["status"]) == (200, True, "waiting")


async def test_the_same_signal_twice_is_one_signal(daemon: Daemon):
    await _allow(daemon)
    _, first, _ = await daemon.ask("POST", "/signals", json=SIGNAL)
    status, second, _ = await daemon.ask("POST", "/signals", json=SIGNAL)
    assert status == 200
    assert second == first | {"duplicate": True}
    assert len((await daemon.ask("GET", "/orders"))[1]["items"]) == 1


async def test_an_id_names_one_signal_for_ever(daemon: Daemon):
    await daemon.ask("POST", "/signals", json=SIGNAL)
    status, problem, _ = await daemon.ask("POST", "/signals", json=SIGNAL | {"side": "sell"})
    assert status == 422
    assert (problem["code"], problem["signal_id"]) == ("signal_id_reused", "s1")
    assert problem["title"] == "Signal id reused"
    assert problem["type"] == "urn:fxpaper:problem:signal_id_reused"
    assert 'The id "s1" belongs to another signal' in problem["detail"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b'{"model": "trend"', 400, "malformed", id="no JSON"),
        pytest.param(b"\xff\xfe", 400, "malformed", id="no text"),
        pytest.param(b"[" * 10_000, 400, "malformed", id="nested too deeply"),
        pytest.param(b"[]", 422, "malformed", id="no object"),
        pytest.param(b'{"symbol": "EURUSD"}', 422, "malformed", id="no model"),
        pytest.param(
            json.dumps(SIGNAL | {"symbol": "EURUDS"}).encode(), 422, "unknown_symbol", id="symbol"
        ),
        pytest.param(
            json.dumps(SIGNAL | {"confidence": 70}).encode(),
            422,
            "confidence_out_of_range",
            id="percent",
        ),
    ],
)
async def test_an_unreadable_signal_is_refused_and_journalled(
    daemon: Daemon, body: bytes, status: int, code: str
):
    answered, problem, response = await daemon.ask("POST", "/signals", data=body)
    assert (answered, problem["code"], problem["status"]) == (status, code, status)
    assert response.content_type == "application/problem+json"
    assert problem["instance"] == "/api/v1/signals"
    answered, chain, _ = await daemon.ask("GET", f"/signals/{problem['signal_id']}")
    assert answered == 200
    assert (chain["signal"]["status"], chain["signal"]["code"]) == ("refused", code)
    assert chain["signal"]["text"] == problem["detail"]
    assert (chain["signal"]["order_id"], chain["order"]) == (None, None)


async def test_the_journal_can_be_filtered_and_paged(daemon: Daemon):
    for number in range(5):
        model = "carry" if number % 2 else "trend"
        await daemon.ask("POST", "/signals", json=SIGNAL | {"id": f"s{number}", "model": model})
    await daemon.ask("POST", "/signals", data=b"{")

    async def ids(query: str) -> list[str]:
        return [
            row["given_id"] for row in (await daemon.ask("GET", f"/signals{query}"))[1]["items"]
        ]

    assert await ids("") == [None, "s4", "s3", "s2", "s1", "s0"]
    assert await ids("?model=carry") == ["s3", "s1"]
    assert await ids("?status=waiting") == []
    assert await ids("?symbol=EURUSD&limit=2") == ["s4", "s3"]
    _, page, _ = await daemon.ask("GET", "/signals?limit=4")
    assert await ids(f"?limit=4&cursor={page['next']}") == ["s1", "s0"]
    assert (await daemon.ask("GET", f"/signals?cursor={page['next']}"))[1]["next"] is None


@pytest.mark.parametrize("id_", ["trend-2026-11-20T21:00", "a/b", "50%", "ä b", "..", "a?b#c"])
async def test_a_signal_is_found_by_any_id(daemon: Daemon, id_: str):
    await daemon.ask("POST", "/signals", json=SIGNAL | {"id": id_})
    url = URL(f"{daemon.url}/api/v1/signals/{quote(id_, safe='')}", encoded=True)
    async with daemon.http.get(url, headers=daemon.bearer) as response:
        assert response.status == 200
        assert (await response.json())["signal"]["id"] == id_


async def test_closing_a_position(daemon: Daemon):
    await _allow(daemon)
    await daemon.ask("POST", "/signals", json=SIGNAL)
    status, closed, response = await daemon.ask("POST", "/positions/p-7/close")
    assert status == 200
    assert closed["position_id"] == "p-7"
    deal = closed["deal"]
    assert (deal["entry"], deal["side"], deal["profit"]) == ("out", "sell", "200.00")
    assert (deal["order_id"], deal["balance"]) == (None, "100197.20")
    assert response.headers["Fxpaper-Seq"] == "10"
    assert (await daemon.ask("GET", "/positions"))[1]["items"] == []
    assert [one["id"] for one in (await daemon.ask("GET", "/deals"))[1]["items"]] == ["d-9", "d-6"]
    _, chain, _ = await daemon.ask("GET", "/signals/s1")
    assert [one["current_price"] for one in chain["positions"]] == [None]
    assert [one["id"] for one in chain["deals"]] == ["d-6", "d-9"]


async def test_closing_what_is_not_open(daemon: Daemon):
    status, problem, _ = await daemon.ask("POST", "/positions/p-99/close")
    assert (status, problem["code"]) == (404, RefusalCode.UNKNOWN_POSITION)
    assert problem["detail"] == 'No position "p-99" is open.'
    assert (problem["actual"], problem["limit"]) == ("p-99", "")


async def test_closing_without_a_fit_quote(daemon: Daemon):
    await _allow(daemon)
    await daemon.ask("POST", "/signals", json=SIGNAL)
    del daemon.market.quotes["EURUSD"]
    status, problem, _ = await daemon.ask("POST", "/positions/p-7/close")
    assert (status, problem["code"]) == (503, "stale_quote")
    assert (problem["actual"], problem["limit"]) == ("61", "5")


async def test_models_are_those_with_a_policy_or_a_signal(daemon: Daemon):
    await daemon.ask("POST", "/signals", json=SIGNAL | {"model": "carry"})
    status, changed, _ = await daemon.ask("PUT", "/models/trend", json={"auto_execute": True})
    trend = {"model": "trend", "auto_execute": True, "signals": 0, "executed": 0, "refused": 0}
    carry = {"model": "carry", "auto_execute": False, "signals": 1, "executed": 0, "refused": 1}
    assert (status, changed) == (200, trend)
    assert (await daemon.ask("GET", "/models"))[1] == {"items": [carry, trend], "next": None}


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


async def test_sources(daemon: Daemon):
    assert (await daemon.ask("GET", "/sources"))[1] == {"items": [SOURCE]}


async def test_equity_starts_with_the_process(daemon: Daemon):
    _, curve, _ = await daemon.ask("GET", "/equity")
    assert curve == {
        "items": [
            {"time": "2026-09-21T14:13:22.000000Z", "balance": "100000.00", "equity": "100000.00"}
        ]
    }


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
    failed = msgspec.structs.replace(
        daemon.market.states[0],
        state=SourceCondition.FAILED,
        active=False,
        error="the key is wrong",
    )
    daemon.market.states = [failed]
    _, health, _ = await daemon.ask("GET", "/health")
    assert health["status"] == "degraded"
    assert health["note"] == "No price source delivers now (yahoo_stream: the key is wrong)."
    daemon.market.open = False
    assert (await daemon.ask("GET", "/health"))[1]["note"] is None
    daemon.trouble.append("The disk is full.")
    assert (await daemon.ask("GET", "/health"))[1]["note"] == "The disk is full."


async def test_only_the_daemons_own_account_exists(daemon: Daemon):
    assert (await daemon.ask("GET", "/account?account=paper"))[0] == 200
    status, problem, _ = await daemon.ask("GET", "/account?account=other")
    assert (status, problem["code"]) == (404, "unknown_account")
    assert problem["detail"] == 'There is no account "other" here; leave it out or name "paper".'


async def test_an_answer_never_claims_to_be_newer_than_it_is(daemon: Daemon):
    """A list is numbered by what was known when it was asked for."""
    daemon.shell.hold()
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(daemon.ask("GET", "/orders"))
        await daemon.shell.has_read()
        await daemon.account.record(samples.policy("trend", auto_execute=True))
        daemon.shell.go_on()
    assert asked.result()[2].headers["Fxpaper-Seq"] == "1"
    assert (await daemon.ask("GET", "/orders"))[2].headers["Fxpaper-Seq"] == "2"
