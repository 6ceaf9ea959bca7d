"""What a price difference is worth, before and after conversion."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from fxpaper.domain.instrument import Instrument, MarginMode, Points
from fxpaper.domain.order import Side


def point_worth(instrument: Instrument) -> Fraction:
    """Return what one lot gains or loses per point, in the instrument's quote currency."""
    if instrument.margin_mode is MarginMode.FUTURES:
        ticks = Fraction(1, 10**instrument.digits) / Fraction(instrument.tick_size)
        return ticks * Fraction(instrument.tick_value)
    return instrument.point_value


def gross_profit(
    instrument: Instrument, side: Side, lots: Decimal, value: Decimal, closed: Points
) -> Fraction:
    """Return the profit of a position in the instrument's quote currency, exactly.

    Args:
        instrument: gives the contract and the digits.
        side: buy for a long position.
        lots: volume.
        value: lots times points that it was opened at.
        closed: close price, in points.
    """
    moved = Fraction(lots) * closed - Fraction(value)
    return (moved if side is Side.BUY else -moved) * point_worth(instrument)
