"""Minutes that no quote has made, from a provider's history: at the start and after gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog

from fxpaper.aggregator.bars import Bars
from fxpaper.aggregator.source import Source
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.errors import FxpaperError

log = structlog.get_logger(__name__)

_MINUTE_NS = 60 * NS_PER_SECOND
_LARGEST_NS = 240 * _MINUTE_NS
"""The latest minutes that a source gives without being asked for a span reach back further."""
_AGAIN_NS = 600 * NS_PER_SECOND
"""Between two looks into the past of one symbol, so that a gap nobody can fill costs little."""


class Backfill:
    """Fills the past of charts from the first source that has it.

    Args:
        bars: that are filled.
        sources: by priority.
        may_fill: tells whether a source's past belongs to a symbol's chart.
    """

    def __init__(
        self,
        bars: Bars,
        sources: Iterable[Source],
        may_fill: Callable[[Source, str], bool],
    ) -> None:
        self._bars = bars
        self._sources = tuple(sources)
        self._may_fill = may_fill
        self._looked_at: dict[str, Instant] = {}
        self._wanted: dict[str, None] = {}

    def notice(self, symbol: str, quoted_at: Instant, before: Instant | None) -> None:
        """Take note of a quote and of the one before it: minutes between them may be missing."""
        if before is None or not _MINUTE_NS < quoted_at - before <= _LARGEST_NS:
            return
        minutes = quoted_at // _MINUTE_NS - before // _MINUTE_NS
        if minutes > 1 and quoted_at - self._looked_at.get(symbol, 0) >= _AGAIN_NS:
            self._wanted[symbol] = None

    async def fill_gaps(self, now: Instant) -> None:
        """Fetch what was noticed to be missing."""
        while self._wanted:
            symbol = next(iter(self._wanted))
            del self._wanted[symbol]
            await self.fill(symbol, now)

    async def fill(self, symbol: str, now: Instant) -> None:
        """Fetch the latest minutes of a symbol from the first source that has them."""
        self._looked_at[symbol] = now
        for source in self._sources:
            if self._may_fill(source, symbol) and await self._fill_from(source, symbol):
                return

    async def _fill_from(self, source: Source, symbol: str) -> bool:
        try:
            history = await source.history(symbol)
        except FxpaperError as problem:
            log.warning("no_history", source=source.name, symbol=symbol, problem=str(problem))
            return False
        self._bars.seed(symbol, history)
        return bool(history)
