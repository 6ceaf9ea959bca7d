"""Webhooks: who may hand a signal in without the token, and what comes of it."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from fxpaper.domain.instant import NS_PER_SECOND
from tests.web.conftest import Daemon

KEY = "key-of-a-test-0123456"
PATH = "/hooks/chart/path-secret-of-a-test"
ALERT = {"ticker": "OANDA:EURUSD", "action": "buy", "sl": "1.07", "tp": "1.09", "price": "1.08"}


async def post(daemon: Daemon, path: str, body: object, **headers: str):
    text = body if isinstance(body, str) else json.dumps(body)
    async with daemon.http.post(
        f"{daemon.url}/api/v1{path}", data=text.encode(), headers=headers
    ) as response:
        return response.status, await response.json()


def signature(stamp: str, body: str, key: str = KEY) -> dict[str, str]:
    digest = hmac.new(key.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Fxpaper-Timestamp": stamp, "X-Fxpaper-Signature": f"sha256={digest}"}


async def test_an_alert_with_the_secret_in_its_path_is_journalled_and_answered(daemon: Daemon):
    status, said = await post(daemon, PATH, ALERT)
    assert (status, said["status"], said["duplicate"]) == (200, "taken", False)
    _, journal, _ = await daemon.ask("GET", "/signals")
    (row,) = journal["items"]
    assert (row["model"], row["symbol"], row["side"], row["door"]) == (
        "chart",
        "EURUSD",
        "buy",
        "hook chart",
    )
    assert row["confidence"] == "0.7"


@pytest.mark.parametrize(
    "path",
    [
        "/hooks/chart/guess",
        "/hooks/nobody/path-secret-of-a-test",
        "/hooks/desk/key-of-a-test-0123456",
        "/hooks/chart",
    ],
)
async def test_who_does_not_know_the_secret_is_told_nothing_and_nothing_is_kept(
    daemon: Daemon, path: str
):
    status, said = await post(daemon, path, ALERT)
    assert (status, said["code"]) == (401, "unauthorized")
    assert "path-secret" not in json.dumps(said)
    _, journal, _ = await daemon.ask("GET", "/signals")
    assert journal["items"] == []


async def test_a_signed_body_is_taken_once_within_its_window(daemon: Daemon):
    now = daemon.clock.now() // NS_PER_SECOND
    body = json.dumps({"symbol": "EURUSD", "side": "sell", "confidence": "0.8"})
    headers = signature(str(now), body)
    status, first = await post(daemon, "/hooks/desk", body, **headers)
    assert (status, first["duplicate"]) == (200, False)
    _, again = await post(daemon, "/hooks/desk", body, **headers)
    assert (again["id"], again["duplicate"]) == (first["id"], True)
    _, anew = await post(daemon, "/hooks/desk", body, **signature(str(now + 1), body))
    assert anew["id"] != first["id"]


@pytest.mark.parametrize(
    ("seconds", "key", "changed"),
    [(-301, KEY, ""), (301, KEY, ""), (0, "another-key-of-a-test", ""), (0, KEY, " ")],
)
async def test_an_old_a_foreign_or_a_changed_body_is_refused(
    daemon: Daemon, seconds: int, key: str, changed: str
):
    now = daemon.clock.now() // NS_PER_SECOND + seconds
    body = json.dumps({"symbol": "EURUSD", "side": "sell", "confidence": "0.8"})
    status, said = await post(
        daemon, "/hooks/desk", body + changed, **signature(str(now), body, key)
    )
    assert (status, said["code"]) == (401, "unauthorized")


async def test_a_time_that_is_none_is_refused(daemon: Daemon):
    body = "{}"
    status, said = await post(daemon, "/hooks/desk", body, **signature("soon", body))
    assert status == 401
    assert "signed at soon" in said["detail"]


async def test_what_cannot_be_read_is_journalled_and_explained(daemon: Daemon):
    status, said = await post(daemon, PATH, {**ALERT, "stoploss_": "1.06"})
    assert status in {400, 422}
    assert "stoploss_" in said["detail"]
    _, journal, _ = await daemon.ask("GET", "/signals")
    assert journal["items"][0]["status"] == "refused"


async def test_a_dry_run_tells_the_meaning_and_keeps_nothing(daemon: Daemon):
    _, said, _ = await daemon.ask("POST", "/signals/dry-run", json=ALERT)
    assert said == {
        "dialect": "tradingview",
        "signal": {
            "symbol": "EURUSD",
            "side": "buy",
            "stop_loss": "1.07",
            "take_profit": "1.09",
            "entry": str(ALERT["price"]),
        },
        "set_aside": [],
        "problem": None,
    }
    _, said, _ = await daemon.ask("POST", "/signals/dry-run", json={"ticker": "X", "size": 1})
    assert "size" in said["problem"]
    _, said, _ = await daemon.ask("POST", "/signals/dry-run", json={})
    assert (said["dialect"], "model" in said["problem"]) == ("native", True)
    _, said, _ = await daemon.ask("POST", "/signals/dry-run", json={**ALERT, "ticker": "EURXXX"})
    assert "EURXXX" in said["problem"]
    _, journal, _ = await daemon.ask("GET", "/signals")
    assert journal["items"] == []
