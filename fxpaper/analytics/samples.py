"""A handful of numbers, their mean, and how far the mean may be off."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from fxpaper.analytics.roots import root


class Sample(msgspec.Struct, frozen=True):
    """Numbers in short.

    Args:
        count: how many; positive.
        mean: of them.
        variance: with ``count - 1`` below the line; None of one number.
    """

    count: int
    mean: Fraction
    variance: Fraction | None

    @property
    def deviation(self) -> Fraction | None:
        """The standard deviation; None of one number."""
        return None if self.variance is None else root(self.variance)

    @property
    def error(self) -> Fraction | None:
        """The standard error of the mean; None of one number."""
        return None if self.variance is None else root(self.variance / self.count)


def sample(values: Sequence[Fraction]) -> Sample | None:
    """Return numbers in short; None when there are none."""
    count = len(values)
    if not count:
        return None
    total = sum(values, Fraction(0))
    squares = sum((value * value for value in values), Fraction(0))
    variance = (squares - total * total / count) / (count - 1) if count > 1 else None
    return Sample(count, total / count, variance)
