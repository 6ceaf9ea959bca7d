"""Quotes from providers that give one price: the typical spread is laid around it."""

from __future__ import annotations

import math

from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Instrument, Points
from fxpaper.domain.quote import Evidence, Quote
from fxpaper.errors import TransientError


def read_price(price: object, instrument: Instrument) -> Points:
    """Return a provider's price as points.

    Raises:
        TransientError: it is absent, not a number, not finite, or not positive.
    """
    try:
        number = float(price)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TransientError(f"{instrument.symbol}: {price!r} is not a price") from None
    points = instrument.nearest_points(number) if math.isfinite(number) else 0
    if points <= 0:
        raise TransientError(f"{instrument.symbol}: {price!r} is not a price")
    return points


def bid_around(middle: Points, spread: Points) -> Points:
    """Return the bid when ``spread`` is laid around a price; half a point goes to the ask."""
    return middle - spread // 2


def quote_around(
    middle: Points,
    instrument: Instrument,
    quoted_at: Instant,
    received_at: Instant,
    evidence: Evidence,
) -> Quote:
    """Return a quote with the instrument's typical spread around a price, in points."""
    bid = bid_around(middle, instrument.typical_spread)
    ask = bid + instrument.typical_spread
    return Quote(instrument.symbol, bid, ask, quoted_at, received_at, evidence)


def bar_around(
    opened_at: Instant, prices: tuple[object, ...], instrument: Instrument, source: str
) -> Bar:
    """Return a closed minute of bids from a provider's open, high, low and close.

    Raises:
        TransientError: one of them is not a price.
    """
    opened, high, low, close = (
        bid_around(read_price(price, instrument), instrument.typical_spread) for price in prices
    )
    return Bar(
        instrument.symbol, "1m", opened_at, opened, high, low, close, 0, closed=True, source=source
    )
