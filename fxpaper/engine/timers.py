"""Timers are levels in time: expiries, time exits, rollovers."""

from __future__ import annotations

import heapq
from enum import IntEnum
from typing import NamedTuple

from fxpaper.domain.instant import Instant
from fxpaper.engine.levels import Owner

NEVER = 1 << 62


class TimerKind(IntEnum):
    """What a timer does; at one instant in this order."""

    ROLLOVER = 0
    """Swap is accrued before anything that ends at the same instant."""
    DAY = 1
    """A day of the limits begins; the swap before it belongs to the day that ends."""
    CLOSE = 2
    """A position's time exit."""
    EXPIRE = 3
    """An order is given up."""


class Timer(NamedTuple):
    """Something that is to happen at an instant.

    Args:
        at: nanoseconds UTC.
        kind: what.
        born: number of what it belongs to; the older goes first.
        account: whose; empty for the rollover, which is everybody's.
        id: of the position or order.
    """

    at: Instant
    kind: TimerKind
    born: int = 0
    account: str = ""
    id: str = ""

    @property
    def owner(self) -> Owner:
        """Whose timer it is."""
        return Owner(self.account, self.id)


class Timers:
    """What waits for its time. A timer whose reason is gone is ignored by who set it."""

    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._known: set[Timer] = set()
        self.next_at: Instant = NEVER
        """The instant of the next timer; ``NEVER`` without one."""

    def add(self, timer: Timer) -> None:
        """Let a timer wait; one that waits already is kept once."""
        if timer not in self._known:
            self._known.add(timer)
            heapq.heappush(self._heap, timer)
            self.next_at = self._heap[0].at

    def pop(self) -> Timer:
        """Take the next timer."""
        timer = heapq.heappop(self._heap)
        self._known.discard(timer)
        self.next_at = self._heap[0].at if self._heap else NEVER
        return timer
