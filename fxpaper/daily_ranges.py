"""How far prices have moved on an average day, learnt from bars of the past at the start."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from fxpaper.aggregator.history import History
from fxpaper.clock import Clock
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.instrument import Instrument
from fxpaper.errors import InputError, TransientError
from fxpaper.signals.volatility import Volatility

log = structlog.get_logger(__name__)

_BACK_NS = 30 * 86_400 * NS_PER_SECOND
"""Fifteen trading days and some holidays."""


async def learn(
    volatility: Volatility,
    instruments: Iterable[Instrument],
    history: History,
    clock: Clock,
    again_seconds: float = 600,
) -> None:
    """Fetch the hours of the last month of each symbol; one that nobody has a past of is left.

    Args:
        volatility: is fed.
        instruments: of the symbols.
        history: fetches and keeps.
        clock: of the market.
        again_seconds: how long it waits after a source failed.
    """
    waiting = list(instruments)
    while waiting:
        failed: list[Instrument] = []
        for instrument in waiting:
            now = clock.now()
            try:
                bars = await history.bars(instrument, "1h", (now - _BACK_NS, now))
            except InputError as problem:
                log.warning("no_daily_range", symbol=instrument.symbol, problem=str(problem))
            except TransientError as problem:
                log.warning("daily_range_later", symbol=instrument.symbol, problem=str(problem))
                failed.append(instrument)
            else:
                for bar in bars:
                    volatility.on_bar(bar)
        waiting = failed
        if waiting:
            await asyncio.sleep(again_seconds)
