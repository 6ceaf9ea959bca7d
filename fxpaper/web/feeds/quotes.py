"""Quotes for sockets: the newest of each symbol, at most ten frames a second."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from fxpaper.domain.quote import Quote
from fxpaper.web.client import Client, send_to_all
from fxpaper.web.feeds.pace import Pace
from fxpaper.web.frames import quote_text, quotes_frame
from fxpaper.web.ports import Market

STREAM = "quotes"

_SECONDS = 0.1

Symbols = frozenset[str] | None
"""Which symbols a client wants; None for all of them."""


class QuoteFeed:
    """Conflates quotes and sends each set of subscribers one and the same frame.

    A client that is behind gets nothing now and the newest of all it has missed once it has
    caught up, so a slow connection sees fewer quotes and never old ones.

    Args:
        market: has the latest quotes and the instruments.
    """

    def __init__(self, market: Market) -> None:
        self.count = 0
        """How many quotes came in."""
        self._market = market
        self._changed: dict[str, Quote] = {}
        self._wanted: dict[Client, Symbols] = {}
        self._sharing: dict[Symbols, dict[Client, None]] = {}
        self._missed: dict[Client, set[str]] = {}
        self._pace = Pace(_SECONDS, self._flush)

    async def run(self) -> None:
        """Send what has changed, until cancelled."""
        await self._pace.run()

    def on_quote(self, quote: Quote) -> None:
        """Take a quote."""
        self.count += 1
        if self._wanted:
            self._changed[quote.symbol] = quote
            self._pace.ask()

    def subscribe(self, client: Client, symbols: Symbols) -> None:
        """Send a client the quotes of now and from now on; replaces what it wanted before."""
        self.unsubscribe(client)
        self._wanted[client] = symbols
        self._sharing.setdefault(symbols, {})[client] = None
        self._send_latest(client, self._market.symbols() if symbols is None else sorted(symbols))

    def unsubscribe(self, client: Client) -> None:
        """Send a client no more quotes."""
        if client not in self._wanted:
            return
        symbols = self._wanted.pop(client)
        self._missed.pop(client, None)
        sharing = self._sharing[symbols]
        del sharing[client]
        if not sharing:
            del self._sharing[symbols]

    async def _flush(self) -> None:
        changed, self._changed = self._changed, {}
        instruments = self._market.instruments()
        texts = {
            symbol: quote_text(quote, instruments[symbol].digits)
            for symbol, quote in changed.items()
            if symbol in instruments
        }
        self._catch_up()
        for symbols, clients in list(self._sharing.items()):
            mine = texts if symbols is None else {s: texts[s] for s in texts if s in symbols}
            if mine:
                ready = [client for client in clients if not self._set_back(client, mine)]
                await send_to_all(ready, quotes_frame(mine.values()))
                await asyncio.sleep(0)

    def _set_back(self, client: Client, symbols: Iterable[str]) -> bool:
        """Note what a client misses that is behind; False for one that is not."""
        if not client.behind:
            return False
        self._missed.setdefault(client, set()).update(symbols)
        self._pace.ask()
        return True

    def _catch_up(self) -> None:
        """Send clients that are no longer behind the newest of what they have missed."""
        for client in [client for client in self._missed if not client.behind]:
            self._send_latest(client, sorted(self._missed.pop(client)))
        if self._missed:
            self._pace.ask()

    def _send_latest(self, client: Client, symbols: Iterable[str]) -> None:
        instruments = self._market.instruments()
        quotes = (self._market.quote(symbol) for symbol in symbols)
        texts = [
            quote_text(quote, instruments[quote.symbol].digits)
            for quote in quotes
            if quote is not None and quote.symbol in instruments
        ]
        if texts:
            client.send(quotes_frame(texts))
