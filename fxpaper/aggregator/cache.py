"""The latest quote of each symbol for readers beside this process, and one call for many askers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import msgspec

from fxpaper.aggregator.store import Store
from fxpaper.domain.quote import Quote

DISPLAY_SECONDS = 60
"""How long a quote may be shown by those who read the store; fills go by its own time."""


class QuoteCache:
    """Latest quotes in the store, hash ``q:{symbol}``.

    Quotes are noted at once and written by :meth:`flush`, newest of each symbol only, so that a
    fast market costs the store no more than a slow one.

    Args:
        store: where they are written.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._noted: dict[str, Quote] = {}
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Quote)

    def note(self, quote: Quote) -> None:
        """Take a quote for the next :meth:`flush`."""
        self._noted[quote.symbol] = quote

    async def flush(self) -> None:
        """Write what was noted since the last time.

        Raises:
            redis.exceptions.RedisError: the store does not answer; what was noted is dropped,
                newer quotes follow.
        """
        if not self._noted:
            return
        noted, self._noted = self._noted, {}
        pipeline = self._store.client.pipeline(transaction=False)
        for symbol, quote in noted.items():
            pipeline.hset(f"q:{symbol}", mapping={"quote": self._encoder.encode(quote)})
            pipeline.expire(f"q:{symbol}", DISPLAY_SECONDS)
        await self._store.ask(pipeline.execute())

    async def latest(self, symbol: str) -> Quote | None:
        """Return the quote that was written last, if that was less than a minute ago."""
        hget = cast("Awaitable[bytes | None]", self._store.client.hget(f"q:{symbol}", "quote"))
        body = await self._store.ask(hget)
        return None if body is None else self._decoder.decode(body)


class SingleFlight:
    """Lets everybody who asks the same thing at the same time share one call."""

    def __init__(self) -> None:
        self._flights: dict[str, asyncio.Future[Quote | None]] = {}

    async def fetch(self, symbol: str, fetch: Callable[[], Awaitable[Quote]]) -> Quote:
        """Return what ``fetch`` returns, or what the same call of somebody else does.

        Whoever started a call and is cancelled hands over to the next who waits.
        """
        while (flight := self._flights.get(symbol)) is not None:
            quote = await asyncio.shield(flight)
            if quote is not None:
                return quote
        flight = asyncio.get_running_loop().create_future()
        self._flights[symbol] = flight
        try:
            quote = await fetch()
        except Exception as problem:
            flight.set_exception(problem)
            flight.exception()  # Those who wait get it as well; there may be nobody.
            raise
        else:
            flight.set_result(quote)
            return quote
        finally:
            del self._flights[symbol]
            if not flight.done():
                flight.set_result(None)
