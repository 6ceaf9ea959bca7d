"""The objects of docs/reference/api.md as a Python program likes them.

Field by field what :mod:`fxpaper.web.objects` sends; a field that a newer daemon has is ignored.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from fxpaper.client.tables import Told


class Quote(Told, frozen=True, kw_only=True):
    """Bid and ask of one symbol, with their evidence."""

    symbol: str
    bid: Decimal
    ask: Decimal
    digits: int
    spread_points: int
    quoted_at: datetime
    received_at: datetime
    source: str
    transport: str
    spread: str
    grade: str
    simulated: bool

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.symbol} {self.bid} / {self.ask} (grade {self.grade}, {self.source})"


class Bar(Told, frozen=True, kw_only=True):
    """Prices of one interval; they are bids."""

    symbol: str
    interval: str
    opened_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    quotes: int
    closed: bool
    source: str

    def __str__(self) -> str:
        """Return it in one line."""
        prices = f"open {self.open} high {self.high} low {self.low} close {self.close}"
        return f"{self.symbol} {self.interval} {self.opened_at:%Y-%m-%d %H:%M} {prices}"


class Account(Told, frozen=True, kw_only=True):
    """An account, valued at the latest quotes."""

    id: str
    mode: str
    currency: str
    leverage: int
    initial_balance: Decimal
    balance: Decimal
    floating_profit: Decimal
    equity: Decimal
    margin: Decimal
    free_margin: Decimal
    margin_level: Decimal | None
    complete: bool
    opened_at: datetime
    trading: str
    terminal: str | None
    seq: int

    def __str__(self) -> str:
        """Return it in one line."""
        return (
            f"{self.id} ({self.mode}, {self.trading}): balance {self.balance}, equity "
            f"{self.equity}, free margin {self.free_margin} {self.currency}"
        )


class Rung(Told, frozen=True, kw_only=True):
    """A take-profit for a part of a position."""

    price: Decimal
    fraction: Decimal


class Position(Told, frozen=True, kw_only=True):
    """Open exposure."""

    id: str
    account: str
    mode: str
    symbol: str
    side: str
    lots: Decimal
    open_price: Decimal
    opened_at: datetime
    stop_loss: Decimal | None
    take_profit: Decimal | None
    margin: Decimal
    commission: Decimal
    risk: Decimal | None
    order_id: str
    signal_id: str | None
    model: str | None
    current_price: Decimal | None
    profit: Decimal | None
    r: Decimal | None
    swap: Decimal
    trailing: bool
    close_at: datetime | None
    take_profits: tuple[Rung, ...]
    version: int
    digits: int

    def __str__(self) -> str:
        """Return it in one line."""
        now = "" if self.profit is None else f", profit {self.profit}"
        return f"{self.id}: {self.side} {self.lots} {self.symbol} at {self.open_price}{now}"


class Order(Told, frozen=True, kw_only=True):
    """An instruction to trade."""

    id: str
    account: str
    mode: str
    symbol: str
    side: str
    lots: Decimal
    stop_loss: Decimal | None
    take_profit: Decimal | None
    state: str
    fill_price: Decimal | None
    placed_at: datetime
    filled_at: datetime | None
    signal_id: str | None
    kind: str
    price: Decimal | None
    limit: Decimal | None
    bound: Decimal | None
    time_in_force: str
    expires_at: datetime | None
    trigger: str
    closes: str | None
    oco: str | None
    parent: str | None
    version: int
    ended_at: datetime | None
    ended_code: str | None
    ended_text: str | None
    digits: int

    def __str__(self) -> str:
        """Return it in one line."""
        price = self.price if self.fill_price is None else self.fill_price
        at = "the market" if price is None else price
        return f"{self.id}: {self.kind} {self.side} {self.lots} {self.symbol} at {at}, {self.state}"


class Attribution(Told, frozen=True, kw_only=True):
    """Where a result comes from: ``mid`` less every cost is ``net``, to the cent."""

    mid: Decimal
    delay: Decimal
    spread: Decimal
    slippage: Decimal
    commission: Decimal
    swap: Decimal
    conversion: Decimal
    net: Decimal


class Deal(Told, frozen=True, kw_only=True):
    """One fill."""

    id: str
    account: str
    mode: str
    position_id: str
    order_id: str | None
    signal_id: str | None
    symbol: str
    side: str
    entry: str
    lots: Decimal
    price: Decimal
    time: datetime
    reason: str
    commission: Decimal
    swap: Decimal
    profit: Decimal
    gross: Decimal
    gross_currency: str
    conversion: Decimal | None
    balance: Decimal
    digits: int
    quote: Quote
    attribution: Attribution | None
    ambiguous: bool
    alternative: Decimal | None

    def __str__(self) -> str:
        """Return it in one line."""
        result = f", profit {self.profit}" if self.entry != "in" else ""
        return (
            f"{self.id}: {self.entry} {self.side} {self.lots} {self.symbol} at {self.price}"
            f"{result} ({self.reason})"
        )


class Level(Told, frozen=True, kw_only=True):
    """A level of a signal: a price, a distance in pips, or a multiple of the stop's distance."""

    price: Decimal | None = None
    pips: Decimal | None = None
    r: Decimal | None = None


