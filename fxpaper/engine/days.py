"""The trading days by which limits count: when one begins, and what it is called.

A day ends at one time on the clocks of one zone, from Monday to Friday; what follows Friday's end
is Monday's day already, so a weekend has none of its own. A day that ends before noon is called by
the date it began on (midnight in Prague), one that ends later by the date it ends on (17:00 in New
York). Clock changes fall into weekends and make Monday's day an hour longer or shorter.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from fxpaper.domain.instant import NS_PER_SECOND, Instant, as_datetime
from fxpaper.domain.limits import Limits
from fxpaper.engine.calendar import SATURDAY

_NOON = time(12)
_ONE = timedelta(days=1)


class DayClock:
    """Tells the trading days of one place.

    Args:
        ends: time of day at which they end there.
        zone: IANA name of the place's time zone.

    Raises:
        KeyError: there is no such zone.
    """

    def __init__(self, ends: time, zone: str) -> None:
        self._ends = ends
        self._zone = ZoneInfo(zone)
        self._named_by_end = ends >= _NOON

    def day(self, at: Instant) -> date:
        """Return the date of the trading day that an instant belongs to: Monday to Friday."""
        local = as_datetime(at).astimezone(self._zone)
        day = local.date()
        if self._named_by_end:
            day += _ONE if local.time() >= self._ends else timedelta(0)
        elif local.time() < self._ends:
            day -= _ONE
        while day.weekday() >= SATURDAY:
            day += _ONE
        return day

    def next_end(self, at: Instant) -> Instant:
        """Return the first end of a trading day after ``at``, nanoseconds UTC."""
        day = self.day(at)
        last = day if self._named_by_end else day + _ONE
        local = datetime.combine(last, self._ends, tzinfo=self._zone)
        return int(local.timestamp()) * NS_PER_SECOND


@lru_cache(maxsize=16)
def _clock(ends: time, zone: str) -> DayClock:
    return DayClock(ends, zone)


def clock_of(limits: Limits) -> DayClock:
    """Return the clock of the days that limits count by."""
    return _clock(limits.day_ends, limits.zone)


@lru_cache(maxsize=1024)
def next_end(limits: Limits, at: Instant) -> Instant:
    """Return when the day ends that an account's mark of ``at`` began."""
    return clock_of(limits).next_end(at)
