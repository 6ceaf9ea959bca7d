"""Days by which brokers count: lists of holidays, and when a deal is delivered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

SATURDAY = 5
_ONE = timedelta(days=1)
_MOST_YEARLY = 100
_DAY = re.compile(r"(?P<year>\d{4}-)?(?P<day>\d{2}-\d{2})")
_ANY = "2000-"


class DayList:
    """Days of one year, such as ``2026-12-25``, and of every year, such as ``12-25``.

    Args:
        texts: the days, written like that.

    Raises:
        ValueError: one is written differently or is no day, or more than 100 return every year.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        dates: set[date] = set()
        yearly: set[tuple[int, int]] = set()
        for text in texts:
            year, day = _read_day(text)
            if year is None:
                yearly.add((day.month, day.day))
            else:
                dates.add(day)
        if len(yearly) > _MOST_YEARLY:
            raise ValueError(
                f"{len(yearly)} days of every year are more than {_MOST_YEARLY}; give days of one "
                "year as 2026-12-25"
            )
        self._dates, self._yearly = frozenset(dates), frozenset(yearly)

    def __contains__(self, day: date) -> bool:
        """Tell whether a day is listed."""
        return (day.month, day.day) in self._yearly or day in self._dates


@lru_cache(maxsize=256)
def day_list(texts: tuple[str, ...]) -> DayList:
    """Return the list that ``texts`` name; errors as for :class:`DayList`."""
    return DayList(texts)


def next_weekday(day: date) -> date:
    """Return the first day from Monday to Friday after ``day``."""
    day += _ONE
    while day.weekday() >= SATURDAY:
        day += _ONE
    return day


@lru_cache(maxsize=4096)
def value_date(day: date, after: int, holidays: tuple[str, ...]) -> date:
    """Return when a deal of a trading day is delivered.

    Args:
        day: the trading day.
        after: so many business days later; 0 for the same day or else the next business day.
        holidays: days that are no business days, besides weekends.
    """
    closed = day_list(holidays)
    while after:
        day = next_weekday(day)
        after -= day not in closed
    while day.weekday() >= SATURDAY or day in closed:
        day = next_weekday(day)
    return day


def _read_day(text: str) -> tuple[int | None, date]:
    """Return the year that is named, if one is, and the day; of a leap year, if none is."""
    match = _DAY.fullmatch(text)
    if match is None or (named := _named(match["year"] or _ANY, match["day"])) is None:
        raise ValueError(
            f'"{text}" is no day; write 2026-12-25 for one day or 12-25 for that day of every year'
        )
    return named.year if match["year"] else None, named


def _named(year: str, day: str) -> date | None:
    try:
        return date.fromisoformat(year + day)
    except ValueError:
        return None
