"""From a level as a model gives it (price, pips, R) to points."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal

import msgspec

from fxpaper.domain.exits import Rung
from fxpaper.domain.instrument import Instrument, Points
from fxpaper.domain.order import Side
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Level, PipsLevel, PriceLevel, RLevel, Signal, StopLevel

_FINE = Decimal("1e-10")
"""Parts are rounded up to this, so that a third of 0.30 lots is 0.10."""


class Levels(msgspec.Struct, frozen=True):
    """Where a position's levels lie.

    Args:
        stop_loss: in points.
        take_profit: in points, or None; the farthest of several.
        ladder: of those before it, nearest first; each of them all closes an equal part.
    """

    stop_loss: Points
    take_profit: Points | None
    ladder: tuple[Rung, ...] = ()

    @property
    def take_profits(self) -> tuple[Points, ...]:
        """All of them, nearest first."""
        last = () if self.take_profit is None else (self.take_profit,)
        return (*(rung.price for rung in self.ladder), *last)


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
    distance = abs(entry - stop_points)
    wanted = sorted(
        (
            _take_profit(one, entry, -loss, distance, instrument)
            for one in (*signal.rungs, signal.take_profit)
        ),
        key=lambda points: -loss * points,
    )
    part = (Decimal(1) / len(wanted)).quantize(_FINE, ROUND_UP)
    return Levels(stop_points, wanted[-1], tuple(Rung(one, part) for one in wanted[:-1]))


def describe(level: Level) -> dict[str, str]:
    """Return a level as the API shows it, e.g. ``{"pips": "25"}``."""
    match level:
        case PriceLevel(price):
            return {"price": str(price)}
        case PipsLevel(pips):
            return {"pips": str(pips)}
        case RLevel(r):
            return {"r": str(r)}


def _take_profit(
    level: Level, entry: Points, sign: int, distance: Points, instrument: Instrument
) -> Points:
    if isinstance(level, RLevel):
        return entry + sign * _round(distance * level.r)
    return _points(level, entry, sign, instrument)


def _points(level: StopLevel, entry: Points, sign: int, instrument: Instrument) -> Points:
    if isinstance(level, PriceLevel):
        return _round(level.price.scaleb(instrument.digits))
    return entry + sign * _round(level.pips * instrument.pip)


def _round(points: Decimal) -> Points:
    return int(points.to_integral_value(ROUND_HALF_EVEN))
