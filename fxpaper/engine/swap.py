"""Swap: what holding a position over the rollover earns or costs, and for how many nights.

A spot deal is delivered two business days later. The rollover that ends a trading day moves the
delivery of an open position from that day's value date to the next day's, so it counts as many
nights as lie between the two: three on a Wednesday, when delivery moves over the weekend from
Friday to Monday, and one otherwise, seven in a week. Pairs that are delivered after one day count
three on a Thursday. A day on which nothing is delivered moves nights to the rollover that steps
over it. A broker may put the weekend's nights on another day altogether.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from fxpaper.domain.instrument import Instrument, Points, SwapMode, Weekday
from fxpaper.domain.order import Side
from fxpaper.engine.margin import margin_currency
from fxpaper.engine.profit import point_worth

_SATURDAY = 5
_DAYS = list(Weekday)
_SETTLED_AFTER = {Weekday.WEDNESDAY: 2, Weekday.THURSDAY: 1}
"""Business days until delivery that put the weekend on a weekday."""


def nights(instrument: Instrument, day: date) -> int:
    """Return how many nights the rollover that ends a trading day counts; 0 at a weekend."""
    if day.weekday() >= _SATURDAY:
        return 0
    after = _SETTLED_AFTER.get(instrument.swap_triple)
    if after is None:
        return 3 if day.weekday() == _DAYS.index(instrument.swap_triple) else 1
    holidays = instrument.value_holidays
    following = day + timedelta(days=1)
    while following.weekday() >= _SATURDAY:
        following += timedelta(days=1)
    return (_value_date(following, after, holidays) - _value_date(day, after, holidays)).days


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
    volume, worth = Fraction(lots), point_worth(instrument)
    yearly = rate / 100 / instrument.swap_year
    match instrument.swap_mode:
        case SwapMode.NONE:
            return Fraction(0), instrument.quote
        case SwapMode.POINTS | SwapMode.REOPEN:
            return rate * volume * worth, instrument.quote
        case SwapMode.BASE_MONEY:
            return rate * volume, instrument.base
        case SwapMode.MARGIN_MONEY:
            return rate * volume, margin_currency(instrument)
        case SwapMode.DEPOSIT_MONEY:
            return rate * volume, currency
        case SwapMode.INTEREST_CURRENT:
            return yearly * volume * price * worth, instrument.quote
        case SwapMode.INTEREST_OPEN:
            return yearly * Fraction(value) * worth, instrument.quote


def _value_date(day: date, after: int, holidays: tuple[str, ...]) -> date:
    """Return when a deal of a trading day is delivered."""
    while after:
        day += timedelta(days=1)
        if _delivers(day, holidays):
            after -= 1
    return day


def _delivers(day: date, holidays: tuple[str, ...]) -> bool:
    named = day.isoformat() in holidays or f"{day:%m-%d}" in holidays
    return day.weekday() < _SATURDAY and not named
