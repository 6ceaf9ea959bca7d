"""The paper broker: approved commands go to the engine."""

from __future__ import annotations

from fxpaper.domain.approval import Approved
from fxpaper.domain.command import ClosePosition, PlaceOrder
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.refusal import Refused
from fxpaper.engine.engine import Engine


class PaperBroker:
    """Executes on recorded paper, by the engine's rules.

    Args:
        engine: holds the accounts.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def submit(self, approved: Approved[PlaceOrder], now: Instant) -> list[Recorded] | Refused:
        """Execute an approved order; a refusal changes nothing."""
        return self._engine.place(approved.command, now)

    def close(self, command: ClosePosition, now: Instant) -> list[Recorded] | Refused:
        """Close a position; reducing risk needs no approval."""
        return self._engine.close(command, now)
