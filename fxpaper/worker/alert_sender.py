"""The alert sender: committed events and what else happens become alerts, and reach their targets.

Nothing waits for it. What happens is handed over in memory; one task turns it into rows of the
outbox, and one task per target sends what is due. Whatever was handed over and not written yet
when the process ends is made again of the event log. A file that cannot be written, or a target
that fails, is tried again; neither ever stops trading.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import msgspec
import structlog

from fxpaper.clock import Clock
from fxpaper.domain.alert import Alert, AlertKind, Tone
from fxpaper.domain.event import Recorded, SignalReceived
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.signal import Signal
from fxpaper.errors import FxpaperError
from fxpaper.ledger.shell import LedgerShell
from fxpaper.worker.alert_outbox import AlertOutbox
from fxpaper.worker.alert_rules import (
    OWN_RULE,
    PAGE,
    AlertRule,
    Bundle,
    Patience,
    Routed,
    retry_wait,
    routed,
)
from fxpaper.worker.alert_targets import Target
from fxpaper.worker.alert_texts import alerts_of, undecided

log = structlog.get_logger(__name__)

T = TypeVar("T")

_PAGE_OF_EVENTS = 500
_MOST_IN_MEMORY = 10_000
_AGAIN_SECONDS = 2.0
_SWEEP_SECONDS = 60.0


class Whose(msgspec.Struct, frozen=True):
    """The account that is told about.

    Args:
        account: its id.
        title: what messages are headed with.
        currency: of the account.
    """

    account: str
    title: str
    currency: str


class AlertSender:
    """Tells people what happens on one account.

    Args:
        whose: the account.
        ledger: has its events.
        outbox: open; this sender closes it.
        rules: by number.
        targets: by name.
        clocks: the machine's, and the market's.
        patience: how long delivery is tried.
    """

    def __init__(  # noqa: PLR0913 - one for each thing beside it
        self,
        whose: Whose,
        *,
        ledger: LedgerShell,
        outbox: AlertOutbox,
        rules: Sequence[AlertRule],
        targets: Mapping[str, Target],
        clocks: tuple[Clock, Clock],
        patience: Patience,
    ) -> None:
        self._whose = whose
        self._ledger = ledger
        self._outbox = outbox
        self._rules = tuple(rules)
        self._targets = dict(targets)
        self._clock, self._market = clocks
        self._patience = patience
        self._seq = 0
        self._events: list[Recorded] = []
        self._alerts: list[Alert] = []
        self._signals: dict[str, Signal] = {}
        self._arrived = asyncio.Event()
        self._pokes = {name: asyncio.Event() for name in targets}
        self._thread = ThreadPoolExecutor(1, "alert-outbox")

    async def open(self, seq: int) -> None:
        """Go on where the last process stopped, or begin after event ``seq``.

        Raises:
            ConfigurationError: the outbox cannot be used.
        """
        await self._ask(self._outbox.open)
        seen = await self._ask(
            partial(self._outbox.seen, self._ledger.epoch, self._whose.account, seq)
        )
        # A ledger that was restored from a backup is behind what was looked at.
        self._seq = min(seen, seq)
        gone = await self._ask(partial(self._outbox.strangers, self._targets))
        for target, count in gone.items():
            log.warning("alerts_without_target", target=target, count=count)
        # What the last process committed and did not come to tell.
        self._arrived.set()

    def on_events(self, events: Iterable[Recorded]) -> None:
        """Take events that are committed, in order."""
        self._events += [one for one in events if one.account == self._whose.account]
        if len(self._events) > _MOST_IN_MEMORY:
            # They are read from the log when their turn comes.
            self._events.clear()
        self._arrived.set()

    def tell(self, alerts: Iterable[Alert]) -> None:
        """Take alerts that no event speaks of."""
        self._alerts += alerts
        if self._alerts:
            self._arrived.set()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._gather())
                group.create_task(self._sweep())
                for name, target in self._targets.items():
                    group.create_task(self._serve(name, target))
        finally:
            self._thread.submit(self._outbox.close)
            self._thread.shutdown()

    async def _gather(self) -> None:
        """Put what has happened into the outbox."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            alerts, self._alerts = self._alerts, []
            try:
                await self._keep_alerts(alerts)
                alerts = []
                await self._keep_events()
            except (sqlite3.Error, FxpaperError) as problem:
                log.warning("alerts_not_kept", problem=str(problem))
                self._alerts = alerts + self._alerts
                self._arrived.set()
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _keep_alerts(self, alerts: Sequence[Alert]) -> None:
        rows = routed(alerts, self._rules)
        if rows:
            await self._ask(partial(self._outbox.put, rows, self._clock.now()))
            self._poke(rows)

    async def _keep_events(self) -> None:
        """Make alerts of the events since the last that was looked at, from memory or the log."""
        events, self._events = self._events, []
        events = [one for one in events if one.seq > self._seq]
        if not events or events[0].seq != self._seq + 1:
            events = await self._missed()
        while events:
            alerts = await self._alerts_of(events)
            rows, last = routed(alerts, self._rules), events[-1].seq
            seen = (self._ledger.epoch, self._whose.account, last)
            await self._ask(partial(self._outbox.put, rows, self._clock.now(), seen))
            self._seq = last
            self._poke(rows)
            events = await self._missed() if len(events) == _PAGE_OF_EVENTS else []

    async def _missed(self) -> list[Recorded]:
        since = self._seq
        return await self._ledger.read(
            lambda ledger: ledger.events_since(self._whose.account, since, _PAGE_OF_EVENTS)
        )

    async def _alerts_of(self, events: Sequence[Recorded]) -> list[Alert]:
        unknown = undecided(events, self._signals)
        if unknown:
            rows = await self._ledger.read(
                lambda one: one.signals_named(self._whose.account, unknown)
            )
            found = {id_: row.signal for id_, row in rows.items()}
            self._signals |= {i: one for i, one in found.items() if isinstance(one, Signal)}
        told = alerts_of(events, self._signals, self._whose.currency)
        self._signals = {
            one.event.signal.id: one.event.signal
            for one in events
            if isinstance(one.event, SignalReceived)
        }
        oldest = self._market.now() - self._patience.life_ns
        return [alert for alert in told if alert.at >= oldest]

    async def _serve(self, name: str, target: Target) -> None:
        """Send one target what is due to it."""
        poke = self._pokes[name]
        while True:
            poke.clear()
            try:
                due = await self._ask(
                    partial(self._outbox.next, name, self._rules, self._clock.now())
                )
                if isinstance(due, Bundle):
                    await self._send(target, due)
                    continue
            except sqlite3.Error as problem:
                log.warning("alerts_not_read", target=name, problem=str(problem))
                due = self._clock.now() + round(_AGAIN_SECONDS * NS_PER_SECOND)
            await self._until(poke, due)

    async def _until(self, poke: asyncio.Event, due: Instant | None) -> None:
        """Wait for something new, or for what is due later."""
        patience = None if due is None else (due - self._clock.now()) / NS_PER_SECOND
        try:
            async with asyncio.timeout(patience):
                await poke.wait()
        except TimeoutError:
            return

    async def _send(self, target: Target, bundle: Bundle) -> None:
        name = bundle.group.target
        problem = await target.tell(bundle, self._whose.title)
        now = self._clock.now()
        if problem is None:
            await self._note_told(bundle, now)
            return
        failures = bundle.group.failures + 1
        wait = retry_wait(failures, self._patience)
        if wait is not None:
            log.warning("alert_not_sent", target=name, attempt=failures, problem=problem)
            await self._ask(partial(self._outbox.failed, bundle, now + wait))
            return
        log.error("alert_given_up", target=name, count=bundle.count, problem=problem)
        await self._ask(partial(self._outbox.give_up, bundle))
        await self._say_given_up(bundle, problem)

    async def _note_told(self, bundle: Bundle, now: Instant) -> None:
        """Take what was sent out of the outbox; what cannot be taken out must not be sent again."""
        while True:
            try:
                await self._ask(partial(self._outbox.told, bundle, now))
            except sqlite3.Error as problem:
                log.warning("alerts_not_noted", target=bundle.group.target, problem=str(problem))
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                return

    async def _say_given_up(self, bundle: Bundle, problem: str) -> None:
        """Say on the page, and to whoever else wants to know, that somebody was not told."""
        name = bundle.group.target
        what = "An alert" if bundle.count == 1 else f"{bundle.count} alerts"
        text = f"{what} to {name} could not be delivered, however often it was tried: {problem}"
        alert = Alert(kind=AlertKind.DELIVERY, at=self._market.now(), text=text, tone=Tone.BAD)
        rules = () if set(bundle.kinds) == {AlertKind.DELIVERY} else self._rules
        asked = [one for one in routed([alert], rules) if one.target not in {name, PAGE}]
        rows = [*asked, *([Routed(alert, PAGE, OWN_RULE)] if name != PAGE else [])]
        await self._ask(partial(self._outbox.put, rows, self._clock.now()))
        self._poke(rows)

    async def _sweep(self) -> None:
        """Drop what nobody needs to hear any more."""
        while True:
            before = self._clock.now() - self._patience.life_ns
            try:
                expired = await self._ask(partial(self._outbox.expire, before))
            except sqlite3.Error as problem:
                log.warning("alerts_not_swept", problem=str(problem))
            else:
                for target, count in expired.items():
                    log.warning("alerts_expired", target=target, count=count)
            await asyncio.sleep(_SWEEP_SECONDS)

    def _poke(self, rows: Iterable[Routed]) -> None:
        for name in {one.target for one in rows}:
            if name in self._pokes:
                self._pokes[name].set()

    async def _ask(self, question: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, question)
