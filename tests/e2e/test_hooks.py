"""A webhook into the real program: an alert trades, a stranger is told nothing."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from tests.e2e.driving import daemon, write_quotes

SECRET = "a-secret-path-of-this-test"  # noqa: S105 - of a test
CONFIG = f"""
symbols = ["EURUSD"]
[hooks.chart]
secret = "{SECRET}"
model = "tv"
confidence = "0.8"
"""


def post(base: str, path: str, body: str) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(f"{base}/hooks/{path}", body.encode(), method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
            return response.status, json.load(response)
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, json.load(problem)


def test_alerts_in_two_dialects_trade_on_a_recording(tmp_path):
    write_quotes(tmp_path / "q.csv")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "fxpaper.toml").write_text(CONFIG)
    options = ("run", "--quotes", str(tmp_path / "q.csv"), "--symbol", "EURUSD", "--speed", "5")
    with daemon(tmp_path / "d", *options) as (call, said):
        assert SECRET not in said
        call("PUT", "/models/tv", {"auto_execute": True})
        alert = '{"ticker":"FX:EURUSD","action":"buy","id":"alert-1","sl":"1.0950","tp":"1.1100"}'
        status, first = post(call.base, f"chart/{SECRET}", alert)
        assert (status in {200, 202}, first["id"]) == (True, "alert-1")
        assert post(call.base, f"chart/{SECRET}", alert)[1]["duplicate"] is True
        done = call.until("/signals/alert-1", lambda one: one["signal"]["status"] != "waiting")
        assert (done["signal"]["status"], done["signal"]["door"]) == ("executed", "hook chart")
        assert len(call("GET", "/positions")[1]["items"]) == 1
        status, close = post(call.base, f"chart/{SECRET}", "CLOSE EURUSD")
        assert status in {200, 202}
        call.until(f"/signals/{close['id']}", lambda one: one["signal"]["status"] == "executed")
        assert call("GET", "/positions")[1]["items"] == []
        status, refused = post(call.base, "chart/guess", alert)
        assert (status, refused["code"]) == (401, "unauthorized")
        status, wrong = post(call.base, f"chart/{SECRET}", "EURUSD BUY SL 1,0700")
        assert status in {400, 422}
        assert "no price behind" in str(wrong["detail"])
