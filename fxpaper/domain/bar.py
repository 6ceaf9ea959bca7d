"""Open, high, low and close of an interval."""

from __future__ import annotations

import msgspec

from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points

INTERVALS: dict[str, int] = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1800,
    "1h": 3600,
    "4h": 14400,
    "1d": 86400,
}
"""Interval names and their length in seconds. ``1d`` starts at 00:00 UTC."""


class Bar(msgspec.Struct, frozen=True):
    """Prices of one interval, from bids, in points.

    Args:
        symbol: canonical symbol.
        interval: one of :data:`INTERVALS`.
        opened_at: start of the interval, nanoseconds UTC.
        open: first bid.
        high: highest bid.
        low: lowest bid.
        close: last bid.
        quotes: how many quotes went into it; 0 when it came from a provider's history.
        closed: whether the interval is over.
        source: where its prices come from; several are joined by ``+``.
        spread: its typical ask minus bid, in points, where the source tells it.
    """

    symbol: str
    interval: str
    opened_at: Instant
    open: Points
    high: Points
    low: Points
    close: Points
    quotes: int
    closed: bool
    source: str
    spread: Points | None = None
