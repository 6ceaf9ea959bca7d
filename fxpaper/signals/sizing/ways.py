"""Each way of sizing, by its name."""

from __future__ import annotations

from collections.abc import Callable

from fxpaper.domain.sizing import SizingMode
from fxpaper.signals.sizing.case import Sized, SizingCase
from fxpaper.signals.sizing.confidence import by_confidence, by_tiers
from fxpaper.signals.sizing.daily_move import by_volatility
from fxpaper.signals.sizing.fixed import by_fixed_lots, by_risk_money, by_risk_percent
from fxpaper.signals.sizing.kelly import by_kelly

WAYS: dict[SizingMode, Callable[[SizingCase], Sized]] = {
    SizingMode.FIXED_LOTS: by_fixed_lots,
    SizingMode.RISK_MONEY: by_risk_money,
    SizingMode.RISK_PERCENT: by_risk_percent,
    SizingMode.CONFIDENCE: by_confidence,
    SizingMode.TIERS: by_tiers,
    SizingMode.VOLATILITY: by_volatility,
    SizingMode.KELLY: by_kelly,
}


def sized(case: SizingCase) -> Sized:
    """Return the lots of a signal by the way that its rules name."""
    return WAYS[case.rules.sizing](case)
