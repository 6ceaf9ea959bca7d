"""An order of a live account until its answer and until its deal is booked, durable throughout.

Ledger, worker, endpoint and the compiled Expert Advisor with a broker that fills at once; what a
real broker takes comes on top. The timer of the Expert Advisor is 20 ms as it comes, and 1 ms.
Needs a C++ compiler.

Run: scripts/bench live_orders [--orders 200] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path

import structlog
from rich.console import Console
from rich.table import Table

from benchmarks.program.expert_advisor import compiled
from fxpaper.domain.command import CloseAll, PlaceOrder
from fxpaper.domain.event import DealBooked, TerminalAnswered
from fxpaper.domain.order import Side
from tests.mql5.live_rig import NAME, Rig, live

TOKEN = "token-of-the-daemon"  # noqa: S105 - of a benchmark
ROUNDS = 10
"""Orders before everything is closed again."""


@dataclass(frozen=True)
class Figure:
    """How long one order takes, milliseconds.

    Args:
        timer_ms: of the Expert Advisor.
        answer_p50: from asking until the terminal's answer is durable, median.
        answer_p99: the same, 99th of 100.
        deal_p50: until its deal is booked, median.
        deal_p99: the same, 99th of 100.
    """

    timer_ms: int
    answer_p50: float
    answer_p99: float
    deal_p50: float
    deal_p99: float


async def measure(program: Path, timer_ms: int, orders: int) -> Figure:
    """Place orders one after the other."""
    with tempfile.TemporaryDirectory() as name, socket.socket() as free:
        folder = Path(name)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        given = {
            "InpPort": str(port),
            "InpToken": TOKEN,
            "InpTimerMs": str(timer_ms),
            "InpAllowTrading": "true",
            "InpMaxLots": "100",
            "InpMaxPositions": "1000",
            "SHIM_FILES": name,
        }
        process = await asyncio.create_subprocess_exec(
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**os.environ, **given},
        )
        try:
            async with live(port, folder, TOKEN) as rig:
                quoting = asyncio.create_task(quote(process))
                await rig.ready()
                await rig.until(rig.quoted)
                answers, deals = await place(rig, orders)
                quoting.cancel()
                with suppress(asyncio.CancelledError):
                    await quoting
        finally:
            process.kill()
            await process.wait()
    return Figure(timer_ms, *spread(answers), *spread(deals))


async def place(rig: Rig, orders: int) -> tuple[list[float], list[float]]:
    """Return what each order took until its answer, and until its deal."""
    answers, deals = [], []
    for number in range(orders):
        rig.events.clear()
        begins = time.perf_counter()
        command = PlaceOrder(account=NAME, symbol="EURUSD", side=Side.BUY, lots=Decimal("0.01"))
        await rig.ask(command)
        answers.append(await told(rig, TerminalAnswered, begins))
        deals.append(await told(rig, DealBooked, begins))
        if number % ROUNDS == ROUNDS - 1:
            await rig.ask(CloseAll(account=NAME))
            await rig.until(lambda: not rig.positions())
    return answers, deals


async def told(rig: Rig, kind: type, begins: float) -> float:
    """Return the milliseconds until an event of a kind is committed."""
    async with asyncio.timeout(20):
        while not _has(rig, kind):  # noqa: ASYNC110 - looks from outside
            await asyncio.sleep(0.0005)
    return (time.perf_counter() - begins) * 1000


def _has(rig: Rig, kind: type) -> bool:
    return any(isinstance(one.event, kind) and one.account == NAME for one in rig.events)


async def quote(process: asyncio.subprocess.Process) -> None:
    """Let prices come, ten a second."""
    assert process.stdin is not None
    process.stdin.write(b"symbol EURUSD 5 EUR USD 0\n")
    while True:
        process.stdin.write(b"tick EURUSD 0 1.08241 1.08251\n")
        await process.stdin.drain()
        await asyncio.sleep(0.1)


def spread(values: list[float]) -> tuple[float, float]:
    """Return the median and the 99th of 100."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as name:
        program = compiled(Path(name))
        if program is None:
            sys.exit("This benchmark needs g++ on Linux.")
        figures = [asyncio.run(measure(program, timer, asked.orders)) for timer in (1, 20)]
    ratio = figures[1].answer_p50 / figures[0].answer_p50
    if asked.json:
        measured = {"figures": [asdict(one) for one in figures], "ratios": {"timer": ratio}}
        print(json.dumps(measured))
        return
    table = Table(title="An order of a live account, ms")
    for name in ("timer_ms", "answer_p50", "answer_p99", "deal_p50", "deal_p99"):
        table.add_column(name)
    for one in figures:
        table.add_row(*(f"{value:.1f}" for value in asdict(one).values()))
    Console().print(table)
    Console().print(f"The timer as it comes makes an answer {ratio:.1f} times as late as 1 ms.")


if __name__ == "__main__":
    main()
