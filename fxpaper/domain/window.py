"""Windows of time by the clock of a place: ``Mon-Fri 08:00-17:00 Europe/London``.

A window belongs to the day on which it begins; one whose end is not later than its begin runs over
midnight. Where a clock is put back, a time that it shows twice means the first; where it is put
forward, one that it never shows means what the clock shows instead: 02:30 in New York on that
Sunday in March is 03:30.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from fxpaper.domain.instant import NS_PER_SECOND, Instant, as_datetime

NEW_YORK = "America/New_York"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY_DAY = frozenset(range(7))
_ONE_DAY = timedelta(days=1)
_DAY_MINUTES = 24 * 60
_WRITTEN = re.compile(
    r"(?:(?P<days>[A-Za-z][A-Za-z,-]*)\s+)?"
    r"(?P<begins>[012]\d:[0-5]\d)\s*-\s*(?P<ends>[012]\d:[0-5]\d)"
    r"(?:\s+(?P<zone>[A-Za-z][\w+/-]*))?",
    re.ASCII,
)
_LIKE = 'write it like "Mon-Fri 08:00-17:00 Europe/London"'


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A window of time that comes on some days of each week.

    Args:
        text: as it was written.
        days: on which it begins; Monday is 0.
        begins: minute of the day, by the clock of the place.
        ends: the first minute after it, 1440 for midnight; not later than ``begins``: of the day
            after.
        zone: whose clock, as the tz database names it.
    """

    text: str
    days: frozenset[int]
    begins: int
    ends: int
    zone: str

    def on(self, day: date) -> tuple[Instant, Instant] | None:
        """Return its first nanosecond on a day and the first one after it; None without any."""
        return (
            _edges(self.begins, self.ends, self.zone, day) if day.weekday() in self.days else None
        )

    def around(self, at: Instant, behind: int, ahead: int) -> list[tuple[Instant, Instant]]:
        """Return when it is, from so many days before an instant to so many after it."""
        today = as_datetime(at).astimezone(_zone(self.zone)).date()
        days = (today + _ONE_DAY * number for number in range(-behind, ahead + 1))
        found = [stretch for day in days if (stretch := self.on(day)) is not None]
        return [(begin, end) for begin, end in found if begin < end]


def read_window(text: str, zone: str | None = None) -> Window:
    """Return the window that a text describes.

    Args:
        text: days (may be left out), begin and end, and a zone of the tz database.
        zone: where the text names none; None where it must.

    Raises:
        ValueError: it describes none; says what would be right.
    """
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'"{text}" is no window of time; {_LIKE}')
    named = match["zone"] or zone
    if named is None:
        raise ValueError(f'"{text}" names no time zone; {_LIKE}')
    begins, ends = _minute(match["begins"], text), _minute(match["ends"], text)
    if begins in {ends, _DAY_MINUTES}:
        raise ValueError(f'"{text}" has no length; a whole day is 00:00-24:00')
    known_zone(named)
    days = _EVERY_DAY if match["days"] is None else _days(match["days"], text)
    return Window(text=text.strip(), days=days, begins=begins, ends=ends, zone=named)


def known_zone(name: str) -> str:
    """Return the name of a time zone.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        _zone(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(
            f'"{name}" is no time zone; use a name like Europe/London, America/New_York or UTC'
        ) from None
    return name


def covered_until(windows: Iterable[Window], at: Instant) -> Instant | None:
    """Return the first instant after ``at`` that no window covers; None when none covers ``at``.

    Windows that cover each whole week are given up after one week.
    """
    windows, until = tuple(windows), at
    while until < at + 7 * 24 * 3600 * NS_PER_SECOND:
        ends = [
            end
            for window in windows
            for begin, end in window.around(until, 1, 0)
            if begin <= until < end
        ]
        if not ends:
            break
        until = max(ends)
    return None if until == at else until


def next_begin(windows: Iterable[Window], at: Instant) -> Instant:
    """Return when the first window after ``at`` begins."""
    begins = (begin for window in windows for begin, _ in window.around(at, 1, 15))
    return min(begin for begin in begins if begin > at)


def _minute(clock: str, text: str) -> int:
    hours, minutes = int(clock[:2]), int(clock[3:])
    if hours * 60 + minutes > _DAY_MINUTES:
        raise ValueError(f'"{text}" has the time {clock}; the last one of a day is 24:00')
    return hours * 60 + minutes


def _days(written: str, text: str) -> frozenset[int]:
    """Return the days of ``Mon-Fri``, ``Sat,Sun`` or ``Sun-Thu``, which goes round the week."""
    found: set[int] = set()
    for part in written.lower().split(","):
        first, _, last = part.partition("-")
        for name in (first, last or first):
            if name not in _DAYS:
                raise ValueError(
                    f'"{text}" names the day "{name}"; days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, '
                    "as Mon-Fri or Mon,Wed"
                )
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        found.update((begin + number) % 7 for number in range((end - begin) % 7 + 1))
    return frozenset(found)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=4096)
def _edges(begins: int, ends: int, zone: str, day: date) -> tuple[Instant, Instant]:
    last = day if begins < ends else day + _ONE_DAY
    return _instant(day, begins, zone), _instant(last, ends, zone)


def _instant(day: date, minute: int, zone: str) -> Instant:
    days, minute = divmod(minute, _DAY_MINUTES)
    clock = time(minute // 60, minute % 60)
    local = datetime.combine(day + _ONE_DAY * days, clock, tzinfo=_zone(zone))
    return int(local.timestamp()) * NS_PER_SECOND
