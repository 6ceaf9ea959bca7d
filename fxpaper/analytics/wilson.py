"""How far from what was counted a true rate may lie: Wilson's score interval.

E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the
American Statistical Association 22 (1927): the rates p for which ``|wins/count - p|`` is at most
``z * sqrt(p * (1 - p) / count)``. It never leaves 0–1, and a handful of trades keeps it wide.
"""

from __future__ import annotations

from fractions import Fraction

from fxpaper.analytics.roots import root

ONE_SIDED_90 = Fraction("1.2815515655446004")
"""z that a standard normal value stays below with 90 %."""
TWO_SIDED_90 = Fraction("1.6448536269514722")
"""z that it stays within with 90 %, and below with 95 %."""

_PARTS = 10**9


def wilson_lower(wins: int, count: int, z: Fraction = ONE_SIDED_90) -> Fraction:
    """Return the lower end, rounded down to nine decimals; ``count`` is positive."""
    half = z * z / 2
    spread = z * root(Fraction(wins * (count - wins), count) + half / 2)
    exact = (wins + half - spread) / (count + 2 * half)
    return Fraction(max(0, exact * _PARTS // 1), _PARTS)


def wilson_interval(wins: int, count: int, z: Fraction = TWO_SIDED_90) -> tuple[Fraction, Fraction]:
    """Return both ends, rounded away from each other."""
    return wilson_lower(wins, count, z), 1 - wilson_lower(count - wins, count, z)
