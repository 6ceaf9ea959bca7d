"""How far a price moves on an average day: the average true range of the latest trading days.

A day is the market's own, from 17:00 to 17:00 in New York, so the hours of Sunday belong to Monday
and no short day pulls the mean down; a true range counts the gap since the day before (J. Welles
Wilder, New Concepts in Technical Trading Systems, 1978; the plain mean of 14 here). Whole days are
measured, not hours times the square root of 24: prices do not move as a random walk inside a day,
and a root is no exact number. Points are of the bid, as in bars.

What is fed is merged into its day in any order, so bars of the past may come after quotes of the
present. The first day that is known gives only its close, so it may be a part of one; a day that
is not over never counts.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from fxpaper.analytics.average_true_range import PERIOD, true_range
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.quote import Quote
from fxpaper.engine.calendar import SATURDAY
from fxpaper.engine.sessions import day_end, trading_date

_KEPT = PERIOD + 2
"""Finished days that a mean needs, and the one that grows."""


class _Day:
    """The prices of one trading day of a symbol so far."""

    __slots__ = ("close", "closed_at", "high", "low")

    def __init__(self, bar: tuple[Points, Points, Points], at: Instant) -> None:
        self.high, self.low, self.close = bar
        self.closed_at = at

    def add(self, bar: tuple[Points, Points, Points], at: Instant) -> None:
        """Take in highest, lowest and last price of a part of it that ended ``at``."""
        high, low, close = bar
        self.high, self.low = max(self.high, high), min(self.low, low)
        if at >= self.closed_at:
            self.close, self.closed_at = close, at


class Volatility:
    """Average daily ranges of every symbol."""

    def __init__(self) -> None:
        self._days: dict[str, dict[Instant, _Day]] = {}
        self._growing: dict[str, tuple[Instant, Instant, _Day]] = {}

    def on_bar(self, bar: Bar) -> None:
        """Take a closed bar, of an hour or less; a longer one counts to the day it opens in."""
        ends = bar.opened_at + INTERVALS[bar.interval] * NS_PER_SECOND
        self._add(bar.symbol, bar.opened_at, (bar.high, bar.low, bar.close), ends - 1)

    def on_quote(self, quote: Quote) -> None:
        """Take the next quote of a symbol."""
        bid, at = quote.bid, quote.quoted_at
        growing = self._growing.get(quote.symbol)
        if growing is not None and growing[0] <= at < growing[1]:
            growing[2].add((bid, bid, bid), at)
        else:
            self._add(quote.symbol, at, (bid, bid, bid), at)

    def daily_range(self, symbol: str, now: Instant) -> Fraction | None:
        """Return the mean true range of the latest days that are over, in points, exactly.

        None while fewer days are known than it takes.
        """
        days = self._days.get(symbol, {})
        over = [days[ends] for ends in sorted(days) if ends <= now][-PERIOD - 1 :]
        if len(over) <= PERIOD:
            return None
        ranges = [true_range(day.high, day.low, before.close) for before, day in pairwise(over)]
        return Fraction(sum(ranges), PERIOD)

    def _add(
        self, symbol: str, at: Instant, bar: tuple[Points, Points, Points], until: Instant
    ) -> None:
        """Merge prices into the day that ``at`` lies in; the weekend has none."""
        if trading_date(at).weekday() >= SATURDAY:
            return
        ends, days = day_end(at), self._days.setdefault(symbol, {})
        day = days.get(ends)
        if day is None:
            day = days[ends] = _Day(bar, until)
            for old in sorted(days)[:-_KEPT]:
                del days[old]
        else:
            day.add(bar, until)
        if ends == max(days):
            self._growing[symbol] = (at, ends, day)
