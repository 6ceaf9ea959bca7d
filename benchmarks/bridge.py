"""Ticks of a MetaTrader terminal through the bridge: in clear, with a password, encrypted.

A libzmq DEALER in a process of its own says what the Expert Advisor says; the endpoint and whoever
takes its quotes run here. First as fast as they go, one tick and twenty ticks in a message; then
five hundred a second, each timed from before it is sent until its quote is taken. Where there is
a C++ compiler, the same through the Expert Advisor, which looks for prices once a millisecond here.

Run: scripts/bench bridge [--ticks 60000] [--without-ea] [--json]
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
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import structlog
import zmq

from benchmarks.program.expert_advisor import FIRST_BID, chart, compiled
from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.endpoint import Endpoint, Place
from fxpaper.bridge.guards import USER
from fxpaper.bridge.keys import NewTerminal, make_keys
from fxpaper.clock import SystemClock
from fxpaper.profiles import read_profile

MECHANISMS = ("NULL", "PLAIN", "CURVE")
TOKEN = "token-of-the-daemon"  # noqa: S105 - of a benchmark
LINES = 20
TIMED, TIMED_GAP = 1500, 0.002
TOGETHER = 20
Run = tuple[list[float], list[float], float]
"""When each message was sent, when each quote was taken, and what a welcome takes."""
MOST_OF_A_CHART = 10_000
"""The simulated terminal looks through all its ticks for each; more would measure that."""
NOTHING = float("nan")
WARM_POINTS = round(FIRST_BID * 100_000)


@dataclass(frozen=True)
class Figure:
    """What one mechanism does.

    Args:
        mechanism: of ZeroMQ.
        client: libzmq or the Expert Advisor.
        single_per_second: ticks taken, one in each message.
        p50_ms: from before a tick is sent until its quote is taken, median.
        p99_ms: the same, 99th percentile.
        batched_per_second: ticks taken, twenty in each message.
        welcome_ms: from connecting until the daemon's welcome, median.
    """

    mechanism: str
    client: str
    single_per_second: float
    p50_ms: float
    p99_ms: float
    batched_per_second: float = NOTHING
    welcome_ms: float = NOTHING


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

    def inputs(self) -> dict[str, str]:
        """Return what is pasted into the Expert Advisor."""
        given = {"InpPort": self.address.rpartition(":")[2], "InpToken": TOKEN}
        if self.keys is not None:
            given["InpServerKey"] = self.keys.server
            given["InpPublicKey"] = self.keys.public
            given["InpSecretKey"] = self.keys.secret
        return given | ({"InpPlain": "true"} if self.mechanism == "PLAIN" else {})


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
    line: Line, data_dir: Path, ticks: int, sender: Callable[..., None], given: tuple[object, ...]
) -> Run:
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
    process = multiprocessing.Process(target=sender, args=(*given, there))
    process.start()
    while not feed.has("EURUSD"):  # noqa: ASYNC110 - nothing to wait for
        await asyncio.sleep(0.005)
    if sender is chart:
        await feed.take()
        here.send(None)
    taken_at: list[float] = []
    while len(taken_at) < ticks:
        quote = await feed.take()
        if quote.bid >= WARM_POINTS:
            taken_at.append(time.monotonic())
    sent_at, welcome = await asyncio.to_thread(here.recv)
    here.send(None)
    process.join()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return sent_at, taken_at, welcome


def measure(mechanism: str, ticks: int, program: Path | None) -> list[Figure]:
    """Return what one mechanism does, by libzmq and by the Expert Advisor where there is one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys = make_keys(folder, "bench", None) if mechanism == "CURVE" else None

        def libzmq(number: int, together: int, gap: float) -> Run:
            line = Line(free_address(), mechanism, keys)
            given = (line, number, together, gap)
            return asyncio.run(take(line, folder, number, terminal, given))

        def expert(number: int, gap: float) -> Run:
            line = Line(free_address(), mechanism, keys)
            given = (program, line.inputs(), number, gap)
            return asyncio.run(take(line, folder, number, chart, given))

        timed = libzmq(min(ticks, TIMED), 1, TIMED_GAP)
        single, batched = libzmq(ticks, 1, 0), libzmq(ticks, TOGETHER, 0)
        figures = [
            Figure(
                mechanism,
                "libzmq",
                speed(single),
                late(timed, 0.5),
                late(timed, 0.99),
                speed(batched),
                timed[2] * 1000,
            )
        ]
        if program is not None:
            fast, timed = expert(min(ticks, MOST_OF_A_CHART), 0), expert(TIMED, TIMED_GAP)
            through = (speed(fast), late(timed, 0.5), late(timed, 0.99))
            figures.append(Figure(mechanism, "EA", *through))
        return figures


def speed(run: Run) -> float:
    """Return how many quotes were taken in a second."""
    sent_at, taken_at, _ = run
    return len(taken_at) / (taken_at[-1] - sent_at[0])


def late(run: Run, share: float) -> float:
    """Return within how many milliseconds that share of the quotes was taken."""
    sent_at, taken_at, _ = run
    ordered = sorted(taken - sent for sent, taken in zip(sent_at, taken_at, strict=True))
    return ordered[int(len(ordered) * share)] * 1000


def free_address() -> str:
    """Return an address that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def show(figures: list[Figure]) -> None:
    """Print a table and what it means."""
    print("line   client   ticks/s, single   by twenties   p50 ms   p99 ms   welcome ms")
    for one in figures:
        print(
            f"{one.mechanism:6} {one.client:7} {one.single_per_second:16,.0f} "
            f"{one.batched_per_second:13,.0f} {one.p50_ms:8.2f} {one.p99_ms:8.2f} "
            f"{one.welcome_ms:12.1f}"
        )
    for client in ("libzmq", "EA"):
        lines = [one for one in figures if one.client == client]
        if lines:
            clear, curve = lines[0], lines[-1]
            print(
                f"{client}: CURVE passes {curve.single_per_second / clear.single_per_second:.2f} "
                f"of what NULL does; a tick takes {curve.p50_ms / clear.p50_ms:.2f} times as long."
            )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=int, default=60_000, help="in each run")
    parser.add_argument("--without-ea", action="store_true", help="by libzmq only")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.ticks < TOGETHER or given.ticks % TOGETHER:
        parser.error(f"the number of ticks is a multiple of {TOGETHER}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as name:
        program = None if given.without_ea else compiled(Path(name))
        figures = [
            one for mechanism in MECHANISMS for one in measure(mechanism, given.ticks, program)
        ]
    if given.json:
        print(json.dumps([asdict(one) for one in figures], indent=2))
    else:
        show(figures)


if __name__ == "__main__":
    main()
