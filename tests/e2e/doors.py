"""A daemon with every door open, and senders for each of them."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
import zmq

from fxpaper.client import Client
from fxpaper.ledger.ledger import Ledger
from tests.e2e.driving import Caller, daemon, fxpaper
from tests.e2e.thousand import LAST, MODELS, SPEED, Sent, write_standing_quotes

STREAM = "fxpaper:signals"
SECRET = "a-secret-of-this-test"  # noqa: S105 - of a test
HOOKS = f'[hooks.chart]\nsecret = "{SECRET}"\n[hooks.desk]\nsecret = "{SECRET}"\nsigned = true\n'

Sender = Callable[["House", list[Sent]], None]


@dataclass(frozen=True, slots=True)
class House:
    """A daemon of one door, and what leads to it.

    Args:
        call: asks its API.
        data: its directory.
        zmq: the address of its socket.
        redis: of the server whose stream it reads.
    """

    call: Caller
    data: Path
    zmq: str
    redis: str


def by_http(house: House, signals: list[Sent], path: str = "/api/v1/signals") -> None:
    line = http.client.HTTPConnection("127.0.0.1", int((house.data / "port").read_text()))
    for one in signals:
        line.request("POST", path, one.body.encode(), headers(house, path, one.body))
        line.getresponse().read()
    line.close()


def headers(house: House, path: str, body: str) -> dict[str, str]:
    if path.endswith("/desk"):
        stamp = str(int(time.time()))
        made = hmac.new(SECRET.encode(), f"{stamp}.{body}".encode(), hashlib.sha256)
        signature = f"sha256={made.hexdigest()}"
        return {"X-Fxpaper-Timestamp": stamp, "X-Fxpaper-Signature": signature}
    return {} if "/hooks/" in path else {"Authorization": f"Bearer {house.call.token}"}


def by_path(house: House, signals: list[Sent]) -> None:
    by_http(house, signals, f"/api/v1/hooks/chart/{SECRET}")


def by_signature(house: House, signals: list[Sent]) -> None:
    by_http(house, signals, "/api/v1/hooks/desk")


def by_file(house: House, signals: list[Sent]) -> None:
    (house.data / "signals.jsonl").write_text("".join(f"{one.body}\n" for one in signals))


def by_zmq(house: House, signals: list[Sent]) -> None:
    context = zmq.Context()
    with context.socket(zmq.PUSH) as line:
        line.connect(f"tcp://{house.zmq}")
        for one in signals:
            line.send(one.body.encode())
    context.term()


def by_stream(house: House, signals: list[Sent]) -> None:
    with redis.Redis.from_url(house.redis, protocol=2) as client:
        for one in signals:
            client.xadd(STREAM, {"signal": one.body})


def by_command(house: House, signals: list[Sent]) -> None:
    (house.data / "sent.jsonl").write_text("".join(f"{one.body}\n" for one in signals))
    words = ("signal", "send", "--file", "sent.jsonl", "--data-dir", str(house.data), "--json")
    assert fxpaper(house.data, *words)[0] == 1


def by_client(house: House, signals: list[Sent]) -> None:
    with Client(data_dir=house.data) as fx:
        fx.send_all([one.table for one in signals if one.table is not None])


@contextmanager
def open_house(data: Path, redis_url: str, settings: str) -> Iterator[House]:
    """Run a daemon whose market stands still at noon, with every door open."""
    quotes = data / "quotes.csv"
    write_standing_quotes(quotes)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    doors = f'signals_zmq = "{address}"\nsignals_stream = "{STREAM}"\nredis_url = "{redis_url}"'
    (data / "fxpaper.toml").write_text(f"{settings}{doors}\n{HOOKS}")
    options = ("--quotes", str(quotes), "--speed", SPEED, "--signals")
    with daemon(data, "run", *options, str(data / "signals.jsonl")) as (call, _):
        call.until("/quotes", lambda body: len(body["items"]) == 3)
        for model in MODELS:
            call("PUT", f"/models/{model}", {"auto_execute": True})
        yield House(call, data, address, redis_url)


def empty(redis_url: str) -> None:
    """Forget what was sent to the stream."""
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        client.delete(STREAM)


def until_last(house: House) -> None:
    """Wait until the signal that ends all is decided."""
    house.call.until(f"/signals/{LAST}", lambda body: "signal" in body)


@contextmanager
def ledger_of(data: Path) -> Iterator[Ledger]:
    """Open the ledger that a daemon has left, and verify it."""
    ledger = Ledger(data / "ledger.db", read_only=True)
    ledger.open()
    try:
        assert ledger.verify() == []
        yield ledger
    finally:
        ledger.close()
