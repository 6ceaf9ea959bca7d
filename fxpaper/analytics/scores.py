"""What a model's closed trades came to, each number by its definition; see docs/reference.

A trade is a closed position that the model's signal opened. Its net is profit, commission and swap
together; its R is that over the money at risk when it was opened, costs included, and there is
none without a stop-loss. What cannot be computed is None, with the reason in ``missing``: never a
number that stands for infinity.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from fxpaper.analytics.calibration import MINIMUM, Calibration, calibrate
from fxpaper.analytics.decay import Decay, decay
from fxpaper.analytics.roots import root
from fxpaper.analytics.samples import Sample, sample
from fxpaper.analytics.wilson import wilson_interval
from fxpaper.domain.outcome import Outcome

MOST_FOR_SQN = 100
"""SQN grows with the number of trades; capped so that models can be compared."""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What closed trades came to.

    Args:
        trades: closed positions.
        wins: with a net above zero.
        losses: with a net below zero.
        hit_rate: wins over trades.
        hit_interval: two-sided 90 % Wilson interval of it.
        multiples: R of the trades that have one, in short: its mean is the expectancy.
        sqn: root of the number of trades with an R, at most 100, times mean over standard
            deviation of R.
        profit_factor: what winners brought over what losers cost.
        average_win: net of a winner, account currency.
        average_loss: net of a loser, negative, account currency.
        worst_streak: most losers in a row, by closing.
        net: of all trades, account currency.
        calibration: of the confidence they were opened with.
        decay: whether they have become weaker.
        missing: why a number is None, by its name.
    """

    trades: int
    wins: int
    losses: int
    hit_rate: Fraction | None
    hit_interval: tuple[Fraction, Fraction] | None
    multiples: Sample | None
    sqn: Fraction | None
    profit_factor: Fraction | None
    average_win: Fraction | None
    average_loss: Fraction | None
    worst_streak: int
    net: Decimal
    calibration: Calibration | None
    decay: Decay
    missing: dict[str, str]


def score(outcomes: Sequence[Outcome], minimum: int = MINIMUM, about: str = "") -> Score:
    """Return what trades came to.

    Args:
        outcomes: oldest first by closing.
        minimum: trades from which on their calibration is trusted.
        about: whose they are.
    """
    trades, nets = len(outcomes), [Fraction(one.net) for one in outcomes]
    won, lost = [net for net in nets if net > 0], [net for net in nets if net < 0]
    multiples = [Fraction(one.r) for one in outcomes if one.r is not None]
    summed, in_short = sum((one.net for one in outcomes), Decimal(0)), sample(multiples)
    sqn = _sqn(in_short)
    return Score(
        trades=trades,
        wins=len(won),
        losses=len(lost),
        hit_rate=Fraction(len(won), trades) if trades else None,
        hit_interval=wilson_interval(len(won), trades) if trades else None,
        multiples=in_short,
        sqn=sqn,
        profit_factor=Fraction(sum(won)) / -sum(lost) if lost else None,
        average_win=sum(won) / Fraction(len(won)) if won else None,
        average_loss=sum(lost) / Fraction(len(lost)) if lost else None,
        worst_streak=_worst_streak(nets),
        net=summed,
        calibration=calibrate(outcomes, minimum, about),
        decay=decay(multiples),
        missing=_missing(trades, (len(won), len(lost)), in_short, sqn),
    )


def _sqn(multiples: Sample | None) -> Fraction | None:
    if multiples is None or not multiples.deviation:
        return None
    times = root(Fraction(min(multiples.count, MOST_FOR_SQN)))
    return times * multiples.mean / multiples.deviation


def _worst_streak(nets: Sequence[Fraction]) -> int:
    worst = now = 0
    for net in nets:
        now = now + 1 if net < 0 else 0
        worst = max(worst, now)
    return worst


def _missing(
    trades: int, ends: tuple[int, int], multiples: Sample | None, sqn: Fraction | None
) -> dict[str, str]:
    wins, losses = ends
    found: dict[str, str] = {}
    if not trades:
        found |= dict.fromkeys(("hit_rate", "brier", "log_score", "ece"), "no closed trade")
    if not wins:
        found["average_win"] = "no winning trade"
    if not losses:
        found |= dict.fromkeys(("profit_factor", "average_loss"), "no losing trade")
    if multiples is None:
        without = "no closed trade with a stop-loss"
        found |= dict.fromkeys(("expectancy", "expectancy_error", "sqn"), without)
    elif multiples.count == 1:
        found |= dict.fromkeys(("expectancy_error", "sqn"), "one trade has no deviation")
    elif sqn is None:
        found["sqn"] = "every trade had the same R"
    return found
