"""What account and positions are worth, for sockets: at most four times a second, when changed."""

from __future__ import annotations

from decimal import Decimal

from fxpaper.domain.instant import format_instant
from fxpaper.web import views
from fxpaper.web.client import Client, send_to_all
from fxpaper.web.feeds.pace import Pace
from fxpaper.web.frames import PositionValue, ValuationFrame, raw
from fxpaper.web.objects import plain
from fxpaper.web.ports import AccountView, Execution, Market

STREAM = "valuation"

_SECONDS = 0.25


class ValuationFeed:
    """Sends all its clients the same frame.

    Args:
        execution: has the account.
        market: has the time.
    """

    def __init__(self, execution: Execution, market: Market) -> None:
        self._execution = execution
        self._market = market
        self._clients: dict[Client, None] = {}
        self._missed: dict[Client, None] = {}
        self._shown: AccountView | None = None
        self._pace = Pace(_SECONDS, self._flush)

    async def run(self) -> None:
        """Send what has changed, until cancelled."""
        await self._pace.run()

    def on_change(self) -> None:
        """Take note that a quote or an event may have changed something."""
        if self._clients:
            self._pace.ask()

    def subscribe(self, client: Client) -> None:
        """Send a client what everything is worth, now and from now on."""
        self._clients[client] = None
        client.send(self._frame(self._execution.view()))

    def unsubscribe(self, client: Client) -> None:
        """Send a client no more valuations."""
        self._clients.pop(client, None)
        self._missed.pop(client, None)

    async def _flush(self) -> None:
        view = self._execution.view()
        waiting = self._missed if view == self._shown else self._clients
        ready = [client for client in waiting if not client.behind]
        self._missed = {client: None for client in waiting if client.behind}
        self._shown = view
        if self._missed:
            self._pace.ask()
        if ready:
            await send_to_all(ready, self._frame(view))

    def _frame(self, view: AccountView) -> bytes:
        positions = [views.position(position, view) for position in view.positions]
        return ValuationFrame(
            stream=STREAM,
            time=format_instant(self._market.now()),
            mode=view.account.mode,
            account=raw(views.account(view.account, view.valuation)),
            positions=[
                PositionValue(one.id, _text(one.current_price), _text(one.profit), _text(one.r))
                for one in positions
            ],
        ).frame()


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
