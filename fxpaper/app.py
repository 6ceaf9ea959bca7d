"""Wiring: the only place that builds objects from settings."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from fxpaper.aggregator.budget import Budget
from fxpaper.aggregator.feed import Extras, PriceFeed
from fxpaper.aggregator.history import HISTORY, History
from fxpaper.aggregator.planner import Urgency
from fxpaper.aggregator.probes import Probes
from fxpaper.aggregator.recorder import RECORDINGS, Recorder
from fxpaper.aggregator.recording import Recording
from fxpaper.aggregator.registry import Setup, plans
from fxpaper.aggregator.source import Source
from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.aggregator.sources.recorded import RecordedSource
from fxpaper.aggregator.sources.simulator import SimulatorSource
from fxpaper.aggregator.store import open_store
from fxpaper.bridge.live_line import LiveLine
from fxpaper.bridge.terminals import House
from fxpaper.clock import Clock, ManualClock, SystemClock
from fxpaper.config import Settings
from fxpaper.configured_sources import sources_of
from fxpaper.domain.account import Mode
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.instrument import BrokerProfile
from fxpaper.domain.limits import NO_LIMITS, Limits
from fxpaper.domain.quote import Quote
from fxpaper.domain.signal import ModelPolicy
from fxpaper.domain.terminal import TerminalCommand
from fxpaper.doors import Doors, open_doors
from fxpaper.engine.engine import Engine
from fxpaper.engine.sessions import forex_is_open
from fxpaper.errors import ConfigurationError
from fxpaper.from_settings import (
    account_of,
    book_of,
    costs_of,
    hooks_of,
    ledger_of,
    limits_of,
    wanted_symbols,
)
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.records import LedgerState
from fxpaper.ledger.shell import LedgerShell
from fxpaper.live_account import terminal_broker
from fxpaper.rooms import ExecutionRoom, MarketRoom
from fxpaper.signal_doors import open_signal_doors
from fxpaper.signals.desk import Desk
from fxpaper.web.page import missing_reason, page_root
from fxpaper.web.page_files import StaticPage
from fxpaper.web.secrets_file import access_token
from fxpaper.web.server import WebServer, WebSettings
from fxpaper.worker import sample_model, signal_file
from fxpaper.worker.execution import ExecutionWorker
from fxpaper.worker.front import AccountFront

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a process is started for.

    Args:
        settings: read once.
        profile: the broker's rules.
        data_dir: where ledger, token and budgets are kept.
        demo: whether the sample model trades.
        simulated: whether prices are made up.
        recording: recorded quotes to play instead of asking sources.
        speed: of the recording; None as fast as possible.
        signals: a file of signals to watch, or None.
        seed: of the simulation.
        account_limits: what the account may lose.
    """

    settings: Settings
    profile: BrokerProfile
    data_dir: Path
    demo: bool = False
    simulated: bool = False
    recording: Recording | None = None
    speed: float | None = 1.0
    signals: Path | None = None
    seed: int = 7
    account_limits: Limits = NO_LIMITS


