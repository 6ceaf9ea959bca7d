"""Sizing that asks nobody's opinion: fixed lots, a fixed amount, a fixed share of equity."""

from __future__ import annotations

from fractions import Fraction

from fxpaper.domain.money import floor_decimal
from fxpaper.domain.sizing import SizingMode
from fxpaper.signals.sizing.case import Sized, SizingCase
from fxpaper.signals.sizing.whole_lots import lots_at_risk, whole_lots


def by_fixed_lots(case: SizingCase) -> Sized:
    """Return the lots that are set, wherever the stop-loss is."""
    exact = Fraction(case.rules.lots)
    numbers = {
        "sizing": SizingMode.FIXED_LOTS.value,
        "lots_set": str(case.rules.lots),
        "loss_per_lot_at_stop": f"{floor_decimal(case.loss_per_lot, 2)} {case.currency}",
        "lots_before_rounding": str(floor_decimal(exact, 4)),
    }
    return whole_lots(case, exact, numbers, ("The setting lots is", "Raise it."))


def by_risk_money(case: SizingCase) -> Sized:
    """Return the lots that lose a set amount at the stop-loss."""
    numbers = {"sizing": SizingMode.RISK_MONEY.value}
    return lots_at_risk(case, Fraction(case.rules.risk_money), numbers)


def by_risk_percent(case: SizingCase) -> Sized:
    """Return the lots that lose a set share of equity at the stop-loss."""
    return fixed_share(case, {"sizing": SizingMode.RISK_PERCENT.value})


def fixed_share(case: SizingCase, numbers: dict[str, str]) -> Sized:
    """Return the lots of ``risk_percent``, after the numbers that led to it."""
    percent = case.rules.risk_percent
    found = {
        **numbers,
        "equity": f"{case.equity} {case.currency}",
        "risk_percent": f"{percent} %",
    }
    return lots_at_risk(case, case.share_of_equity(percent), found)
