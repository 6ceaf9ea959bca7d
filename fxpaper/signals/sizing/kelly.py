"""Sizing by Kelly's criterion, with what a model's confidence has proved to be worth.

The share of equity that makes money grow fastest is f* = p − (1 − p) / b: p is the probability of
winning, b what is won for each unit lost (J. L. Kelly, A New Interpretation of Information Rate,
Bell System Technical Journal 35, 1956; in this form E. O. Thorp, The Kelly Criterion, 2006). It
forgives no error: too high a p ruins. So p is the lower bound of a calibrated probability and
never the confidence itself, b is net of costs, a fraction of f* is staked, and that is capped.
"""

from __future__ import annotations

from fractions import Fraction

from fxpaper.domain.money import floor_decimal
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.sizing import SizingMode
from fxpaper.signals.sizing.case import Sized, SizingCase
from fxpaper.signals.sizing.fixed import fixed_share
from fxpaper.signals.sizing.whole_lots import lots_at_risk


def kelly_share(probability: Fraction, odds: Fraction) -> Fraction:
    """Return Kelly's share of equity, f*; negative where there is no edge.

    Args:
        probability: of winning, 0–1.
        odds: what is won for each unit lost; positive.
    """
    return probability - (1 - probability) / odds


def by_kelly(case: SizingCase) -> Sized:
    """Return the lots that lose a fraction of Kelly's share of equity at the stop-loss.

    Until there are ``kelly_trades`` closed trades, and for a signal without a take-profit, it is
    ``risk_percent``.
    """
    rules, known = case.rules, case.calibration
    trades = case.trades if known is None else known.count
    numbers = {
        "sizing": SizingMode.KELLY.value,
        "trades": str(trades),
        "trades_needed": str(rules.kelly_trades),
    }
    if known is None or trades < rules.kelly_trades:
        return fixed_share(case, {**numbers, "kelly": "too few trades: risk_percent instead"})
    if case.reward_per_lot is None:
        return fixed_share(case, {**numbers, "kelly": "no take_profit: risk_percent instead"})
    probability = min(max(known.lower(case.confidence), Fraction(0)), Fraction(1))
    odds = case.reward_per_lot / case.loss_per_lot
    numbers |= {
        "win_probability": f"≥ {floor_decimal(probability, 4)}",
        "reward_per_lot": f"{floor_decimal(case.reward_per_lot, 2)} {case.currency}",
        "reward_to_risk": str(floor_decimal(odds, 4)),
    }
    share = kelly_share(probability, odds) if odds > 0 else Fraction(-1)
    numbers["kelly"] = str(floor_decimal(share, 4)) if odds > 0 else "none: costs exceed the reward"
    if share <= 0:
        return Sized(_no_edge(numbers), numbers)
    return _staked(case, share, numbers)


def _staked(case: SizingCase, share: Fraction, numbers: dict[str, str]) -> Sized:
    rules = case.rules
    wanted = share * Fraction(rules.kelly_fraction) * 100
    cap = min(rules.kelly_cap_percent, rules.max_risk_percent)
    found = {
        **numbers,
        "kelly_fraction": str(rules.kelly_fraction),
        "kelly_percent": f"{floor_decimal(wanted, 4)} %",
        "cap_percent": f"{cap} %",
        "equity": f"{case.equity} {case.currency}",
    }
    return lots_at_risk(case, case.share_of_equity(min(wanted, Fraction(cap))), found)


def _no_edge(numbers: dict[str, str]) -> Refused:
    probability, odds, share = (
        numbers[name] for name in ("win_probability", "reward_to_risk", "kelly")
    )
    return Refused(
        code=RefusalCode.NO_EDGE,
        actual=share,
        limit="> 0",
        text=f"With a probability of winning of {probability} and a reward of {odds} times the "
        f"risk, net of costs, Kelly's share of equity is {share}; only more than 0 is traded. A "
        "farther take_profit or a better model would have an edge.",
    )
