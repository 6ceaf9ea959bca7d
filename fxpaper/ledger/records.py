"""What the ledger answers with."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from fxpaper.domain.account import Account
from fxpaper.domain.alert import PriceAlert, PriceAlertState
from fxpaper.domain.deal import Deal
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.order import Order
from fxpaper.domain.position import Position
from fxpaper.domain.signal import ModelPolicy, Signal, SignalRecord
from fxpaper.domain.terminal import TerminalCommand, TerminalCursor

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Part of a list, newest first.

    Args:
        items: of this part.
        next: the cursor of the part that follows; None at the end.
    """

    items: tuple[T, ...]
    next: str | None


class LedgerState(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it was last committed: all that trading needs to go on.

    Args:
        account: with its balance and the number of its latest event.
        positions: open ones, oldest first.
        orders: waiting ones, oldest first.
        waiting: signals received and not decided yet, oldest first.
        policies: what each known model may do, by name.
        commands: that a live account's terminal has not answered, oldest first.
        cursor: how far a live account's deals have been taken over; None before the first look.
        alerts: prices that are waited for, oldest first.
        today: what its limits count: events since its day began, in order.
    """

    account: Account
    positions: tuple[Position, ...]
    orders: tuple[Order, ...]
    waiting: tuple[Signal, ...]
    policies: tuple[ModelPolicy, ...]
    commands: tuple[TerminalCommand, ...] = ()
    cursor: TerminalCursor | None = None
    today: tuple[Recorded, ...] = ()
    alerts: tuple[PriceAlert, ...] = ()


class AlertRow(msgspec.Struct, frozen=True):
    """A price alert with what became of it.

    Args:
        alert: as it was set.
        state: waiting, reached or removed.
        ended_at: when it was reached or removed, nanoseconds UTC; None while it waits.
    """

    alert: PriceAlert
    state: PriceAlertState
    ended_at: Instant | None


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """A signal and everything it led to.

    Args:
        record: the signal and its decision.
        order: the order it became; None when it became none.
        positions: those it opened or closed, as they are open or as they were; oldest first.
        deals: every fill of those positions, oldest first.
    """

    record: SignalRecord
    order: Order | None
    positions: tuple[Position, ...]
    deals: tuple[Deal, ...]


class Twins(msgspec.Struct, frozen=True, kw_only=True):
    """A live position and the one that its shadow opened by the same order.

    Args:
        live: the live one.
        live_deals: its deals, oldest first.
        paper_deals: those of the shadow's.
        both_closed: whether neither is open any more.
    """

    live: Position
    live_deals: tuple[Deal, ...]
    paper_deals: tuple[Deal, ...]
    both_closed: bool


class ModelCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many signals of a model there were, and what became of them.

    Args:
        model: the author.
        signals: all of them: executed, refused, combined and waiting.
        executed: those that were executed.
        refused: those that were refused, the unreadable ones among them.
        combined: those that went into the signal of an ensemble.
    """

    model: str
    signals: int
    executed: int
    refused: int
    combined: int


class Difference(msgspec.Struct, frozen=True):
    """A row that is not what the event log says.

    Args:
        table: where.
        key: of the row.
        stored: the row as found; None when it is missing.
        rebuilt: the row as the log says; None when there should be none.
    """

    table: str
    key: tuple[str | int | None, ...]
    stored: tuple[str | int | None, ...] | None
    rebuilt: tuple[str | int | None, ...] | None
