"""Whether a model has become weaker: the latest third of its trades against the two before."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from fxpaper.analytics.roots import root
from fxpaper.analytics.samples import Sample, sample
from fxpaper.analytics.wilson import TWO_SIDED_90
from fxpaper.domain.money import to_decimal

LEAST = 30
"""Trades with an R from which on a third of them says something."""


class Decay(msgspec.Struct, frozen=True, kw_only=True):
    """The latest third of the trades against the earlier two thirds, in R.

    Args:
        earlier: the first two thirds; None while there are too few trades.
        latest: the last third, rounded down; None while there are too few trades.
        difference: latest less earlier mean; None while there are too few trades.
        error: standard error of the difference; None while there are too few trades.
        weaker: whether the difference is further below zero than chance goes in one of twenty.
        text: the finding in one sentence.
    """

    earlier: Sample | None
    latest: Sample | None
    difference: Fraction | None
    error: Fraction | None
    weaker: bool
    text: str


def decay(multiples: Sequence[Fraction]) -> Decay:
    """Return whether results have become weaker.

    The means of both parts are compared with the standard error of their difference, each part
    with a variance of its own (B. L. Welch, Biometrika 34, 1947), against one-sided 95 % of the
    normal distribution. Looking again and again finds decay by chance more often than that.

    Args:
        multiples: R of each trade that has one, oldest first.
    """
    third = len(multiples) // 3
    earlier, latest = sample(multiples[: -third or None]), sample(multiples[-third:])
    if len(multiples) < LEAST or earlier is None or latest is None:
        return Decay(
            earlier=None,
            latest=None,
            difference=None,
            error=None,
            weaker=False,
            text=f"Too few trades to tell: {len(multiples)} with an R, {LEAST} are needed.",
        )
    difference = latest.mean - earlier.mean
    error = root(_of_mean(earlier) + _of_mean(latest))
    weaker = difference < -TWO_SIDED_90 * error
    return Decay(
        earlier=earlier,
        latest=latest,
        difference=difference,
        error=error,
        weaker=weaker,
        text=f"{'Weaker lately' if weaker else 'No sign of decay'}: {_r(latest.mean)} a trade in "
        f"the latest {latest.count}, {_r(earlier.mean)} in the {earlier.count} before; "
        f"difference {_r(difference)}, standard error {to_decimal(error, 2)} R.",
    )


def _of_mean(part: Sample) -> Fraction:
    return (part.variance or Fraction(0)) / part.count


def _r(value: Fraction) -> str:
    return f"{to_decimal(value, 2):+} R"
