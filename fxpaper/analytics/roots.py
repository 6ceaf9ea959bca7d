"""Square roots without floats: the same digits on every machine."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

_DIGITS = 12


def root(value: Fraction) -> Fraction:
    """Return the square root of what is not negative, rounded down to twelve decimals."""
    scale: int = 10**_DIGITS
    return Fraction(isqrt(value.numerator * scale**2 // value.denominator), scale)
