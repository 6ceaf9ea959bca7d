"""Instructions to trade."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points


class Side(StrEnum):
    """Of orders, deals and positions."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        """The side that closes this one."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderState(StrEnum):
    """Where an order stands."""

    PLACED = "placed"
    FILLED = "filled"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An instruction to open a position at the market.

    Args:
        id: unique within the account.
        account: whose.
        symbol: canonical symbol.
        digits: decimals of its prices.
        side: buy or sell.
        lots: volume.
        stop_loss: level in points, or None.
        take_profit: level in points, or None.
        signal_id: the signal that led to it, or None.
        placed_at: nanoseconds UTC.
        state: where it stands.
        fill_price: in points, once filled.
        filled_at: nanoseconds UTC, once filled.
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
