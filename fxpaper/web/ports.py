"""What the server needs from the rooms beside it; ``app.py`` hands it in."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

import msgspec

from fxpaper.aggregator.source import SourceState
from fxpaper.domain.account import Account, Valuation
from fxpaper.domain.bar import Bar
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Instrument, Points
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import Refused
from fxpaper.domain.signal import ModelPolicy, SignalRecord
from fxpaper.signals.desk import Wish
from fxpaper.signals.headroom import Headroom


class AccountView(msgspec.Struct, frozen=True):
    """An account as committed, valued at the latest quotes.

    Args:
        account: with the number of its latest committed event in ``seq``.
        valuation: at the latest quotes.
        positions: open ones, oldest first.
        close_prices: what each would close at now, in points, by position id; None without a quote.
    """

    account: Account
    valuation: Valuation
    positions: tuple[Position, ...]
    close_prices: dict[str, Points | None]


class SignalAnswer(msgspec.Struct, frozen=True):
    """What came of handing in a signal.

    Args:
        record: its row in the journal: executed, refused, waiting or unreadable.
        duplicate: whether the very same signal had been handed in before.
        reused: the refusal when its id belongs to another signal; ``record`` is then that signal's.
        others: what came of it on other accounts that it went to as well.
    """

    record: SignalRecord
    duplicate: bool = False
    reused: Refused | None = None
    others: tuple[SignalElsewhere, ...] = ()


class SignalElsewhere(msgspec.Struct, frozen=True):
    """What came of a signal on an account beside the one that answers.

    Args:
        account: its id.
        answer: None where it could not be recorded.
    """

    account: str
    answer: SignalAnswer | None


class HookDefaults(msgspec.Struct, frozen=True):
    """What a webhook's signals mean where they do not say it.

    Args:
        model: their author.
        confidence: as text; None refuses those that tell none.
    """

    model: str
    confidence: str | None


class Execution(Protocol):
    """The account's one order of things."""

    async def submit(self, body: bytes, door: str) -> SignalAnswer:
        """Journal and decide a signal; answers after the commit.

        Waits a short while for a fresh quote; after that the answer's record is still waiting.
        """

    async def submit_any(
        self, body: bytes, door: str, place: str, defaults: HookDefaults
    ) -> SignalAnswer:
        """Journal and decide a signal in any dialect, without waiting for a quote.

        Args:
            body: as it came.
            door: how it came in.
            place: tells bodies without an id apart; empty where each is a signal of its own.
            defaults: for what it does not say.
        """

    async def carry_out(self, wish: Wish, symbol: str | None) -> tuple[Recorded, ...] | Refused:
        """Do what a person wants; answers with what it caused, after the commit.

        A fresh quote of ``symbol``, where one is given and needed, is fetched first.
        """

    async def decide_waiting(
        self, signal_id: str, *, execute: bool
    ) -> SignalRecord | Refused | None:
        """Execute a waiting signal, or dismiss it; a decided one stays as it is.

        Returns its row after the commit, why it cannot be done, or None where there is no such
        signal.
        """

    async def set_policy(self, policy: ModelPolicy) -> ModelPolicy:
        """Change what a model may do; answers after the commit."""

    def waits_for(self, signal_id: str) -> Refused | None:
        """Return what a waiting signal waits for; None when it is decided."""

    def view(self) -> AccountView:
        """Return the account as committed, valued now."""

    def headroom(self, stops: tuple[Iterable[str], Decimal]) -> Headroom:
        """Return how far the account is from its limits.

        Args:
            stops: symbols to work out lots for, and the distance of their stop-loss in pips.
        """

    def policies(self) -> list[ModelPolicy]:
        """Return what each known model may do."""


class Market(Protocol):
    """Prices as they are known now."""

    def quote(self, symbol: str) -> Quote | None:
        """Return the latest quote of a symbol, however old."""

    def bars(self, symbol: str, interval: str, limit: int) -> list[Bar]:
        """Return the newest bars, oldest first; the last one may be open."""

    async def past_bars(
        self, symbol: str, interval: str, begins: Instant, ends: Instant
    ) -> list[Bar]:
        """Return closed bars that open in a stretch of the past, oldest first.

        Raises:
            InputError: no source has them.
            TransientError: a source failed, or its plan is spent.
        """

    def symbols(self) -> tuple[str, ...]:
        """Return the watched symbols, in the configured order."""

    def instruments(self) -> dict[str, Instrument]:
        """Return every instrument of the broker profile."""

    def sources(self) -> list[SourceState]:
        """Return the state of every configured source, by priority."""

    def is_open(self) -> bool:
        """Tell whether the forex week is open now."""

    def now(self) -> Instant:
        """Return the market's present, nanoseconds UTC; a recording has its own."""
