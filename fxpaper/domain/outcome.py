"""What a model's advice came to: one closed position, with the confidence it was opened with."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fxpaper.domain.instant import Instant


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A closed position of a model.

    Args:
        position_id: which.
        model: whose signal opened it.
        symbol: of what.
        confidence: of that signal, 0–1.
        net: profit, commission and swap together, account currency.
        r: net over the risk frozen at the open; None without a stop-loss.
        opened_at: nanoseconds UTC.
        closed_at: nanoseconds UTC.
    """

    position_id: str
    model: str
    symbol: str
    confidence: Decimal
    net: Decimal
    r: Decimal | None
    opened_at: Instant
    closed_at: Instant

    @property
    def won(self) -> bool:
        """Whether it brought money after its costs; nothing either way is no win."""
        return self.net > 0
