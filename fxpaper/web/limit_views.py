"""From an account's headroom to the object of the API."""

from __future__ import annotations

from decimal import Decimal

from fxpaper.signals.headroom import Headroom
from fxpaper.web import limit_objects


def headroom(found: Headroom, currency: str, stop_pips: Decimal) -> limit_objects.Headroom:
    """Show how far an account is from its limits."""
    limits = found.limits
    return limit_objects.Headroom(
        limits=limits.name,
        on_breach=limits.on_breach.value,
        currency=currency,
        equity=found.equity,
        complete=found.complete,
        day=found.day,
        day_ends_at=found.day_ends_at,
        floors=[
            limit_objects.LimitRoom(
                limit=one.limit,
                floor=one.amount,
                allowed=one.allowed,
                left=found.equity - one.amount,
                left_at_stops=found.at_stops - one.amount,
                formula=one.formula,
                reached=one.limit in found.reached,
            )
            for one in found.floors
        ],
        stop_pips=stop_pips,
        symbols=[
            limit_objects.SymbolRoom(symbol=symbol, lots=lots)
            for symbol, lots in found.lots.items()
        ],
        losses_in_a_row=found.losses,
        losses_limit=limits.losses_in_a_row,
        orders_minute=found.orders_minute,
        orders_minute_limit=limits.orders_per_minute,
        orders_day=found.orders_day,
        orders_day_limit=limits.orders_per_day,
    )
