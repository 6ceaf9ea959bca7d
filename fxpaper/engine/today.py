"""What an account's limits remember of its day; follows from the events since the day began.

Money paid in or taken out moves every amount that a loss is counted from, so that it is neither
gain nor loss. A withdrawal takes profit first: only what goes beyond it lowers the initial balance.
"""

from __future__ import annotations

import copy
from collections import deque
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from fxpaper.domain.account import Account
from fxpaper.domain.event import (
    CashKind,
    CashMoved,
    DayBegan,
    Event,
    LimitReached,
    OrderPlaced,
    PositionClosed,
)
from fxpaper.domain.instant import NS_PER_SECOND, Instant

MINUTE_NS = 60 * NS_PER_SECOND
_PAID = {CashKind.DEPOSIT, CashKind.WITHDRAWAL}


class DayMark(msgspec.Struct, frozen=True, kw_only=True):
    """What the day's losses are counted from, account currency; moved by deposits since.

    Args:
        at: when it was taken, nanoseconds UTC.
        balance: as the day began.
        equity: as the day began.
        peak: the highest equity that a day ended with, this day's first included.
        initial: what the account was opened with, plus deposits, less capital taken out.
    """

    at: Instant
    balance: Decimal
    equity: Decimal
    peak: Decimal
    initial: Decimal


class Today:
    """The day of one account; it begins as if its opening had begun a day.

    Args:
        account: as it was opened, or began anew.
    """

    __slots__ = ("losses", "mark", "orders", "reached", "recent")

    def __init__(self, account: Account) -> None:
        first = account.initial_balance
        self.mark = DayMark(
            at=account.opened_at, balance=first, equity=first, peak=first, initial=first
        )
        self.losses = 0
        """Closed trades that lost, since the last one that did not."""
        self.orders = 0
        """That signals have placed."""
        self.recent: deque[Instant] = deque()
        """When those of the latest minute were placed."""
        self.reached: set[str] = set()
        """Limits whose floor equity has reached."""

    def follow(self, at: Instant, event: Event) -> None:
        """Take in what has happened to the account."""
        match event:
            case DayBegan():
                self._begin(at, event)
            case CashMoved(kind, amount, balance) if kind in _PAID:
                self._move(amount, balance - amount)
            case PositionClosed(_, _, profit, commission, swap):
                self.losses = self.losses + 1 if profit + commission + swap < 0 else 0
            case OrderPlaced(order) if order.signal_id is not None and order.closes is None:
                self.orders += 1
                self.recent.append(at)
                self._forget(at)
            case LimitReached(limit):
                self.reached.add(limit)
            case _:
                pass

    def copy(self) -> Today:
        """Return one that stays as this is now."""
        other = copy.copy(self)
        other.recent, other.reached = self.recent.copy(), self.reached.copy()
        return other

    def orders_within_a_minute(self, now: Instant) -> int:
        """Return how many orders signals have placed in the 60 seconds before ``now``."""
        return sum(placed > now - MINUTE_NS for placed in self.recent)

    def _begin(self, at: Instant, event: DayBegan) -> None:
        self.mark = DayMark(
            at=at,
            balance=event.balance,
            equity=event.equity,
            peak=event.peak,
            initial=event.initial,
        )
        self.losses = self.orders = 0
        self.recent.clear()
        self.reached.clear()

    def _move(self, amount: Decimal, before: Decimal) -> None:
        mark, capital = self.mark, amount
        if amount < 0:
            profit = max(before - mark.initial, Decimal(0))
            capital = min(amount + profit, amount - amount)
        self.mark = replace(
            mark,
            balance=mark.balance + amount,
            equity=mark.equity + amount,
            peak=mark.peak + amount,
            initial=mark.initial + capital,
        )

    def _forget(self, now: Instant) -> None:
        while self.recent[0] <= now - MINUTE_NS:
            self.recent.popleft()
