"""A recorded file played as if it were happening now; it also moves the clock of the market."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from fxpaper.aggregator.recording import RECORDED, Recording
from fxpaper.aggregator.source import Capabilities, Finding, Span, Usage
from fxpaper.clock import ManualClock, monotonic
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.quote import Quote
from fxpaper.errors import TransientError

_STEP_SECONDS = 0.1
_SILENCE_NS = 121 * NS_PER_SECOND
"""Longer than any age limit: on the last quote of a recording nothing fills any more."""
"""The clock moves at least this often between quotes, so that what expires does so in time."""


CAPABILITIES = Capabilities(
    title="A recorded file",
    evidence=RECORDED,
    sides="as recorded",
    updates="as recorded",
    history="none before its first quote",
    free_plan="a file of yours",
)


class RecordedSource:
    """Plays a recording once.

    Args:
        recording: what is played.
        clock: of the market; it is moved to each quote's time before the quote is given.
        speed: 1 plays in real time, 60 a minute in a second; None as fast as quotes are taken.
        wait: sleeps for some seconds.
        stopwatch: tells seconds that only grow.
    """

    name = "recorded"
    capabilities = CAPABILITIES
    evidence = RECORDED
    polled = False
    raw = ""
    latest: Quote | None = None

    def __init__(
        self,
        recording: Recording,
        clock: ManualClock,
        speed: float | None,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        stopwatch: Callable[[], float] = monotonic,
    ) -> None:
        self._recording = recording
        self._clock = clock
        self._speed = speed
        self._wait = wait
        self._stopwatch = stopwatch
        self._played = 0

    def supports(self, symbol: str) -> bool:
        """Tell whether the recording has quotes of a symbol."""
        return symbol in self._recording.symbols

    async def quotes(self, symbols: frozenset[str]) -> AsyncIterator[Quote]:
        """Yield the quotes that have not been played yet; ends with the recording."""
        began: tuple[Instant, float] | None = None
        for quote in self._recording.since(self._played):
            if began is None:
                began = (max(self._clock.now(), quote.quoted_at), self._stopwatch())
            await self._wait_for(quote.quoted_at, began)
            self._clock.move_to(quote.quoted_at)
            self._played += 1
            if quote.symbol in symbols:
                yield quote
        self._clock.move_to(self._recording.ended_at + _SILENCE_NS)

    async def fetch(self, symbol: str) -> Quote:
        """Refuse: a recording is played, not asked.

        Raises:
            TransientError: always.
        """
        raise TransientError(f"A recording cannot be asked for {symbol}; wait for its next quote.")

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        """Return nothing: what came before the recording is not known."""
        del symbol, span
        return []

    async def usage(self) -> Usage | None:
        """Return None: nothing is counted."""
        return None

    async def probe(self, symbol: str) -> Finding:
        """Tell how much is recorded."""
        count = len(self._recording)
        return Finding(ok=self.supports(symbol), text=f"{count:,} quotes are recorded.")

    async def close(self) -> None:
        """Do nothing; the recording is in memory."""

    async def _wait_for(self, at: Instant, began: tuple[Instant, float]) -> None:
        """Wait until the market's time, which flows from ``began``, reaches ``at``."""
        if self._speed is None:
            await self._wait(0)
            return
        market, wall = began
        while True:
            flowed = (self._stopwatch() - wall) * self._speed
            present = market + int(flowed * NS_PER_SECOND)
            if present >= at:
                return
            self._clock.move_to(present)
            left = (at - present) / NS_PER_SECOND / self._speed
            await self._wait(min(_STEP_SECONDS, left))
