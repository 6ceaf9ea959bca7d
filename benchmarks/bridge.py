"""Ticks of a MetaTrader terminal through the bridge: in clear, with a password, encrypted.

A libzmq DEALER in a process of its own says what the Expert Advisor says; the endpoint and whoever
takes its quotes run here. First as fast as they go, one tick and twenty ticks in a message; then
five hundred a second, each timed from before it is sent until its quote is taken.

Run: scripts/bench bridge [--ticks 60000] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import socket
import statistics
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import structlog
import zmq

from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.endpoint import Endpoint, Place
from fxpaper.bridge.keys import NewTerminal, make_keys
from fxpaper.bridge.plain import USER
from fxpaper.clock import SystemClock
from fxpaper.profiles import read_profile

MECHANISMS = ("NULL", "PLAIN", "CURVE")
TOKEN = "token-of-the-daemon"  # noqa: S105 - of a benchmark
LINES = 20
TIMED, TIMED_GAP = 1500, 0.002
TOGETHER = 20


@dataclass(frozen=True)
class Figure:
    """What one mechanism does.

    Args:
        mechanism: of ZeroMQ.
        single_per_second: ticks taken, one in each message.
        batched_per_second: ticks taken, twenty in each message.
        p50_ms: from before a tick is sent until its quote is taken, median.
        p99_ms: the same, 99th percentile.
        welcome_ms: from connecting until the daemon's welcome, median.
    """

    mechanism: str
    single_per_second: float
    batched_per_second: float
    p50_ms: float
    p99_ms: float
    welcome_ms: float


@dataclass(frozen=True)
class Line:
    """How a terminal connects.

    Args:
        address: of the endpoint.
        mechanism: of ZeroMQ.
        keys: of an encrypted line.
    """

    address: str
    mechanism: str
    keys: NewTerminal | None

    def enter(self, context: zmq.Context[zmq.Socket[bytes]], name: str) -> zmq.Socket[bytes]:
        """Connect, say hello and wait for the welcome."""
        line = context.socket(zmq.DEALER)
        line.setsockopt(zmq.IDENTITY, name.encode())
        line.setsockopt(zmq.SNDHWM, 0)
        if self.keys is not None:
            line.curve_serverkey = self.keys.server.encode()
            line.curve_publickey = self.keys.public.encode()
            line.curve_secretkey = self.keys.secret.encode()
        if self.mechanism == "PLAIN":
            line.plain_username, line.plain_password = USER.encode(), TOKEN.encode()
        line.connect(f"tcp://{self.address}")
        hello = {"s": 0, "t": 0, "v": 1, "token": TOKEN, "login": name, "server": "Demo"}
        body = {**hello, "epoch": name, "offset": 7200, "offset_valid": True}
        line.send_multipart([b"hello", json.dumps(body).encode()])
        line.recv_multipart()
        return line


def messages(ticks: int, together: int) -> list[list[bytes]]:
    """Return ticks of EURUSD as a terminal says them, made before anything is timed."""
    at = time.time_ns() // 1_000_000 + 7_200_000
    made: list[list[bytes]] = []
    for first in range(0, ticks, together):
        said = ",".join(
            f"[{at},1.{10_000 + number % 5000},1.{10_010 + number % 5000}]"
            for number in range(first, first + together)
        )
        head = f'"s":{2 + len(made)},"t":0,"sym":"EURUSD.m","n":{first}'
        made.append([b"ticks", f'{{{head},"ticks":[{said}]}}'.encode()])
    return made


def terminal(line: Line, ticks: int, together: int, gap: float, here: Connection) -> None:
    """Be a terminal: describe a symbol, wait until it is wanted, say its ticks, tell when."""
    context = zmq.Context()
    said = messages(ticks, together)
    waited = []
    for number in range(LINES):
        begun = time.perf_counter()
        line.enter(context, f"short-{number}").close(linger=0)
        waited.append(time.perf_counter() - begun)
    dealer = line.enter(context, "terminal")
    numbers = '"digits":5,"point":0.00001,"contract":100000,"base":"EUR","profit":"USD"'
    spec = f'{{"s":1,"t":0,"symbol":"EURUSD.m",{numbers}}}'
    dealer.send_multipart([b"spec", spec.encode()])
    dealer.recv_multipart()
    sent_at = []
    for number, message in enumerate(said):
        sent_at.append(time.monotonic())
        dealer.send_multipart(message)
        if gap > 0:
            time.sleep(max(0.0, sent_at[0] + (number + 1) * gap - time.monotonic()))
    here.send((sent_at, statistics.median(waited)))
    here.recv()
    dealer.close()
    context.term()


async def take(
    line: Line, data_dir: Path, ticks: int, together: int, gap: float
) -> tuple[list[float], list[float], float]:
    """Return when each message was sent, when each quote was taken, and what a welcome takes."""
    feed = TickFeed()
    instruments = read_profile("standard").instruments
    place = Place(
        address=line.address,
        token=TOKEN,
        data_dir=data_dir,
        instruments=instruments,
        plain=line.mechanism == "PLAIN",
    )
    running = asyncio.create_task(Endpoint(place, feed, SystemClock()).run())
    feed.want(frozenset({"EURUSD"}))
    here, there = multiprocessing.Pipe()
    sender = multiprocessing.Process(target=terminal, args=(line, ticks, together, gap, there))
    sender.start()
    while not feed.has("EURUSD"):  # noqa: ASYNC110 - nothing to wait for
        await asyncio.sleep(0.005)
    taken_at = []
    for _ in range(ticks):
        await feed.take()
        taken_at.append(time.monotonic())
    sent_at, welcome = await asyncio.to_thread(here.recv)
    here.send(None)
    sender.join()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return sent_at, taken_at, welcome


def measure(mechanism: str, ticks: int) -> Figure:
    """Return what one mechanism does."""
    speeds = []
    with tempfile.TemporaryDirectory() as name:
        data_dir = Path(name)
        keys = make_keys(data_dir, "bench", None) if mechanism == "CURVE" else None
        for together in (1, TOGETHER):
            line = Line(free_address(), mechanism, keys)
            sent_at, taken_at, _ = asyncio.run(take(line, data_dir, ticks, together, 0))
            speeds.append(ticks / (taken_at[-1] - sent_at[0]))
        line = Line(free_address(), mechanism, keys)
        sent_at, taken_at, welcome = asyncio.run(take(line, data_dir, TIMED, 1, TIMED_GAP))
    late = sorted(taken - sent for sent, taken in zip(sent_at, taken_at, strict=True))
    single, batched = speeds
    return Figure(
        mechanism,
        single,
        batched,
        late[len(late) // 2] * 1000,
        late[len(late) * 99 // 100] * 1000,
        welcome * 1000,
    )


def free_address() -> str:
    """Return an address that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def show(figures: list[Figure]) -> None:
    """Print a table and what it means."""
    print("line    ticks/s, single   by twenties   p50 ms   p99 ms   welcome ms")
    for one in figures:
        print(
            f"{one.mechanism:6} {one.single_per_second:16,.0f} {one.batched_per_second:13,.0f} "
            f"{one.p50_ms:8.2f} {one.p99_ms:8.2f} {one.welcome_ms:12.1f}"
        )
    clear, curve = figures[0], figures[-1]
    print(
        f"CURVE passes {curve.single_per_second / clear.single_per_second:.2f} of what NULL does "
        f"({curve.batched_per_second / clear.batched_per_second:.2f} by twenties), a tick takes "
        f"{curve.p50_ms / clear.p50_ms:.2f} times as long, a welcome "
        f"{curve.welcome_ms / clear.welcome_ms:.1f} times."
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=int, default=60_000, help="in each run")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.ticks < TOGETHER or given.ticks % TOGETHER:
        parser.error(f"the number of ticks is a multiple of {TOGETHER}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    figures = [measure(mechanism, given.ticks) for mechanism in MECHANISMS]
    if given.json:
        print(json.dumps([asdict(one) for one in figures], indent=2))
    else:
        show(figures)


if __name__ == "__main__":
    main()
