"""What MetaTrader's Python package leaves to be told from its ticks: the broker's clock, and order.

Its times are wall-clock times of the broker, and nothing in it tells how far those are ahead of
UTC. A tick that has just moved is of now, so its distance from our clock is that offset, give or
take a moment; offsets are quarters of an hour. A tick that merely stands there may be of Friday and
proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fxpaper.aggregator.broker_past import past_utc
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND, Instant

_QUARTER_NS = 900 * NS_PER_SECOND
_MOST_NS = 14 * 3600 * NS_PER_SECOND
_NEAR_NS = 60 * NS_PER_SECOND
"""A tick further than this from a quarter of an hour is late and proves nothing."""
_PROOFS = 3
"""So many moves in a row must tell the same: what a terminal loads after a pause moves as well."""


class Tick(NamedTuple):
    """A price as the package gives it.

    Args:
        ms: time on the broker's clock, milliseconds.
        bid: what a seller gets.
        ask: what a buyer pays.
    """

    ms: int
    bid: float
    ask: float


class TickClock:
    """How far the broker's clock is ahead of UTC, told from ticks that move."""

    def __init__(self) -> None:
        self._ahead_ns: int | None = None
        self._rumour_ns: int | None = None
        self._proofs = 0
        self._latest: dict[str, int] = {}

    @property
    def trusted(self) -> bool:
        """Whether it is known, and the latest move has not contradicted it."""
        return self._ahead_ns is not None and self._proofs == 0

    def see(self, name: str, ms: int, now: Instant) -> None:
        """Take the time of a symbol's newest tick.

        Args:
            name: the broker's, of the symbol.
            ms: on the broker's clock.
            now: when it was read, nanoseconds UTC; at most a moment after it came if it has moved.
        """
        before, self._latest[name] = self._latest.get(name), ms
        if before is None or ms <= before:
            return
        exact = ms * NS_PER_MS - now
        told = round(exact / _QUARTER_NS) * _QUARTER_NS
        if abs(exact - told) <= _NEAR_NS and abs(told) <= _MOST_NS:
            self._hear(told)

    def utc(self, ms: int) -> Instant:
        """Return the instant of a time of now on the broker's clock, nanoseconds UTC."""
        return ms * NS_PER_MS - (self._ahead_ns or 0)

    def past_utc(self, seconds: int, now: Instant) -> Instant:
        """Return the instant of a time long ago on the broker's clock, nanoseconds UTC."""
        return past_utc(seconds, self._ahead_ns or 0, now)

    def broker_seconds(self, at: Instant) -> int:
        """Return an instant on the broker's clock as it is now, whole seconds."""
        return (at + (self._ahead_ns or 0)) // NS_PER_SECOND

    def _hear(self, told: int) -> None:
        if told == self._ahead_ns:
            self._proofs = 0
            return
        self._proofs = self._proofs + 1 if told == self._rumour_ns else 1
        self._rumour_ns = told
        if self._proofs >= _PROOFS:
            self._ahead_ns, self._proofs = told, 0


class Trail:
    """Which ticks of one symbol have been taken; several may be of the same millisecond.

    Args:
        tick: the first, which counts as taken.
    """

    def __init__(self, tick: Tick) -> None:
        self._latest = tick
        self._alike = 1

    def is_new(self, newest: Tick) -> bool:
        """Tell whether a symbol's newest tick has not been taken yet."""
        return newest != self._latest and newest.ms >= self._latest.ms

    @property
    def begins(self) -> int:
        """The second on the broker's clock from which ticks are to be copied."""
        return self._latest.ms // 1000

    def take(self, copied: Sequence[Tick], newest: Tick | None) -> list[Tick]:
        """Return the ticks that were not taken before, oldest first; they count as taken now.

        Args:
            copied: all since :attr:`begins`, oldest first.
            newest: the last, which the terminal may not have put among them yet; None where more
                are to be copied before it.
        """
        latest = self._latest.ms
        alike = [one for one in copied if one.ms == latest]
        fresh = alike[self._alike :] + [one for one in copied if one.ms > latest]
        seen = fresh[-1] if fresh else self._latest
        if newest is not None and newest != seen and newest.ms >= seen.ms:
            fresh.append(newest)
        if fresh:
            last = fresh[-1].ms
            before = self._alike if last == latest else 0
            self._latest = fresh[-1]
            self._alike = before + sum(one.ms == last for one in fresh)
        return fresh
