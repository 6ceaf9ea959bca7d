"""Sizing by what a model says of itself: a share of the risk on a straight line, or in steps."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from fxpaper.domain.money import floor_decimal
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.sizing import SizingMode
from fxpaper.signals.rules import SignalRules
from fxpaper.signals.sizing.case import Sized, SizingCase
from fxpaper.signals.sizing.whole_lots import lots_at_risk


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


def by_confidence(case: SizingCase) -> Sized:
    """Return the lots of a share of the risk that grows with confidence in a straight line."""
    share = share_of_risk(case.confidence, case.rules)
    numbers = {
        "equity": f"{case.equity} {case.currency}",
        "risk_percent": f"{case.rules.risk_percent} %",
        "share_for_confidence": str(floor_decimal(share, 4)),
    }
    return lots_at_risk(case, case.share_of_equity(case.rules.risk_percent) * share, numbers)


def by_tiers(case: SizingCase) -> Sized:
    """Return the lots of the share that the highest tier reached gives; none below the first."""
    tiers, percent = case.rules.tiers, case.rules.risk_percent
    numbers = {
        "sizing": SizingMode.TIERS.value,
        "equity": f"{case.equity} {case.currency}",
        "risk_percent": f"{percent} %",
        "confidence": str(case.confidence),
    }
    reached = [tier for tier in tiers if tier[0] <= case.confidence]
    if not reached:
        return Sized(_below_the_first(case.confidence, tiers[0][0]), numbers)
    begins, share = reached[-1]
    numbers |= {"tier": f"from {begins}", "share_for_tier": str(share)}
    return lots_at_risk(case, case.share_of_equity(percent) * Fraction(share), numbers)


def _below_the_first(confidence: Decimal, first: Decimal) -> Refused:
    return Refused(
        code=RefusalCode.CONFIDENCE_TOO_LOW,
        actual=str(confidence),
        limit=str(first),
        text=f"Confidence {confidence} is below the first tier, {first}, and gets nothing.",
    )
