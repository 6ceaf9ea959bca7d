"""What a price difference is worth, before and after conversion."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from fxpaper.domain.instrument import Instrument, MarginMode, Points
from fxpaper.domain.order import Side


def gross_profit(
    instrument: Instrument, side: Side, lots: Decimal, opened: Points, closed: Points
) -> Fraction:
    """Return the profit of a position in the instrument's quote currency, exactly.

    Args:
        instrument: gives the contract and the digits.
        side: buy for a long position.
        lots: volume.
        opened: open price, in points.
        closed: close price, in points.
    """
    points = closed - opened if side is Side.BUY else opened - closed
    if instrument.margin_mode is MarginMode.FUTURES:
        ticks = Fraction(points, 10**instrument.digits) / Fraction(instrument.tick_size)
        return ticks * Fraction(instrument.tick_value) * Fraction(lots)
    return points * instrument.point_value * Fraction(lots)
