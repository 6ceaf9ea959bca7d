"""A live account with the real program: opened on purpose, away, looked at, halted, resumed."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager
from itertools import count

import pytest
import zmq

from tests.e2e.driving import daemon, fxpaper

HERE = ("--data-dir", "d")
TERMINAL = {
    "login": "123",
    "server": "Demo",
    "company": "A Broker",
    "currency": "USD",
    "leverage": 200,
    "balance": 5000.0,
    "offset": 7200,
    "offset_valid": True,
}
ACCOUNT = {"balance": 5000.0, "equity": 5000.0, "margin": 0, "trade": True}


@pytest.fixture
def address(monkeypatch) -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = f"127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("FXPAPER_METATRADER_ADDRESS", found)
    monkeypatch.setenv("FXPAPER_SOURCES", "metatrader")
    return found


@contextmanager
def terminal(address: str, token: str):
    """Be a terminal that says what an Expert Advisor says, for the length of a block."""
    ends, asked = threading.Event(), list[str]()

    def work() -> None:
        context = zmq.Context()
        with context.socket(zmq.DEALER) as line:
            line.setsockopt(zmq.LINGER, 0)
            line.connect(f"tcp://{address}")
            numbers = count()

            def say(kind: str, **said: object) -> None:
                body = {"s": next(numbers), "t": time.time_ns() // 1_000_000, **said}
                line.send_multipart([kind.encode(), json.dumps(body).encode()])

            say("hello", token=token, epoch="e", **TERMINAL)
            described = {"digits": 5, "point": 0.00001, "contract": 100000}
            say("spec", symbol="EURUSD", base="EUR", profit="USD", **described)
            while not ends.is_set():
                say("hb", offset=7200, offset_valid=True, connected=True, trade_allowed=True)
                while line.poll(200):
                    kind = line.recv_multipart()[0]
                    asked.append(kind.decode())
                    if kind == b"look":
                        say("acct", **ACCOUNT)
        context.term()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield asked
    finally:
        ends.set()
        worker.join()


def token(tmp_path) -> str:
    return str((tmp_path / "d" / "token").read_text()).strip()


def test_a_live_account_is_opened_on_purpose_and_halted_at_once(tmp_path, address):
    code, said = fxpaper(tmp_path, "live", "open", "real", *HERE)
    assert (code, "No terminal has connected yet" in said) == (4, True)
    with daemon(tmp_path / "d", "run") as (_, _), terminal(address, token(tmp_path)) as asked:
        specs = tmp_path / "d" / "metatrader" / "specs"
        for _ in range(100):
            if list(specs.glob("*.json")):
                break
            time.sleep(0.1)
        code, said = fxpaper(tmp_path, "live", "open", "real", "--confirm", "123", *HERE)
        assert (code, "Another fxpaper is using" in said) == (4, True)
        assert "cmd" not in asked
        assert "look" not in asked
    code, said = fxpaper(tmp_path, "live", "open", "real", "--confirm", "124", *HERE)
    assert (code, '"124" is not 123; nothing was opened' in said) == (4, True)
    code, said = fxpaper(tmp_path, "live", "open", "real", "--confirm", "123", *HERE)
    assert code == 0
    assert "5000.0 USD" in said
    assert "1:200" in said
    code, said = fxpaper(tmp_path, "live", "open", "real", "--confirm", "123", *HERE)
    assert (code, "There is an account" in said) == (4, True)


@pytest.fixture
def opened(tmp_path, address, monkeypatch):
    """Open a live account, and name it for what is started from then on."""
    with daemon(tmp_path / "d", "run") as (_, _), terminal(address, token(tmp_path)):
        specs = tmp_path / "d" / "metatrader" / "specs"
        for _ in range(100):
            if list(specs.glob("*.json")):
                break
            time.sleep(0.1)
    assert fxpaper(tmp_path, "live", "open", "real", "--confirm", "123", *HERE)[0] == 0
    monkeypatch.setenv("FXPAPER_ACCOUNT", "real")


@pytest.mark.usefixtures("opened")
def test_a_live_account_runs_on_real_prices_with_a_door_for_its_terminal(tmp_path):
    nowhere = {"FXPAPER_METATRADER_ADDRESS": "", "FXPAPER_SOURCES": "yahoo"}
    code, said = fxpaper(tmp_path, "run", *HERE, "--port", "0", **nowhere)
    assert (code, said) == (
        4,
        'Account "real" is live; its terminal needs metatrader_address, or mt4.\n',
    )
    code, said = fxpaper(tmp_path, "demo", *HERE, "--port", "0")
    assert code == 4
    assert "it trades on real prices only" in said.replace("\n", " ")


@pytest.mark.usefixtures("opened")
def test_a_live_account_says_what_it_lacks_and_stays_halted_over_a_restart(tmp_path, address):
    with daemon(tmp_path / "d", "run") as (call, _):
        _, health = call("GET", "/health")
        assert (health["mode"], "not connected" in health["note"]) == ("live", True)
        order = {"symbol": "EURUSD", "side": "buy", "lots": "0.10"}
        assert call("POST", "/orders", order)[1]["code"] == "terminal_away"
        with terminal(address, token(tmp_path)) as asked:
            call.until("/health", lambda one: "not connected" not in (one["note"] or ""))
            call.until("/health", lambda one: "told yet" not in (one["note"] or ""))
            assert "look" in asked
            code, said = fxpaper(tmp_path, "status", *HERE)
            assert "Account (LIVE)" in said
            assert fxpaper(tmp_path, "halt", "--reason", "lunch", *HERE)[0] == 0
            assert call("POST", "/orders", order)[1]["code"] == "trading_halted"
            assert call("GET", "/drift")[1]["total"]["pairs"] == 0
    with daemon(tmp_path / "d", "run") as (call, _):
        assert call("GET", "/account")[1]["trading"] == "halted"
        code, said = fxpaper(tmp_path, "resume", "--confirm", "paper", *HERE)
        assert (code, "it stays halted" in said) == (4, True)
        assert fxpaper(tmp_path, "resume", "--confirm", "real", *HERE)[0] == 0
        account = call("GET", "/account")[1]
        assert (account["trading"], account["mode"]) == ("active", "live")
        assert account["terminal"] == "123@Demo"
