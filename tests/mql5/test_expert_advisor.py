"""The Expert Advisor itself, translated line by line and compiled, against the real endpoint."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import zmq

from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.endpoint import Endpoint, Place
from fxpaper.bridge.keys import NewTerminal, make_keys
from fxpaper.clock import SystemClock
from fxpaper.domain.quote import Quote
from fxpaper.profiles import read_profile

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "mql5" / "fxpaper.mq5"
TOKEN = "token-of-the-daemon"  # noqa: S105 - of a test
KNOWN = read_profile("standard").instruments
EURUSD = "symbol EURUSD.£ 5 EUR USD 0"

pytestmark = pytest.mark.skipif(
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
    async def serve(feed: TickFeed):
        place = Place(
            address=f"127.0.0.1:{port}", token=TOKEN, data_dir=tmp_path, instruments=KNOWN
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


async def test_prices_come_through_with_their_broker_name_and_time(serve, attach):
    feed = TickFeed()
    async with serve(feed) as endpoint, attach() as chart:
        await chart.say("symbol GBPUSD 5 GBP USD 1", EURUSD)
        await chart.shows("connected to 127.0.0.1")
        quote = await first_quote(feed, chart)
        assert (quote.symbol, quote.bid, quote.ask) == ("EURUSD", 108_241, 108_251)
        assert abs(quote.received_at - quote.quoted_at) < 2_000_000_000
        (session,) = endpoint.sessions()
        assert session.hello.company == 'A "Broker" £'
        assert session.symbols["EURUSD"].symbol == "EURUSD.£"
        assert not feed.has("GBPUSD")


async def test_every_tick_comes_once_though_many_share_a_millisecond(serve, attach):
    feed = TickFeed()
    async with serve(feed) as endpoint, attach() as chart:
        await chart.say(EURUSD)
        await first_quote(feed, chart)
        lines = [f"tick EURUSD.£ 0 1.{10_000 + n} 1.{10_010 + n}" for n in range(1500)]
        await chart.say(*lines)
        found: list[int] = []
        while not found or found[-1] != 111_499:
            found += [quote.bid for quote in await taken(feed, 1)]
        assert [bid for bid in found if bid != 108_241] == list(range(110_000, 111_500))
        (session,) = endpoint.sessions()
        assert (session.missed, dict(session.memory.lost)) == (0, {})


async def test_a_restart_of_the_daemon_loses_no_tick(serve, attach):
    feed = TickFeed()
    async with attach() as chart:
        await chart.say(EURUSD)
        async with serve(feed):
            await first_quote(feed, chart)
        await chart.shows("closed the line")
        again = TickFeed()
        async with serve(again):
            quote = await first_quote(again, chart)
            assert quote.bid == 108_241


async def test_the_chart_says_why_it_does_not_connect(serve, attach, tmp_path):
    async with attach() as chart:
        await chart.shows("no daemon listens at 127.0.0.1")
    async with attach(SHIM_ALLOWED="10.0.0.1") as chart:
        await chart.shows("add 127.0.0.1 to Tools > Options > Expert Advisors > Allow WebRequest")
    async with serve(TickFeed()), attach(InpToken="guess") as chart:
        await chart.shows("refused: The token is not the daemon's")
    keys = make_keys(tmp_path, "laptop", None)
    async with serve(TickFeed()), attach() as chart:
        await chart.shows("encrypted")
    other = {**pasted(keys), "InpServerKey": zmq.curve_keypair()[0].decode()}
    async with serve(TickFeed()), attach(**other) as chart:
        await chart.shows("closed the line at once")


async def test_keys_that_cannot_be_are_said_on_the_chart(attach, tmp_path):
    keys = pasted(make_keys(tmp_path, "laptop", None))
    for wrong, said in (
        ({"InpSecretKey": "short"}, "each key has 40 characters"),
        ({"InpPublicKey": keys["InpServerKey"]}, "does not belong to InpSecretKey"),
    ):
        async with attach(expect=2, **{**keys, **wrong}) as chart:
            await chart.shows(said)


async def test_an_encrypted_line_carries_the_same(serve, attach, tmp_path):
    keys = make_keys(tmp_path, "laptop", "123")
    feed = TickFeed()
    async with serve(feed) as endpoint, attach(InpToken="", **pasted(keys)) as chart:
        await chart.say(EURUSD)
        await first_quote(feed, chart)
        await chart.say(*[f"tick EURUSD.£ 0 1.{10_000 + n} 1.{10_010 + n}" for n in range(300)])
        found: list[int] = []
        while not found or found[-1] != 110_299:
            found += [quote.bid for quote in await taken(feed, 1)]
        assert [bid for bid in found if bid != 108_241] == list(range(110_000, 110_300))
        (session,) = endpoint.sessions()
        assert session.hello.login == "123"


async def test_a_key_that_is_not_on_the_list_is_not_let_in(serve, attach, tmp_path):
    keys = make_keys(tmp_path, "laptop", None)
    public, secret = (one.decode() for one in zmq.curve_keypair())
    stranger = {**pasted(keys), "InpPublicKey": public, "InpSecretKey": secret}
    async with serve(TickFeed()) as endpoint, attach(**stranger) as chart:
        await chart.shows("this key is not on its list")
        assert endpoint.sessions() == []


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" + b" " * 64,
        b"\xff" + b"\x00" * 8 + b"\x7f\x03\x00NULL" + b"\x00" * 48 + b"\x04\x00",
        b"\xff" + b"\x00" * 8 + b"\x7f\x03\x00NULL" + b"\x00" * 48 + b"\x06" + b"\xff" * 8,
        b"\xff" + b"\x00" * 8 + b"\x7f\x03\x00NULL" + b"\x00" * 48 + b"\x04\x02\x09AB",
        bytes(range(256)) * 8,
    ],
)
async def test_whatever_answers_breaks_nothing(attach, port, said):
    """The sanitizers would end it."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    async with attach() as chart:
        await asyncio.sleep(0.6)
        assert chart.shown
    server.close()
    await server.wait_closed()


FORBIDDEN = {
    r"#import": "no DLL",
    r"\bnew\b|\bdelete\b": "no pointers",
    r"->": "no pointers",
    r"\bthis\b": "differs",
    r"#if\b": "MQL5 has ifdef only",
    r"\b(auto|register|asm|explicit|signed|unsigned)\b": "a word of C++ only",
    r"\[\s*\w*\s*\]\s*\[": "one dimension",
    r"\b\d+(U|L|UL|ULL|LL)\b": "no suffixes",
    r"switch\s*\(\s*(kind|name|text)": "no switch on texts",
}


@pytest.mark.parametrize("path", sorted((ROOT / "mql5").rglob("*.mq*")), ids=lambda p: p.name)
def test_the_source_stays_inside_what_both_compilers_take(path):
    text = re.sub(r'"(?:\\.|[^"\\])*"|//.*', '""', path.read_text(encoding="utf-8"))
    found = [why for pattern, why in FORBIDDEN.items() if re.search(pattern, text)]
    assert found == []
