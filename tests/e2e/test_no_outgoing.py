"""With a paper account and prices of this machine, the daemon connects to nothing and nobody."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from tests.e2e.driving import advice, daemon, write_quotes

WATCHED = str(Path(__file__).with_name("watched.py"))
LISTENING, OPEN = "0A", {"01", "02"}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def terminal(address) -> Iterator[zmq.Socket[bytes]]:
    """Connect as a terminal does."""
    context = zmq.Context()
    line = context.socket(zmq.DEALER)
    line.setsockopt(zmq.LINGER, 0)
    line.connect(f"tcp://{address}")
    yield line
    line.close()
    context.term()


def outgoing(pid: int) -> list[str]:
    """Return where a process has dialled, whatever library did it: what it did not accept."""
    mine = {str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir() if one.is_symlink()}
    rows = [
        row.split()
        for table in ("tcp", "tcp6", "udp", "udp6")
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    rows = [row for row in rows if f"socket:[{row[9]}]" in mine]
    awaited = {row[1].partition(":")[2] for row in rows if row[3] == LISTENING}
    return [row[2] for row in rows if row[3] in OPEN and row[1].partition(":")[2] not in awaited]


def say(line: zmq.Socket[bytes], kind: str, number: int, **fields: object) -> None:
    line.send_multipart([kind.encode(), json.dumps({"s": number, "t": 0, **fields}).encode()])


def prices(line: zmq.Socket[bytes], token: str) -> None:
    """Be a terminal for a moment."""
    say(line, "hello", 0, token=token, login="1", server="D", offset=0, offset_valid=True)
    numbers = {"digits": 5, "point": 0.00001, "contract": 100000}
    say(line, "spec", 1, symbol="EURUSD", base="EUR", profit="USD", **numbers)
    for number in range(20):
        tick = [time.time_ns() // 1_000_000, 1.1 + number / 100_000, 1.1002]
        say(line, "ticks", 2 + number, sym="EURUSD", n=number, ticks=[tick])
        time.sleep(0.1)


def test_prices_of_a_terminal_and_a_paper_account_need_no_connection(
    tmp_path, address, terminal, monkeypatch
):
    monkeypatch.setenv("FXPAPER_METATRADER_ADDRESS", address)
    monkeypatch.setenv("FXPAPER_SOURCES", "metatrader")
    record, data = tmp_path / "record", tmp_path / "data"
    with daemon(data, "run", program=(WATCHED, str(record))) as (ask, _):
        prices(terminal, ask.token)
        _, states = ask("GET", "/sources")
        (source,) = states["items"]
        assert (source["name"], source["symbols"]) == ("metatrader", ["EURUSD"])
        ask("POST", "/signals", advice("one"))
        assert outgoing(ask.pid) == []
    assert record.read_text() == ""


def test_a_recording_and_a_paper_account_need_no_connection(tmp_path):
    quotes, record = tmp_path / "eurusd.csv", tmp_path / "record"
    write_quotes(quotes)
    started = ("run", "--quotes", str(quotes))
    with daemon(tmp_path / "data", *started, program=(WATCHED, str(record))) as (ask, _):
        ask("PUT", "/models/m", {"auto_execute": True})
        ask("POST", "/signals", advice("one"))
        ask.until("/positions", lambda body: body["items"])
        assert outgoing(ask.pid) == []
    assert record.read_text() == ""


def test_a_connection_would_be_seen(tmp_path, address, monkeypatch):
    """Both ways of looking: a Redis server that nobody asked for would be in the record."""
    monkeypatch.setenv("FXPAPER_REDIS_URL", f"redis://{address}")
    monkeypatch.setenv("FXPAPER_SOURCES", "metatrader")
    record = tmp_path / "record"
    process = subprocess.Popen(
        [sys.executable, WATCHED, record, "run", "--port", "0", "--data-dir", tmp_path / "d"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 15
        while time.monotonic() < until and not (record.exists() and record.read_text()):
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    assert "socket.connect" in record.read_text()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as dialled:
        dialled.connect(server.getsockname())
        assert len(outgoing(os.getpid())) == 1