class Daemon:
    """Every role in one process.

    Args:
        plan: what it is started for.
        say: tells the person at the terminal something.
    """

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._say = say
        self._clock: Clock = SystemClock()
        if plan.recording is not None:
            self._clock = ManualClock(plan.recording.started_at)
        self._quotes: asyncio.Queue[Quote] = asyncio.Queue()
        self._worker: ExecutionWorker | None = None
        self._terminals = TickFeed()
        self._line: LiveLine | None = None

    async def run(self) -> None:
        """Start everything, work until cancelled, stop everything in order.

        Raises:
            ConfigurationError: something cannot be started; nothing is left half done.
            IntegrityError: the ledger cannot be trusted.
        """
        plan = self._plan
        symbols = self._symbols()
        ledger = Ledger(ledger_of(plan.settings, plan.data_dir))
        await asyncio.to_thread(ledger.open)
        shell = LedgerShell(ledger)
        try:
            await self._open_account(shell)
            store = await open_store(plan.settings.redis_url, plan.data_dir)
            try:
                sources = self._sources(Budget(store, plans()))
                self._history = History(
                    plan.data_dir / HISTORY, sources, self._clock, self._is_open
                )
                self._feed = PriceFeed(
                    sources,
                    symbols,
                    self._clock,
                    store,
                    self._is_open,
                    extras=self._extras(),
                )
                await self._serve(shell)
            finally:
                await store.close()
        finally:
            await shell.close()

    async def _serve(self, shell: LedgerShell) -> None:
        plan, settings = self._plan, self._plan.settings
        worker = ExecutionWorker(
            settings.account,
            lambda: self._desk(shell),
            shell,
            self._clock,
            self._on_events,
            self._on_command,
        )
        await worker.open()
        self._worker = worker
        self._line = self._live_line(worker)
        lifetime = settings.signal_lifetime_seconds * NS_PER_SECOND
        front = AccountFront(
            worker, shell, self._clock, plan.profile.instruments, lifetime, self._fetch
        )
        execution = ExecutionRoom(front)
        doors = self._doors()
        signal_doors = [] if plan.demo else open_signal_doors(settings, plan.data_dir, front)
        self._web = WebServer(
            WebSettings(
                account=settings.account,
                data_directory=plan.data_dir,
                demo=plan.demo,
                hosts=frozenset(settings.hosts),
                hooks=hooks_of(settings),
            ),
            execution=execution,
            market=MarketRoom(self._feed, self._history, plan.profile, self._clock, self._is_open),
            ledger=shell,
            page=StaticPage(page_root, missing_reason),
            clock=SystemClock(),
            trouble=lambda: worker.note or self._feed.note(),
            polls=doors.polls,
        )
        await self._web.start(settings.host, settings.port)
        try:
            self._announce()
            # What is loaded by now stays; looking through it again held every order up for 70 ms.
            gc.freeze()
            async with asyncio.TaskGroup() as group:
                group.create_task(worker.run())
                if plan.demo:
                    group.create_task(self._sample(front))
                if plan.signals is not None:
                    group.create_task(signal_file.watch(plan.signals, front))
                for door in signal_doors:
                    group.create_task(door.run())
                group.create_task(self._feed.run(self._on_quote, self._web.hub.on_bar))
                group.create_task(self._watch_network())
                group.create_task(doors.run())
        finally:
            await self._web.stop()

    def _announce(self) -> None:
        (self._plan.data_dir / "port").write_text(str(self._web.port), encoding="utf-8")
        self._say(f"Page (one-time link): {self._web.new_link()}")
        self._say(f"API: {self._web.address}/api/v1   token in {self._plan.data_dir / 'token'}")

    def _symbols(self) -> tuple[str, ...]:
        recording = self._plan.recording
        if recording is not None:
            return tuple(recording.symbols)
        return wanted_symbols(self._plan.settings, self._plan.profile)

    def _is_open(self, at: Instant) -> bool:
        return self._plan.simulated or forex_is_open(at)

    def _sources(self, budget: Budget) -> list[Source]:
        plan, instruments = self._plan, self._plan.profile.instruments
        if plan.recording is not None and isinstance(self._clock, ManualClock):
            return [RecordedSource(plan.recording, self._clock, plan.speed)]
        if plan.simulated:
            return [SimulatorSource(instruments, self._clock, plan.seed)]
        setup = Setup(
            instruments=instruments,
            clock=self._clock,
            budget=budget,
            urgency=self._urgency,
            terminals=self._terminals,
            broker_names=plan.settings.metatrader_symbols,
        )
        return sources_of(plan.settings, setup)

    def _doors(self) -> Doors:
        """Return where terminals come in; a market that is not real has none."""
        plan = self._plan
        if plan.simulated or plan.recording is not None:
            return Doors()
        house = House(
            data_dir=plan.data_dir,
            instruments=plan.profile.instruments,
            chosen=plan.settings.metatrader_symbols,
        )
        return open_doors(
            plan.settings.metatrader_address,
            access_token(plan.data_dir),
            house,
            self._terminals,
            self._clock,
            self._line,
            plain=plan.settings.metatrader_plain,
            mt4=plan.settings.mt4,
        )

    def _live_line(self, worker: ExecutionWorker) -> LiveLine | None:
        """Return the line of a live account; a process without one has none.

        Raises:
            ConfigurationError: its terminal could not be reached, or prices are not real.
        """
        account, plan = worker.committed.account, self._plan
        if account.mode is not Mode.LIVE:
            return None
        if plan.simulated or plan.recording is not None:
            raise ConfigurationError(
                f'Account "{account.id}" is live; it trades on real prices only. Name another one.'
            )
        if plan.settings.metatrader_address is None and not plan.settings.mt4:
            raise ConfigurationError(
                f'Account "{account.id}" is live; its terminal needs metatrader_address, or mt4.'
            )
        instruments = plan.profile.instruments
        return LiveLine(account, instruments, self._clock, lambda: worker.cursor, worker.hear)

    def _extras(self) -> Extras:
        """Return what the feed does besides; only real prices are compared, probed and kept."""
        plan, instruments = self._plan, self._plan.profile.instruments
        recorder = Recorder(plan.data_dir / RECORDINGS, instruments, self._clock)
        kept = recorder if plan.settings.record and plan.recording is None else None
        if plan.simulated or plan.recording is not None:
            return Extras(instruments=instruments, recorder=kept)
        return Extras(
            instruments=instruments,
            witnesses=True,
            triangulate=plan.settings.triangulate,
            recorder=kept,
            probes=Probes(plan.data_dir if plan.settings.probe else None),
            keep_in=plan.data_dir,
        )

    def _urgency(self, symbol: str) -> Urgency:
        return Urgency.WATCHED if self._worker is None else self._worker.urgency(symbol)

    async def _open_account(self, shell: LedgerShell) -> None:
        settings = self._plan.settings
        if await shell.read(lambda ledger: ledger.load(settings.account)) is None:
            engine = Engine(self._plan.profile, limits_of(settings))
            await shell.commit(engine.open_account(account_of(settings, self._clock.now())))

    async def _desk(self, shell: LedgerShell) -> Desk:
        settings, plan = self._plan.settings, self._plan
        limits = limits_of(settings, around_the_clock=plan.simulated)
        engine = Engine(plan.profile, limits, costs_of(settings), plan.account_limits)
        state = await shell.read(lambda ledger: ledger.load(settings.account))
        if not isinstance(state, LedgerState):
            raise ConfigurationError(f'The ledger has no account "{settings.account}".')
        engine.restore(state.account, state.positions, state.orders, state.today)
        live = state.account.mode is Mode.LIVE
        terminal = await terminal_broker(engine, state, shell) if live else None
        desk = Desk(engine, book_of(settings), terminal)
        desk.restore(state.waiting, state.policies)
        return desk

    async def _fetch(self, symbol: str) -> None:
        await self._feed.fresh(symbol)

    def _on_quote(self, quote: Quote) -> None:
        if self._worker is not None:
            self._worker.put(quote)
        self._web.hub.on_quote(quote)
        if self._plan.demo:
            self._quotes.put_nowait(quote)

    def _on_events(self, events: Sequence[Recorded]) -> None:
        self._web.hub.on_events(events)

    def _on_command(self, command: TerminalCommand, again: bool) -> None:  # noqa: FBT001
        if self._line is not None:
            self._line.send(command, again=again)

    async def _sample(self, front: AccountFront) -> None:
        """Let the sample model trade: the demo switches its own model on."""
        account = self._plan.settings.account
        policy = ModelPolicy(account=account, model=sample_model.NAME, auto_execute=True)
        await front.set_policy(policy)
        model = sample_model.SampleModel()
        while True:
            signal = model.on_quote(await self._quotes.get())
            if signal is not None:
                await front.submit(signal, "sample")

    async def _watch_network(self) -> None:
        """Tell the terminal, once, when no source can be reached."""
        await asyncio.sleep(8)
        note = self._feed.note()
        if note is not None:
            self._say(f"{note} The daemon goes on trying. Offline? Try: fxpaper demo")
