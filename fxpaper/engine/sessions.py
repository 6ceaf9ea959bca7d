"""When instruments trade: the forex week, daily breaks and holidays.

A trading day ends at 17:00 in New York and belongs to the date it ends on. Forex trades in the
days that end on Monday to Friday, from Sunday 17:00 to Friday 17:00; an instrument may be closed on
holidays and pause every day (metals do, 17:00 to 18:00). New York's own clock changes move the
instants in UTC.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from fxpaper.domain.instant import NS_PER_SECOND, Instant, as_datetime
from fxpaper.domain.instrument import Instrument

NEW_YORK = ZoneInfo("America/New_York")
DAY_ENDS = time(17)
FOREX_HOLIDAYS = ("12-25", "01-01")
_SATURDAY = 5
_MINUTE = 60 * NS_PER_SECOND
_LONGEST_CLOSURE_DAYS = 15


def is_open(instrument: Instrument, at: Instant) -> bool:
    """Tell whether an instrument trades at an instant."""
    return _opens_in(instrument.holidays, instrument.daily_break, at // _MINUTE)


def forex_is_open(at: Instant) -> bool:
    """Tell whether spot forex trades at an instant."""
    return _opens_in(FOREX_HOLIDAYS, "", at // _MINUTE)


def next_open(instrument: Instrument, at: Instant) -> Instant:
    """Return ``at`` when the instrument trades then, else the instant at which it opens next."""
    if is_open(instrument, at):
        return at
    day = trading_date(at)
    for _ in range(_LONGEST_CLOSURE_DAYS):
        for instant in _openings(instrument, day):
            if instant > at and is_open(instrument, instant):
                return instant
        day += timedelta(days=1)
    raise ValueError(f"{instrument.symbol} does not open within {_LONGEST_CLOSURE_DAYS} days")


def trading_date(at: Instant) -> date:
    """Return the New York date of the trading day that an instant belongs to."""
    return _local_day(at // _MINUTE)[0]


def day_end(at: Instant) -> Instant:
    """Return the end of the trading day, 17:00 New York, that comes next after ``at``."""
    return _ends(trading_date(at))


def next_rollover(at: Instant) -> Instant:
    """Return the first rollover after ``at``: the end of a trading day from Monday to Friday."""
    day = trading_date(at)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return _ends(day)


@lru_cache(maxsize=8192)
def _opens_in(holidays: tuple[str, ...], daily_break: str, minute: int) -> bool:
    day, local = _local_day(minute)
    if day.weekday() >= _SATURDAY:
        return False
    if f"{day:%m-%d}" in holidays or day.isoformat() in holidays:
        return False
    if not daily_break:
        return True
    begins, ends = parse_break(daily_break)
    return not begins <= local < ends


@lru_cache(maxsize=64)
def parse_break(text: str) -> tuple[time, time]:
    """Return the beginning and the end of a daily break written ``17:00-18:00``.

    Raises:
        ValueError: it is not written like that, or does not end after it begins.
    """
    begins, _, ends = text.partition("-")
    pair = (time.fromisoformat(begins.strip()), time.fromisoformat(ends.strip()))
    if pair[0] >= pair[1]:
        raise ValueError(f"{text} does not end after it begins")
    return pair


@lru_cache(maxsize=4096)
def _local_day(minute: int) -> tuple[date, time]:
    local = as_datetime(minute * _MINUTE).astimezone(NEW_YORK)
    return local.date() + timedelta(days=local.time() >= DAY_ENDS), local.time()


def _openings(instrument: Instrument, day: date) -> list[Instant]:
    """Return the instants at which something may open in a trading day, in order."""
    found = [_ends(day - timedelta(days=1))]
    if instrument.daily_break:
        ends = parse_break(instrument.daily_break)[1]
        on = day - timedelta(days=1) if ends > DAY_ENDS else day
        found.append(_instant(on, ends))
    return sorted(found)


def _ends(day: date) -> Instant:
    return _instant(day, DAY_ENDS)


def _instant(day: date, local: time) -> Instant:
    return int(datetime.combine(day, local, tzinfo=NEW_YORK).timestamp()) * NS_PER_SECOND
