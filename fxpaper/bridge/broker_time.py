"""A broker's clock: its times are wall-clock times of its own, and it changes twice a year.

A terminal measures how far its broker is ahead of UTC and says whether that rests on fresh quotes.
Only such offsets count; over a weekend the last good one stays. Each is remembered with the instant
from which it held, so that times from before a clock change are read by the clock of then.
"""

from __future__ import annotations

from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND, Instant

_STEP_SECONDS = 900
_MOST_SECONDS = 14 * 3600


class BrokerClock:
    """The offsets of one broker's clock, by the instant from which each held."""

    def __init__(self) -> None:
        self._since: list[Instant] = []
        self._offsets: list[int] = []

    @property
    def known(self) -> bool:
        """Whether there is any."""
        return bool(self._offsets)

    @property
    def offset(self) -> int:
        """The latest, in seconds; 0 while none is known."""
        return self._offsets[-1] if self._offsets else 0

    def learn(self, offset: int, now: Instant, *, valid: bool) -> bool:
        """Take an offset that a terminal has measured; tells whether the clock has changed.

        Args:
            offset: seconds ahead of UTC; rounded to a quarter of an hour.
            now: when it was measured, nanoseconds UTC.
            valid: whether it rests on fresh quotes.
        """
        rounded = round(offset / _STEP_SECONDS) * _STEP_SECONDS
        if not valid or abs(rounded) > _MOST_SECONDS:
            return False
        if self._offsets and self._offsets[-1] == rounded:
            return False
        self._since.append(now)
        self._offsets.append(rounded)
        return True

    def utc(self, broker_ms: int, near: Instant) -> Instant:
        """Return the instant of a time on the broker's clock, in nanoseconds UTC.

        Args:
            broker_ms: milliseconds on that clock.
            near: where it must lie about; when the clock goes back, an hour comes twice.
        """
        fits = [
            at
            for place, offset in enumerate(self._offsets)
            if self._held(place, at := broker_ms * NS_PER_MS - offset * NS_PER_SECOND)
        ]
        if not fits:
            return broker_ms * NS_PER_MS - self.offset * NS_PER_SECOND
        return min(fits, key=lambda at: abs(at - near))

    def _held(self, place: int, at: Instant) -> bool:
        """Tell whether an offset held at an instant; the first one held for ever before."""
        begins = self._since[place] if place else at
        last = place + 1 == len(self._since)
        return begins <= at and (last or at < self._since[place + 1])
