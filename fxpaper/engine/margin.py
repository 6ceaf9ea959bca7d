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


def hedged_margin(
    instrument: Instrument,
    lots: tuple[Decimal, Decimal],
    margins: tuple[Decimal, Decimal],
) -> Fraction:
    """Return the margin of everything open in one symbol, exactly, in account currency.

    Volume without its opposite holds what it was margined with. Volume that is covered holds the
    instrument's hedged margin at the average of both sides, or, by the instrument's rule, what
    the larger side alone would hold.

    Args:
        instrument: gives the rule for hedges.
        lots: bought and sold.
        margins: of the bought and of the sold, each as if it stood alone, account currency.
    """
    long, short = lots
    if not (long and short):
        return Fraction(margins[0] + margins[1])
    if instrument.hedged_larger_leg:
        return Fraction(max(margins))
    larger = 0 if long >= short else 1
    covered = Fraction(min(lots))
    alone = Fraction(margins[larger]) * (1 - covered / Fraction(lots[larger]))
    share = Fraction(1)
    if instrument.hedged_margin is not None:
        share = Fraction(instrument.hedged_margin) / Fraction(instrument.contract_size)
    average = Fraction(sum(margins)) / Fraction(sum(lots))
    return alone + covered * share * average


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
