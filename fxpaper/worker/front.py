"""The account's front: parses what comes in, fetches a quote if one is needed, asks the worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from fxpaper.clock import Clock
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import (
    ModelPolicy,
    Signal,
    SignalRecord,
    SignalStatus,
    UnreadableSignal,
)
from fxpaper.errors import FxpaperError, TransientError
from fxpaper.ledger.shell import LedgerShell
from fxpaper.signals.desk import DecideSignal, Wish
from fxpaper.signals.intake.any_dialect import read_any
from fxpaper.signals.intake.lines import at_place
from fxpaper.signals.intake.native import Arrival, read_signal
from fxpaper.signals.journal import unknown_account
from fxpaper.worker.execution import ExecutionWorker
from fxpaper.worker.inbox import Taken

log = structlog.get_logger(__name__)

_PATIENCE_SECONDS = 5.0
_NEEDS_OTHERS = {
    RefusalCode.AUTO_EXECUTION_OFF,
    RefusalCode.NO_AGREEMENT,
    RefusalCode.ROLLOVER_WINDOW,
    RefusalCode.NEWS_WINDOW,
}
_NEEDS_A_QUOTE = {RefusalCode.NO_QUOTE, RefusalCode.STALE_QUOTE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was handed in.

    Args:
        body: what was received.
        door: how it came in.
        place: see :class:`fxpaper.signals.intake.native.Arrival`.
        given: see :meth:`AccountFront.submit`.
        at: when it came in, nanoseconds UTC.
    """

    body: bytes
    door: str
    place: str
    given: Mapping[str, str] | None
    at: Instant


