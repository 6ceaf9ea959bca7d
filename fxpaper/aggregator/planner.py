"""How the calls of a plan are spread: over the hours of the market, and over the symbols.

Only open hours count: a day's calls are spread over what is left of them until the provider's day
ends, none are spent while the market is closed. A part stays for calls that cannot wait. Symbols
take turns by weight: one with a position counts for three, one whose price is near a level that
something waits for counts for nine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from math import inf

from fxpaper.aggregator.budget import Limits, spare_of
from fxpaper.aggregator.source import Usage
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.engine.sessions import TradingHours

_MINUTE, _HOUR = 60, 3600


class Urgency(IntEnum):
    """How much a fresh quote of a symbol matters: its weight among the others."""

    WATCHED = 1
    """Somebody may look at it."""
    AT_RISK = 3
    """There is an open position."""
    NEAR_LEVEL = 9
    """Its price is near a level at which something happens."""


def open_seconds(hours: TradingHours, begins: Instant, ends: Instant) -> float:
    """Return for how many seconds a market trades between two instants."""
    total, at = 0, begins
    while at < ends:
        session = hours.session(at)
        until = min(session.until, ends)
        if session.open:
            total += until - at
        at = until
    return total / NS_PER_SECOND


def gap_seconds(plan: Limits, usage: Usage, hours: TradingHours, now: Instant) -> float:
    """Return the seconds between two calls without hurry; infinite while the market is closed.

    Where nothing is left of the day the budget itself refuses the next call.

    Args:
        plan: what the provider allows.
        usage: what is used of it.
        hours: when the market trades.
        now: nanoseconds UTC.
    """
    if not hours.session(now).open:
        return inf
    gap = plan.spacing_ms / 1000
    if plan.per_minute:
        gap = max(gap, _MINUTE / spare_of(plan.per_minute, day=False))
    if plan.per_hour:
        gap = max(gap, _HOUR / spare_of(plan.per_hour, day=False))
    if plan.per_day:
        left = spare_of(plan.per_day, day=True) - usage.used_day
        seconds = open_seconds(hours, now, plan.day_ends(now))
        if left > 0:
            gap = max(gap, seconds / left)
    return gap


def staleness(
    gap: float, weights: Mapping[str, int], symbols: Iterable[str] | None = None
) -> dict[str, float]:
    """Return how old each symbol's quote becomes before the next one, in seconds.

    Args:
        gap: seconds between two calls.
        weights: of all the symbols that take turns.
        symbols: to return; all by default.
    """
    total = sum(weights.values())
    return {symbol: gap * total / weights[symbol] for symbol in symbols or weights}


class Turns:
    """Whose turn it is, so that each symbol gets calls in proportion to its weight."""

    def __init__(self) -> None:
        self._used: dict[str, float] = {}

    def take(self, weights: Mapping[str, int]) -> str:
        """Return the symbol to ask for next.

        One that is new, or has waited outside, begins beside the one that is next, so that it
        neither starves the others nor has to wait for them.
        """
        known = [self._used[symbol] for symbol in weights if symbol in self._used]
        floor = min(known, default=0.0)
        self._used = {symbol: self._used.get(symbol, floor) for symbol in weights}
        chosen = min(weights, key=lambda symbol: (self._used[symbol], symbol))
        self._used[chosen] += 1 / weights[chosen]
        return chosen
