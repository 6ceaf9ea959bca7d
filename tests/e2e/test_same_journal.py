"""The same thousand signals through every door leave the same journal, but for the door."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import redis
import zmq
from msgspec import to_builtins

from fxpaper import replaying
from fxpaper.aggregator.recording import read_recording
from fxpaper.client import Client
from fxpaper.client.sending import KEYS
from fxpaper.config import read_settings
from fxpaper.domain.account import Mode
from fxpaper.domain.signal import SignalRecord, SignalStatus
from fxpaper.from_settings import costs_of
from fxpaper.ledger.ledger import Ledger
from fxpaper.profiles import read_profile
from fxpaper.web.signal_views import signal_record
from tests.e2e.driving import Caller, daemon, fxpaper
from tests.e2e.thousand import (
    LAST,
    MODELS,
    NOON,
    OFF,
    SETTINGS,
    SPEED,
    Sent,
    thousand,
    write_standing_quotes,
)

STREAM = "fxpaper:signals"
SECRET = "a-secret-of-this-test"  # noqa: S105 - of a test
HOOKS = f'[hooks.chart]\nsecret = "{SECRET}"\n[hooks.desk]\nsecret = "{SECRET}"\nsigned = true\n'
OF_THE_DOOR = {"door", "received_at", "at", "digits"}
PLACE = re.compile(r"^(signals\.jsonl line \d+|message .*, signal \d+|fxpaper:signals \d+-\d+): ")

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


def everything(_: Sent) -> bool:
    return True


def a_client_sends(one: Sent) -> bool:
    """Tell whether a client lets it out: it refuses what it knows to be no signal."""
    return one.table is not None and one.table.keys() <= set(KEYS)


def at_noon(one: Sent) -> bool:
    """Tell whether a replay takes it when a daemon does, and a daemon executes its model too."""
    said = one.table or {}
    return one.readable and said.get("time") == NOON and said.get("model") != OFF


def an_object(one: Sent) -> bool:
    """Tell whether it is in our own dialect; a hook reads others too, and says so of junk."""
    return one.body.startswith("{")


@pytest.fixture(scope="module")
def house(tmp_path_factory, redis_url) -> Callable[[list[Sent], Sender], list[SignalRecord]]:
    """Return the journal that a fresh daemon keeps of signals through one door, oldest first."""
    quotes = tmp_path_factory.mktemp("quotes") / "quotes.csv"
    write_standing_quotes(quotes)

    def journal(signals: list[Sent], send: Sender) -> list[SignalRecord]:
        data = tmp_path_factory.mktemp(send.__name__)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        doors = f'signals_zmq = "{address}"\nsignals_stream = "{STREAM}"\nredis_url = "{redis_url}"'
        (data / "fxpaper.toml").write_text(f"{SETTINGS}{doors}\n{HOOKS}")
        with redis.Redis.from_url(redis_url, protocol=2) as client:
            client.delete(STREAM)
        options = ("--quotes", str(quotes), "--speed", SPEED, "--signals")
        with daemon(data, "run", *options, str(data / "signals.jsonl")) as (call, _):
            call.until("/quotes", lambda body: len(body["items"]) == 3)
            for model in MODELS:
                call("PUT", f"/models/{model}", {"auto_execute": True})
            send(House(call, data, address, redis_url), signals)
            call.until(f"/signals/{LAST}", lambda body: "signal" in body)
        return kept(data)

    return journal


def kept(data: Path) -> list[SignalRecord]:
    ledger = Ledger(data / "ledger.db", read_only=True)
    ledger.open()
    try:
        assert ledger.verify() == []
        return list(ledger.signals("paper", 10_000).items)[::-1]
    finally:
        ledger.close()


@pytest.fixture(scope="module")
def signals() -> list[Sent]:
    return thousand()


@pytest.fixture(scope="module")
def by_the_api(house, signals) -> Callable[[Callable[[Sent], bool]], list[SignalRecord]]:
    """Return the journal of those signals that something lets through, sent to the API."""
    return cache(lambda let_through: house([one for one in signals if let_through(one)], by_http))


def rows(journal: Iterable[Any]) -> Iterator[Any]:
    """Yield rows without what tells the door, the instant and the number in the account."""
    names: dict[str, str] = {}
    for one in journal:
        yield _bare(to_builtins(one), names)


def different(found: Sequence[Any], expected: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return the rows that are not the same in two journals, side by side."""
    assert len(found) == len(expected)
    pairs = zip(rows(found), rows(expected), strict=True)
    return [(one, other) for one, other in pairs if one != other]


def _bare(said: Any, names: dict[str, str]) -> Any:
    match said:
        case dict():
            return {k: _bare(v, names) for k, v in said.items() if k not in OF_THE_DOOR}
        case list():
            return [_bare(one, names) for one in said]
        case str() if re.fullmatch(r"(x-[0-9a-f]{16}|[op]-\d+|\d+)", said):
            return names.setdefault(said, f"name {len(names)}")
        case str():
            return PLACE.sub("", said)
        case _:
            return said


def test_they_are_of_every_kind(by_the_api):
    """Else what follows would prove little."""
    journal = by_the_api(everything)
    status = Counter(one.status for one in journal)
    refusals = [
        one.signal.refusal if one.decision is None else one.decision.refusal for one in journal
    ]
    codes = Counter(one.code for one in refusals if one is not None)
    assert status[SignalStatus.WAITING] == 0
    assert status[SignalStatus.EXECUTED] > 200
    assert len(codes) == 18
    assert min(codes.values()) > 5


@pytest.mark.parametrize(
    ("send", "door", "let_through"),
    [
        pytest.param(by_file, "file", everything, id="watched file"),
        pytest.param(by_command, "http", everything, id="command line"),
        pytest.param(by_path, "hook chart", an_object, id="webhook with a path"),
        pytest.param(by_signature, "hook desk", an_object, id="webhook that signs"),
        pytest.param(by_zmq, "zmq", everything, id="ZeroMQ"),
        pytest.param(by_stream, "stream", everything, id="Redis stream"),
        pytest.param(by_client, "http", a_client_sends, id="client"),
    ],
)
def test_every_door_leaves_the_same_journal(house, signals, by_the_api, send, door, let_through):
    """Row by row and field by field; what a door does not let through is in no journal of it."""
    through = [one for one in signals if let_through(one)]
    assert len(through) > 900
    found = house(through, send)
    assert {one.signal.door for one in found} == {door}
    assert different(found, by_the_api(let_through)) == []


def test_a_replay_tells_the_same_of_what_is_of_one_instant(by_the_api, signals, tmp_path):
    """Of signals made at noon, by models that are executed: a replay takes each at its own time."""
    taken = [one for one in signals if at_noon(one)]
    assert len(taken) > 700
    journal, profile = by_the_api(at_noon), read_profile("standard")
    (tmp_path / "fxpaper.toml").write_text(SETTINGS)
    write_standing_quotes(tmp_path / "quotes.csv")
    settings = read_settings(tmp_path, None)
    asked = replaying.Asked(
        recording=read_recording(tmp_path / "quotes.csv", profile.instruments),
        content="".join(f"{one.body}\n" for one in taken).encode(),
        name="signals.jsonl",
        settings=settings,
        profile=profile,
    )
    replayed = replaying.replay_recording(asked, lambda _: None, costs_of(settings))["signals"]
    shown = [
        signal_record(one, profile.instruments, Mode.PAPER).model_dump(mode="json")
        for one in journal
    ]
    assert different(replayed, shown) == []
