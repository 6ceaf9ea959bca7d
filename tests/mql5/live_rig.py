"""A live account with ledger, worker and endpoint behind it; only the web room is left out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.broker_profile import BrokerSpecs
from fxpaper.bridge.endpoint import Endpoint, Place
from fxpaper.bridge.live_line import LiveLine
from fxpaper.clock import SystemClock
from fxpaper.domain.command import CancelOrder, Command, PlaceOrder
from fxpaper.domain.event import Recorded, TerminalAnswered, kind_of
from fxpaper.domain.order import Order, Side
from fxpaper.domain.position import Position
from fxpaper.domain.refusal import Refused
from fxpaper.domain.terminal import TerminalCommand
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.errors import TransientError
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.records import LedgerState
from fxpaper.ledger.shell import LedgerShell
from fxpaper.live_account import open_live, terminal_broker
from fxpaper.profiles import read_profile
from fxpaper.signals.desk import Desk
from fxpaper.signals.rules import RuleBook, SignalRules
from fxpaper.worker.execution import ExecutionWorker

PROFILE = read_profile("standard")
NAME = "real"
TERMINAL = "123@Demo"
LIMITS = FillLimits(around_the_clock=True)


class Rig:
    """What a test looks at and asks."""

    def __init__(self, worker: ExecutionWorker, endpoint: Endpoint, ledger: LedgerShell) -> None:
        self.worker = worker
        self.endpoint = endpoint
        self.ledger = ledger
        self.events: list[Recorded] = []
        self.bars = endpoint.terminals.bars
        self.sent: list[TerminalCommand] = []

    async def ask(self, command: Command) -> tuple[Recorded, ...]:
        answer = await self.worker.ask(command)
        assert not isinstance(answer, Refused), answer
        return answer

    async def refused(self, command: Command) -> Refused:
        answer = await self.worker.ask(command)
        assert isinstance(answer, Refused)
        return answer

    async def buy(self, lots: str = "0.10", side: Side = Side.BUY, **given: Any) -> Order:
        command = PlaceOrder(
            account=NAME,
            symbol="EURUSD",
            side=side,
            lots=Decimal(lots),
            **given,
        )
        await self.ask(command)
        return next(reversed(self.orders()))

    def orders(self) -> list[Order]:
        return list(self.worker._desk.engine.state.accounts[NAME].orders.values())

    def positions(self, account: str = NAME) -> list[Position]:
        return list(self.worker._desk.engine.state.accounts[account].positions.values())

    def kinds(self) -> list[str]:
        return [kind_of(one.event) for one in self.events if one.account == NAME]

    def answers(self) -> list[str]:
        events = (one.event for one in self.events)
        return [one.answer.state.value for one in events if isinstance(one, TerminalAnswered)]

    async def until(self, what: Callable[[], object], seconds: float = 10) -> None:
        """Wait until something is so, and committed."""
        async with asyncio.timeout(seconds):
            while not what():  # noqa: ASYNC110 - looks from outside
                await asyncio.sleep(0.02)
        await self.worker.ask(CancelOrder(account=NAME, order_id="none"))

    def quoted(self) -> bool:
        return "EURUSD" in self.worker._desk.engine.board.quotes

    def waits_for_an_answer(self) -> bool:
        terminal = self.worker._desk.terminal
        return terminal is not None and bool(terminal.outstanding())

    async def ready(self) -> None:
        await self.until(lambda: self.worker.note is None)


def found(margin_mode: int = 2) -> BrokerSpecs:
    return BrokerSpecs(
        TERMINAL,
        "A Broker",
        {},
        currency="USD",
        leverage=100,
        margin_mode=margin_mode,
        balance=Decimal(10000),
    )


@asynccontextmanager
async def live(port: int, folder: Path, token: str, *, netting: bool = False) -> AsyncIterator[Rig]:
    """Run a daemon with a live account for the length of a block; ``folder`` keeps its ledger."""
    ledger, clock, feed = Ledger(folder / "ledger.db"), SystemClock(), TickFeed()
    ledger.open()
    if ledger.load(NAME) is None:
        open_live(ledger, NAME, found(0 if netting else 2), clock.now())
    shell = LedgerShell(ledger)

    def _told(events: Sequence[Recorded]) -> None:
        rig.events.extend(events)

    def send(command: TerminalCommand, again: bool) -> None:  # noqa: FBT001
        rig.sent.append(command)
        line.send(command, again=again)

    worker = ExecutionWorker(NAME, lambda: _desk(shell), shell, clock, _told, send)
    await worker.open()
    line = LiveLine(
        worker.committed.account,
        PROFILE.instruments,
        clock,
        lambda: worker.cursor,
        worker.hear,
    )
    place = Place(
        address=f"127.0.0.1:{port}", token=token, data_dir=folder, instruments=PROFILE.instruments
    )
    rig = Rig(worker, Endpoint(place, feed, clock, line), shell)
    feed.want(frozenset({"EURUSD"}))
    work = (worker.run(), rig.endpoint.run(), _pump(feed, worker))
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield rig
        assert not any(task.done() for task in tasks), tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await shell.close()


async def _desk(shell: LedgerShell) -> Desk:
    engine = Engine(PROFILE, LIMITS)
    state = await shell.read(lambda one: one.load(NAME))
    assert isinstance(state, LedgerState)
    engine.restore(state.account, state.positions, state.orders)
    desk = Desk(engine, RuleBook(SignalRules()), await terminal_broker(engine, state, shell))
    desk.restore(state.waiting, state.policies)
    return desk


async def _pump(feed: TickFeed, worker: ExecutionWorker) -> None:
    while True:
        try:
            worker.put(await feed.take())
        except TransientError:
            await asyncio.sleep(0.05)
