"""Bars of the past, fetched once from the first source that has them and kept.

Intervals that a source does not give are made of its hours: days and fourths of a day of different
providers begin at different hours, ours at multiples of their length in UTC. The end of what is
asked for is fetched again when it is older than five minutes; callers who ask for the same at the
same time share one fetch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from fxpaper.aggregator.bars import longer_bars
from fxpaper.aggregator.history_files import BarFiles, Stretch
from fxpaper.aggregator.source import Source, Span
from fxpaper.clock import Clock
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Instrument
from fxpaper.errors import InputError

HISTORY = "history"
_FRESH_NS = 300 * NS_PER_SECOND
_HOUR = "1h"


class History:
    """Fetches and keeps.

    Args:
        directory: of the files.
        sources: by priority.
        clock: of the market.
        is_open: tells whether the market trades at an instant; no bar opens while it does not.
    """

    def __init__(
        self,
        directory: Path,
        sources: Sequence[Source],
        clock: Clock,
        is_open: Callable[[Instant], bool],
    ) -> None:
        self._directory = directory
        self._sources = tuple(sources)
        self._clock = clock
        self._is_open = is_open
        self._working: dict[tuple[str, str], asyncio.Lock] = {}

    async def bars(
        self,
        instrument: Instrument,
        interval: str,
        stretch: Stretch,
        progress: Callable[[float], None] = lambda _: None,
    ) -> list[Bar]:
        """Return closed bars of bids that open in a stretch, oldest first.

        Args:
            instrument: whose.
            interval: one of :data:`fxpaper.domain.bar.INTERVALS`.
            stretch: its beginning and its end, nanoseconds UTC.
            progress: is told which part of it is done.

        Raises:
            InputError: no configured source has a past of this symbol.
            RateLimitedError: a plan is spent; what was fetched so far is kept.
            TransientError: a source failed; what was fetched so far is kept.
        """
        source = self._source_of(instrument)
        past = source.capabilities.past
        fetched = interval if interval in past else _HOUR
        begins, ends = stretch[0], min(stretch[1], self._clock.now())
        if fetched != interval:
            begins -= begins % (INTERVALS[interval] * NS_PER_SECOND)
        files = BarFiles(self._directory, source.name, instrument, fetched)
        lock = self._working.setdefault((instrument.symbol, fetched), asyncio.Lock())
        async with lock:
            for part, piece in self._pieces(source, files, fetched, (begins, ends)):
                bars = await source.history(instrument.symbol, Span(fetched, *piece))
                kept = [bar for bar in bars if self._is_open(bar.opened_at)]
                files.add(kept, (piece[0], self._known_until(fetched, piece[1])))
                progress(part)
        progress(1.0)
        found = await asyncio.to_thread(files.bars, begins, ends)
        if fetched == interval:
            return found
        made = longer_bars(found, interval)
        length = INTERVALS[interval] * NS_PER_SECOND
        return [bar for bar in made if bar.opened_at + length <= self._clock.now()]

    def source_name(self, instrument: Instrument) -> str:
        """Return which source's bars are given.

        Raises:
            InputError: no configured source has a past of this symbol.
        """
        return self._source_of(instrument).name

    def _source_of(self, instrument: Instrument) -> Source:
        for source in self._sources:
            if source.capabilities.past and source.supports(instrument.symbol):
                return source
        raise InputError(
            f"No configured source has a past of {instrument.symbol}. OANDA, Tiingo and Twelve "
            "Data have one with a free key, Yahoo has one of currency pairs without."
        )

    def _known_until(self, interval: str, ends: Instant) -> Instant:
        """Return until when a fetch tells everything: its latest bar may not be closed yet."""
        now, length = self._clock.now(), INTERVALS[interval] * NS_PER_SECOND
        return min(ends, now - now % length)

    def _pieces(
        self, source: Source, files: BarFiles, interval: str, stretch: Stretch
    ) -> Iterable[tuple[float, Stretch]]:
        """Yield what has to be fetched, in pieces of one call, with the part done after each."""
        begins, ends = stretch
        length = INTERVALS[interval] * NS_PER_SECOND
        step = source.capabilities.past_bars * length
        latest = self._clock.now() - max(_FRESH_NS, length)
        pieces: list[Stretch] = []
        for first, last in files.missing(begins, ends):
            if last == ends and first > latest:
                continue
            pieces += [
                (at, min(at + step, last))
                for at in range(first, last, step)
                if self._trades(at, min(at + step, last), length)
            ]
        for number, piece in enumerate(pieces, start=1):
            yield number / len(pieces), piece

    def _trades(self, begins: Instant, ends: Instant, length: int) -> bool:
        """Tell whether the market is open at the opening of some bar of a stretch."""
        step = max(length, 3600 * NS_PER_SECOND)
        return any(self._is_open(at) for at in range(begins, ends, step))
