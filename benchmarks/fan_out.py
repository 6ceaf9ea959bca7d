"""Quotes to many WebSocket clients, as ratios of one run: the real program, loopback only.

The daemon plays fifty recorded quotes a second in real time and tells each client at most ten
frames a second. First a tenth of the clients, then all of them.

Run: scripts/bench fan_out [--clients 1000] [--seconds 8] [--json]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.program.daemon import Daemon, processor_seconds, running
from benchmarks.program.sockets import Received, hold

SYMBOLS = ("EURUSD", "GBPUSD", "AUDUSD", "NZDUSD", "USDCAD")
MINUTES = 5
STEP_MS = 20
SPARE_FILES = 200
NOTHING = float("nan")


@dataclass(frozen=True)
class Figure:
    """What so many clients got and cost.

    Args:
        clients: connected.
        frames_per_second: received by each, on average.
        daemon_core_percent: of one core, used by the daemon.
        clients_core_percent: of one core, used by the process that holds the clients.
        spread_p50_ms: from the first to the last client that got a frame, median.
        spread_p99_ms: the same, 99th percentile.
        age_p50_ms: of the newest quote of a frame at a client, beyond the fastest; median.
        age_p99_ms: the same, 99th percentile.
        lost: clients that were closed or cut off.
    """

    clients: int
    frames_per_second: float
    daemon_core_percent: float
    clients_core_percent: float
    spread_p50_ms: float
    spread_p99_ms: float
    age_p50_ms: float
    age_p99_ms: float
    lost: int


def write_quotes(path: Path) -> None:
    """Write ten quotes a second of each of five symbols, evenly spread."""
    lines = ["timestamp,bid,ask,symbol"]
    for number in range(MINUTES * 60_000 // STEP_MS):
        minute, rest = divmod(number * STEP_MS, 60_000)
        at = f"2026-11-18T12:{minute:02d}:{rest // 1000:02d}.{rest % 1000:03d}+00:00"
        pips = number % 97
        lines.append(f"{at},1.{10000 + pips},1.{10010 + pips},{SYMBOLS[number % len(SYMBOLS)]}")
    path.write_text("\n".join(lines) + "\n")


def measure(daemon: Daemon, clients: int, seconds: float) -> Figure:
    """Return what so many clients get and cost."""
    here, there = multiprocessing.Pipe()
    holder = multiprocessing.Process(target=hold, args=(daemon, clients, seconds, there))
    holder.start()
    there.close()
    try:
        here.recv()
        used, begun = processor_seconds(daemon.pid), time.perf_counter()
        time.sleep(seconds)
        used, passed = processor_seconds(daemon.pid) - used, time.perf_counter() - begun
        received: Received = here.recv()
    except EOFError:
        raise SystemExit(
            "The process that holds the clients ended; what it said is above."
        ) from None
    finally:
        holder.join()
    return Figure(
        clients,
        received.frames / clients / seconds,
        used / passed * 100,
        received.core_seconds / seconds * 100,
        part(received.spreads_ms, 0.5),
        part(received.spreads_ms, 0.99),
        part(received.ages_ms, 0.5),
        part(received.ages_ms, 0.99),
        received.lost,
    )


def part(ordered: Sequence[float], share: float) -> float:
    """Return the value below which that share of the values is."""
    return ordered[int(len(ordered) * share)] if ordered else NOTHING


def allow_files(clients: int) -> None:
    """Let this process and its children each open as many sockets as there are clients.

    Raises:
        SystemExit: the machine does not allow it.
    """
    wanted = clients + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise SystemExit(
            f"{clients} clients need {wanted} open files in one process and this machine allows "
            f"{hard}. Raise it (ulimit -Hn {wanted}) or start with --clients {hard - SPARE_FILES}."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def show(few: Figure, many: Figure) -> None:
    """Print a table and what it means."""
    print("clients  frames/s  daemon %  clients %  spread p50   p99 ms  age p50   p99 ms   lost")
    for one in (few, many):
        print(
            f"{one.clients:7} {one.frames_per_second:9.1f} {one.daemon_core_percent:9.1f} "
            f"{one.clients_core_percent:10.1f} {one.spread_p50_ms:11.1f} {one.spread_p99_ms:8.1f} "
            f"{one.age_p50_ms:8.1f} {one.age_p99_ms:8.1f} {one.lost:6}"
        )
    print(
        f"{many.clients / few.clients:.0f} times the clients cost "
        f"{many.daemon_core_percent / few.daemon_core_percent:.1f} times the processor time. "
        "Per cent are of one core."
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1000, help="at least 10")
    parser.add_argument("--seconds", type=float, default=8, help="of each of the two figures")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.clients < 10 or given.seconds < 1:
        parser.error("it takes at least 10 clients and 1 second to measure anything")
    allow_files(given.clients)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_quotes(directory / "quotes.csv")
        with running(directory, directory / "quotes.csv") as daemon:
            few, many = (
                measure(daemon, count, given.seconds)
                for count in (given.clients // 10, given.clients)
            )
    if given.json:
        print(json.dumps([asdict(few), asdict(many)], indent=2))
    else:
        show(few, many)


if __name__ == "__main__":
    main()
