"""Everything that sockets are told, in one place: feeds, heartbeats and the last goodbye."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fxpaper.domain.bar import Bar
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import format_instant
from fxpaper.domain.quote import Quote
from fxpaper.ledger.shell import LedgerShell
from fxpaper.web import views
from fxpaper.web.client import GOING_AWAY, SLOW_CONSUMER, Client, send_to_all
from fxpaper.web.feeds.account import AccountFeed
from fxpaper.web.feeds.alerts import AlertFeed
from fxpaper.web.feeds.bars import BarFeed
from fxpaper.web.feeds.quotes import QuoteFeed
from fxpaper.web.feeds.valuation import ValuationFeed
from fxpaper.web.frames import Goodbye, Heartbeat, raw
from fxpaper.web.ports import Execution, Market

HEARTBEAT_SECONDS = 5


class Hub:
    """Takes what happens and hands it to whoever listens.

    Args:
        account: the daemon's own.
        execution: has the account.
        market: has prices and time.
        ledger: has what happened.
    """

    def __init__(
        self, account: str, execution: Execution, market: Market, ledger: LedgerShell
    ) -> None:
        self.clients: dict[Client, None] = {}
        self.dropped_slow = 0
        """How many clients were let go because they were too slow."""
        self.quotes = QuoteFeed(market)
        self.bars = BarFeed(market)
        self.account = AccountFeed(account, execution, market, ledger)
        self.valuation = ValuationFeed(execution, market)
        self.alerts = AlertFeed(market)
        self._market = market

    def on_quote(self, quote: Quote) -> None:
        """Take a quote."""
        self.quotes.on_quote(quote)
        self.bars.on_quote(quote)
        self.valuation.on_change()

    def on_bar(self, bar: Bar) -> None:
        """Take a bar, closed or growing."""
        self.bars.on_bar(bar)

    def on_events(self, events: Sequence[Recorded]) -> None:
        """Take events that are committed, in order."""
        self.account.on_events(events)
        self.valuation.on_change()

    def join(self, client: Client) -> None:
        """Let a socket take part: it gets heartbeats and what it subscribes to."""
        self.clients[client] = None

    def leave(self, client: Client) -> None:
        """Forget a socket."""
        self.clients.pop(client, None)
        self.dropped_slow += client.dropped == SLOW_CONSUMER
        self.quotes.unsubscribe(client)
        self.bars.unsubscribe(client)
        self.account.unsubscribe(client)
        self.valuation.unsubscribe(client)
        self.alerts.unsubscribe(client)

    def start(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Work in ``group``; cancel the returned tasks to end it."""
        self.account.start()
        return [
            group.create_task(self.account.run(), name="web-account"),
            group.create_task(self.quotes.run(), name="web-quotes"),
            group.create_task(self.bars.run(), name="web-bars"),
            group.create_task(self.valuation.run(), name="web-valuation"),
            group.create_task(self._beat(), name="web-heartbeat"),
        ]

    def say_goodbye(self) -> None:
        """Tell every socket that the daemon stops, and close it."""
        frame = Goodbye(reason="shutdown").frame()
        for client in list(self.clients):
            client.send(frame)
            client.drop(GOING_AWAY, "shutdown")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for client in list(self.clients):
                client.check_patience()
            # A heartbeat would tell a client that is being sent its missed events of a gap.
            listening = [one for one in self.clients if not self.account.is_catching_up(one)]
            await send_to_all(listening, self._heartbeat())

    def _heartbeat(self) -> bytes:
        now = self._market.now()
        return Heartbeat(
            time=format_instant(now),
            seq={self.account.stream: self.account.seq},
            market_open=self._market.is_open(),
            sources=[raw(one) for one in views.sources(self._market.sources(), now)],
        ).frame()
