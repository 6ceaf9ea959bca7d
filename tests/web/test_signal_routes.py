"""Handing signals in, and finding out what became of them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from yarl import URL

from tests.web.conftest import Daemon
from tests.web.payloads import SIGNAL


async def test_a_signal_of_a_model_that_may_execute_is_filled(daemon: Daemon):
    await daemon.allow()
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
        "rungs": [],
        "entry": None,
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
        "ensemble_signal_id": None,
        "contributions": [],
        "raw": None,
        "duplicate": False,
        "others": [],
    }
    status, chain, _ = await daemon.ask("GET", "/signals/s1")
    assert status == 200
    del record["duplicate"], record["others"]
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
        "kind": "market",
        "price": None,
        "limit": None,
        "bound": None,
        "time_in_force": "gtc",
        "expires_at": None,
        "trigger": "default",
        "closes": None,
        "oco": None,
        "parent": None,
        "version": 1,
        "ended_at": None,
        "ended_code": None,
        "ended_text": None,
        "digits": 5,
    }
    position: dict[str, Any] = {
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
        "swap": "0",
        "trailing": False,
        "close_at": None,
        "take_profits": [],
        "version": 1,
        "digits": 5,
    }
    assert chain["positions"] == [position]
    assert (await daemon.ask("GET", "/positions"))[1] == {"items": [position], "next": None}
    (deal,) = chain["deals"]
    assert (deal["id"], deal["entry"], deal["reason"]) == ("d-6", "in", "signal")
    assert (deal["price"], deal["gross_currency"]) == ("1.08253", "USD")
    assert deal["time"] == "2026-09-21T14:13:21.000000Z"
    assert deal["quote"] == record["quote"]


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


async def test_a_waiting_signal_says_for_what(daemon: Daemon):
    _, sent, _ = await daemon.ask("POST", "/signals", json=SIGNAL | {"symbol": "USDJPY"})
    _, chain, _ = await daemon.ask("GET", f"/signals/{sent['id']}")
    for record in (sent, chain["signal"]):
        assert (record["status"], record["code"]) == ("waiting", "no_quote")
        assert (record["text"], record["actual"]) == ("There is no quote yet.", "none")


async def test_the_same_signal_twice_is_one_signal(daemon: Daemon):
    await daemon.allow()
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
