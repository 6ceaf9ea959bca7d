"""Quotes from a source that has to be asked for each, within its budget."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
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
_SLICE_SECONDS = 5.0
"""How soon a change of what is urgent is noticed."""
_FAILURES_IN_A_ROW = 2
_SHORT = {"minute", "spacing"}


def watched(symbol: str) -> Urgency:
    """Say of every symbol that it is only watched."""
    del symbol
    return Urgency.WATCHED


@dataclass(frozen=True, slots=True)
class Spending:
    """How one source spends the plan of one key.

    Args:
        provider: its name for people.
        account: see :class:`fxpaper.aggregator.budget.Budget`.
        budget: of the account.
        clock: of the market.
        urgency: how much a fresh quote of a symbol matters.
    """

    provider: str
    account: str
    budget: Budget
    clock: Clock
    urgency: Callable[[str], Urgency] = watched

    async def reserve(self, *, spare: bool, cost: int = 1) -> None:
        """Count a call that is about to be made.

        Args:
            spare: whether it is in no hurry; such a call waits for the next minute.
            cost: what the provider counts for it.

        Raises:
            RateLimitedError: what it would need is spent.
            TransientError: the store with the budgets does not answer.
        """
        while isinstance(taken := await self.budget.take(self.account, cost, spare=spare), Wait):
            brief = taken.window == "spacing" or (spare and taken.window in _SHORT)
            if not brief:
                raise self.spent(taken)
            await asyncio.sleep(max(0.0, (taken.until - self.clock.now()) / NS_PER_SECOND))

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

    async def gap(self) -> float:
        """Return the seconds between two calls without hurry; infinite while nothing trades."""
        usage = await self.budget.usage(self.account)
        hours = trading_hours("", FOREX_HOLIDAYS)
        return gap_seconds(self.budget.plan(self.account), usage, hours, self.clock.now())


async def poll(
    symbols: frozenset[str],
    fetch: Callable[[str], Awaitable[Quote]],
    spending: Spending,
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Quote]:
    """Yield quotes of the symbols, the urgent ones more often; the first round is not paced.

    One symbol that cannot be had does not stop the others; two in a row mean the source fails.

    Args:
        symbols: which to ask for.
        fetch: asks for one.
        spending: paces the calls.
        wait: sleeps for some seconds.

    Raises:
        TransientError: the source fails.
        RateLimitedError: its budget is spent.
    """
    failures, turns = 0, Turns()
    first_round = sorted(symbols)
    asked_at: Instant = 0
    while True:
        if first_round:
            symbol = first_round.pop(0)
        else:
            left = await _left(spending, asked_at)
            if left > 0:
                await wait(min(left, _SLICE_SECONDS))
                continue
            symbol = turns.take({name: spending.urgency(name) for name in symbols})
        asked_at = spending.clock.now()
        try:
            quote = await fetch(symbol)
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


async def _left(spending: Spending, asked_at: Instant) -> float:
    """Return the seconds until the next call."""
    gap = max(_SMALLEST_GAP, await spending.gap())
    passed = (spending.clock.now() - asked_at) / NS_PER_SECOND
    return gap - passed if isfinite(gap) else _SLICE_SECONDS
