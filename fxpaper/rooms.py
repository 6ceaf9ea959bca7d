"""The account and the prices, as the web room sees them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable
from decimal import Decimal

import structlog

from fxpaper.aggregator.feed import PriceFeed
from fxpaper.aggregator.history import History
from fxpaper.aggregator.source import SourceState
from fxpaper.clock import Clock
from fxpaper.domain.bar import Bar
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import BrokerProfile, Instrument
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import Refused
from fxpaper.domain.signal import ModelPolicy, SignalRecord
from fxpaper.errors import TransientError
from fxpaper.signals.desk import Wish
from fxpaper.signals.headroom import Headroom
from fxpaper.web.ports import AccountView, HookDefaults, SignalAnswer, SignalElsewhere
from fxpaper.worker.fanout import Fanout
from fxpaper.worker.front import AccountFront
from fxpaper.worker.inbox import Taken

log = structlog.get_logger(__name__)

_MOST_WAITING = 1000
_AGAIN_SECONDS = 1.0


class ExecutionRoom:
    """Shows an account's front to the web room.

    Args:
        front: of the account.
        fanout: where signals go that come in here.
    """

    def __init__(self, front: AccountFront, fanout: Fanout) -> None:
        self._front = front
        self._fanout = fanout
        self._waiting = 0

    async def submit(self, body: bytes, door: str) -> SignalAnswer:
        """Journal and decide a signal."""
        return _answer(await self._fanout.submit(body, door))

    async def submit_any(
        self, body: bytes, door: str, place: str, defaults: HookDefaults
    ) -> SignalAnswer:
        """Journal and decide a signal in any dialect, without waiting for a quote."""
        given = {"model": defaults.model, "confidence": defaults.confidence}
        said = {key: value for key, value in given.items() if value is not None}
        if self._waiting >= _MOST_WAITING:
            raise TransientError(f"{self._waiting} signals of webhooks wait for the ledger.")
        self._waiting += 1
        try:
            taken = await self._taken(body, door, place, said)
        finally:
            self._waiting -= 1
        return _answer(taken)

    async def _taken(self, body: bytes, door: str, place: str, given: dict[str, str]) -> Taken:
        """Hand a signal in until it is journalled: its sender may have been answered already."""
        place = place or secrets.token_hex(8)
        while True:
            try:
                taken = await self._fanout.submit(body, door, place, patience=0, given=given)
            except TransientError as problem:
                log.warning("signal_not_taken", door=door, problem=str(problem))
            else:
                if not taken.missing:
                    return taken
            await asyncio.sleep(_AGAIN_SECONDS)

    async def carry_out(self, wish: Wish, symbol: str | None) -> tuple[Recorded, ...] | Refused:
        """Do what a person wants."""
        return await self._front.carry_out(wish, symbol)

    async def decide_waiting(
        self, signal_id: str, *, execute: bool
    ) -> SignalRecord | Refused | None:
        """Execute a waiting signal, or dismiss it."""
        return await self._front.decide_waiting(signal_id, execute=execute)

    async def set_policy(self, policy: ModelPolicy) -> ModelPolicy:
        """Change what a model may do."""
        return await self._front.set_policy(policy)

    def waits_for(self, signal_id: str) -> Refused | None:
        """Return what a waiting signal waits for."""
        return self._front.worker.waits_for(signal_id)

    def view(self) -> AccountView:
        """Return the account as committed, valued now."""
        kept = self._front.worker.committed
        return AccountView(kept.account, kept.valuation(), kept.positions, kept.close_prices())

    def headroom(self, stops: tuple[Iterable[str], Decimal]) -> Headroom:
        """Return how far the account is from its limits."""
        return self._front.worker.headroom(stops)

    def policies(self) -> list[ModelPolicy]:
        """Return what each known model may do."""
        return self._front.worker.committed.policies


def _answer(taken: Taken) -> SignalAnswer:
    others = tuple(
        SignalElsewhere(one.account, None if one.taken is None else _answer(one.taken))
        for one in taken.others
    )
    return SignalAnswer(taken.record, taken.duplicate, taken.reused, others)


class MarketRoom:
    """Shows the price feed to the web room."""

    def __init__(
        self,
        feed: PriceFeed,
        history: History,
        profile: BrokerProfile,
        clock: Clock,
        open_at: Callable[[Instant], bool],
    ) -> None:
        self._feed = feed
        self._history = history
        self._profile = profile
        self._clock = clock
        self._open_at = open_at

    def quote(self, symbol: str) -> Quote | None:
        """Return the latest quote of a symbol, however old."""
        return self._feed.latest(symbol)

    def bars(self, symbol: str, interval: str, limit: int) -> list[Bar]:
        """Return the newest bars, oldest first."""
        return self._feed.bars.series(symbol, interval, limit)

    async def past_bars(
        self, symbol: str, interval: str, begins: Instant, ends: Instant
    ) -> list[Bar]:
        """Return closed bars of the past, oldest first."""
        instrument = self._profile.instruments[symbol]
        return await self._history.bars(instrument, interval, (begins, ends))

    def refusals(self) -> dict[tuple[str, str], int]:
        """Return how many quotes were kept back, by source and reason."""
        return {(name, reason.value): n for (name, reason), n in self._feed.refusals().items()}

    def symbols(self) -> tuple[str, ...]:
        """Return the watched symbols."""
        return self._feed.symbols

    def instruments(self) -> dict[str, Instrument]:
        """Return every instrument of the broker profile."""
        return self._profile.instruments

    def sources(self) -> list[SourceState]:
        """Return the state of every source."""
        return self._feed.states()

    def is_open(self) -> bool:
        """Tell whether the forex week is open now."""
        return self._open_at(self._clock.now())

    def now(self) -> Instant:
        """Return the market's present."""
        return self._clock.now()
