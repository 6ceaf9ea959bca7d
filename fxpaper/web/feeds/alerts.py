"""Alerts for open pages: several that came together are one frame."""

from __future__ import annotations

from fxpaper.domain.instant import format_instant
from fxpaper.web.client import Client
from fxpaper.web.frames import AlertFrame
from fxpaper.web.ports import Market

STREAM = "alerts"

Told = tuple[tuple[str, ...], str, int, tuple[str, ...]]
"""Kinds, tone, how many alerts, and the texts of the first few."""


class AlertFeed:
    """Tells followers what people are told.

    Args:
        market: has the time.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._followers: dict[Client, None] = {}

    def subscribe(self, client: Client) -> None:
        """Tell a client from now on."""
        self._followers[client] = None

    def unsubscribe(self, client: Client) -> None:
        """Tell a client no more."""
        self._followers.pop(client, None)

    def tell(self, title: str, told: Told) -> None:
        """Tell every follower of one or several alerts."""
        kinds, tone, count, lines = told
        frame = AlertFrame(
            time=format_instant(self._market.now()),
            title=title,
            kinds=list(kinds),
            tone=tone,
            count=count,
            lines=list(lines),
        ).frame()
        for client in list(self._followers):
            client.send(frame)
