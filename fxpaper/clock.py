"""The only reader of time."""

from __future__ import annotations

import time
from typing import Protocol

from fxpaper.domain.instant import Instant

NS_PER_SECOND = 1_000_000_000


class Clock(Protocol):
    """Tells the time of the market that the process trades in."""

    def now(self) -> Instant:
        """Return the present, in nanoseconds UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> Instant:
        """Return the present, in nanoseconds UTC."""
        return time.time_ns()


class ManualClock:
    """A clock that stands still until it is moved; recorded quotes and tests move it.

    Args:
        at: the first instant it shows, in nanoseconds UTC.
    """

    def __init__(self, at: Instant = 0) -> None:
        self._at = at

    def now(self) -> Instant:
        """Return the instant it was last moved to."""
        return self._at

    def move_to(self, at: Instant) -> None:
        """Show ``at`` from now on; an instant in the past is ignored, time never runs back."""
        self._at = max(self._at, at)


def monotonic() -> float:
    """Return seconds that only ever grow, for measuring durations."""
    return time.monotonic()
