"""Wiring: the only place that builds objects from settings."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator, Sequence

import structlog

from fxpaper.accounts import FurtherAccount, desk_of, further_accounts, open_accounts
from fxpaper.aggregator.budget import Budget
from fxpaper.aggregator.feed import Extras, PriceFeed
from fxpaper.aggregator.history import HISTORY, History
from fxpaper.aggregator.planner import Urgency
from fxpaper.aggregator.probes import Probes
from fxpaper.aggregator.recorder import RECORDINGS, Recorder
from fxpaper.aggregator.registry import Setup, plans
from fxpaper.aggregator.source import Source
from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.aggregator.sources.recorded import RecordedSource
from fxpaper.aggregator.sources.simulator import SimulatorSource
from fxpaper.aggregator.store import open_store
from fxpaper.alerting import Alerting, check_addresses, show_on
from fxpaper.bridge.live_line import LiveLine
from fxpaper.bridge.terminals import House
from fxpaper.clock import Clock, ManualClock, SystemClock
from fxpaper.config import Settings
from fxpaper.configured_sources import sources_of
from fxpaper.daily_ranges import learn
from fxpaper.domain.account import Mode
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.quote import Quote
from fxpaper.domain.signal import ModelPolicy
from fxpaper.domain.sizing import SizingMode
from fxpaper.domain.terminal import TerminalCommand
from fxpaper.doors import Doors, open_doors
from fxpaper.engine.sessions import forex_is_open
from fxpaper.errors import ConfigurationError
from fxpaper.from_settings import book_of, hooks_of, ledger_of, wanted_symbols
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.shell import LedgerShell
from fxpaper.plan import Plan
from fxpaper.rooms import ExecutionRoom, MarketRoom
from fxpaper.signal_doors import open_signal_doors
from fxpaper.signals.desk import Desk
from fxpaper.signals.news import Calendar
from fxpaper.signals.volatility import Volatility
from fxpaper.web.page import missing_reason, page_root
from fxpaper.web.page_files import StaticPage
from fxpaper.web.secrets_file import access_token
from fxpaper.web.server import WebServer, WebSettings
from fxpaper.worker import sample_model, signal_file
from fxpaper.worker.execution import ExecutionWorker, to_nobody
from fxpaper.worker.fanout import Fanout, Member
from fxpaper.worker.front import AccountFront
from fxpaper.worker.news_file import news_file

log = structlog.get_logger(__name__)


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
        self._further: tuple[FurtherAccount, ...] = ()
        self._workers: list[ExecutionWorker] = []
        self._terminals = TickFeed()
        self._line: LiveLine | None = None
        self._volatility = Volatility()
        settings = plan.settings
        self._news = news_file(settings.news_file, settings.news_zone, self._clock)
        self._alerting: list[Alerting] = []

    async def run(self) -> None:
        """Start everything, work until cancelled, stop everything in order.

        Raises:
            ConfigurationError: something cannot be started; nothing is left half done.
            InputError: the calendar of news cannot be read.
            IntegrityError: the ledger cannot be trusted.
        """
        plan = self._plan
        if not plan.demo:
            self._further = further_accounts(plan.settings, plan.profile.instruments)
        symbols = self._symbols()
        check_addresses(plan.settings)
        if self._news is not None:
            self._news.open()
        ledger = Ledger(ledger_of(plan.settings, plan.data_dir))
        await asyncio.to_thread(ledger.open)
        shell = LedgerShell(ledger)
        try:
            wanted = [plan.settings, *(one.settings for one in self._further)]
            await open_accounts(shell, wanted, plan.profile, self._clock.now())
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
        worker = self._new_worker(shell, settings, self._on_command)
        others = [self._new_worker(shell, one.settings) for one in self._further]
        for one in (worker, *others):
            await one.open()
        self._workers = [worker, *others]
        self._alerting = [await self._open_alerting(one, shell) for one in self._workers]
        self._line = self._live_line(worker)
        front, *fronts = [self._front(shell, one) for one in self._workers]
        members = [Member(one, of.taking) for one, of in zip(fronts, self._further, strict=True)]
        fanout = Fanout(front, members)
        alone = {one.worker.account: ExecutionRoom(one, Fanout(one)) for one in (front, *fronts)}
        doors = self._doors()
        signal_doors = [] if plan.demo else open_signal_doors(settings, plan.data_dir, fanout)
        self._web = WebServer(
            WebSettings(
                account=settings.account,
                data_directory=plan.data_dir,
                demo=plan.demo,
                hosts=frozenset(settings.hosts),
                hooks=hooks_of(settings),
            ),
            execution=ExecutionRoom(front, fanout),
            market=MarketRoom(self._feed, self._history, plan.profile, self._clock, self._is_open),
            ledger=shell,
            page=StaticPage(page_root, missing_reason),
            clock=SystemClock(),
            trouble=self._trouble,
            polls=doors.polls,
            accounts=alone,
        )
        await self._web.start(settings.host, settings.port)
        try:
            self._announce()
            # What is loaded by now stays; looking through it again held every order up for 70 ms.
            gc.freeze()
            async with asyncio.TaskGroup() as group:
                for role in (*self._roles(front, fanout), *(door.run() for door in signal_doors)):
                    group.create_task(role)
                group.create_task(doors.run())
        finally:
            await self._web.stop()

    def _roles(
        self, front: AccountFront, fanout: Fanout
    ) -> Iterator[Coroutine[object, object, None]]:
        """Yield what runs for as long as the daemon does."""
        plan = self._plan
        for worker in self._workers:
            yield worker.run()
        if plan.demo:
            yield self._sample(front)
        if plan.signals is not None:
            yield signal_file.watch(plan.signals, fanout)
        yield self._feed.run(self._on_quote, self._web.hub.on_bar)
        yield self._watch_network()
        yield self._learn_ranges()
        for alerting in self._alerting:
            yield alerting.run(self._feed.states, self._is_open)
        if self._news is not None:
            yield self._news.watch(self._use_calendar)

    def _use_calendar(self, calendar: Calendar) -> None:
        for worker in self._workers:
            worker.use_calendar(calendar)

    async def _open_alerting(self, worker: ExecutionWorker, shell: LedgerShell) -> Alerting:
        alerting = Alerting(
            self._plan.settings,
            self._plan.data_dir,
            worker.committed.account,
            ledger=shell,
            market=self._clock,
            show=show_on(lambda: self._web.hub),
        )
        await alerting.open()
        return alerting

    def _announce(self) -> None:
        (self._plan.data_dir / "port").write_text(str(self._web.port), encoding="utf-8")
        self._say(f"Page (one-time link): {self._web.new_link()}")
        self._say(f"API: {self._web.address}/api/v1   token in {self._plan.data_dir / 'token'}")

    def _symbols(self) -> tuple[str, ...]:
        recording = self._plan.recording
        if recording is not None:
            return tuple(recording.symbols)
        currencies = [one.settings.currency for one in self._further]
        return wanted_symbols(self._plan.settings, self._plan.profile, currencies)

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
        hear = self._alerting[0].hearing(worker.hear) if self._alerting else worker.hear
        return LiveLine(account, instruments, self._clock, lambda: worker.cursor, hear)

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
        return max((one.urgency(symbol) for one in self._workers), default=Urgency.WATCHED)

    def _new_worker(
        self,
        shell: LedgerShell,
        settings: Settings,
        send: Callable[[TerminalCommand, bool], None] = to_nobody,
    ) -> ExecutionWorker:
        return ExecutionWorker(
            settings.account,
            lambda: self._desk(shell, settings),
            shell,
            self._clock,
            self._on_events,
            send,
        )

    async def _desk(self, shell: LedgerShell, settings: Settings) -> Desk:
        plan = self._plan
        desk = await desk_of(
            shell,
            settings,
            (plan.profile, plan.account_limits),
            self._volatility,
            around_the_clock=plan.simulated,
            beside=settings is not plan.settings,
        )
        if self._news is not None:
            desk.use_calendar(self._news.calendar)
        return desk

    def _front(self, shell: LedgerShell, worker: ExecutionWorker) -> AccountFront:
        plan = self._plan
        lifetime = plan.settings.signal_lifetime_seconds * NS_PER_SECOND
        instruments = plan.profile.instruments
        return AccountFront(worker, shell, self._clock, instruments, lifetime, self._fetch)

    def _trouble(self) -> str | None:
        """Return what is wrong, of the daemon's own account first."""
        own, *others = self._workers
        of_others = (f"{one.account}: {one.note}" for one in others if one.note is not None)
        of_news = None if self._news is None else self._news.note
        return own.note or next(of_others, None) or self._feed.note() or of_news

    async def _fetch(self, symbol: str) -> None:
        await self._feed.fresh(symbol)

    def _on_quote(self, quote: Quote) -> None:
        for worker in self._workers:
            worker.put(quote)
        self._web.hub.on_quote(quote)
        if self._alerting:
            self._alerting[0].on_quote(quote)
        if self._plan.demo:
            self._quotes.put_nowait(quote)

    def _on_events(self, events: Sequence[Recorded]) -> None:
        self._web.hub.on_events(events)
        for alerting in self._alerting:
            alerting.on_events(events)

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

    async def _learn_ranges(self) -> None:
        """Learn how far prices move in a day, where signals are sized by it."""
        plan = self._plan
        books = [book_of(plan.settings), *(book_of(one.settings) for one in self._further)]
        if any(book.may_use(SizingMode.VOLATILITY) for book in books):
            instruments = [plan.profile.instruments[symbol] for symbol in self._symbols()]
            await learn(self._volatility, instruments, self._history, self._clock)

    async def _watch_network(self) -> None:
        """Tell the terminal, once, when no source can be reached."""
        await asyncio.sleep(8)
        note = self._feed.note()
        if note is not None:
            self._say(f"{note} The daemon goes on trying. Offline? Try: fxpaper demo")
