"""The account, its positions and models, by value."""

from __future__ import annotations

import asyncio

from fxpaper.domain.refusal import RefusalCode
from tests.ledger import samples
from tests.web.conftest import Daemon
from tests.web.payloads import SIGNAL


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
        "trading": "active",
        "terminal": None,
    }
    assert response.headers["Fxpaper-Seq"] == "1"
    assert response.headers["Cache-Control"] == "no-store"


async def test_profit_and_r_are_unknown_without_a_quote(daemon: Daemon):
    await daemon.allow()
    await daemon.ask("POST", "/signals", json=SIGNAL)
    del daemon.market.quotes["EURUSD"]
    (position,) = (await daemon.ask("GET", "/positions"))[1]["items"]
    assert (position["current_price"], position["profit"], position["r"]) == (None, None, None)
    assert (await daemon.ask("GET", "/account"))[1]["complete"] is False


async def test_closing_a_position(daemon: Daemon):
    await daemon.allow()
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
    await daemon.allow()
    await daemon.ask("POST", "/signals", json=SIGNAL)
    del daemon.market.quotes["EURUSD"]
    status, problem, _ = await daemon.ask("POST", "/positions/p-7/close")
    assert (status, problem["code"]) == (503, "stale_quote")
    assert (problem["actual"], problem["limit"]) == ("61", "5")


async def test_models_are_those_with_a_policy_or_a_signal(daemon: Daemon):
    await daemon.ask("POST", "/signals", json=SIGNAL | {"model": "carry"})
    status, changed, _ = await daemon.ask("PUT", "/models/trend", json={"auto_execute": True})
    none = {"signals": 0, "executed": 0, "refused": 0, "combined": 0}
    trend = {"model": "trend", "auto_execute": True, **none}
    carry = {"model": "carry", "auto_execute": False, **none, "signals": 1, "refused": 1}
    assert (status, changed) == (200, trend)
    assert (await daemon.ask("GET", "/models"))[1] == {"items": [carry, trend], "next": None}


async def test_equity_starts_with_the_process(daemon: Daemon):
    _, curve, _ = await daemon.ask("GET", "/equity")
    assert curve == {
        "items": [
            {"time": "2026-09-21T14:13:22.000000Z", "balance": "100000.00", "equity": "100000.00"}
        ]
    }


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
