"""The paper broker: approved commands go to the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fxpaper.domain.approval import Approved
from fxpaper.domain.command import (
    CancelOrder,
    CloseAll,
    CloseBy,
    ClosePosition,
    ModifyOrder,
    ModifyPosition,
    MoveCash,
    Opening,
    PlaceGroup,
    PlaceOrder,
    Reducing,
    ResetAccount,
    ReversePosition,
)
from fxpaper.domain.instant import Instant
from fxpaper.engine.engine import Engine
from fxpaper.execution.broker import Answer


class PaperBroker:
    """Executes on recorded paper, by the engine's rules.

    Args:
        engine: holds the accounts.
    """

    def __init__(self, engine: Engine) -> None:
        self._acts: dict[type, Callable[[Any, Instant], Answer]] = {
            PlaceOrder: engine.place,
            PlaceGroup: engine.place_group,
            ReversePosition: engine.reverse,
            ModifyOrder: engine.modify_order,
            CancelOrder: engine.cancel,
            ModifyPosition: engine.modify_position,
            ClosePosition: engine.close,
            CloseBy: engine.close_by,
            CloseAll: engine.close_all,
            MoveCash: engine.move_cash,
            ResetAccount: engine.reset,
        }

    def submit(self, approved: Approved[Opening], now: Instant) -> Answer:
        """Execute what may open something; a refusal changes nothing."""
        return self._acts[type(approved.command)](approved.command, now)

    def carry_out(self, command: Reducing, now: Instant) -> Answer:
        """Execute what opens nothing, which needs no approval; a refusal changes nothing."""
        return self._acts[type(command)](command, now)
