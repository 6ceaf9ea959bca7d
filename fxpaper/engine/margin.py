"""Margin by MetaTrader 5's calculation modes.

Source: metatrader5.com/en/terminal/help/trading_advanced/margin_forex.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from fxpaper.domain.instrument import Instrument, MarginMode, Points

_IN_BASE = (MarginMode.FOREX, MarginMode.FOREX_NO_LEVERAGE)


def margin_currency(instrument: Instrument) -> str:
    """Return the currency that :func:`margin` is in: the base for forex, else the quote."""
    return instrument.base if instrument.margin_mode in _IN_BASE else instrument.quote


def margin(instrument: Instrument, lots: Decimal, price: Points, leverage: int) -> Fraction:
    """Return the margin of a position, exactly, in :func:`margin_currency`.

    Args:
        instrument: gives the mode, the contract and the broker's rate.
        lots: volume.
        price: open price, in points.
        leverage: of the account; 100 means 1:100.
    """
    units = Fraction(lots) * Fraction(instrument.contract_size) * Fraction(instrument.margin_rate)
    value = units * Fraction(price, 10**instrument.digits)
    match instrument.margin_mode:
        case MarginMode.FOREX:
            return units / leverage
        case MarginMode.FOREX_NO_LEVERAGE:
            return units
        case MarginMode.CFD:
            return value
        case MarginMode.CFD_LEVERAGE:
            return value / leverage
        case MarginMode.CFD_INDEX:
            return value * Fraction(instrument.tick_value) / Fraction(instrument.tick_size)
        case MarginMode.FUTURES:
            rate = Fraction(instrument.margin_rate)
            return Fraction(lots) * Fraction(instrument.initial_margin) * rate
