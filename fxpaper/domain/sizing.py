"""The ways to size a signal, by name."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

Tiers = tuple[tuple[Decimal, Decimal], ...]
"""From a confidence on, a share of the risk; both rise from tier to tier."""

LADDER: Tiers = (
    (Decimal("0.5"), Decimal("0.25")),
    (Decimal("0.7"), Decimal("0.5")),
    (Decimal("0.9"), Decimal(1)),
)
"""The tiers of who names none."""


class SizingMode(StrEnum):
    """What decides how many lots a signal gets. Every one is checked by the risk gate."""

    FIXED_LOTS = "fixed_lots"
    """Always the same lots, wherever the stop-loss is."""
    RISK_MONEY = "risk_money"
    """An amount of money, lost at the stop-loss."""
    RISK_PERCENT = "risk_percent"
    """A share of equity, lost at the stop-loss, whatever the confidence."""
    CONFIDENCE = "confidence"
    """A share of equity that grows with confidence in a straight line."""
    TIERS = "tiers"
    """A share of equity that grows with confidence in steps."""
    VOLATILITY = "volatility"
    """An average day's move costs a share of equity."""
    KELLY = "kelly"
    """A fraction of Kelly's share of equity, from what the model's confidence was worth."""
