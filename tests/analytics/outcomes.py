"""Closed positions as short lines."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from fxpaper.domain.outcome import Outcome


def outcome(
    confidence: str,
    net: str,
    r: str | None = None,
    *,
    model: str = "trend",
    symbol: str = "EURUSD",
    number: int = 0,
) -> Outcome:
    return Outcome(
        position_id=f"p-{number}",
        model=model,
        symbol=symbol,
        confidence=Decimal(confidence),
        net=Decimal(net),
        r=None if r is None else Decimal(r),
        opened_at=number,
        closed_at=number + 1,
    )


def won(confidence: str, wins: int, losses: int, symbol: str = "EURUSD") -> list[Outcome]:
    """Return so many winners and losers of one confidence."""
    nets = ["10"] * wins + ["-10"] * losses
    return [outcome(confidence, net, symbol=symbol) for net in nets]


def in_r(multiples: Iterable[str]) -> list[Outcome]:
    """Return trades of these R, each of 100 at risk."""
    return [
        outcome("0.6", str(Decimal(r) * 100), r, number=number)
        for number, r in enumerate(multiples)
    ]
