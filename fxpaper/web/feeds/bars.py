"""Bars for sockets: one series per socket, its growing bar at most four times a second."""

from __future__ import annotations

from dataclasses import dataclass, field

from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import Instant
from fxpaper.domain.quote import Quote
from fxpaper.web import views
from fxpaper.web.client import Client
from fxpaper.web.feeds.pace import Pace
from fxpaper.web.frames import BarsSnapshotFrame, bar_frame, raw
from fxpaper.web.ports import Market

STREAM = "bars"
SNAPSHOT_BARS = 500

_SECONDS = 0.25

Series = tuple[str, str]
"""Symbol and interval."""


@dataclass(slots=True)
class _Watched:
    """A series that somebody looks at.

    ``closed_until`` is where the latest closed bar began that all its clients have.
    """

    clients: dict[Client, None] = field(default_factory=dict)
    closed_until: Instant = -1
    shown: Bar | None = None


class BarFeed:
    """Sends each closed bar once and at once, and the growing one now and then.

    Args:
        market: has the bars and the instruments.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._series: dict[Client, Series] = {}
        self._watched: dict[Series, _Watched] = {}
        self._grown: set[str] = set()
        self._pace = Pace(_SECONDS, self._flush)

    async def run(self) -> None:
        """Send growing bars, until cancelled."""
        await self._pace.run()

    def on_quote(self, quote: Quote) -> None:
        """Take note that the bars of a symbol have grown."""
        if self._watched:
            self._grown.add(quote.symbol)
            self._pace.ask()

    def on_bar(self, bar: Bar) -> None:
        """Send a closed bar to whom it concerns; a growing one waits for its turn."""
        watched = self._watched.get((bar.symbol, bar.interval))
        if watched is None:
            return
        if not bar.closed:
            self._grown.add(bar.symbol)
            self._pace.ask()
        elif bar.opened_at > watched.closed_until:
            watched.closed_until = bar.opened_at
            self._send(watched, bar)

    def subscribe(self, client: Client, symbol: str, interval: str) -> None:
        """Send a client the bars so far and from now on; replaces its earlier series."""
        self.unsubscribe(client)
        bars = self._market.bars(symbol, interval, SNAPSHOT_BARS)
        watched = self._watched.setdefault((symbol, interval), _Watched())
        closed = [bar.opened_at for bar in bars if bar.closed]
        if closed and not watched.clients:
            watched.closed_until = closed[-1]
        watched.clients[client] = None
        self._series[client] = symbol, interval
        digits = self._market.instruments()[symbol].digits
        shown = [raw(views.bar(bar, digits)) for bar in bars]
        client.send(BarsSnapshotFrame(symbol=symbol, interval=interval, data=shown).frame())

    def unsubscribe(self, client: Client) -> None:
        """Send a client no more bars."""
        series = self._series.pop(client, None)
        if series is None:
            return
        watched = self._watched[series]
        del watched.clients[client]
        if not watched.clients:
            del self._watched[series]

    async def _flush(self) -> None:
        grown, self._grown = self._grown, set()
        for (symbol, interval), watched in self._watched.items():
            if symbol not in grown:
                continue
            for bar in self._market.bars(symbol, interval, 1):
                if not bar.closed and bar.opened_at > watched.closed_until and bar != watched.shown:
                    watched.shown = bar
                    self._send(watched, bar)

    def _send(self, watched: _Watched, bar: Bar) -> None:
        frame = bar_frame(views.bar(bar, self._market.instruments()[bar.symbol].digits))
        for client in list(watched.clients):
            if bar.closed or not client.behind:
                client.send(frame)
