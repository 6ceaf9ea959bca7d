"""Average true range: how far a price moves in one bar."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from fxpaper.domain.bar import Bar
from fxpaper.domain.instrument import Points
from fxpaper.domain.money import half_even

PERIOD = 14


def true_range(high: Points, low: Points, before: Points) -> Points:
    """Return how far a bar reaches from its lowest to its highest price or the close before it.

    So a gap counts (J. Welles Wilder, New Concepts in Technical Trading Systems, 1978).
    """
    return max(high, before) - min(low, before)


def average_true_range(bars: Sequence[Bar], period: int = PERIOD) -> Points | None:
    """Return the mean of the latest true ranges, in points; None with too few closed bars.

    The plain mean, not Wilder's running one.

    Args:
        bars: oldest first; an open one does not count.
        period: how many ranges.
    """
    closed = [bar for bar in bars if bar.closed][-period - 1 :]
    if len(closed) <= period:
        return None
    ranges = [true_range(bar.high, bar.low, before.close) for before, bar in pairwise(closed)]
    mean = Fraction(sum(ranges), period)
    return half_even(mean.numerator, mean.denominator)
