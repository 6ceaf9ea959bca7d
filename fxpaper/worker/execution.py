"""The execution worker: one account's one order of things.

Quotes, signals, a person's commands and the time come in through one queue. Everything that has
gathered is applied to the desk, what it caused is committed in one transaction (so commits group
by themselves under load), and only then is anybody told. While a commit runs the queue fills and
nothing is decided, so no decision ever rests on something that is not durable. A commit that
fails undoes the batch: the desk is loaded again from the ledger and nobody is answered but with
the failure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal

import structlog

from fxpaper.aggregator.planner import Urgency
from fxpaper.clock import Clock
from fxpaper.domain.event import Recorded, SignalDecided, TerminalCommanded
from fxpaper.domain.instant import Instant
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import ModelPolicy, Signal, SignalRecord, UnreadableSignal
from fxpaper.domain.terminal import (
    TerminalCommand,
    TerminalCursor,
    TerminalDown,
    TerminalSaid,
    TerminalUp,
)
from fxpaper.errors import FxpaperError, TransientError
from fxpaper.ledger.shell import LedgerShell
from fxpaper.signals.desk import Desk, Wish
from fxpaper.signals.headroom import Headroom
from fxpaper.signals.journal import reused, reused_id
from fxpaper.signals.news import Calendar
from fxpaper.worker.committed import Committed
from fxpaper.worker.inbox import CarryOut, ChangePolicy, Heard, Outbox, Request, Taken, TakeSignal
from fxpaper.worker.urgency import urgency_of

log = structlog.get_logger(__name__)

_BATCH = 500
_WAKE_SECONDS = 0.25
_NEEDS_A_QUOTE = {RefusalCode.NO_QUOTE, RefusalCode.STALE_QUOTE, RefusalCode.GRADE_TOO_LOW}


def to_nobody(command: TerminalCommand, again: bool) -> None:  # noqa: FBT001
    """Stand for the terminal that paper accounts do not have."""
    del command, again


class ExecutionWorker:
    """Runs one account.

    Args:
        account: its id.
        build: makes a desk as the ledger knows it, with its account opened.
        ledger: where events become durable.
        clock: of the market.
        publish: is told committed events, in order.
        send: hands a live account's terminal a command, and whether it may have had it before.
    """

    def __init__(
        self,
        account: str,
        build: Callable[[], Awaitable[Desk]],
        ledger: LedgerShell,
        clock: Clock,
        publish: Callable[[Sequence[Recorded]], None],
        send: Callable[[TerminalCommand, bool], None] = to_nobody,
    ) -> None:
        self.account = account
        self.trouble: str | None = None
        """Why the account stands still, in one sentence; None while all is well."""
        self._build = build
        self._ledger = ledger
        self._clock = clock
        self._publish = publish
        self._send = send
        self._up: TerminalUp | None = None
        self._queue: asyncio.Queue[Quote | Request | Heard] = asyncio.Queue()
        self._deciding: dict[str, list[asyncio.Future[None]]] = {}

    async def open(self) -> None:
        """Load the account; what was waiting when the last process stopped goes on waiting."""
        self._take_over(await self._build())

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            batch = await self._gather()
            await self._work(batch)

    def urgency(self, symbol: str) -> Urgency:
        """Return how much a fresh quote of a symbol matters now."""
        return urgency_of(self._desk.engine, symbol)

    def put(self, quote: Quote) -> None:
        """Let a quote take its place in the order of things."""
        self._queue.put_nowait(quote)

    def hear(self, said: TerminalSaid) -> None:
        """Let what a live account's terminal said take its place in the order of things."""
        self._queue.put_nowait(Heard(said))

    def use_calendar(self, calendar: Calendar) -> None:
        """Let the desk mind these news from the next decision on."""
        self._desk.use_calendar(calendar)

    @property
    def note(self) -> str | None:
        """What is wrong, in one sentence; None while all is well."""
        terminal = self._desk.terminal
        return self.trouble or (None if terminal is None else terminal.trouble())

    @property
    def cursor(self) -> TerminalCursor | None:
        """How far a live account's deals have been taken over, as committed."""
        return self._cursor

    async def ask_signal(self, signal: Signal | UnreadableSignal) -> Taken:
        """Take a signal; answers after the commit, decided or waiting."""
        return await self.put_signal(signal)

    def put_signal(self, signal: Signal | UnreadableSignal) -> asyncio.Future[Taken]:
        """Let a signal take its place in the order of things; the future is its answer."""
        answer: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(TakeSignal(signal, answer))
        return answer

    async def ask(self, wish: Wish) -> tuple[Recorded, ...] | Refused:
        """Do what a person wants; answers with what it caused, after the commit."""
        answer: asyncio.Future[tuple[Recorded, ...] | Refused]
        answer = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(CarryOut(wish, answer))
        return await answer

    async def ask_policy(self, policy: ModelPolicy) -> ModelPolicy:
        """Change what a model may do; answers after the commit."""
        answer: asyncio.Future[ModelPolicy] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(ChangePolicy(policy, answer))
        return await answer

    def waits_for(self, signal_id: str) -> Refused | None:
        """Return what a waiting signal waits for; None when it is decided."""
        return self._desk.waits_for(self.account, signal_id, self._clock.now())

    def headroom(self, stops: tuple[Iterable[str], Decimal]) -> Headroom:
        """Return how far the account is from its limits; see :mod:`fxpaper.signals.headroom`."""
        return self.committed.headroom(self._clock.now(), stops)

    async def decided(self, signal_id: str, patience: float) -> None:
        """Wait until a waiting signal is decided, but no longer than ``patience`` seconds."""
        if signal_id not in self.committed.waiting:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._deciding.setdefault(signal_id, []).append(done)
        try:
            async with asyncio.timeout(patience):
                await done
        except TimeoutError:
            return

    async def _gather(self) -> list[Quote | Request | Heard]:
        """Return everything that has come in; an empty list when only the time has moved."""
        batch: list[Quote | Request | Heard] = []
        try:
            async with asyncio.timeout(_WAKE_SECONDS):
                batch.append(await self._queue.get())
        except TimeoutError:
            return batch
        while len(batch) < _BATCH and not self._queue.empty():
            batch.append(self._queue.get_nowait())
        return batch

    async def _work(self, batch: list[Quote | Request | Heard]) -> None:
        outbox = Outbox()
        requests = [item for item in batch if not isinstance(item, Quote | Heard)]
        self._note_line(batch)
        try:
            known = await self._known(requests)
            events = self._apply(batch, known, outbox)
            if events:
                await self._ledger.commit(events)
        except FxpaperError as problem:
            await self._undo(requests, problem)
            return
        self.trouble = None
        if events:
            self._take_over(self._desk)
            self._publish(events)
            self._tell_decided(events)
            self._send_commands(events)
        outbox.release()
        if any(isinstance(item, Heard) and isinstance(item.said, TerminalUp) for item in batch):
            self._send_again()

    def _apply(
        self,
        batch: Iterable[Quote | Request | Heard],
        known: dict[str, SignalRecord],
        outbox: Outbox,
    ) -> list[Recorded]:
        events: list[Recorded] = []
        for item in batch:
            # What was due before a request acts before it, as it does in a replay.
            now = self._clock.now()
            match item:
                case Quote():
                    events += self._desk.on_quote(item)
                case Heard(said):
                    events += self._hear(said)
                case TakeSignal(signal, waiting):
                    events += self._desk.on_time(now)
                    caused, taken = self._take(signal, known, now)
                    events += caused
                    outbox.put(waiting, taken)
                case CarryOut(wish, done):
                    events += self._desk.on_time(now)
                    answer = self._desk.carry_out(wish, now)
                    outbox.put(done, self._own(answer))
                    events += [] if isinstance(answer, Refused) else answer
                case ChangePolicy(policy, changed):
                    events += self._desk.on_time(now)
                    events += self._desk.set_policy(policy, now)
                    outbox.put(changed, policy)
        return events + self._desk.on_time(self._clock.now())

    def _own(self, answer: list[Recorded] | Refused) -> tuple[Recorded, ...] | Refused:
        """Return what concerns the account itself; its shadow's events are nobody's answer."""
        if isinstance(answer, Refused):
            return answer
        return tuple(one for one in answer if one.account == self.account)

    def _hear(self, said: TerminalSaid) -> list[Recorded]:
        return self._desk.hear(said, self._clock.now())

    def _note_line(self, batch: Iterable[Quote | Request | Heard]) -> None:
        """Note whether the terminal is there, whatever becomes of the batch."""
        for item in batch:
            if isinstance(item, Heard) and isinstance(item.said, TerminalUp | TerminalDown):
                self._up = item.said if isinstance(item.said, TerminalUp) else None

    def _send_commands(self, events: Iterable[Recorded]) -> None:
        """Hand the terminal what has just become durable."""
        fresh = {one.event.command.id for one in events if isinstance(one.event, TerminalCommanded)}
        if fresh and self._desk.terminal is not None:
            for command in self._desk.terminal.outstanding():
                if command.id in fresh:
                    self._send(command, False)  # noqa: FBT003 - whether again

    def _send_again(self) -> None:
        """Hand a terminal that is back what it has not answered; it knows what it has done."""
        if self._desk.terminal is not None:
            for command in self._desk.terminal.outstanding():
                self._send(command, True)  # noqa: FBT003 - whether again

    async def _known(self, requests: Iterable[Request]) -> dict[str, SignalRecord]:
        """Return the journal rows of the ids that have just come in."""
        signals = [request.signal for request in requests if isinstance(request, TakeSignal)]
        ids = {signal.id for signal in signals}
        ids |= {reused_id(signal) for signal in signals if isinstance(signal, Signal)}
        if not ids:
            return {}
        return await self._ledger.read(lambda ledger: ledger.signals_named(self.account, ids))

    def _take(
        self, signal: Signal | UnreadableSignal, known: dict[str, SignalRecord], now: Instant
    ) -> tuple[list[Recorded], Taken]:
        earlier = known.get(signal.id)
        if earlier is None:
            return self._take_new(signal, known, now)
        if not isinstance(signal, Signal) or not isinstance(earlier.signal, Signal):
            return [], Taken(earlier, duplicate=True)
        refused = reused(signal, earlier.signal)
        if refused is None:
            return [], Taken(earlier, duplicate=True)
        taken = Taken(earlier, reused=refused.refusal)
        if refused.id in known:
            return [], taken
        known[refused.id] = SignalRecord(signal=refused, decision=None)
        return self._desk.unreadable(refused, now), taken

    def _take_new(
        self, signal: Signal | UnreadableSignal, known: dict[str, SignalRecord], now: Instant
    ) -> tuple[list[Recorded], Taken]:
        if isinstance(signal, UnreadableSignal):
            events = self._desk.unreadable(signal, now)
        else:
            events = self._desk.receive(signal, now)
        decisions = {
            one.event.signal_id: one.event.decision
            for one in events
            if isinstance(one.event, SignalDecided)
        }
        record = SignalRecord(signal=signal, decision=decisions.get(signal.id))
        known[signal.id] = record
        return events, Taken(record)

    async def _undo(self, requests: Iterable[Request], problem: FxpaperError) -> None:
        """Forget a batch that could not be committed and load the account as the ledger has it."""
        self.trouble = f"Nothing is executed at the moment: {problem}"
        log.error("commit_failed", account=self.account, problem=str(problem))
        for request in requests:
            if not request.answer.done():
                request.answer.set_exception(TransientError(str(problem)))
        quotes = self._desk.engine.board.quotes
        while True:
            try:
                desk = await self._build()
            except FxpaperError as still:
                log.warning("reload_failed", account=self.account, problem=str(still))
                await asyncio.sleep(1)
            else:
                break
        desk.engine.board.quotes.update(quotes)
        self._take_over(desk)
        if self._up is not None:
            desk.hear(self._up, self._clock.now())
            self._send_again()

    def _take_over(self, desk: Desk) -> None:
        """Show a desk as it was just committed or loaded."""
        self._desk = desk
        self.committed = Committed(desk, self.account)
        self._cursor = None if desk.terminal is None else desk.terminal.cursor

    def _tell_decided(self, events: Iterable[Recorded]) -> None:
        for recorded in events:
            if isinstance(recorded.event, SignalDecided):
                for waiting in self._deciding.pop(recorded.event.signal_id, ()):
                    if not waiting.done():
                        waiting.set_result(None)
