"""When instruments trade: the forex week, daily breaks and holidays.

A trading day ends at 17:00 in New York and belongs to the date it ends on. Forex trades in the
days that end on Monday to Friday, from Sunday 17:00 to Friday 17:00; an instrument may be closed on
holidays and pause every day (metals do, 17:00 to 18:00). New York's own clock changes move the
instants in UTC; they fall on a Sunday before the week begins, so every day of trading has 24 hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from fxpaper.domain.instant import NS_PER_SECOND, Instant, as_datetime
from fxpaper.domain.instrument import Instrument
from fxpaper.engine.calendar import SATURDAY, day_list

NEW_YORK = ZoneInfo("America/New_York")
DAY_ENDS = time(17)
FOREX_HOLIDAYS = ("12-25", "01-01")
_MINUTE = 60 * NS_PER_SECOND
_DAY_MINUTES = 24 * 60
_ONE_DAY = timedelta(days=1)
_BREAK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


class Session(NamedTuple):
    """A stretch of one trading day in which an instrument trades, or does not.

    Args:
        begins: its first nanosecond.
        until: the first one after it.
        open: whether it trades.
    """

    begins: Instant
    until: Instant
    open: bool


class TradingHours:
    """When something trades. It remembers the latest answer, so asking again costs nothing.

    Args:
        daily_break: when it pauses each day, New York time, as ``17:00-18:00``; may be empty, and
            may run over midnight.
        holidays: trading days on which it is closed; see :class:`fxpaper.engine.calendar.DayList`.

    Raises:
        ValueError: one of them is written differently.
    """

    def __init__(self, daily_break: str, holidays: Iterable[str]) -> None:
        self._pieces = _pieces(daily_break)
        self._holidays = day_list(tuple(holidays))
        self._latest = Session(0, 0, open=False)

    def session(self, at: Instant) -> Session:
        """Return the stretch that an instant lies in."""
        latest = self._latest
        if latest.begins <= at < latest.until:
            return latest
        found = self._find(at)
        self._latest = found
        return found

    def next_open(self, at: Instant) -> Instant:
        """Return ``at`` when it trades then, else the next instant at which it opens."""
        session = self.session(at)
        if session.open:
            return at
        while not session.open:
            session = self.session(session.until)
        return session.begins

    def next_close(self, at: Instant) -> Instant:
        """Return the next instant after ``at`` at which trading stops."""
        session = self.session(self.next_open(at))
        while session.open:
            session = self.session(session.until)
        return session.begins

    def _find(self, at: Instant) -> Session:
        day = trading_date(at)
        begins = _ends(day - _ONE_DAY)
        if day.weekday() >= SATURDAY or day in self._holidays:
            return Session(begins, _ends(day), open=False)
        minute = (at - begins) // _MINUTE
        first, last, open_ = next(piece for piece in self._pieces if minute < piece[1])
        return Session(begins + first * _MINUTE, begins + last * _MINUTE, open_)


def is_open(instrument: Instrument, at: Instant) -> bool:
    """Tell whether an instrument trades at an instant."""
    return trading_hours(instrument.daily_break, instrument.holidays).session(at).open


def forex_is_open(at: Instant) -> bool:
    """Tell whether spot forex trades at an instant."""
    return trading_hours("", FOREX_HOLIDAYS).session(at).open


def next_open(instrument: Instrument, at: Instant) -> Instant:
    """Return ``at`` when the instrument trades then, else the instant at which it opens next."""
    return trading_hours(instrument.daily_break, instrument.holidays).next_open(at)


def open_within(instrument: Instrument, begins: Instant, ends: Instant) -> tuple[Instant, Instant]:
    """Return the first open instant of a stretch of time and the end of its last open one.

    A stretch without any is returned as it is.
    """
    hours = trading_hours(instrument.daily_break, instrument.holidays)
    opens, last = hours.next_open(begins), hours.session(ends - 1)
    if opens >= ends:
        return begins, ends
    while not last.open:
        last = hours.session(last.begins - 1)
    return opens, min(ends, last.until)


def next_close(instrument: Instrument, at: Instant) -> Instant:
    """Return the next instant after ``at`` at which the instrument stops trading."""
    return trading_hours(instrument.daily_break, instrument.holidays).next_close(at)


@lru_cache(maxsize=256)
def trading_hours(daily_break: str, holidays: tuple[str, ...]) -> TradingHours:
    """Return the hours of instruments with a break and holidays, the same ones every time."""
    return TradingHours(daily_break, holidays)


def trading_date(at: Instant) -> date:
    """Return the New York date of the trading day that an instant belongs to."""
    local = new_york(at)
    return local.date() + _ONE_DAY if local.time() >= DAY_ENDS else local.date()


def day_end(at: Instant) -> Instant:
    """Return the end of the trading day, 17:00 New York, that comes next after ``at``."""
    return _ends(trading_date(at))


def next_rollover(at: Instant) -> Instant:
    """Return the first rollover after ``at``: the end of a trading day from Monday to Friday."""
    day = trading_date(at)
    while day.weekday() >= SATURDAY:
        day += _ONE_DAY
    return _ends(day)


def new_york(at: Instant) -> datetime:
    """Return the minute that New York's clocks show at an instant."""
    return _local_minute(at // _MINUTE)


@lru_cache(maxsize=4096)
def _local_minute(minute: int) -> datetime:
    return as_datetime(minute * _MINUTE).astimezone(NEW_YORK)


@lru_cache(maxsize=4096)
def _ends(day: date) -> Instant:
    return int(datetime.combine(day, DAY_ENDS, tzinfo=NEW_YORK).timestamp()) * NS_PER_SECOND


def _pieces(daily_break: str) -> tuple[tuple[int, int, bool], ...]:
    """Return the parts of a day of trading: first minute, minute after the last, whether it trades.

    Minutes count from the day's begin at 17:00; a break over that instant closes both ends of it.
    """
    if not daily_break:
        return ((0, _DAY_MINUTES, True),)
    match = _BREAK.fullmatch(daily_break)
    clock = [int(number) for number in match.groups()] if match else [0, 0, 0, 0]
    begins, ends = (
        (hour * 60 + minute - DAY_ENDS.hour * 60) % _DAY_MINUTES
        for hour, minute in (clock[:2], clock[2:])
    )
    if begins == ends:
        raise ValueError(
            f'"{daily_break}" is no daily break; write begin and end in New York time, as '
            "17:00-18:00"
        )
    if begins < ends:
        pieces = ((0, begins, True), (begins, ends, False), (ends, _DAY_MINUTES, True))
    else:
        pieces = ((0, ends, False), (ends, begins, True), (begins, _DAY_MINUTES, False))
    return tuple(piece for piece in pieces if piece[0] < piece[1])
