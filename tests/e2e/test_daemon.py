"""The real program, driven from outside: recorded quotes, HTTP, kill -9, and again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

START = "2026-11-18T12:{:02d}:{:02d}+00:00"


def write_quotes(path: Path) -> None:
    lines = ["timestamp,bid,ask"]
    for second in range(1800):
        at = START.format(second // 60, second % 60)
        lines.append(f"{at},1.{10000 + second % 7:05d},1.{10010 + second % 7:05d}")
    path.write_text("\n".join(lines) + "\n")


@contextmanager
def daemon(directory: Path, *options: str):
    """Run fxpaper until the block ends; it is killed with -9, as a crash would."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fxpaper.cli", *options, "--port", "0", "--data-dir", directory],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    lines = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if line.startswith("API:"):
                break
        else:
            pytest.fail("".join(lines))
        yield Caller(directory), "".join(lines)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


class Caller:
    """Asks the API as a program would."""

    def __init__(self, directory: Path) -> None:
        port = (directory / "port").read_text()
        self.base = f"http://127.0.0.1:{port}/api/v1"
        self.token = (directory / "token").read_text().strip()

    def __call__(self, method: str, path: str, body: object = None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
                return response.status, json.load(response)
        except urllib.error.HTTPError as problem:
            with problem:
                return problem.code, json.load(problem)

    def until(self, path: str, done):
        for _ in range(200):
            _, body = self("GET", path)
            if done(body):
                return body
            time.sleep(0.1)
        pytest.fail(f"{path} never came to it: {body}")


def advice(name: str) -> dict[str, object]:
    return {
        "id": name,
        "model": "m",
        "symbol": "EURUSD",
        "side": "buy",
        "confidence": 0.8,
        "stop_loss": {"pips": 30},
        "take_profit": {"r": 2},
    }


def test_a_signal_trades_and_survives_kill_nine(tmp_path):
    """Executed once, whatever is killed and however often it is sent."""
    quotes, data = tmp_path / "eurusd.csv", tmp_path / "data"
    write_quotes(quotes)
    options = ("run", "--quotes", str(quotes), "--speed", "1")
    with daemon(data, *options) as (ask, _):
        ask.until("/quotes", lambda body: body["items"])
        status, refused = ask("POST", "/signals", advice("off"))
        assert (status, refused["code"]) == (201, "auto_execution_off")
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
        if folder := os.environ.get("FXPAPER_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/desktop.png")
            page.set_viewport_size({"width": 375, "height": 812})
            page.screenshot(path=f"{folder}/phone.png")
        browser.close()
        assert problems == []
