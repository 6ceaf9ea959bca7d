"""Instructions to trade."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from fxpaper.domain.account import Mode
from fxpaper.domain.exits import NO_EXITS, Exits, Trail
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.refusal import Refused


class Side(StrEnum):
    """Of orders, deals and positions."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        """The side that closes this one."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderKind(StrEnum):
    """When an order becomes a deal, and at which price."""

    MARKET = "market"
    """At once, at the market."""
    LIMIT = "limit"
    """At its price or better: a buyer waits below the ask, a seller above the bid."""
    STOP = "stop"
    """At the market once its price is reached: a buyer above the ask, a seller below the bid."""
    STOP_LIMIT = "stop_limit"
    """A stop that becomes a limit at ``limit`` once its price is reached."""
    MARKET_IF_TOUCHED = "market_if_touched"
    """At the market once a limit's price is reached."""
    TRAILING_STOP = "trailing_stop"
    """A stop whose price follows the market at a distance."""


class TimeInForce(StrEnum):
    """How long an order may wait."""

    GTC = "gtc"
    """Until it is cancelled."""
    GTD = "gtd"
    """Until the instant it names."""
    DAY = "day"
    """Until the trading day ends, 17:00 New York."""
    GFD = "gfd"
    """The same, by its other name."""
    IOC = "ioc"
    """Not at all: what cannot be filled at once is cancelled."""
    FOK = "fok"
    """Not at all: filled whole at once, or cancelled."""


class OrderState(StrEnum):
    """Where an order stands."""

    HELD = "held"
    """Waits for the order it depends on."""
    PLACED = "placed"
    """Works: waits for its price, or for a quote to be executed on."""
    TRIGGERED = "triggered"
    """A stop-limit whose stop was reached; its limit waits."""
    FILLED = "filled"
    SENT = "sent"
    """Handed to a live account's terminal, which has not answered yet."""
    UNCERTAIN = "uncertain"
    """Handed to a terminal that cannot tell what became of it; never sent again by itself."""
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def done(self) -> bool:
        """Whether nothing can become of it any more."""
        return self in {OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED}


class TriggerSide(StrEnum):
    """Which price of a quote reaches a level. The fill is on the default side whatever it is."""

    DEFAULT = "default"
    """What a deal would pay: the ask for a buyer, the bid for a seller."""
    BID = "bid"
    ASK = "ask"
    MID = "mid"
    DOUBLE_TOUCH = "double_touch"
    """The default side, on two quotes in a row."""


class DealReason(StrEnum):
    """Why a deal happened; every deal has exactly one."""

    SIGNAL = "signal"
    MANUAL = "manual"
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    ORDER = "order"
    """A pending order was reached."""
    TRAILING_STOP = "trailing_stop"
    BREAK_EVEN = "break_even"
    """The stop-loss was hit after it had moved to the entry."""
    STOP_ON_OPEN = "stop_loss_on_open"
    """The entry filled beyond its own stop-loss."""
    STOP_OUT = "stop_out"
    TIME = "time"
    """The time exit."""
    CLOSE_BY = "close_by"
    """Closed against an opposite position."""
    REVERSE = "reverse"
    FLATTEN = "flatten"
    """The kill switch closed it."""


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An instruction to trade.

    Args:
        id: unique within the account.
        account: whose.
        symbol: canonical symbol.
        digits: decimals of its prices.
        side: buy or sell.
        lots: volume.
        stop_loss: of the position it opens, in points, or None.
        take_profit: of the position it opens, in points, or None.
        signal_id: the signal that led to it, or None.
        placed_at: nanoseconds UTC.
        state: where it stands.
        fill_price: in points, once filled.
        filled_at: nanoseconds UTC, once filled.
        kind: when it becomes a deal.
        price: the level it waits for, in points; None at the market.
        limit: what a triggered stop-limit waits for, in points.
        bound: the worst price it may be filled at, in points, or None.
        time_in_force: how long it may wait.
        expires_at: when it is given up, nanoseconds UTC, or None.
        trigger: which price of a quote reaches its level.
        trail: how a trailing stop follows.
        exits: of the position it opens, beyond stop-loss and take-profit.
        closes: the position that it may only reduce, or None.
        reverses: the position that it closes before it opens the rest of its lots, or None.
        oco: name of the group of which one order's fill cancels the others, or None.
        parent: the order whose fill releases this one, or None.
        model: the author of the signal, or None.
        reason: why the deal it makes happens; None: because of its signal, of a person, or of its
            price.
        due_at: it is executed on the first quote from then on, nanoseconds UTC; None while it
            waits for a price.
        decided_mid: bid plus ask, in points, when it was decided at the market.
        version: grows with every change.
        ended_at: when it was cancelled or expired, nanoseconds UTC.
        ended: why it was cancelled or expired.
        ticket: a live account's terminal's number of it; empty on paper and before it is known.
        twin: the shadow account's order that shows what paper would have done, or None.
        mode: of its account.
    """

    id: str
    account: str
    symbol: str
    digits: int
    side: Side
    lots: Decimal
    stop_loss: Points | None
    take_profit: Points | None
    signal_id: str | None
    placed_at: Instant
    state: OrderState = OrderState.PLACED
    fill_price: Points | None = None
    filled_at: Instant | None = None
    kind: OrderKind = OrderKind.MARKET
    price: Points | None = None
    limit: Points | None = None
    bound: Points | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    expires_at: Instant | None = None
    trigger: TriggerSide = TriggerSide.DEFAULT
    trail: Trail | None = None
    exits: Exits = NO_EXITS
    closes: str | None = None
    reverses: str | None = None
    oco: str | None = None
    parent: str | None = None
    model: str | None = None
    reason: DealReason | None = None
    due_at: Instant | None = None
    decided_mid: Points | None = None
    version: int = 1
    ended_at: Instant | None = None
    ended: Refused | None = None
    ticket: str = ""
    twin: str | None = None
    mode: Mode = Mode.PAPER