class AccountFront:
    """Where every door hands in what it has received.

    Args:
        worker: runs the account.
        ledger: for rows that were decided later.
        clock: of the market.
        instruments: by symbol; the ones that can be traded.
        lifetime_ns: how long a signal without an expiry lives.
        fetch: asks polled sources for fresh quotes of a symbol and of what converts it, and
            publishes them; returns at once where streams serve them.
    """

    def __init__(
        self,
        worker: ExecutionWorker,
        ledger: LedgerShell,
        clock: Clock,
        instruments: Mapping[str, Instrument],
        lifetime_ns: int,
        fetch: Callable[[str], Awaitable[None]],
    ) -> None:
        self.worker = worker
        self._ledger = ledger
        self._clock = clock
        self._instruments = instruments
        self._lifetime_ns = lifetime_ns
        self._fetch = fetch

    async def submit(
        self,
        body: bytes,
        door: str,
        place: str = "",
        patience: float = _PATIENCE_SECONDS,
        given: Mapping[str, str] | None = None,
        at: Instant | None = None,
    ) -> Taken:
        """Journal and decide a signal; answers after the commit.

        A signal that needs a fresher quote makes a polled source fetch one. Its sender is kept
        waiting a few seconds for the decision; after that the record is still waiting.

        Args:
            body: what was received.
            door: how it came in.
            place: see :class:`fxpaper.signals.intake.native.Arrival`.
            patience: how long the sender is kept waiting, in seconds.
            given: for a body in any dialect, what it means where it does not say it; None for our
                own dialect.
            at: when it came in, where that was before now, nanoseconds UTC.
        """
        return await self.take(self.sent(body, door, place, given, at), patience)

    def sent(
        self,
        body: bytes,
        door: str,
        place: str,
        given: Mapping[str, str] | None,
        at: Instant | None,
    ) -> Sent:
        """Return what is handed in, as it comes in now; for the arguments see :meth:`submit`."""
        now = self._clock.now()
        return Sent(body=body, door=door, place=place, given=given, at=min(at or now, now))

    def read(self, sent: Sent) -> Signal | UnreadableSignal:
        """Return the signal in what was handed in; it is for this account unless it names one."""
        arrival = Arrival(
            account=self.worker.account,
            instruments=self._instruments,
            door=sent.door,
            received_at=sent.at,
            lifetime_ns=self._lifetime_ns,
            place=sent.place,
        )
        if sent.given is not None:
            return read_any(sent.body, arrival, sent.given)
        return read_signal(sent.body, arrival)

    async def take(self, sent: Sent, patience: float, known: tuple[str, ...] = ()) -> Taken:
        """Journal and decide what was handed in, for this account alone.

        Args:
            sent: what.
            patience: how long the sender is kept waiting, in seconds.
            known: names of the daemon's accounts, where there are others.
        """
        account = self.worker.account
        signal = self.read(sent)
        if isinstance(signal, Signal) and signal.account != account:
            signal = unknown_account(signal, account, known)
        if sent.place and sent.given is None and isinstance(signal, UnreadableSignal):
            signal = at_place(signal, sent.place)
        taken = await self.worker.ask_signal(signal)
        if not isinstance(signal, Signal):
            return taken
        await self.fetch_for_ensemble(taken.record)
        waits = taken.record.status is SignalStatus.WAITING
        if not waits or self.waits_for_others(signal.id):
            return taken
        await self.try_to_fetch(signal.symbol)
        return await self.settled(taken, patience)

    async def settled(self, taken: Taken, patience: float) -> Taken:
        """Return how a signal was taken once it is decided, or after ``patience`` seconds."""
        signal_id = taken.record.signal.id
        await self.worker.decided(signal_id, patience)
        return replace(taken, record=await self._row(signal_id, taken.record))

    async def earlier(self, signal_id: str) -> SignalRecord | None:
        """Return the row of a signal in this account's journal.

        Raises:
            TransientError: the ledger cannot be read.
        """
        account = self.worker.account
        try:
            named = await self._ledger.read(lambda one: one.signals_named(account, (signal_id,)))
        except FxpaperError as problem:
            raise TransientError(str(problem)) from None
        return named.get(signal_id)

    async def carry_out(self, wish: Wish, symbol: str | None) -> tuple[Recorded, ...] | Refused:
        """Do what a person wants; answers with what it caused, after the commit.

        Args:
            wish: what.
            symbol: a fresh quote of it is fetched where one is needed.
        """
        answer = await self.worker.ask(wish)
        if symbol is None or not isinstance(answer, Refused) or answer.code not in _NEEDS_A_QUOTE:
            return answer
        await self.try_to_fetch(symbol)
        return await self.worker.ask(wish)

    async def decide_waiting(
        self, signal_id: str, *, execute: bool
    ) -> SignalRecord | Refused | None:
        """Execute a waiting signal, or dismiss it; a decided one stays as it is.

        Returns its row, why it cannot be done, or None where there is no such signal.
        """
        account = self.worker.account
        answer = await self.worker.ask(DecideSignal(account, signal_id, execute))
        if isinstance(answer, Refused) and answer.code is not RefusalCode.UNKNOWN_SIGNAL:
            return answer
        row = await self._ledger.read(lambda ledger: ledger.signal(account, signal_id))
        waits = row is not None and row.status is SignalStatus.WAITING
        if row is None or not waits or isinstance(answer, Refused):
            return row
        if isinstance(row.signal, Signal):
            await self.try_to_fetch(row.signal.symbol)
        await self.worker.decided(signal_id, _PATIENCE_SECONDS)
        return await self._row(signal_id, row)

    async def set_policy(self, policy: ModelPolicy) -> ModelPolicy:
        """Change what a model may do; answers after the commit."""
        return await self.worker.ask_policy(policy)

    def waits_for_others(self, signal_id: str) -> bool:
        """Tell whether a signal waits for a person, other models or time: no quote would help."""
        waits = self.worker.waits_for(signal_id)
        return waits is not None and waits.code in _NEEDS_OTHERS

    async def fetch_for_ensemble(self, record: SignalRecord) -> None:
        """Fetch a quote for the ensemble's signal that one has just led to, if it waits for one."""
        led_to = None if record.decision is None else record.decision.ensemble_signal_id
        waits = self.worker.waits_for(led_to) if led_to else None
        if waits is not None and waits.code in _NEEDS_A_QUOTE and isinstance(record.signal, Signal):
            await self.try_to_fetch(record.signal.symbol)

    async def try_to_fetch(self, symbol: str) -> None:
        """Ask for a fresh quote of a symbol; without one what waits goes on waiting."""
        try:
            await self._fetch(symbol)
        except TransientError as problem:
            log.warning("no_fresh_quote", symbol=symbol, problem=str(problem))

    async def _row(self, signal_id: str, earlier: SignalRecord) -> SignalRecord:
        account = self.worker.account
        row = await self._ledger.read(lambda ledger: ledger.signal(account, signal_id))
        return earlier if row is None else row
