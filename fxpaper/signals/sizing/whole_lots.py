"""From exact lots to lots that can be ordered: down to the step, and never above a limit."""

from __future__ import annotations

from fractions import Fraction

from fxpaper.domain.money import floor_decimal, floor_to_step
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.signals.sizing.case import Sized, SizingCase


def lots_at_risk(case: SizingCase, risk: Fraction, numbers: dict[str, str]) -> Sized:
    """Return the most lots that lose at most ``risk`` at the stop-loss.

    Args:
        case: the signal.
        risk: money, account currency; positive.
        numbers: so far.

    Computes in fractions, so 100 over 333.33… is 0.30 lots and not 0.29.
    """
    exact, shown = risk / case.loss_per_lot, f"{floor_decimal(risk, 2)} {case.currency}"
    lost = f"{floor_decimal(case.loss_per_lot, 2)} {case.currency}"
    found = {
        **numbers,
        "risk": shown,
        "loss_per_lot_at_stop": lost,
        "lots_before_rounding": str(floor_decimal(exact, 4)),
    }
    said = (
        f"{shown} at risk, with {lost} lost per lot at the stop, allows",
        "Raise the risk or tighten the stop.",
    )
    return whole_lots(case, exact, found, said)


def whole_lots(
    case: SizingCase, exact: Fraction, numbers: dict[str, str], said: tuple[str, str]
) -> Sized:
    """Return exact lots rounded down to the lot step and kept within the limits.

    Args:
        case: gives the instrument and ``max_lots``.
        exact: lots.
        numbers: so far.
        said: what allows so many lots, and what would allow more, for the refusal.
    """
    instrument, most = case.instrument, case.instrument.max_lots
    if case.rules.max_lots is not None and case.rules.max_lots < most:
        most = case.rules.max_lots
    if exact > Fraction(most):
        numbers = {**numbers, "max_lots": str(most)}
        exact, said = Fraction(most), ("max_lots allows", "Raise max_lots.")
    lots = floor_to_step(exact, instrument.lot_step)
    if lots >= instrument.min_lots:
        return Sized(lots, {**numbers, "lots": str(lots)})
    shown = floor_decimal(exact, 4)
    refused = Refused(
        code=RefusalCode.LOTS_BELOW_MINIMUM,
        actual=str(shown),
        limit=str(instrument.min_lots),
        text=f"{said[0]} {shown} lots of {instrument.symbol}; the smallest order is "
        f"{instrument.min_lots}. {said[1]}",
    )
    return Sized(refused, numbers)
