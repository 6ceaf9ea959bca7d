"""A daemon that is killed and comes back, on another port, while a client asks and follows."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fxpaper.client import Client
from fxpaper.client.objects import Event
from tests.client.test_client import ADVICE
from tests.e2e.driving import daemon, write_quotes


def listen(fx: Client, told: list[Event]) -> None:
    for event in fx.events(from_seq=1):
        told.append(event)
        if event.type == "position_opened":
            return


def test_asking_and_following_go_on_after_a_crash(tmp_path: Path):
    """The signal is taken once, and each event is told once."""
    write_quotes(tmp_path / "eurusd.csv")
    options = ("run", "--quotes", str(tmp_path / "eurusd.csv"), "--speed", "1")
    data, told = tmp_path / "data", list[Event]()
    fx = Client(data_dir=data, patience=20)
    with ThreadPoolExecutor() as pool:
        with daemon(data, *options) as (ask, _):
            ask.until("/quotes", lambda body: body["items"])
            fx.switch("m")
            listening = pool.submit(listen, fx, told)
            while len(told) < fx.account().seq:
                time.sleep(0.05)
        sending = pool.submit(fx.send, **ADVICE, id="over the crash")
        with daemon(data, *options):
            assert sending.result(20).executed
            listening.result(20)
            assert fx.send(**ADVICE, id="over the crash").duplicate
    fx.disconnect()
    assert [one.seq for one in told] == list(range(1, told[-1].seq + 1))
    assert [one.type for one in told].count("position_opened") == 1
