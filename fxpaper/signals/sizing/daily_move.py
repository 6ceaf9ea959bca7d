"""Sizing by how far a price moves: an average day against a position costs a share of equity.

So a calm pair gets more lots than a wild one (volatility targeting; R. Carver, Systematic
Trading, 2015, chapter 9, with the average true range for the standard deviation of returns). The
stop-loss still counts: no more lots than lose ``max_risk_percent`` there.
"""

from __future__ import annotations

from fxpaper.domain.money import floor_decimal, to_decimal
from fxpaper.domain.sizing import SizingMode
from fxpaper.signals.sizing.case import Sized, SizingCase
from fxpaper.signals.sizing.fixed import fixed_share
from fxpaper.signals.sizing.whole_lots import whole_lots


def by_volatility(case: SizingCase) -> Sized:
    """Return the lots that lose ``volatility_percent`` of equity on an average day against them.

    While the average day is unknown it is ``risk_percent`` of equity at the stop-loss.
    """
    numbers = {"sizing": SizingMode.VOLATILITY.value}
    if case.day_range is None or not case.day_loss_per_lot:
        return fixed_share(case, {**numbers, "average_day": "unknown yet: risk_percent instead"})
    rules, currency = case.rules, case.currency
    target = case.share_of_equity(rules.volatility_percent)
    ceiling = case.share_of_equity(rules.max_risk_percent)
    by_day, by_stop = target / case.day_loss_per_lot, ceiling / case.loss_per_lot
    exact = min(by_day, by_stop)
    pips = to_decimal(case.day_range / case.instrument.pip, 1)
    lost = f"{floor_decimal(case.day_loss_per_lot, 2)} {currency}"
    numbers |= {
        "equity": f"{case.equity} {currency}",
        "volatility_percent": f"{rules.volatility_percent} %",
        "loss_on_average_day": f"{floor_decimal(target, 2)} {currency}",
        "average_day": f"{pips} pips",
        "loss_per_lot_on_average_day": lost,
        "lots_for_average_day": str(floor_decimal(by_day, 4)),
        "loss_per_lot_at_stop": f"{floor_decimal(case.loss_per_lot, 2)} {currency}",
        "lots_for_max_risk_percent": str(floor_decimal(by_stop, 4)),
        "lots_before_rounding": str(floor_decimal(exact, 4)),
    }
    said = (
        f"{floor_decimal(target, 2)} {currency} on an average day, with {lost} lost per lot, allows"
        if by_day <= by_stop
        else f"{floor_decimal(ceiling, 2)} {currency} at the stop-loss allows",
        "Raise volatility_percent."
        if by_day <= by_stop
        else "Tighten the stop or raise max_risk_percent.",
    )
    return whole_lots(case, exact, numbers, said)
