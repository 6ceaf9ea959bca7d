"""What sizing needs to know of a signal, and what it answers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Protocol

import msgspec

from fxpaper.domain.instrument import Instrument
from fxpaper.domain.refusal import Refused
from fxpaper.signals.rules import SignalRules


class Calibration(Protocol):
    """What a model's confidence was worth in its closed trades."""

    @property
    def count(self) -> int:
        """How many trades it was learnt from."""

    def lower(self, confidence: Decimal) -> Fraction:
        """Return what the probability of winning is at least; it never falls with confidence."""


class SizingCase(msgspec.Struct, frozen=True, kw_only=True):
    """One signal to be sized. Money is in the account's currency, exactly.

    Args:
        confidence: of the signal, 0–1.
        equity: of the account.
        currency: of the account.
        instrument: gives the lot step and limits.
        rules: that hold for the signal.
        loss_per_lot: what one lot loses at its stop-loss, costs included; positive.
        reward_per_lot: what one lot brings at its take-profit, costs taken off; None without one.
        day_range: points that the price moves on an average day; None while unknown.
        day_loss_per_lot: what such a move costs one lot; None while unknown.
        calibration: of the model; None while there is too little to learn from.
        trades: that the model has closed, enough or not.
    """

    confidence: Decimal
    equity: Decimal
    currency: str
    instrument: Instrument
    rules: SignalRules
    loss_per_lot: Fraction
    reward_per_lot: Fraction | None = None
    day_range: Fraction | None = None
    day_loss_per_lot: Fraction | None = None
    calibration: Calibration | None = None
    trades: int = 0

    def share_of_equity(self, percent: Fraction | Decimal) -> Fraction:
        """Return a percentage of equity as money."""
        return Fraction(self.equity) * Fraction(percent) / 100


class Sized(msgspec.Struct, frozen=True):
    """Lots, or why there are none, and the numbers that led there.

    Args:
        lots: on the instrument's step, or the refusal.
        numbers: by name, as text, in the order they were computed.
    """

    lots: Decimal | Refused
    numbers: dict[str, str]
