"""Open exposure. On a hedging account every order that fills opens its own position."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.order import Side


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """One open position.

    Args:
        id: unique within the account.
        account: whose.
        symbol: canonical symbol.
        digits: decimals of its prices.
        side: buy is long, sell is short.
        lots: volume.
        open_price: in points.
        opened_at: nanoseconds UTC.
        stop_loss: level in points, or None.
        take_profit: level in points, or None.
        commission: charged at its opening, account currency, never positive.
        margin: held for it since it was opened, account currency.
        order_id: the order that opened it.
        signal_id: the signal that led to it, or None.
        model: the model whose signal it was, or None.
        conversion: account currency per unit of quote currency when it was opened; converts its
            profit should no conversion quote be known when it closes (just after a restart).
        risk: money lost if it closed exactly at its first stop-loss, costs included, account
            currency; what one R is. None without a stop-loss.
    """

    id: str
    account: str
    symbol: str
    digits: int
    side: Side
    lots: Decimal
    open_price: Points
    opened_at: Instant
    stop_loss: Points | None
    take_profit: Points | None
    commission: Decimal
    margin: Decimal
    order_id: str
    signal_id: str | None
    model: str | None
    conversion: Decimal
    risk: Decimal | None
