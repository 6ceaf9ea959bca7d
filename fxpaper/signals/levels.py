"""From a level as a model gives it (price, pips, R) to points."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from fxpaper.domain.instrument import Instrument, Points
from fxpaper.domain.order import Side
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Level, PipsLevel, PriceLevel, RLevel, Signal, StopLevel


class Levels(msgspec.Struct, frozen=True):
    """Where a position's levels lie.

    Args:
        stop_loss: in points.
        take_profit: in points, or None.
    """

    stop_loss: Points
    take_profit: Points | None


def resolve(
    signal: Signal,
    side: Side,
    entry: Points,
    instrument: Instrument,
    default_stop_pips: Decimal | None,
) -> Levels | Refused:
    """Return a signal's levels for an entry, rounded to the nearest point.

    Args:
        signal: gives the levels.
        side: of the position.
        entry: what it would pay, in points; pips and R count from here.
        instrument: gives digits and pip.
        default_stop_pips: distance of the stop-loss where the signal has none; None refuses it.
    """
    stop: StopLevel | None = signal.stop_loss
    if stop is None:
        if default_stop_pips is None:
            return Refused(
                code=RefusalCode.STOP_REQUIRED,
                actual="no stop_loss",
                limit="a stop_loss",
                text="The signal has no stop_loss, and without one its risk cannot be sized. Send "
                'one, e.g. "stop_loss": {"pips": 25}, or set default_stop_pips.',
            )
        stop = PipsLevel(default_stop_pips)
    loss = -1 if side is Side.BUY else 1
    stop_points = _points(stop, entry, loss, instrument)
    if signal.take_profit is None:
        return Levels(stop_points, None)
    if isinstance(signal.take_profit, RLevel):
        distance = _round(abs(entry - stop_points) * signal.take_profit.r)
        return Levels(stop_points, entry - loss * distance)
    return Levels(stop_points, _points(signal.take_profit, entry, -loss, instrument))


def describe(level: Level) -> dict[str, str]:
    """Return a level as the API shows it, e.g. ``{"pips": "25"}``."""
    match level:
        case PriceLevel(price):
            return {"price": str(price)}
        case PipsLevel(pips):
            return {"pips": str(pips)}
        case RLevel(r):
            return {"r": str(r)}


def _points(level: StopLevel, entry: Points, sign: int, instrument: Instrument) -> Points:
    if isinstance(level, PriceLevel):
        return _round(level.price.scaleb(instrument.digits))
    return entry + sign * _round(level.pips * instrument.pip)


def _round(points: Decimal) -> Points:
    return int(points.to_integral_value(ROUND_HALF_EVEN))
