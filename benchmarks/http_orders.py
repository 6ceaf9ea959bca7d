"""Signals over HTTP until their answers, as ratios of one run: the real program, durable commits.

Each answer comes after its order was filled and committed with synchronous=FULL. The cost of an
order is set against that of a request which only reads.

Run: .venv/bin/python benchmarks/http_orders.py [--signals 1500] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp

MINUTES = 20
Request = tuple[str, str, dict[str, object] | None]


@dataclass(frozen=True)
class Figure:
    """Round trips of one kind.

    Args:
        name: of the kind.
        clients: at once.
        per_second: all clients together.
        p50_ms: median.
        p99_ms: 99th percentile.
    """

    name: str
    clients: int
    per_second: float
    p50_ms: float
    p99_ms: float


def write_quotes(path: Path) -> None:
    """Write quotes, ten a second, whose price stays where it is."""
    lines = ["timestamp,bid,ask"]
    for tenth in range(MINUTES * 600):
        minute, rest = divmod(tenth, 600)
        at = f"2026-11-18T12:{minute:02d}:{rest // 10:02d}.{rest % 10}+00:00"
        lines.append(f"{at},1.{10000 + tenth % 3:05d},1.{10010 + tenth % 3:05d}")
    path.write_text("\n".join(lines) + "\n")


def start(directory: Path) -> subprocess.Popen[str]:
    """Start the daemon on those quotes and return when it answers."""
    quotes = directory / "eurusd.csv"
    write_quotes(quotes)
    (directory / "fxpaper.toml").write_text('risk_percent = "0.01"\nleverage = 3000\n')
    options = ["run", "--quotes", str(quotes), "--port", "0", "--data-dir", str(directory)]
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "fxpaper.cli", *options], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("API:"):
            return process
    raise SystemExit("The daemon did not start.")


def body(number: int, side: str) -> dict[str, object]:
    """Return a signal; odd and even ones belong to one model each."""
    said: dict[str, object] = {
        "id": f"{side}-{number}",
        "model": "bench",
        "symbol": "EURUSD",
        "side": side,
    }
    if side == "buy":
        said |= {"confidence": 0.8, "stop_loss": {"pips": 30}, "take_profit": {"r": 2}}
    return said


async def measure(
    name: str, session: aiohttp.ClientSession, calls: list[Request], clients: int
) -> Figure:
    """Return how long calls take when so many clients share them."""
    waiting, taken = iter(calls), list[float]()

    async def client() -> None:
        for method, path, content in waiting:
            begun = time.perf_counter()
            async with session.request(method, path, json=content) as answer:
                await answer.read()
                assert answer.status in {200, 201}, await answer.text()
            taken.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    whole = time.perf_counter() - begun
    taken.sort()
    p50, p99 = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    return Figure(name, clients, len(taken) / whole, p50 * 1e3, p99 * 1e3)


async def run(directory: Path, signals: int) -> list[Figure]:
    """Measure reading, and orders with one and with fifty clients."""
    port, token = (directory / "port").read_text(), (directory / "token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    connector = aiohttp.TCPConnector(limit=0)
    base = f"http://127.0.0.1:{port}"
    figures = []
    async with aiohttp.ClientSession(base, headers=headers, connector=connector) as session:
        await session.put("/api/v1/models/bench", json={"auto_execute": True})
        await asyncio.sleep(1)
        reads: list[Request] = [("GET", "/api/v1/health", None)] * signals
        figures.append(await measure("GET health", session, reads, 1))
        figures.append(await measure("GET health", session, reads, 50))
        first = 0
        for clients in (1, 50):
            count = signals // (4 if clients == 1 else 1)
            orders: list[Request] = [
                ("POST", "/api/v1/signals", body(number, "buy"))
                for number in range(first, first + count)
            ]
            first += count
            figures.append(await measure("POST signal", session, orders, clients))
            close: list[Request] = [("POST", "/api/v1/signals", body(clients, "close"))]
            await measure("close", session, close, 1)
    return figures


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, default=1500, help="orders with fifty clients")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        process = start(Path(name))
        try:
            figures = asyncio.run(run(Path(name), given.signals))
        finally:
            process.kill()
            process.wait()
    if given.json:
        print(json.dumps([asdict(figure) for figure in figures], indent=2))
        return
    for figure in figures:
        print(
            f"{figure.name:12} {figure.clients:3} clients: {figure.per_second:7.0f}/s, "
            f"p50 {figure.p50_ms:6.1f} ms, p99 {figure.p99_ms:6.1f} ms"
        )
    read, order = figures[1].per_second, figures[3].per_second
    print(f"An order costs as much as {read / order:.1f} reads (fifty clients).")


if __name__ == "__main__":
    main()
