"""The Expert Advisor of MetaTrader 4, compiled, against the real web server and bridge."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.live_line import LiveLine
from fxpaper.bridge.polling import Polls
from fxpaper.bridge.reconcile import reached
from fxpaper.bridge.session import Session
from fxpaper.bridge.terminals import House, Terminals
from fxpaper.clock import SystemClock
from fxpaper.domain.account import Account, Mode
from fxpaper.domain.event import AccountOpened
from fxpaper.domain.quote import Quote
from fxpaper.domain.terminal import (
    TerminalAnswer,
    TerminalCash,
    TerminalCommand,
    TerminalCursor,
    TerminalDeal,
    TerminalLook,
    TerminalOp,
    TerminalSaid,
    TerminalUp,
)
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.shell import LedgerShell
from fxpaper.profiles import read_profile
from fxpaper.web.page_files import StaticPage
from fxpaper.web.server import WebServer, WebSettings
from tests.ledger import samples
from tests.mql5.translate import translated
from tests.web.world import SmallAccount, SmallMarket

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "mql4" / "fxpaper.mq4"
KNOWN = read_profile("standard").instruments
EURUSD = "symbol EURUSD.£ 5 EUR USD 0"
PATIENCE = 15.0
LIFETIME_NS = 10_000_000_000
LIVE = Account(
    id="live",
    mode=Mode.LIVE,
    currency="USD",
    leverage=100,
    balance=Decimal("10000.00"),
    initial_balance=Decimal("10000.00"),
    opened_at=0,
    terminal="123@Demo 4",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = shutil.which("g++") is None or sys.platform != "linux"
    for item in items:
        if missing and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="no g++ here"))


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the Expert Advisor with every warning and both sanitizers."""
    folder = tmp_path_factory.mktemp("ea4")
    source = ['#include "shim4.hpp"', '#include "broker4.hpp"', translated(SOURCE)]
    (folder / "ea.cpp").write_text("\n".join([*source, '#include "main4.hpp"']))
    warnings = ["-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations"]
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    flags = ["-std=c++17", "-O1", "-g", *warnings, *sanitizers]
    done = subprocess.run(
        ["g++", *flags, "-I", str(ROOT / "tests/mql4"), "-o", "ea", "ea.cpp"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "ea"


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)


class Chart:
    """An Expert Advisor on a chart, with its broker."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.shown: list[str] = []
        self.reading = asyncio.create_task(self._read())

    async def say(self, *lines: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        await self.process.stdin.drain()

    async def shows(self, text: str) -> None:
        try:
            await until(lambda: any(text in line for line in self.shown))
        except TimeoutError:
            raise AssertionError(f"{text!r} is not in {self.shown}") from None

    async def ends(self) -> int:
        """Wait until the program is gone; it must have nothing to complain about."""
        async with asyncio.timeout(PATIENCE):
            code = await self.process.wait()
        await self.reading
        assert self.process.stderr is not None
        assert await self.process.stderr.read() == b""
        return code

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.shown.append(line.decode().strip())


@dataclass
class Bridge:
    """The daemon's side: the web server, the bridge, and the line of a live account."""

    server: WebServer
    terminals: Terminals
    polls: Polls
    feed: TickFeed
    heard: list[TerminalSaid] = field(default_factory=list)
    booked: list[TerminalDeal | TerminalCash] = field(default_factory=list)
    cursor: TerminalCursor | None = None
    line: LiveLine | None = None
    ears: list[Callable[[TerminalSaid], None]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def session(self) -> Session:
        (found,) = self.terminals.sessions()
        return found

    @property
    def look(self) -> TerminalLook:
        return [one for one in self.heard if isinstance(one, TerminalLook)][-1]

    def hear(self, said: TerminalSaid) -> None:
        """Take deals over as the account does: each number once."""
        self.heard.append(said)
        for ear in self.ears:
            ear(said)
        if not isinstance(said, TerminalLook):
            return
        if self.cursor is not None:
            at, cursor = dict(said.seen), self.cursor
            told: tuple[TerminalDeal | TerminalCash, ...] = (*said.deals, *said.cash)
            fresh = [one for one in told if not cursor.has(one.ticket, at[one.ticket])]
            self.booked += sorted(fresh, key=lambda one: one.ticket)
        self.cursor = reached(self.cursor, said)

    def answers(self, id_: str) -> list[TerminalAnswer]:
        return [
            one for one in self.heard if isinstance(one, TerminalAnswer) and one.command_id == id_
        ]

    def ups(self) -> int:
        return sum(isinstance(one, TerminalUp) for one in self.heard)

    def is_bound(self) -> bool:
        """Tell whether the account is with the one terminal that is there."""
        assert self.line is not None
        return self.terminals.sessions() == [self.line._session]

    async def ready(self, chart: Chart) -> None:
        """Wait until the terminal quotes EURUSD and the account has been looked at."""
        await chart.say(EURUSD, "tick EURUSD.£ 1.10000 1.10010")
        await until(self.is_bound)
        await until(lambda: self.feed.has("EURUSD") and self.cursor is not None)
        self.feed.want(frozenset({"EURUSD"}))
        await chart.shows("1 symbols wanted")

    def command(self, id_: str, op: TerminalOp, **given: Any) -> TerminalCommand:
        now = SystemClock().now()
        lots = given.pop("lots", Decimal("0.10"))
        deadline = given.pop("deadline", now + LIFETIME_NS)
        return TerminalCommand(
            id=id_,
            account="live",
            op=op,
            symbol="EURUSD",
            written_at=now,
            deadline=deadline,
            lots=lots,
            **given,
        )

    async def ask(
        self, id_: str, op: TerminalOp, *, again: bool = False, **given: Any
    ) -> TerminalAnswer:
        """Send a command and wait for its next answer."""
        assert self.line is not None
        before = len(self.answers(id_))
        self.line.send(self.command(id_, op, **given), again=again)
        await until(lambda: len(self.answers(id_)) > before)
        return self.answers(id_)[-1]

    async def looks(self, condition: Callable[[TerminalLook], bool]) -> TerminalLook:
        await until(lambda: condition(self.look))
        return self.look

    async def quote(self) -> Quote:
        async with asyncio.timeout(PATIENCE):
            return await self.feed.take()


@pytest.fixture
async def side(tmp_path):
    """Run the daemon's side for the length of a test."""
    clock, feed = SystemClock(), TickFeed()
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.open()
    shell = LedgerShell(ledger)
    account = SmallAccount(shell, SmallMarket())
    await account.record(AccountOpened(samples.account()))
    found: list[Bridge] = []

    def heard(said: TerminalSaid) -> None:
        found[0].hear(said)

    line = LiveLine(LIVE, KNOWN, clock, lambda: found[0].cursor, heard)
    terminals = Terminals(House(data_dir=tmp_path, instruments=KNOWN), feed, clock, line)
    (tmp_path / "token").write_text("fxp_" + "a" * 40)
    polls = Polls(terminals, "fxp_" + "a" * 40, clock)
    server = WebServer(
        WebSettings(account="paper", data_directory=tmp_path),
        execution=account,
        market=SmallMarket(),
        ledger=shell,
        page=StaticPage(lambda: None, lambda: ""),
        clock=clock,
        polls=polls,
    )
    assert server.token == "fxp_" + "a" * 40
    await server.start("127.0.0.1", 0)
    running = asyncio.create_task(terminals.run())
    found.append(Bridge(server, terminals, polls, feed, line=line))
    yield found[0]
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await server.stop()
    await shell.close()


@pytest.fixture
def attach(program, side, tmp_path):
    """Put the Expert Advisor on a chart for the length of a block."""
    journal = tmp_path / "files" / "fxpaper-123-Demo_4.journal"
    journal.parent.mkdir()
    journal.write_bytes(b"O|7200|.\r\n")

    @asynccontextmanager
    async def attach(*, expect: int = 0, port: int | None = None, **inputs: str):
        environment = {
            "InpUrl": f"http://127.0.0.1:{port or side.port}",
            "InpToken": side.server.token,
            "InpAllowTrading": "true",
            "InpTimerMs": "20",
            "SHIM_FILES": str(tmp_path / "files"),
            "SHIM_BROKER": str(tmp_path / "broker"),
        }
        process = await asyncio.create_subprocess_exec(
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment | inputs,
        )
        chart = Chart(process)
        try:
            yield chart
            with suppress(ConnectionError):
                await chart.say("quit")
            assert await chart.ends() == expect
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    return attach


@pytest.fixture
def broker(tmp_path) -> Callable[[], list[list[str]]]:
    """Read what the broker has: the words of each ticket, open and past."""
    return lambda: [line.split() for line in (tmp_path / "broker").read_text().splitlines()[1:]]


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
        return found