class Check(Told, frozen=True, kw_only=True):
    """One question that was asked before acting, with both of its numbers."""

    name: str
    actual: str
    limit: str
    passed: bool

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{'passed' if self.passed else 'FAILED'} {self.name}: {self.actual} ({self.limit})"


class Contribution(Told, frozen=True, kw_only=True):
    """What one model had to say when an ensemble decided."""

    model: str
    side: str
    confidence: Decimal
    weight: Decimal
    signal_id: str
    agrees: bool

    def __str__(self) -> str:
        """Return it in one line."""
        verdict = "for" if self.agrees else "against"
        return f"{verdict}: {self.model} {self.side} {self.confidence}, weight {self.weight}"


class Signal(Told, frozen=True, kw_only=True):
    """A signal and what became of it: ``status`` is waiting, executed, refused or combined."""

    id: str
    status: str
    given_id: str | None = None
    account: str | None = None
    mode: str | None = None
    model: str | None = None
    symbol: str | None = None
    side: str | None = None
    confidence: Decimal | None = None
    stop_loss: Level | None = None
    take_profit: Level | None = None
    rungs: tuple[Level, ...] = ()
    entry: Decimal | None = None
    time: datetime | None = None
    expires_at: datetime | None = None
    received_at: datetime | None = None
    door: str | None = None
    decided_at: datetime | None = None
    code: str | None = None
    text: str | None = None
    actual: str | None = None
    limit: str | None = None
    checks: tuple[Check, ...] = ()
    sizing: dict[str, str] = msgspec.field(default_factory=dict)
    quote: Quote | None = None
    order_id: str | None = None
    position_ids: tuple[str, ...] = ()
    entry_price: Decimal | None = None
    stop_loss_price: Decimal | None = None
    take_profit_price: Decimal | None = None
    lots: Decimal | None = None
    ensemble_signal_id: str | None = None
    contributions: tuple[Contribution, ...] = ()
    raw: str | None = None

    def __str__(self) -> str:
        """Return what became of it in one line."""
        if self.status == "combined":
            return f"combined: {self.side} {self.symbol} into signal {self.ensemble_signal_id}"
        if self.status == "refused":
            return f"refused ({self.code}): {self.text}"
        if self.status == "executed" and self.order_id is not None:
            price = "the market" if self.entry_price is None else self.entry_price
            stop, profit = self.stop_loss_price or "none", self.take_profit_price or "none"
            return (
                f"executed: {self.side} {self.lots} {self.symbol} at {price}, "
                f"stop-loss {stop}, take-profit {profit}, id {self.id}"
            )
        return f"{self.status}: {self.side} {self.symbol}, id {self.id}"


class Elsewhere(Told, frozen=True, kw_only=True):
    """What came of a signal on another account; ``unavailable`` where it was not recorded."""

    account: str
    status: str
    code: str | None
    text: str | None
    lots: Decimal | None
    duplicate: bool


class Taken(Signal, frozen=True, kw_only=True):
    """A signal that was handed in, whether it had been before, and what others did with it."""

    duplicate: bool = False
    others: tuple[Elsewhere, ...] = ()

    @property
    def executed(self) -> bool:
        """Whether it was executed."""
        return self.status == "executed"

    def __str__(self) -> str:
        """Return what became of it in one line."""
        again = " (sent before; taken once)" if self.duplicate else ""
        return f"{super().__str__()}{again}"


class Chain(Told, frozen=True, kw_only=True):
    """A signal and everything it led to."""

    signal: Signal
    order: Order | None
    positions: tuple[Position, ...]
    deals: tuple[Deal, ...]

    def __str__(self) -> str:
        """Return what became of it, of whose opinions it was made, each check, and its deals."""
        told = (self.signal, *self.signal.contributions, *self.signal.checks, *self.deals)
        return "\n".join(map(str, told))

    def _repr_html_(self) -> str:
        return self.signal._repr_html_()


class Model(Told, frozen=True, kw_only=True):
    """A model with what it may do and what its signals came to."""

    model: str
    auto_execute: bool
    signals: int
    executed: int
    refused: int
    combined: int = 0

    def __str__(self) -> str:
        """Return it in one line."""
        state = "on" if self.auto_execute else "off"
        counts = f"{self.executed} executed, {self.refused} refused"
        counts += f", {self.combined} combined" if self.combined else ""
        return f"{self.model} ({state}): {self.signals} signals, {counts}"


class Done(Told, frozen=True, kw_only=True):
    """What a command has changed: orders and open positions as they are now, and new deals."""

    orders: tuple[Order, ...]
    positions: tuple[Position, ...]
    deals: tuple[Deal, ...]
    account: Account


class Event(Told, frozen=True, kw_only=True):
    """Something that happened to the account; ``data`` depends on the ``type``.

    It is a Signal, Order, Position, Deal or Account where the event is about one, else what the
    table of events in docs/reference/api.md says, as a dictionary.
    """

    seq: int
    type: str
    time: datetime
    mode: str
    data: Signal | Order | Position | Deal | Account | dict[str, Any]

    def __str__(self) -> str:
        """Return it in one line."""
        about = self.data.get("id", "") if isinstance(self.data, dict) else self.data.id
        return f"{self.seq} {self.time:%Y-%m-%d %H:%M:%S} {self.type} {about}".rstrip()
