"""Quotes from providers that give one price: the typical spread is laid around it."""

from __future__ import annotations

import math

from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Instrument, Points
from fxpaper.domain.quote import Evidence, Quote
from fxpaper.engine.spreads import TYPICAL_SPREADS, widened
from fxpaper.errors import TransientError

_WIDEST = 20
"""A spread of more than so many typical ones is no real pair of bid and ask."""


def read_price(price: object, instrument: Instrument) -> Points:
    """Return a provider's price as points.

    Raises:
        TransientError: it is absent, not a number, not finite, or not positive.
    """
    try:
        number = math.nan if isinstance(price, bool) else float(price)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise TransientError(f"{instrument.symbol}: {price!r} is not a price") from None
    points = instrument.nearest_points(number) if math.isfinite(number) else 0
    if points <= 0:
        raise TransientError(f"{instrument.symbol}: {price!r} is not a price")
    return points


def bid_around(middle: Points, spread: Points) -> Points:
    """Return the bid when ``spread`` is laid around a price; half a point goes to the ask."""
    return middle - spread // 2


def spread_at(instrument: Instrument, at: Instant) -> Points:
    """Return the spread to assume at an instant, in points: wider while few trade."""
    return widened(instrument.typical_spread, TYPICAL_SPREADS, at)


def quote_around(
    middle: Points,
    instrument: Instrument,
    quoted_at: Instant,
    received_at: Instant,
    evidence: Evidence,
) -> Quote:
    """Return a quote with the spread that is typical of the hour around a price, in points."""
    spread = spread_at(instrument, quoted_at)
    bid = bid_around(middle, spread)
    return Quote(instrument.symbol, bid, bid + spread, quoted_at, received_at, evidence)


def pair_of_sides(
    bid: float | None, ask: float | None, instrument: Instrument
) -> tuple[Points, Points] | None:
    """Return bid and ask in points where both are set and make a sane pair, else None."""
    low, high = (
        0 if side is None or not math.isfinite(side) else instrument.nearest_points(side)
        for side in (bid, ask)
    )
    sane = 0 < low < high <= low + _WIDEST * instrument.typical_spread
    return (low, high) if sane else None


def bar_around(
    opened_at: Instant,
    prices: tuple[object, ...],
    instrument: Instrument,
    source: str,
    interval: str = "1m",
) -> Bar:
    """Return a closed bar of bids from a provider's open, high, low and close.

    Raises:
        TransientError: one of them is not a price.
    """
    spread = spread_at(instrument, opened_at)
    opened, high, low, close = (
        bid_around(read_price(price, instrument), spread) for price in prices
    )
    return Bar(
        instrument.symbol,
        interval,
        opened_at,
        opened,
        high,
        low,
        close,
        0,
        closed=True,
        source=source,
    )
