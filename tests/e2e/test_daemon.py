"""The real program, driven from outside: recorded quotes, HTTP, kill -9, and again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e.driving import advice, daemon, write_quotes


def test_a_signal_trades_and_survives_kill_nine(tmp_path):
    """Executed once, whatever is killed and however often it is sent."""
    quotes, data = tmp_path / "eurusd.csv", tmp_path / "data"
    write_quotes(quotes)
    options = ("run", "--quotes", str(quotes), "--speed", "1")
    with daemon(data, *options) as (ask, _):
        ask.until("/quotes", lambda body: body["items"])
        status, waits = ask("POST", "/signals", advice("off"))
        assert (status, waits["status"], waits["code"]) == (202, "waiting", "auto_execution_off")
        assert ask("POST", "/signals/off/dismiss", {})[1]["code"] == "dismissed"
        assert ask("POST", "/signals/off/execute", {})[1]["code"] == "dismissed"
        assert ask("PUT", "/models/m", {"auto_execute": True})[0] == 200
        status, record = ask("POST", "/signals", advice("one"))
        assert (status, record["status"]) == (201, "executed")
        account = ask("GET", "/account")[1]
        assert ask("POST", "/signals", {**advice("one"), "side": "sell"})[0] == 422
        assert ask("POST", "/signals", {**advice("two"), "confidence": 70})[0] == 422
    with daemon(data, *options) as (ask, _):
        positions = ask("GET", "/positions")[1]["items"]
        assert [position["signal_id"] for position in positions] == ["one"]
        assert ask("GET", "/account")[1]["balance"] == account["balance"]
        ask.until("/quotes", lambda body: body["items"])
        status, again = ask("POST", "/signals", advice("one"))
        assert (status, again["duplicate"]) == (200, True)
        assert len(ask("GET", "/orders")[1]["items"]) == 1
        status, closed = ask("POST", f"/positions/{positions[0]['id']}/close")
        assert (status, closed["deal"]["reason"]) == (200, "manual")
        chain = ask("GET", "/signals/one")[1]
        assert [deal["entry"] for deal in chain["deals"]] == ["in", "out"]


@pytest.mark.browser
def test_the_demo_page_lives_and_shows_a_fill(tmp_path):
    """In a real Chromium: chart, badges, a position arriving, and a silent console."""
    from playwright.sync_api import sync_playwright

    browser_path = next(
        path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()
    )
    with daemon(tmp_path, "demo") as (_, said), sync_playwright() as play:
        link = next(line for line in said.splitlines() if "/login/" in line).split()[-1]
        browser = play.chromium.launch(
            executable_path=browser_path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        problems: list[str] = []
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(link)
        page.get_by_test_id("paper-badge").first.wait_for()
        page.get_by_test_id("simulated-badge").first.wait_for()
        page.get_by_test_id("chart").first.wait_for()
        page.get_by_test_id("deal-row").first.wait_for(state="attached", timeout=60_000)
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/desktop.png")
            page.set_viewport_size({"width": 375, "height": 812})
            page.screenshot(path=f"{folder}/phone.png")
        browser.close()
        assert problems == []
