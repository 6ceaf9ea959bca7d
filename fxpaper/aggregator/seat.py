"""One source's place in the feed: it runs for the symbols it is given, whatever happens to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import cast

from fxpaper.aggregator.source import Source, Usage
from fxpaper.domain.instant import Instant
from fxpaper.domain.quote import Quote


class Seat:
    """Runs a source.

    Args:
        source: that is run.
        on_quote: is told each quote as the source gave it.
        on_end: is told why the source stopped of its own; None when it is at its end.
    """

    def __init__(
        self,
        source: Source,
        on_quote: Callable[[Seat, Quote], None],
        on_end: Callable[[Seat, Exception | None], None],
    ) -> None:
        self.source = source
        self.symbols: frozenset[str] = frozenset()
        self.last_quote_at: Instant | None = None
        self.heard = False
        """Whether a quote has come since the source was last started."""
        self.usage = Usage()
        self._on_quote = on_quote
        self._on_end = on_end
        self._changed = asyncio.Event()
        self._scope: asyncio.Timeout | None = None

    def assign(self, symbols: frozenset[str]) -> None:
        """Run for other symbols from now on; none lets the source rest."""
        if symbols == self.symbols:
            return
        self.symbols = symbols
        self._changed.set()
        if self._scope is not None:
            self._scope.reschedule(asyncio.get_running_loop().time())
            self._scope = None

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self.symbols:
                self.heard = False
                await self._serve(self.symbols)

    async def _serve(self, symbols: frozenset[str]) -> None:
        """Run the source until it ends, fails, or is to do something else."""
        try:
            async with asyncio.timeout(None) as scope:
                self._scope = scope
                await self._pass_on(symbols)
        except TimeoutError:
            # Ours: the scope was moved into the past by `assign`.
            return
        finally:
            self._scope = None

    async def _pass_on(self, symbols: frozenset[str]) -> None:
        quotes = cast("AsyncGenerator[Quote, None]", self.source.quotes(symbols))
        problem: Exception | None = None
        async with aclosing(quotes):
            while True:
                try:
                    quote = await anext(quotes)
                except StopAsyncIteration:
                    break
                except Exception as failure:  # noqa: BLE001 - a source never stops the others
                    problem = failure
                    break
                self.heard = True
                self.last_quote_at = quote.received_at
                self._on_quote(self, quote)
        self._scope = None
        self.symbols = frozenset()
        self._on_end(self, problem)
