"""How a position may end, beyond its stop-loss and take-profit."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points


class Trail(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stop that follows the market and never turns back.

    Args:
        distance: from the market, in points; 0 when ``percent`` is given. A distance by average
            true range is worked out when the trail is set and stays.
        percent: distance as a share of the market price in per cent, or None.
        activation: points of profit from which on it follows; for an order, 0.
        step: smallest move of the stop, in points.
    """

    distance: Points
    percent: Decimal | None = None
    activation: Points = 0
    step: Points = 1


class BreakEven(msgspec.Struct, frozen=True, omit_defaults=True):
    """The stop-loss moves to the entry once there is a profit.

    Args:
        after: points of profit that move it; None: the first rung of the ladder does.
        offset: points beyond the entry where it is put, in the position's favour.
    """

    after: Points | None
    offset: Points = 0


class Rung(msgspec.Struct, frozen=True):
    """A take-profit for a part of the position.

    Args:
        price: in points.
        fraction: of the first lots that it closes, between 0 and 1; the lot step rounds down.
    """

    price: Points
    fraction: Decimal


class Exits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What may end a position besides its stop-loss and take-profit.

    Args:
        ladder: take-profits for parts, in the order the price meets them.
        trail: how its stop-loss follows, or None.
        break_even: when its stop-loss moves to the entry, or None.
        close_at: when it is closed whatever its profit, nanoseconds UTC, or None.
    """

    ladder: tuple[Rung, ...] = ()
    trail: Trail | None = None
    break_even: BreakEven | None = None
    close_at: Instant | None = None


NO_EXITS = Exits()
"""The one value that stands for none, so that it is left out of what is written."""
