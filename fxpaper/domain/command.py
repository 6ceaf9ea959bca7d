"""What an account's broker can be asked to do."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from fxpaper.domain.account import TradingState
from fxpaper.domain.alert import PriceSide
from fxpaper.domain.exits import NO_EXITS, Exits, Trail
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.order import DealReason, OrderKind, Side, TimeInForce, TriggerSide


class PlaceOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Trade, now or once a price is reached. The fields are those of an order."""

    account: str
    symbol: str
    side: Side
    lots: Decimal
    stop_loss: Points | None = None
    take_profit: Points | None = None
    signal_id: str | None = None
    model: str | None = None
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


class Contingency(StrEnum):
    """How the orders of a group depend on each other."""

    OCO = "oco"
    """One's fill cancels the others."""
    OTO = "oto"
    """The first one's fill releases the others."""
    OTOCO = "otoco"
    """The first one's fill releases the others, of which one's fill cancels the rest."""


class PlaceGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Place orders that depend on each other, all or none.

    Args:
        contingency: how they depend.
        orders: two or more, of one account. Those released by a parent on a hedging account, of
            the other side and the same symbol, may only reduce the position it opens.
    """

    contingency: Contingency
    orders: tuple[PlaceOrder, ...]


class ModifyOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Change a waiting order in place; what is unset stays.

    Args:
        account: whose.
        order_id: which.
        version: of the order that was seen; another one refuses the change.
    """

    account: str
    order_id: str
    version: int | None = None
    lots: Decimal | UnsetType = UNSET
    price: Points | UnsetType = UNSET
    limit: Points | UnsetType = UNSET
    stop_loss: Points | UnsetType | None = UNSET
    take_profit: Points | UnsetType | None = UNSET
    expires_at: Instant | UnsetType | None = UNSET
    exits: Exits | UnsetType = UNSET


class CancelOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Cancel a waiting order; the fields as in :class:`ModifyOrder`."""

    account: str
    order_id: str
    version: int | None = None


class ModifyPosition(msgspec.Struct, frozen=True, kw_only=True):
    """Change what may end a position; what is unset stays.

    Args:
        account: whose.
        position_id: which.
        version: of the position that was seen; another one refuses the change.
    """

    account: str
    position_id: str
    version: int | None = None
    stop_loss: Points | UnsetType | None = UNSET
    take_profit: Points | UnsetType | None = UNSET
    exits: Exits | UnsetType = UNSET


class ClosePosition(msgspec.Struct, frozen=True, kw_only=True):
    """Close a position, or a part of it, at the market.

    Args:
        account: whose.
        position_id: which.
        reason: who asked: a person or a signal.
        signal_id: the signal that asked, or None.
        lots: how much; None for all.
    """

    account: str
    position_id: str
    reason: DealReason
    signal_id: str | None = None
    lots: Decimal | None = None


class CloseBy(msgspec.Struct, frozen=True, kw_only=True):
    """Close two opposite positions of a symbol against each other, without paying the spread.

    Args:
        account: whose, a hedging one.
        position_id: one.
        other_id: the other one; the larger keeps the rest.
    """

    account: str
    position_id: str
    other_id: str


class CloseAll(msgspec.Struct, frozen=True, kw_only=True):
    """Close every position that matches, at the market, all or none.

    Args:
        account: whose.
        symbol: of one symbol, or None for all.
        side: of one side, or None for both.
    """

    account: str
    symbol: str | None = None
    side: Side | None = None


class ReversePosition(msgspec.Struct, frozen=True, kw_only=True):
    """Close a position and open the opposite one of the same volume, both or neither.

    Args:
        account: whose.
        position_id: which.
        stop_loss: of the new position, in points, or None.
        take_profit: of the new position, in points, or None.
    """

    account: str
    position_id: str
    stop_loss: Points | None = None
    take_profit: Points | None = None
    signal_id: str | None = None
    model: str | None = None


class MoveCash(msgspec.Struct, frozen=True, kw_only=True):
    """Pay in or out.

    Args:
        account: whose.
        amount: account currency; negative to take money out.
        comment: why.
    """

    account: str
    amount: Decimal
    comment: str = ""


class ResetAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Begin anew with a balance; nothing that was is lost.

    Args:
        account: which.
        balance: to begin with; None for the initial one.
        comment: why.
    """

    account: str
    balance: Decimal | None = None
    comment: str = ""


class SetTrading(msgspec.Struct, frozen=True, kw_only=True):
    """Halt an account or let it trade again.

    Args:
        account: which.
        state: from now on.
        reason: why.
    """

    account: str
    state: TradingState
    reason: str = ""


class SetPriceAlert(msgspec.Struct, frozen=True, kw_only=True):
    """Tell somebody, once, when a price is reached.

    Args:
        account: whose.
        symbol: canonical symbol.
        side: whether the bid has to rise or to fall to it.
        price: in points.
        note: what to be reminded of.
    """

    account: str
    symbol: str
    side: PriceSide
    price: Points
    note: str = ""


class RemovePriceAlert(msgspec.Struct, frozen=True, kw_only=True):
    """Wait for a price no longer.

    Args:
        account: whose.
        alert_id: which alert.
    """

    account: str
    alert_id: str


Reducing = (
    ModifyOrder
    | CancelOrder
    | ModifyPosition
    | ClosePosition
    | CloseBy
    | CloseAll
    | MoveCash
    | ResetAccount
    | SetTrading
)
"""What needs no approval: it opens nothing."""

Opening = PlaceOrder | PlaceGroup | ReversePosition
"""What needs one."""

Watching = SetPriceAlert | RemovePriceAlert
"""What no broker has to do with."""

Command = Opening | Reducing | Watching
