"""The rules by which signals become orders; values, read from the configuration elsewhere."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fxpaper.domain.instant import NS_PER_SECOND


class SignalRules(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for every signal of an account.

    Args:
        risk_percent: of equity, lost at the stop-loss by a signal of confidence 1.
        max_risk_percent: of equity; the risk gate lets nothing through that loses more.
        max_open_risk_percent: of equity, of everything open and waiting together.
        max_leg_risk_percent: of equity, of everything that buys, or sells, the same currency.
        max_positions: open and waiting together.
        max_spread_percent: of the way from the entry to the stop-loss; a signal waits for a
            narrower spread until it expires.
        min_confidence: less is refused.
        risk_at_min_confidence: share of the risk that a signal of just that confidence gets;
            between the two points the share grows in a straight line.
        lifetime_ns: a signal without an expiry lives this long after its time.
        future_tolerance_ns: a signal may be this far ahead of the clock.
        max_level_distance: a stop-loss or take-profit farther from the market than this fraction
            of the price is taken for a mistake.
        default_stop_pips: stop-loss of a signal that brings none; None refuses such a signal.
        auto_execute_unknown: whether a model that nobody has decided about is executed.
    """

    risk_percent: Decimal = Decimal(1)
    max_risk_percent: Decimal = Decimal(2)
    max_open_risk_percent: Decimal = Decimal(10)
    max_leg_risk_percent: Decimal = Decimal(5)
    max_positions: int = 50
    max_spread_percent: Decimal = Decimal(50)
    min_confidence: Decimal = Decimal("0.5")
    risk_at_min_confidence: Decimal = Decimal("0.5")
    lifetime_ns: int = 300 * NS_PER_SECOND
    future_tolerance_ns: int = 5 * NS_PER_SECOND
    max_level_distance: Decimal = Decimal("0.2")
    default_stop_pips: Decimal | None = None
    auto_execute_unknown: bool = False
