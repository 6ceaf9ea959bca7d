"""Signals over HTTP until their answers, as ratios of one run: the real program, durable commits.

Every client has a model of its own, which buys and closes in turn, so that as many positions are
open at the end as there were before. Each answer comes after its order was filled and committed
with synchronous=FULL. The cost of a signal is set against a request that only reads, and against
what the disk takes for the smallest durable commit.

Run: scripts/bench http_orders [--signals 1500] [--resting 200] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from benchmarks.program.daemon import Daemon, running
from benchmarks.program.keep_alive import KeepAlive, connect

MINUTES = 10
MANY = 50
ALONE_SHARE = 5
"""One client alone sends this part of what many send together."""
SETTINGS = """
risk_percent = "0.01"
max_open_risk_percent = 100
max_leg_risk_percent = 100
max_positions = 10000
leverage = 3000
limits = "none"
"""

Round = Callable[[KeepAlive, int, int], Awaitable[None]]
"""Asks over a connection; told which client it is and how often that one has asked."""


@dataclass(frozen=True)
class Figure:
    """Round trips of one kind.

    Args:
        name: of the kind.
        clients: at once.
        resting: positions that were open all the time.
        per_second: all clients together.
        p50_ms: median; the next are the 90th and 99th percentile and the slowest.
    """

    name: str
    clients: int
    resting: int
    per_second: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float


def figure(name: str, clients: int, resting: int, taken: list[float], whole: float) -> Figure:
    """Return what round trips of so many seconds each, and all together, amount to."""
    taken = sorted(taken)
    p50, p90, p99 = (taken[int(len(taken) * part)] * 1e3 for part in (0.5, 0.9, 0.99))
    per_second = len(taken) / whole
    return Figure(name, clients, resting, per_second, p50, p90, p99, taken[-1] * 1e3)


def write_quotes(path: Path) -> None:
    """Write quotes, ten a second, whose price stays where it is."""
    lines = ["timestamp,bid,ask"]
    for tenth in range(MINUTES * 600):
        minute, rest = divmod(tenth, 600)
        at = f"2026-11-18T12:{minute:02d}:{rest // 10:02d}.{rest % 10}+00:00"
        lines.append(f"{at},1.{10000 + tenth % 3:05d},1.{10010 + tenth % 3:05d}")
    path.write_text("\n".join(lines) + "\n")


class Disk:
    """Makes the smallest durable commits, on the disk that the ledger is on.

    Args:
        path: of a database of its own.
    """

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE t (n INTEGER)")

    def commit(self) -> float:
        """Commit one row and return the seconds it took."""
        begun = time.perf_counter()
        self._database.execute("INSERT INTO t VALUES (1)")
        return time.perf_counter() - begun

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


class Bench:
    """Asks one daemon.

    Args:
        daemon: runs.
        disk: that it writes to.
        signals: in each figure of many clients.
    """

    def __init__(self, daemon: Daemon, disk: Disk, signals: int) -> None:
        self._daemon = daemon
        self._disk = disk
        self._signals = signals
        self._numbers: Iterator[int] = count()

    async def run(self, resting: int) -> list[Figure]:
        """Measure reads, signals, and signals beside so many open positions."""
        connection = await connect(self._daemon)
        for model in ("resting", *(f"model-{client}" for client in range(MANY))):
            status, answer = await connection.ask(
                "PUT", f"/models/{model}", b'{"auto_execute": true}'
            )
            assert status == 200, answer
        figures = [await self._measure("read", clients, 0, read) for clients in (1, MANY)]
        for beside in (0, resting):
            if beside:
                await self._open(connection, beside)
            figures += await self._measure_alone(connection, beside)
            figures.append(await self._measure("signal", MANY, beside, self._trade))
            await expect_open(connection, beside)
        connection.close()
        return figures

    async def _measure(self, name: str, clients: int, resting: int, ask: Round) -> Figure:
        """Let clients ask, each on a connection of its own, an even number of times."""
        connections = [await connect(self._daemon) for _ in range(clients)]
        times = self._times(clients)
        taken: list[float] = []

        async def client(number: int) -> None:
            for turn in range(times):
                begun = time.perf_counter()
                await ask(connections[number], number, turn)
                taken.append(time.perf_counter() - begun)

        begun = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(clients):
                group.create_task(client(number))
        whole = time.perf_counter() - begun
        for connection in connections:
            connection.close()
        return figure(name, clients, resting, taken, whole)

    async def _measure_alone(self, connection: KeepAlive, resting: int) -> list[Figure]:
        """Let one client send signals, each followed by a bare commit.

        How long a disk takes changes from second to second, so both meet the same seconds.
        """
        commits, signals = list[float](), list[float]()
        for turn in range(self._times(1)):
            begun = time.perf_counter()
            await self._trade(connection, 0, turn)
            signals.append(time.perf_counter() - begun)
            commits.append(self._disk.commit())
        return [
            figure("commit", 1, resting, commits, sum(commits)),
            figure("signal", 1, resting, signals, sum(signals)),
        ]

    def _times(self, clients: int) -> int:
        """Return how often each of so many clients asks."""
        share = ALONE_SHARE if clients == 1 else 1
        return max(1, self._signals // share // clients // 2) * 2

    async def _trade(self, connection: KeepAlive, client: int, turn: int) -> None:
        side = "close" if turn % 2 else "buy"
        await execute(connection, self._signal(f"model-{client}", side))

    async def _open(self, connection: KeepAlive, positions: int) -> None:
        for _ in range(positions):
            await execute(connection, self._signal("resting", "buy"))

    def _signal(self, model: str, side: str) -> bytes:
        said: dict[str, object] = {
            "id": f"s-{next(self._numbers)}",
            "model": model,
            "symbol": "EURUSD",
            "side": side,
        }
        if side == "buy":
            said |= {"confidence": 0.8, "stop_loss": {"pips": 30}, "take_profit": {"r": 2}}
        return json.dumps(said).encode()


async def read(connection: KeepAlive, client: int, turn: int) -> None:
    """Ask for something that touches neither account nor ledger."""
    del client, turn
    status, answer = await connection.ask("GET", "/health")
    assert status == 200, answer


async def execute(connection: KeepAlive, signal: bytes) -> None:
    """Send a signal; one that is refused would be no measure of an order."""
    status, answer = await connection.ask("POST", "/signals", signal)
    assert status == 201, answer
    assert b'"status":"executed"' in answer, answer


async def expect_open(connection: KeepAlive, positions: int) -> None:
    """See that so many positions are open and no others."""
    _, answer = await connection.ask("GET", "/positions")
    assert answer.count(b'"order_id"') == positions, answer[:500]


def ratios(figures: list[Figure]) -> dict[str, float]:
    """Return what the figures mean, independent of the machine as far as may be."""
    _, reads, commit, alone, many, _, _, crowded = figures
    return {
        "reads_per_signal_many_clients": reads.per_second / many.per_second,
        "commits_per_signal_one_client": alone.p50_ms / commit.p50_ms,
        "signals_many_clients_over_one": many.per_second / alone.per_second,
        "signals_beside_resting_over_none": crowded.per_second / many.per_second,
    }


def show(figures: list[Figure], given: argparse.Namespace) -> None:
    """Print a table and what it means."""
    print("         clients  open      per second   p50 ms   p90 ms   p99 ms   max ms")
    for one in figures:
        print(
            f"{one.name:8} {one.clients:7} {one.resting:5} {one.per_second:15.0f} "
            f"{one.p50_ms:8.2f} {one.p90_ms:8.2f} {one.p99_ms:8.2f} {one.max_ms:8.1f}"
        )
    found = ratios(figures)
    print(
        f"{MANY} clients: a signal costs {found['reads_per_signal_many_clients']:.1f} reads; "
        f"they get {found['signals_many_clients_over_one']:.1f} times what one client gets.\n"
        f"One client: a signal takes {found['commits_per_signal_one_client']:.1f} bare commits.\n"
        f"Beside {given.resting} open positions: "
        f"{found['signals_beside_resting_over_none']:.2f} of the signals."
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, default=1500, help="by many clients together")
    parser.add_argument("--resting", type=int, default=200, help="open positions beside them")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_quotes(directory / "eurusd.csv")
        (directory / "fxpaper.toml").write_text(SETTINGS)
        with (
            closing(Disk(directory / "commits.db")) as disk,
            running(directory, directory / "eurusd.csv") as daemon,
        ):
            figures = asyncio.run(Bench(daemon, disk, given.signals).run(given.resting))
    if given.json:
        found = {"figures": [asdict(one) for one in figures], "ratios": ratios(figures)}
        print(json.dumps(found, indent=2))
    else:
        show(figures, given)


if __name__ == "__main__":
    main()
