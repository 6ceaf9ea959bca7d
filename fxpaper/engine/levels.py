"""The levels that an open position lets wait in the trigger book."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from fxpaper.domain.instrument import Points
from fxpaper.domain.order import DealReason
from fxpaper.domain.position import Position
from fxpaper.engine.matching import LevelKind


class PositionLevel(msgspec.Struct, frozen=True):
    """A stop-loss or take-profit that waits.

    Args:
        account: whose.
        position_id: of which position.
        kind: a stop-loss is a stop, a take-profit a limit.
        price: in points.
    """

    account: str
    position_id: str
    kind: LevelKind
    price: Points

    @property
    def reason(self) -> DealReason:
        """Why a deal at this level happens."""
        return DealReason.STOP_LOSS if self.kind is LevelKind.STOP else DealReason.TAKE_PROFIT


def levels_of(position: Position) -> Iterator[PositionLevel]:
    """Yield the levels of a position, the stop-loss first: it wins should both be crossed."""
    if position.stop_loss is not None:
        yield PositionLevel(position.account, position.id, LevelKind.STOP, position.stop_loss)
    if position.take_profit is not None:
        yield PositionLevel(position.account, position.id, LevelKind.LIMIT, position.take_profit)
