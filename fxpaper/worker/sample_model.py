"""A sample model for the demo: follows short swings, sure of itself when they are long.

It shows what signals look like and earns nothing; it is no advice.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.quote import Quote

NAME = "sample"
_FIRST_AFTER_NS = 2 * NS_PER_SECOND
_EVERY_NS = 12 * NS_PER_SECOND
_STOP_PIPS = "4"


class SampleModel:
    """Turns quotes into signals, at most one every twelve seconds."""

    def __init__(self) -> None:
        self._anchors: dict[str, Quote] = {}
        self._next_at: Instant | None = None
        self._turn = 0

    def on_quote(self, quote: Quote) -> bytes | None:
        """Return the JSON of a signal, or None; uses only the quotes it was given."""
        anchor = self._anchors.setdefault(quote.symbol, quote)
        if self._next_at is None:
            self._next_at = quote.received_at + _FIRST_AFTER_NS
        if quote.received_at < self._next_at or quote.bid == anchor.bid:
            return None
        self._next_at = quote.received_at + _EVERY_NS
        self._anchors[quote.symbol] = quote
        self._turn += 1
        moved = abs(quote.bid - anchor.bid)
        confidence = min(Decimal(45 + moved % 50), Decimal(95)) / 100
        return msgspec.json.encode(
            {
                "id": f"{NAME}-{quote.received_at}",
                "model": NAME,
                "symbol": quote.symbol,
                "side": "buy" if quote.bid > anchor.bid else "sell",
                "confidence": str(confidence),
                "stop_loss": {"pips": _STOP_PIPS},
                "take_profit": {"r": "1.5"},
            }
        )
