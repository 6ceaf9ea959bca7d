"""How many lots a signal gets: a share of equity at risk over what one lot loses at its stop."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import msgspec

from fxpaper.domain.instrument import Instrument
from fxpaper.domain.money import floor_decimal
from fxpaper.domain.refusal import Refused
from fxpaper.engine.amounts import lots_for_risk
from fxpaper.signals.rules import SignalRules


class Sized(msgspec.Struct, frozen=True):
    """Lots, and the numbers that made them.

    Args:
        lots: on the instrument's step.
        numbers: by name, as text, in the order they were computed.
    """

    lots: Decimal
    numbers: dict[str, str]


def share_of_risk(confidence: Decimal, rules: SignalRules) -> Fraction:
    """Return which part of the risk a confidence earns: a straight line up to 1 at confidence 1.

    It starts at ``risk_at_min_confidence`` for the lowest confidence that is executed. With the
    defaults, 0.5 at 0.5, the share is the confidence itself.
    """
    low, start = Fraction(rules.min_confidence), Fraction(rules.risk_at_min_confidence)
    if low >= 1:
        return Fraction(1)
    along = (Fraction(confidence) - low) / (1 - low)
    return start + (1 - start) * min(max(along, Fraction(0)), Fraction(1))


def lots_for_confidence(
    confidence: Decimal,
    equity: Decimal,
    loss_per_lot: Fraction,
    instrument: Instrument,
    rules: SignalRules,
    currency: str,
) -> Sized | Refused:
    """Return the lots for a confidence, with every number on the way.

    Args:
        confidence: of the signal, 0–1.
        equity: of the account.
        loss_per_lot: what one lot loses at its stop, costs included.
        instrument: gives the lot step and limits.
        rules: give the risk and the curve.
        currency: of the account.
    """
    share = share_of_risk(confidence, rules)
    risk = Fraction(equity) * Fraction(rules.risk_percent) / 100 * share
    lots = lots_for_risk(risk, loss_per_lot, instrument, currency)
    if isinstance(lots, Refused):
        return lots
    numbers = {
        "equity": f"{equity} {currency}",
        "risk_percent": f"{rules.risk_percent} %",
        "share_for_confidence": str(floor_decimal(share, 4)),
        "risk": f"{floor_decimal(risk, 2)} {currency}",
        "loss_per_lot_at_stop": f"{floor_decimal(loss_per_lot, 2)} {currency}",
        "lots_before_rounding": str(floor_decimal(risk / loss_per_lot, 4)),
        "lots": str(lots),
    }
    return Sized(lots, numbers)
