"""The account's front: parses what comes in, fetches a quote if one is needed, asks the worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog

from fxpaper.clock import Clock
from fxpaper.domain.command import Command
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
from fxpaper.errors import TransientError
from fxpaper.ledger.shell import LedgerShell
from fxpaper.signals.desk import PlaceAmount
from fxpaper.signals.intake.any_dialect import read_any
from fxpaper.signals.intake.lines import at_place
from fxpaper.signals.intake.native import Arrival, read_signal
from fxpaper.signals.journal import unknown_account
from fxpaper.worker.execution import ExecutionWorker
from fxpaper.worker.inbox import Taken

log = structlog.get_logger(__name__)

_PATIENCE_SECONDS = 5.0
_NEEDS_A_QUOTE = {RefusalCode.NO_QUOTE, RefusalCode.STALE_QUOTE}


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
        account = self.worker.account
        now = self._clock.now()
        arrival = Arrival(
            account=account,
            instruments=self._instruments,
            door=door,
            received_at=min(at or now, now),
            lifetime_ns=self._lifetime_ns,
            place=place,
        )
        signal = read_signal(body, arrival) if given is None else read_any(body, arrival, given)
        if isinstance(signal, Signal) and signal.account != account:
            signal = unknown_account(signal, account)
        if place and given is None and isinstance(signal, UnreadableSignal):
            signal = at_place(signal, place)
        taken = await self.worker.ask_signal(signal)
        if not isinstance(signal, Signal):
            return taken
        await self._fetch_for_ensemble(taken.record)
        if taken.record.status is not SignalStatus.WAITING or self._is_opinion(signal):
            return taken
        await self._try_to_fetch(signal.symbol)
        await self.worker.decided(signal.id, patience)
        return Taken(await self._row(signal.id, taken.record), taken.duplicate, taken.reused)

    async def carry_out(
        self, wish: Command | PlaceAmount, symbol: str | None
    ) -> tuple[Recorded, ...] | Refused:
        """Do what a person wants; answers with what it caused, after the commit.

        Args:
            wish: what.
            symbol: a fresh quote of it is fetched where one is needed.
        """
        answer = await self.worker.ask(wish)
        if symbol is None or not isinstance(answer, Refused) or answer.code not in _NEEDS_A_QUOTE:
            return answer
        await self._try_to_fetch(symbol)
        return await self.worker.ask(wish)

    async def set_policy(self, policy: ModelPolicy) -> ModelPolicy:
        """Change what a model may do; answers after the commit."""
        return await self.worker.ask_policy(policy)

    def _is_opinion(self, signal: Signal) -> bool:
        """Tell whether a waiting signal waits for other models: no quote would help it."""
        waits = self.worker.waits_for(signal.id)
        return waits is not None and waits.code is RefusalCode.NO_AGREEMENT

    async def _fetch_for_ensemble(self, record: SignalRecord) -> None:
        """Fetch a quote for the ensemble's signal that one has just led to, if it waits for one."""
        led_to = None if record.decision is None else record.decision.ensemble_signal_id
        waits = self.worker.waits_for(led_to) if led_to else None
        if waits is not None and waits.code in _NEEDS_A_QUOTE and isinstance(record.signal, Signal):
            await self._try_to_fetch(record.signal.symbol)

    async def _try_to_fetch(self, symbol: str) -> None:
        try:
            await self._fetch(symbol)
        except TransientError as problem:
            log.warning("no_fresh_quote", symbol=symbol, problem=str(problem))

    async def _row(self, signal_id: str, earlier: SignalRecord) -> SignalRecord:
        account = self.worker.account
        row = await self._ledger.read(lambda ledger: ledger.signal(account, signal_id))
        return earlier if row is None else row
