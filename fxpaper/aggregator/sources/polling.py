"""Quotes from a source that has to be asked for each, within its budget."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from math import isfinite

import structlog

from fxpaper.aggregator.budget import Budget, Wait
from fxpaper.aggregator.planner import Turns, Urgency, gap_seconds
from fxpaper.clock import Clock
from fxpaper.domain.instant import NS_PER_SECOND, Instant, format_instant
from fxpaper.domain.quote import Quote
from fxpaper.engine.sessions import FOREX_HOLIDAYS, trading_hours
from fxpaper.errors import RateLimitedError, TransientError

log = structlog.get_logger(__name__)

_SMALLEST_GAP = 1.0
SLICE_SECONDS = 5.0
"""How soon a change of what is urgent is noticed."""
_FAILURES_IN_A_ROW = 2
_SHORT = {"minute", "spacing"}
"""Windows that are waited out."""


def watched(symbol: str) -> Urgency:
    """Say of every symbol that it is only watched."""
    del symbol
    return Urgency.WATCHED


class Hurry(Enum):
    """How a call is counted."""

    NOW = "now"
    """It cannot wait: all that is left of the plan may be used."""
    SPARE = "spare"
    """It can wait for the next minute, and leaves a part of the plan to those that cannot."""
    PAID = "paid"
    """It is counted already."""


@dataclass(frozen=True, slots=True)
class Spending:
    """How one source spends the plan of one key.

    Args:
        provider: its name for people.
        account: see :class:`fxpaper.aggregator.budget.Budget`.
        budget: of the account.
        clock: of the market.
        urgency: how much a fresh quote of a symbol matters.
        wait: sleeps for some seconds of the market's time.
    """

    provider: str
    account: str
    budget: Budget
    clock: Clock
    urgency: Callable[[str], Urgency] = watched
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def reserve(self, hurry: Hurry) -> None:
        """Count a call that is about to be made.

        Raises:
            RateLimitedError: what it would need is spent.
            TransientError: the store with the budgets does not answer.
        """
        spare = hurry is Hurry.SPARE
        while hurry is not Hurry.PAID:
            taken = await self.budget.take(self.account, spare=spare)
            if not isinstance(taken, Wait):
                return
            if not (taken.window == "spacing" or (spare and taken.window in _SHORT)):
                raise self.spent(taken)
            await self.wait(self._seconds_to(taken.until))

    async def wait_for_turn(self) -> None:
        """Count the next of the calls that are spread over the market's hours, when it is due.

        Raises:
            RateLimitedError: what calls without hurry may use is spent.
            TransientError: the store with the budgets does not answer.
        """
        while True:
            gap = max(_SMALLEST_GAP, await self._gap())
            if not isfinite(gap):
                await self.wait(SLICE_SECONDS)
                continue
            taken = await self.budget.take(self.account, spare=True, gap=gap)
            if not isinstance(taken, Wait):
                return
            if taken.window not in _SHORT:
                raise self.spent(taken)
            await self.wait(min(self._seconds_to(taken.until), SLICE_SECONDS))

    def spent(self, wait: Wait) -> RateLimitedError:
        """Return what a refused call raises."""
        used = wait.usage
        text = {
            "minute": f"{used.used_minute} of {used.limit_minute} calls of this minute are used",
            "hour": f"{used.used_hour} of {used.limit_hour} calls of this hour are used",
            "day": f"{used.used_day} of {used.limit_day} calls of this day are used",
            "ban": "it wants no calls for a while, it said",
        }[wait.window]
        return self.limited(text, wait.until)

    def limited(self, why: str, until: Instant) -> RateLimitedError:
        """Return what tells that nothing may be asked before an instant."""
        again = format_instant(until)
        return RateLimitedError(f"{self.provider}: {why}; asked again at {again}", until)

    def _seconds_to(self, at: Instant) -> float:
        return max(0.0, (at - self.clock.now()) / NS_PER_SECOND)

    async def _gap(self) -> float:
        usage = await self.budget.usage(self.account)
        hours = trading_hours("", FOREX_HOLIDAYS)
        return gap_seconds(self.budget.plan(self.account), usage, hours, self.clock.now())


async def poll(
    symbols: frozenset[str],
    fetch: Callable[[str, Hurry], Awaitable[Quote]],
    spending: Spending,
) -> AsyncIterator[Quote]:
    """Yield quotes of the symbols, the urgent ones more often; the first round is not paced.

    One symbol that cannot be had does not stop the others; two in a row mean the source fails.

    Args:
        symbols: which to ask for.
        fetch: asks for one.
        spending: paces the calls, together with those of other processes.

    Raises:
        TransientError: the source fails.
        RateLimitedError: its budget is spent.
    """
    failures, turns, first_round = 0, Turns(), sorted(symbols)
    while True:
        if first_round:
            symbol, hurry = first_round.pop(0), Hurry.SPARE
        else:
            await spending.wait_for_turn()
            weights = {name: spending.urgency(name) for name in symbols}
            symbol, hurry = turns.take(weights), Hurry.PAID
        try:
            quote = await fetch(symbol, hurry)
        except RateLimitedError:
            raise
        except TransientError as problem:
            failures += 1
            if failures >= min(_FAILURES_IN_A_ROW, len(symbols)):
                raise
            log.warning("symbol_not_quoted", symbol=symbol, problem=str(problem))
        else:
            failures = 0
            yield quote
