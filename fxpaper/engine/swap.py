"""Swap: what holding a position over the rollover earns or costs, and for how many nights.

A spot deal is delivered two business days later. The rollover that ends a trading day moves the
delivery of an open position from that day's value date to the next day's, so it counts as many
nights as lie between the two: three on a Wednesday, when delivery moves over the weekend from
Friday to Monday, and one otherwise, seven in a week. Pairs that are delivered after one day count
three on a Thursday. A day on which nothing is delivered moves nights to the rollover that steps
over it, so none is lost or counted twice. A broker may put the weekend's nights on another day
altogether. The modes are MetaTrader 5's (mql5.com, ``ENUM_SYMBOL_SWAP_MODE``).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from fxpaper.domain.instrument import Instrument, Points, SwapMode, Weekday
from fxpaper.domain.order import Side
from fxpaper.engine.calendar import SATURDAY, next_weekday, value_date
from fxpaper.engine.margin import margin_currency
from fxpaper.engine.profit import point_worth

_WEEKDAYS = list(Weekday)


def nights(instrument: Instrument, day: date) -> int:
    """Return how many nights the rollover that ends a trading day counts; 0 at a weekend.

    The weekday of the weekend's nights says how many business days after the deal it is delivered:
    two for Wednesday, one for Thursday, and so on; days without delivery shift them all alike.
    """
    if day.weekday() >= SATURDAY:
        return 0
    after = len(_WEEKDAYS) - 1 - _WEEKDAYS.index(instrument.swap_triple)
    holidays = instrument.value_holidays
    following = value_date(next_weekday(day), after, holidays)
    return (following - value_date(day, after, holidays)).days


def swap(  # noqa: PLR0911
    instrument: Instrument,
    side: Side,
    lots: Decimal,
    value: Decimal,
    price: Points,
    currency: str,
) -> tuple[Fraction, str]:
    """Return what one night earns, or, negative, costs, exactly, and in which currency.

    Args:
        instrument: gives the mode and the rates.
        side: buy for a long position.
        lots: volume.
        value: lots times points that the position was opened at.
        price: what it would close at now, in points.
        currency: of the account.
    """
    rate = Fraction(instrument.swap_long if side is Side.BUY else instrument.swap_short)
    exact_lots, worth = Fraction(lots), point_worth(instrument)
    yearly = rate / 100 / instrument.swap_year
    match instrument.swap_mode:
        case SwapMode.NONE:
            return Fraction(0), instrument.quote
        case SwapMode.POINTS | SwapMode.REOPEN:
            return rate * exact_lots * worth, instrument.quote
        case SwapMode.BASE_MONEY:
            return rate * exact_lots, instrument.base
        case SwapMode.MARGIN_MONEY:
            return rate * exact_lots, margin_currency(instrument)
        case SwapMode.DEPOSIT_MONEY:
            return rate * exact_lots, currency
        case SwapMode.INTEREST_CURRENT:
            return yearly * exact_lots * price * worth, instrument.quote
        case SwapMode.INTEREST_OPEN:
            return yearly * Fraction(value) * worth, instrument.quote
