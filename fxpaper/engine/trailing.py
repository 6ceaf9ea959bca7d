"""Where a trailing stop stands, and which price moves it next. It never turns back.

A stop that protects a long position sells and follows the bid upwards; one that buys follows the
ask downwards. It moves when the market has left it behind by its distance and at least one step
more, and not before the profit has reached its activation.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from fxpaper.domain.exits import Trail
from fxpaper.domain.instrument import Points
from fxpaper.domain.order import Side


def stop_behind(trail: Trail, side: Side, market: Points) -> Points:
    """Return where a stop stands that has just followed the market.

    Args:
        trail: how it follows.
        side: of the deal that the stop makes: sell for a long position.
        market: the bid of a stop that sells, the ask of one that buys, in points.
    """
    if trail.percent is None:
        return market - trail.distance if side is Side.SELL else market + trail.distance
    share = Fraction(trail.percent) / 100
    return floor(market * (1 - share)) if side is Side.SELL else ceil(market * (1 + share))


def moves_at(trail: Trail, side: Side, stop: Points | None, opened: Points | None) -> Points | None:
    """Return the market price, in points, that moves the stop next; None: none can.

    Args:
        trail: how it follows.
        side: of the deal that the stop makes.
        stop: where it stands, or None while it has not begun.
        opened: where profit counts from, or None for an order.
    """
    rises = side is Side.SELL
    prices: list[Points] = []
    if opened is not None and (stop is None or trail.activation):
        prices.append(opened + trail.activation if rises else opened - trail.activation)
    if stop is not None:
        prices.append(_reaches(trail, side, stop + trail.step if rises else stop - trail.step))
    if not prices:
        return None
    return max(prices) if rises else min(prices)


def _reaches(trail: Trail, side: Side, stop: Points) -> Points:
    """Return the first market price whose stop is at or beyond ``stop``."""
    if trail.percent is None:
        return stop + trail.distance if side is Side.SELL else stop - trail.distance
    share = Fraction(trail.percent) / 100
    return ceil(stop / (1 - share)) if side is Side.SELL else floor(stop / (1 + share))


def follows(percent: Decimal) -> bool:
    """Tell whether a distance of so many per cent of the price makes sense."""
    return Decimal(0) < percent < Decimal(100)
