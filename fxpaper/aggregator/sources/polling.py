"""Quotes from a source that has to be asked for each, within its budget."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import cycle

import structlog

from fxpaper.aggregator.budget import Budget, Wait
from fxpaper.clock import Clock
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.quote import Quote
from fxpaper.errors import RateLimitedError, TransientError

log = structlog.get_logger(__name__)

_SMALLEST_GAP = 1.0
_FAILURES_IN_A_ROW = 2


async def reserve(budget: Budget, account: str, clock: Clock, *, spare: bool) -> Wait | None:
    """Count a call; return None when it may be made, else what is spent.

    A call that is in no hurry waits for the next minute.

    Args:
        budget: of the account.
        account: see :class:`fxpaper.aggregator.budget.Budget`.
        clock: of the market.
        spare: whether the call is in no hurry.
    """
    while isinstance(taken := await budget.take(account, spare=spare), Wait):
        if not spare or taken.window != "minute":
            return taken
        await asyncio.sleep(max(0.0, (taken.until - clock.now()) / NS_PER_SECOND))
    return None


async def poll(
    symbols: frozenset[str],
    fetch: Callable[[str], Awaitable[Quote]],
    pace: Callable[[], Awaitable[float]],
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Quote]:
    """Yield quotes of the symbols in turn; the first round is not paced.

    One symbol that cannot be had does not stop the others; two in a row mean the source fails.

    Args:
        symbols: which to ask for.
        fetch: asks for one.
        pace: tells the seconds until the next call.
        wait: sleeps for some seconds.

    Raises:
        TransientError: the source fails.
        RateLimitedError: its budget is spent.
    """
    failures = 0
    for asked, symbol in enumerate(cycle(sorted(symbols))):
        if asked >= len(symbols):
            await wait(max(_SMALLEST_GAP, await pace()))
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
