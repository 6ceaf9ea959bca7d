"""How far the confidence that a model states is from how often it wins.

Definitions, each over closed trades, with 1 for a trade that won and 0 for any other:

- Brier score: the mean of ``(confidence - won)²``; 0 is perfect, always saying 0.5 gives 0.25
  (G. W. Brier, Monthly Weather Review 78, 1950).
- log score: the mean of ``-ln(probability given to what happened)``; infinite, here None, once a
  model was certain and wrong (I. J. Good, Rational decisions, 1952).
- ECE, expected calibration error: over ten bins of equal width, the mean distance between stated
  confidence and rate of winning, by trades (M. P. Naeini and others, AAAI 2015).
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Context, Decimal
from fractions import Fraction

import msgspec

from fxpaper.analytics.tally import Tally, Won, together

BINS = 10

_LOGARITHMS = Context(prec=28)


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """One point of the reliability curve: the trades whose confidence is in a stretch.

    Args:
        begins: of the stretch, included.
        ends: of the stretch, excluded but for 1.
        count: trades in it.
        wins: of them.
        confidence: their mean.
    """

    begins: Fraction
    ends: Fraction
    count: int
    wins: int
    confidence: Fraction

    @property
    def rate(self) -> Fraction:
        """How often they won."""
        return Fraction(self.wins, self.count)


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """How far stated confidence is from what happened.

    Args:
        count: trades it is about.
        brier: 0 is perfect, 1 is always certain and always wrong.
        log_score: 0 is perfect; None when it is infinite.
        ece: 0–1.
        bins: that have a trade, from the lowest confidence on.
    """

    count: int
    brier: Fraction
    log_score: Decimal | None
    ece: Fraction
    bins: tuple[Bin, ...]


def reliability(counted: Tally) -> Reliability:
    """Return how reliable stated confidence was; at least one trade is needed."""
    count = together(counted.values()).trades
    bins = _bins(counted)
    apart = sum((one.count * abs(one.confidence - one.rate) for one in bins), Fraction(0))
    return Reliability(
        count=count,
        brier=_squares(counted) / count,
        log_score=_log_score(counted, count),
        ece=apart / count,
        bins=bins,
    )


def _squares(counted: Tally) -> Fraction:
    found = Fraction(0)
    for confidence, won in counted.items():
        said = Fraction(confidence)
        found += won.wins * (1 - said) ** 2 + (won.trades - won.wins) * said**2
    return found


def _log_score(counted: Tally, count: int) -> Decimal | None:
    found = Decimal(0)
    for confidence, won in counted.items():
        for given, times in ((confidence, won.wins), (1 - confidence, won.trades - won.wins)):
            if times and not given:
                return None
            if times:
                logarithm = _LOGARITHMS.multiply(_LOGARITHMS.ln(given), Decimal(times))
                found = _LOGARITHMS.subtract(found, logarithm)
    return _LOGARITHMS.divide(found, Decimal(count))


def _bins(counted: Tally) -> tuple[Bin, ...]:
    inside: dict[int, dict[Decimal, Won]] = defaultdict(dict)
    for confidence, won in counted.items():
        inside[min(BINS - 1, int(confidence * BINS))][confidence] = won
    return tuple(_bin(number, inside[number]) for number in sorted(inside))


def _bin(number: int, counted: Tally) -> Bin:
    won = together(counted.values())
    stated = sum((Fraction(one) * known.trades for one, known in counted.items()), Fraction(0))
    return Bin(
        begins=Fraction(number, BINS),
        ends=Fraction(number + 1, BINS),
        count=won.trades,
        wins=won.wins,
        confidence=stated / won.trades,
    )
