"""The Expert Advisor, translated line by line and compiled, on a chart of its own."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.endpoint import Endpoint, Place
from fxpaper.bridge.keys import NewTerminal
from fxpaper.clock import SystemClock
from fxpaper.domain.quote import Quote
from fxpaper.profiles import read_profile

ROOT = Path(__file__).parents[2]
TOKEN = "token-of-the-daemon"  # noqa: S105 - of a test
KNOWN = read_profile("standard").instruments
EURUSD = "symbol EURUSD.£ 5 EUR USD 0"
COMPILES = pytest.mark.skipif(
    shutil.which("g++") is None or sys.platform != "linux", reason="no g++ here"
)


@pytest.fixture(scope="session")
def program(tmp_path_factory) -> Path:
    """Compile the Expert Advisor with every warning and both sanitizers."""
    folder: Path = tmp_path_factory.mktemp("ea")
    made = subprocess.run(
        [sys.executable, ROOT / "tests/mql5/translate.py", "mql5/fxpaper.mq5"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    (folder / "ea.cpp").write_text(made.stdout)
    warnings = ["-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations"]
    flags = ["-std=c++17", "-O1", "-g", *warnings, "-I", str(ROOT / "tests/mql5")]
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    done = subprocess.run(
        ["g++", *flags, *sanitizers, "-o", folder / "ea", "ea.cpp"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "ea"


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
        return found


class Chart:
    """An Expert Advisor on a chart, with its broker."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.shown: list[str] = []
        self._reading = asyncio.create_task(self._read())

    async def say(self, *lines: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        await self._process.stdin.drain()

    async def shows(self, text: str) -> None:
        async with asyncio.timeout(8):
            while not any(text in line for line in self.shown):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def leave(self, expect: int) -> None:
        with suppress(ConnectionError):
            await self.say("quit")
        async with asyncio.timeout(8):
            code = await self._process.wait()
        assert self._process.stderr is not None
        assert (code, await self._process.stderr.read()) == (expect, b"")
        self._reading.cancel()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.shown.append(line.decode().strip())


def pasted(keys: NewTerminal) -> dict[str, str]:
    return {
        "InpServerKey": keys.server,
        "InpPublicKey": keys.public,
        "InpSecretKey": keys.secret,
    }


@pytest.fixture
def attach(program, port):
    """Put the Expert Advisor on a chart for the length of a block."""

    @asynccontextmanager
    async def attach(expect: int = 0, **inputs: str):
        process = await asyncio.create_subprocess_exec(
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"InpPort": str(port), "InpToken": TOKEN, **inputs},
        )
        chart = Chart(process)
        try:
            yield chart
            await chart.leave(expect)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    return attach


@pytest.fixture
def serve(port, tmp_path):
    """Run the daemon's endpoint for the length of a block."""

    @asynccontextmanager
    async def serve(feed: TickFeed, *, plain: bool = False):
        place = Place(
            address=f"127.0.0.1:{port}",
            token=TOKEN,
            data_dir=tmp_path,
            instruments=KNOWN,
            plain=plain,
        )
        endpoint = Endpoint(place, feed, SystemClock())
        running = asyncio.create_task(endpoint.run())
        try:
            yield endpoint
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    return serve


async def taken(feed: TickFeed, count: int) -> list[Quote]:
    async with asyncio.timeout(8):
        return [await feed.take() for _ in range(count)]


async def served(feed: TickFeed, symbol: str = "EURUSD") -> None:
    async with asyncio.timeout(8):
        while not feed.has(symbol):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    feed.want(frozenset({symbol}))


async def first_quote(feed: TickFeed, chart: Chart) -> Quote:
    """Return the first quote: the broker's clock is known only once quotes come."""
    await served(feed)
    async with asyncio.timeout(8):
        while True:
            await chart.say("tick EURUSD.£ 0 1.08241 1.08251")
            with suppress(TimeoutError):
                async with asyncio.timeout(1.2):
                    return await feed.take()
