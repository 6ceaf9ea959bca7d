"""Signals through the doors that settings open: the real program, ZeroMQ and Redis."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import time
from pathlib import Path

import pytest
import redis
import zmq

from fxpaper.ledger.ledger import Ledger
from tests.e2e.driving import advice, daemon, fxpaper, write_quotes

NAME = "fxpaper:signals"
ROUNDS, EACH = 3, 60
SLOWEST_SECONDS = 1.0


@pytest.fixture
def address(monkeypatch) -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("FXPAPER_SIGNALS_ZMQ", address)
    return address


@pytest.fixture
def push(address):
    """Push a message as a model does."""
    context = zmq.Context()
    line = context.socket(zmq.PUSH)
    line.setsockopt(zmq.LINGER, 0)
    line.connect(f"tcp://{address}")
    yield line.send
    line.close()
    context.term()


@pytest.fixture
def stream(own_redis, monkeypatch):
    """A client of a Redis server whose stream the daemon reads."""
    monkeypatch.setenv("FXPAPER_REDIS_URL", own_redis.url)
    monkeypatch.setenv("FXPAPER_SIGNALS_STREAM", NAME)
    with redis.Redis.from_url(own_redis.url, protocol=2) as client:
        yield client


def unnamed() -> str:
    return json.dumps({key: value for key, value in advice("x").items() if key != "id"})


def pending(client: redis.Redis) -> int:
    return int(client.xpending(NAME, "fxpaper:paper")["pending"])


def until(done) -> None:
    for _ in range(200):
        if done():
            return
        time.sleep(0.05)
    pytest.fail("It never came to it.")


def rows(data: Path) -> tuple[int, list[str | None]]:
    """Return how many signals there are, and the signal of each order."""
    ledger = Ledger(data / "ledger.db", read_only=True)
    ledger.open()
    try:
        assert ledger.verify() == []
        orders = ledger.orders("paper", 10_000).items
        signals = ledger.signals("paper", 10_000).items
        return len(signals), [order.signal_id for order in orders]
    finally:
        ledger.close()


def test_a_signal_through_every_door_is_executed_once(tmp_path, push, stream):
    """And one that cannot be read is journalled, with the door and the place."""
    quotes, data, file = tmp_path / "eurusd.csv", tmp_path / "data", tmp_path / "signals.jsonl"
    write_quotes(quotes)
    with daemon(data, "run", "--quotes", str(quotes), "--signals", str(file)) as (ask, _):
        ask("PUT", "/models/m", {"auto_execute": True})
        line = json.dumps(advice("one"))
        fields = {**advice("one"), "stop_loss": "30pips", "take_profit": "2r"}
        file.write_text(line + "\n")
        push(f"{line}\n{json.dumps(advice('two'))}".encode())
        stream.xadd(NAME, {"signal": line})
        stream.xadd(NAME, fields)
        assert ask("POST", "/signals", advice("one"))[0] in {200, 201}
        push(b"buy!")
        entry = stream.xadd(NAME, {"json": "sell!"}).decode()
        ask.until("/signals", lambda body: len(body["items"]) == 4)
        until(lambda: not pending(stream))
        time.sleep(0.3)
        signals = ask("GET", "/signals")[1]["items"]
        ask.until("/orders", lambda body: len(body["items"]) == 2)
    said = {one["door"]: one["text"] for one in signals if one["status"] == "refused"}
    assert said["zmq"].startswith("message 2 since 2")
    assert said["stream"].startswith(f"{NAME} {entry}: The signal is not JSON")
    count, ordered = rows(data)
    assert (count, len(ordered), set(ordered)) == (4, 2, {"one", "two"})


def test_what_lay_in_the_stream_for_too_long_is_refused(tmp_path, stream):
    """A signal without a time is of when its entry was added, not of when it was read."""
    quotes, data = tmp_path / "eurusd.csv", tmp_path / "data"
    write_quotes(quotes)
    with daemon(data, "run", "--quotes", str(quotes)) as (ask, _):
        ask("PUT", "/models/m", {"auto_execute": True})
        stream.xadd(NAME, {"signal": unnamed()}, id="1700000000123-0")
        ask.until("/signals", lambda body: body["items"] and body["items"][0]["code"])
        signals = ask("GET", "/signals")[1]["items"]
    assert [(one["status"], one["code"]) for one in signals] == [("refused", "signal_expired")]
    assert rows(data) == (1, [])


def test_a_signal_that_waits_says_for_what(tmp_path):
    """The spread is a pip, the stop-loss a pip and a half away; half of that may be spread."""
    quotes, data = tmp_path / "eurusd.csv", tmp_path / "data"
    write_quotes(quotes)
    with daemon(data, "run", "--quotes", str(quotes)) as (ask, _):
        ask("PUT", "/models/m", {"auto_execute": True})
        ask.until("/quotes", lambda body: body["items"])
        status, sent = ask("POST", "/signals", advice("tight") | {"stop_loss": {"pips": 1.5}})
        told = fxpaper(data, "why", "tight", "--data-dir", str(data))[1]
    assert (status, sent["status"], sent["code"]) == (202, "waiting", "spread_too_wide")
    assert "waiting (spread_too_wide): The spread of EURUSD is 1.0 pips" in " ".join(told.split())


def test_killed_between_journal_and_acknowledgement_it_is_taken_once(tmp_path, stream):
    """Redis refuses every acknowledgement until the daemon is dead; the signal has no id."""
    quotes, data = tmp_path / "eurusd.csv", tmp_path / "data"
    write_quotes(quotes)
    stream.acl_setuser("default", enabled=True, nopass=True, commands=["+@all", "-xack"])
    with daemon(data, "run", "--quotes", str(quotes)) as (ask, _):
        ask("PUT", "/models/m", {"auto_execute": True})
        stream.xadd(NAME, {"signal": unnamed()})
        ask.until("/orders", lambda body: len(body["items"]) == 1)
    assert pending(stream) == 1
    stream.acl_setuser("default", enabled=True, nopass=True, commands=["+@all"])
    with daemon(data, "run", "--quotes", str(quotes)):
        until(lambda: not pending(stream))
    count, ordered = rows(data)
    assert (count, len(ordered)) == (1, 1)


def test_killed_at_any_moment_every_entry_is_taken_once(tmp_path, stream):
    """Entries say the same, without an id; each is a signal of its own."""
    chance = random.Random(5)  # noqa: S311 - moments, not secrets
    quotes, data = tmp_path / "eurusd.csv", tmp_path / "data"
    write_quotes(quotes)
    for number in range(ROUNDS):
        with daemon(data, "run", "--quotes", str(quotes)) as (ask, _):
            ask("PUT", "/models/m", {"auto_execute": True})
            for _ in range(EACH):
                stream.xadd(NAME, {"signal": unnamed()})
            time.sleep(chance.uniform(0, 0.1))
            if number == ROUNDS - 1:
                ask.until("/signals?limit=500", lambda body: len(body["items"]) == ROUNDS * EACH)
                until(lambda: not pending(stream))
    count, ordered = rows(data)
    assert (count, len(set(ordered))) == (ROUNDS * EACH, len(ordered))


def test_a_flood_keeps_nobody_else_waiting(tmp_path, push):
    """Junk comes as fast as it is taken; answers of the API do not wait for it."""
    quotes, data = tmp_path / "eurusd.csv", tmp_path / "data"
    write_quotes(quotes)
    with daemon(data, "run", "--quotes", str(quotes)) as (ask, _):
        ask("PUT", "/models/m", {"auto_execute": True})
        for _ in range(100):
            push(b"\n".join([b"{}"] * 20))
        ask.until("/signals", lambda body: body["items"])
        slowest = 0.0
        for number in range(30):
            began = time.monotonic()
            status, _ = ask("POST", "/signals", advice(f"meant-{number}"))
            assert status in {200, 201}
            slowest = max(slowest, time.monotonic() - began)
    flooded = rows(data)[0]
    assert 35 < flooded < 2030
    assert slowest < SLOWEST_SECONDS


def test_a_stream_without_a_server_is_a_sentence(tmp_path):
    code, text = fxpaper(tmp_path, "run", "--port", "0", FXPAPER_SIGNALS_STREAM=NAME)
    said = (
        'signals_stream "fxpaper:signals" is a stream of a Redis server, and redis_url names none'
    )
    assert (code, said in " ".join(text.split())) == (4, True), text


def test_the_demo_leaves_the_doors_of_others_alone(tmp_path, address, monkeypatch):
    """It would take signals away that are meant for an account that stays."""
    monkeypatch.setenv("FXPAPER_SIGNALS_STREAM", NAME)
    host, port = address.split(":")
    with socket.create_server((host, int(port))), daemon(tmp_path / "data", "demo") as (ask, _):
        assert ask("GET", "/account")[0] == 200


def test_an_address_that_is_taken_is_a_sentence(tmp_path, address):
    write_quotes(tmp_path / "eurusd.csv")
    host, port = address.split(":")
    with socket.create_server((host, int(port))):
        code, text = fxpaper(tmp_path, "run", "--quotes", "eurusd.csv", "--port", "0")
    assert (code, f"Signals cannot be awaited at {address}" in " ".join(text.split())) == (4, True)


@pytest.mark.usefixtures("stream")
def test_it_stops_when_it_is_told_to_with_both_doors_open(tmp_path, push):
    """In a moment, though one reader waits in Redis and a sender is connected."""
    quotes, data = tmp_path / "eurusd.csv", tmp_path / "data"
    write_quotes(quotes)
    with daemon(data, "run", "--quotes", str(quotes)) as (ask, _):
        push(json.dumps(advice("one")).encode())
        ask.until("/signals", lambda body: len(body["items"]) == 1)
        subprocess.run(["kill", "-TERM", str(ask.pid)], check=True)
        began = time.monotonic()
        until(lambda: Path(f"/proc/{ask.pid}/stat").read_text().split(") ")[1].startswith("Z"))
    assert time.monotonic() - began < 4
