"""What an account's broker can be asked to do."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fxpaper.domain.deal import DealReason
from fxpaper.domain.instrument import Points
from fxpaper.domain.order import Side


class PlaceOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Open a position at the market.

    Args:
        account: whose.
        symbol: canonical symbol.
        side: buy or sell.
        lots: volume.
        stop_loss: level in points, or None.
        take_profit: level in points, or None.
        signal_id: the signal that led to it, or None.
        model: the author of that signal, or None.
    """

    account: str
    symbol: str
    side: Side
    lots: Decimal
    stop_loss: Points | None = None
    take_profit: Points | None = None
    signal_id: str | None = None
    model: str | None = None


class ClosePosition(msgspec.Struct, frozen=True, kw_only=True):
    """Close a position at the market.

    Args:
        account: whose.
        position_id: which.
        reason: who asked: a person or a signal.
        signal_id: the signal that asked, or None.
    """

    account: str
    position_id: str
    reason: DealReason
    signal_id: str | None = None
