"""When forex trades: from Sunday 17:00 to Friday 17:00 in New York.

A trading day ends at 17:00 New York and belongs to the date it ends on. The market is open in the
days that end on Monday to Friday, but for Christmas Day and New Year's Day. New York's own clock
changes move the instants in UTC.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from fxpaper.domain.instant import NS_PER_SECOND, Instant, as_datetime

NEW_YORK = ZoneInfo("America/New_York")
DAY_ENDS = time(17)
_HOLIDAYS = {(12, 25), (1, 1)}
_SATURDAY = 5


def is_open(at: Instant) -> bool:
    """Tell whether spot forex trades at an instant."""
    return _trades_on(trading_date(at))


def trading_date(at: Instant) -> date:
    """Return the New York date of the trading day that an instant belongs to."""
    return _trading_date_of_minute(at // (60 * NS_PER_SECOND))


def next_open(at: Instant) -> Instant:
    """Return ``at`` when the market is open then, else the next instant at which it opens."""
    if is_open(at):
        return at
    day = trading_date(at)
    while not _trades_on(day):
        day += timedelta(days=1)
    opens = datetime.combine(day - timedelta(days=1), DAY_ENDS, tzinfo=NEW_YORK)
    return int(opens.timestamp()) * NS_PER_SECOND


@lru_cache(maxsize=4096)
def _trading_date_of_minute(minute: int) -> date:
    local = as_datetime(minute * 60 * NS_PER_SECOND).astimezone(NEW_YORK)
    return local.date() + timedelta(days=local.time() >= DAY_ENDS)


def _trades_on(day: date) -> bool:
    return day.weekday() < _SATURDAY and (day.month, day.day) not in _HOLIDAYS
