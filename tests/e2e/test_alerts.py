"""Alerts by the real program: a price that is remembered over a crash, and who is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.driving import daemon, fxpaper

SECRET = "token-of-a-test-0815"  # noqa: S105


class Phone(BaseHTTPRequestHandler):
    """Takes what Apprise sends as JSON."""

    taken: list[tuple[str, str]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.taken.append((body["title"], body["message"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def phone() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    taken: list[tuple[str, str]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OnePhone", (Phone,), {"taken": taken}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"json://127.0.0.1:{server.server_address[1]}/{SECRET}", taken
    server.shutdown()
    thread.join()
    server.server_close()


def write_rise(path: Path) -> None:
    """Write a minute at 1.10000 and a minute at 1.10600."""
    lines = ["timestamp,bid,ask"]
    for second in range(120):
        bid = "1.10000" if second < 60 else "1.10600"
        at = f"2026-11-18T12:{second // 60:02d}:{second % 60:02d}Z"
        lines.append(f"{at},{bid},{bid[:-2]}10")
    path.write_text("\n".join(lines) + "\n")


def write_settings(path: Path, address: str) -> None:
    path.write_text(
        f'[notify]\nphone = "{address}"\n\n'
        '[[alerts]]\non = ["price", "trading"]\nto = ["phone", "page"]\nevery_seconds = 0\n'
    )


def test_a_price_alert_survives_a_crash_and_is_told_once(tmp_path, phone):
    address, taken = phone
    write_rise(tmp_path / "quotes.csv")
    write_settings(tmp_path / "fxpaper.toml", address)
    run = ("run", "--quotes", str(tmp_path / "quotes.csv"), "--symbol", "EURUSD", "--speed")
    where = ("--data-dir", str(tmp_path))
    with daemon(tmp_path, *run, "1"):
        code, said = fxpaper(tmp_path, "alert", "add", "EURUSD", "above", "1.1050", *where)
        assert (code, "You will hear once when EURUSD is above 1.10500." in said) == (0, True)
        code, said = fxpaper(tmp_path, "alert", "add", "EURUSD", "above", "1.0500", *where)
        assert (code, "already" in said) == (4, True)
        _, said = fxpaper(tmp_path, "alert", "add", "EURUSD", "below", "1.0500", *where)
        removed = said.split()[-1]
        assert fxpaper(tmp_path, "alert", "remove", removed, *where)[0] == 0
    assert taken == []
    with daemon(tmp_path, *run, "60") as (call, started):
        listed = call.until("/alerts", lambda body: body["items"][-1]["state"] == "reached")
        assert [one["state"] for one in listed["items"]] == ["removed", "reached"]
        assert call("POST", "/account/trading", {"state": "halted", "reason": "enough"})[0] == 200
        for _ in range(100):
            if len(taken) == 2:
                break
            time.sleep(0.1)
    assert taken == [
        ("fxpaper paper", "EURUSD is above 1.10500: the bid is 1.10600."),
        ("fxpaper paper", "Halted: nothing opens any more. enough"),
    ]
    assert SECRET not in started


def test_an_address_is_tried_and_the_outcome_told_without_its_secret(tmp_path, phone):
    address, taken = phone
    where = ("--data-dir", str(tmp_path))
    write_settings(tmp_path / "fxpaper.toml", address)
    code, said = fxpaper(tmp_path, "alert", "test", "phone", *where)
    assert (code, said.strip()) == (0, 'JSON took the message for "phone".')
    assert taken == [("fxpaper", "A test of your alerts: it works.")]
    write_settings(tmp_path / "fxpaper.toml", f"json://127.0.0.1:9/{SECRET}")
    code, said = fxpaper(tmp_path, "alert", "test", "phone", *where)
    assert (code, SECRET in said) == (1, False)
    assert said.startswith("JSON did not take the message: ")
    assert fxpaper(tmp_path, "alert", "test", "page", *where)[0] == 4


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param(
            '[notify]\nphone = "json://x"\n[[alerts]]\non = ["deal"]\nto = "fone"\n',
            'rule 1 tells "fone"; did you mean phone? Known: page, phone.',
            id="a name that is no target",
        ),
        pytest.param('[[alerts]]\non = ["deals"]\n', "Input should be 'deal'", id="no kind"),
        pytest.param(f'[notify]\npage = "json://{SECRET}"\n', '"page" is the page', id="taken"),
        pytest.param(f'[notify]\nphone = ["{SECRET}"]\n', "notify.phone", id="no text"),
        pytest.param('[[alerts]]\nto = "page"\n', "alerts.0.on: Field required", id="of nothing"),
    ],
)
def test_wrong_rules_are_told_before_anything_starts(tmp_path, settings: str, said: str):
    (tmp_path / "fxpaper.toml").write_text(settings)
    code, text = fxpaper(tmp_path, "config", "check", "--data-dir", str(tmp_path))
    assert (code, said in text, SECRET in text) == (4, True, False)


def test_every_account_of_a_daemon_is_told_about(tmp_path, phone):
    address, taken = phone
    write_rise(tmp_path / "quotes.csv")
    settings = tmp_path / "fxpaper.toml"
    write_settings(settings, address)
    settings.write_text(settings.read_text() + "\n[accounts.small]\nbalance = 1000\n")
    run = ("run", "--quotes", str(tmp_path / "quotes.csv"), "--symbol", "EURUSD", "--speed", "60")
    halted = {"state": "halted", "reason": "enough"}
    with daemon(tmp_path, *run) as (call, _):
        for name in ("small", "paper"):
            assert call("POST", f"/account/trading?account={name}", halted)[0] == 200
        for _ in range(100):
            if len(taken) == 2:
                break
            time.sleep(0.1)
    said = "Halted: nothing opens any more. enough"
    assert sorted(taken) == [("fxpaper paper", said), ("fxpaper small", said)]
