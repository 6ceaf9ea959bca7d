"""Times long ago on a broker's clock, which only tells how far it is ahead of UTC now."""

from __future__ import annotations

from fxpaper.domain.instant import NS_PER_SECOND, Instant, as_datetime
from fxpaper.engine.sessions import NEW_YORK

_AHEAD_OF_NEW_YORK_NS = 7 * 3600 * NS_PER_SECOND


def past_utc(seconds: int, ahead_ns: int, now: Instant) -> Instant:
    """Return the instant of a time long ago on the broker's clock, nanoseconds UTC.

    A clock that is seven hours ahead of New York's, as most are so that the day ends with New
    York's at 17:00, is taken to have been so always; any other is taken to have been as it is.

    Args:
        seconds: on that clock.
        ahead_ns: how far it is ahead of UTC now, nanoseconds.
        now: nanoseconds UTC.
    """
    about = seconds * NS_PER_SECOND - ahead_ns
    if ahead_ns != _of_new_york(now) + _AHEAD_OF_NEW_YORK_NS:
        return about
    return seconds * NS_PER_SECOND - (_of_new_york(about) + _AHEAD_OF_NEW_YORK_NS)


def _of_new_york(at: Instant) -> int:
    offset = as_datetime(at).astimezone(NEW_YORK).utcoffset()
    return 0 if offset is None else round(offset.total_seconds()) * NS_PER_SECOND
