"""Quotes to many WebSocket clients, as ratios of one run: the real server, loopback only.

The daemon plays recorded quotes, fifty a second; a second process holds the clients, which only
cut frames out of the byte stream, so that they cost as little as they can.

Run: .venv/bin/python benchmarks/fan_out.py [--clients 1000] [--seconds 8] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

SYMBOLS = ("EURUSD", "GBPUSD", "AUDUSD", "NZDUSD", "USDCAD")
MINUTES = 10
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figure:
    """What so many clients got and cost.

    Args:
        clients: connected.
        frames_per_second: received by each, on average.
        core_percent: of one core, used by the daemon.
        spread_p50_ms: from the first to the last client that got a frame, median.
        spread_p99_ms: the same, 99th percentile.
        lost: clients whose connection ended.
    """

    clients: int
    frames_per_second: float
    core_percent: float
    spread_p50_ms: float
    spread_p99_ms: float
    lost: int


def write_quotes(path: Path) -> None:
    """Write ten quotes a second of each of five symbols."""
    lines = ["timestamp,bid,ask,symbol"]
    for tenth in range(MINUTES * 600):
        minute, rest = divmod(tenth, 600)
        at = f"2026-11-18T12:{minute:02d}:{rest // 10:02d}.{rest % 10}+00:00"
        lines += [f"{at},1.{10000 + tenth % 97},1.{10010 + tenth % 97},{name}" for name in SYMBOLS]
    path.write_text("\n".join(lines) + "\n")


class Client(asyncio.Protocol):
    """Subscribes to quotes and notes when each frame came, by its content."""

    def __init__(self, request: bytes, seen: dict[int, list[float]]) -> None:
        self._request = request
        self._seen = seen
        self._bytes = b""
        self._upgraded = False
        self.frames = 0
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the socket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Cut frames out of the stream; count those of quotes."""
        self._bytes += data
        if not self._upgraded:
            head, end, rest = self._bytes.partition(b"\r\n\r\n")
            if not end:
                return
            assert b" 101 " in head, head[:200]
            self._upgraded, self._bytes = True, rest
            said = json.dumps({"op": "subscribe", "id": 1, "stream": "quotes"})
            self._transport.write(masked(said.encode()))
        while (frame := self._next()) is not None:
            if frame.startswith(b'[{"type":"quote"'):
                self.frames += 1
                self._seen.setdefault(hash(frame), []).append(time.perf_counter())

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the server went away."""
        del exc
        self.lost = True

    def _next(self) -> bytes | None:
        if len(self._bytes) < 2:
            return None
        length, start = self._bytes[1] & 127, 2
        if length == 126:
            length, start = int.from_bytes(self._bytes[2:4]), 4
        elif length == 127:
            length, start = int.from_bytes(self._bytes[2:10]), 10
        if len(self._bytes) < start + length:
            return None
        frame = self._bytes[start : start + length]
        self._bytes = self._bytes[start + length :]
        return frame


def masked(payload: bytes) -> bytes:
    """Return a text frame as a client must send it; a mask of zeros leaves it readable."""
    assert len(payload) < 65_536
    size = bytes([128 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2)
    return b"\x81" + size + bytes(4) + payload


async def connect(directory: Path, count: int, seconds: float) -> tuple[float, list[float], int]:
    """Return frames per second of each client, spreads in ms, and lost clients."""
    port, token = (directory / "port").read_text(), (directory / "token").read_text().strip()
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /api/v1/ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()
    seen: dict[int, list[float]] = {}
    loop, clients = asyncio.get_running_loop(), []
    for _ in range(count):
        _, client = await loop.create_connection(
            lambda: Client(request, seen), "127.0.0.1", int(port)
        )
        clients.append(client)
        if len(clients) % 50 == 0:
            await asyncio.sleep(0.05)
    await asyncio.sleep(2)
    seen.clear()
    before = sum(client.frames for client in clients)
    await asyncio.sleep(seconds)
    frames = sum(client.frames for client in clients) - before
    spreads = [
        (max(times) - min(times)) * 1e3 for times in seen.values() if len(times) >= count * 0.98
    ]
    return frames / count / seconds, sorted(spreads), sum(client.lost for client in clients)


def hold(directory: Path, count: int, seconds: float, answer: Connection) -> None:
    """Hold the clients in a process of their own."""
    answer.send(asyncio.run(connect(directory, count, seconds)))


def measure(directory: Path, daemon: int, count: int, seconds: float) -> Figure:
    """Return what so many clients get and cost."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=hold, args=(directory, count, seconds, there))
    process.start()
    time.sleep(2 + count / 500)
    used, begun = processor_seconds(daemon), time.perf_counter()
    time.sleep(seconds * 0.8)
    share = (processor_seconds(daemon) - used) / (time.perf_counter() - begun)
    frames, spreads, lost = here.recv()
    process.join()
    p50 = spreads[len(spreads) // 2] if spreads else float("nan")
    p99 = spreads[int(len(spreads) * 0.99)] if spreads else float("nan")
    return Figure(count, frames, share * 100, p50, p99, lost)


def processor_seconds(pid: int) -> float:
    """Return the processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def allow_files(clients: int) -> None:
    """Let this process and its children open as many sockets as the clients need."""
    wanted, hard = 2 * clients + 500, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise SystemExit(f"{clients} clients need {wanted} open files; the limit is {hard}.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def figures_of(directory: Path, counts: tuple[int, int], seconds: float) -> list[Figure]:
    """Start a daemon, measure it with so many clients each time, and stop it."""
    write_quotes(directory / "quotes.csv")
    options = ["--quotes", str(directory / "quotes.csv"), "--port", "0"]
    daemon = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "fxpaper.cli", "run", *options, "--data-dir", str(directory)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert daemon.stdout is not None
        while not daemon.stdout.readline().startswith("API:"):
            assert daemon.poll() is None, "the daemon did not start"
        return [measure(directory, daemon.pid, count, seconds) for count in counts]
    finally:
        daemon.kill()
        daemon.wait()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    allow_files(given.clients)
    with tempfile.TemporaryDirectory() as name:
        counts = (given.clients // 10, given.clients)
        figures = figures_of(Path(name), counts, given.seconds)
    if given.json:
        print(json.dumps([asdict(figure) for figure in figures], indent=2))
        return
    for figure in figures:
        print(
            f"{figure.clients:5} clients: {figure.frames_per_second:5.1f} frames/s each, "
            f"{figure.core_percent:5.1f} % of a core, first to last p50 "
            f"{figure.spread_p50_ms:.1f} ms, p99 {figure.spread_p99_ms:.1f} ms, {figure.lost} lost"
        )
    few, many = figures
    print(f"Ten times the clients cost {many.core_percent / few.core_percent:.1f} times as much.")


if __name__ == "__main__":
    main()
