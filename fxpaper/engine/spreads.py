"""How wide a modelled spread is: by the hour of the week, and around the rollover.

Market makers quote wider while few trade: after New York's close, in the Asian morning, at the
week's two ends, and widest around 17:00 New York, when banks roll their books. The default figures
are typical of retail quotes on major pairs; they are multiples of a spread that is typical of the
hours in which London or New York trades.
"""

from __future__ import annotations

from datetime import time

import msgspec

from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.money import half_even
from fxpaper.engine.calendar import SATURDAY
from fxpaper.engine.sessions import new_york

_HOURS_A_DAY = 24
_HOURS_A_WEEK = 7 * _HOURS_A_DAY


class SpreadProfile(msgspec.Struct, frozen=True):
    """How a spread changes over the week, in per cent of the typical one.

    Args:
        hours: one figure for each hour of the week, New York time, from Monday 00:00 on.
        rollover: the figure around the rollover, where it is more than that of the hour.
        rollover_begins: on days from Monday to Friday, New York time.
        rollover_ends: the first minute after it.

    Raises:
        ValueError: there are not 168 figures, or one is not positive.
    """

    hours: tuple[int, ...]
    rollover: int
    rollover_begins: time = time(16, 55)
    rollover_ends: time = time(17, 30)

    def __post_init__(self) -> None:
        """Refuse a profile that leaves an hour open."""
        if len(self.hours) != _HOURS_A_WEEK or min(*self.hours, self.rollover) <= 0:
            raise ValueError(
                f"a spread profile has {_HOURS_A_WEEK} positive figures, not {len(self.hours)} "
                f"with a smallest one of {min(self.hours, default=0)}"
            )

    def per_cent(self, at: Instant) -> int:
        """Return how wide a spread is at an instant, in per cent of the typical one."""
        local = new_york(at)
        of_hour = self.hours[local.weekday() * _HOURS_A_DAY + local.hour]
        rolls = self.rollover_begins <= local.time() < self.rollover_ends
        return max(of_hour, self.rollover) if rolls and local.weekday() < SATURDAY else of_hour


_NIGHT = (120, 120, 110)
_LONDON = (100,) * 9
_AFTERNOON = (110,) * 4
_LAST_HOUR, _LAST_OF_WEEK = (150,), (200,)
_AFTER_CLOSE, _AFTER_WEEKEND = (300, 200), (400, 250)
_ASIA = (140,) * 5
_SHUT = (100,)
"""Nothing is quoted then but simulations, which are not to look odd."""
_BY_DAY = _NIGHT + _LONDON + _AFTERNOON

TYPICAL_SPREADS = SpreadProfile(
    hours=(_BY_DAY + _LAST_HOUR + _AFTER_CLOSE + _ASIA) * 4
    + (_BY_DAY + _LAST_OF_WEEK + _SHUT * 7)
    + _SHUT * 24
    + (_SHUT * 17 + _AFTER_WEEKEND + _ASIA),
    rollover=500,
)


def widened(spread: Points, profile: SpreadProfile, at: Instant) -> Points:
    """Return a typical spread as it is at an instant, in whole points, half to the even one.

    Args:
        spread: the typical one, in points.
        profile: how it changes over the week.
        at: nanoseconds UTC.
    """
    return max(half_even(spread * profile.per_cent(at), 100), min(spread, 1))
