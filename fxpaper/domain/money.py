"""Money is exact: fractions while it is computed, one half-even rounding per ledger posting."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

_DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "HUF": 2, "BHD": 3, "KWD": 3}
_EXACT = Context(prec=60)


def currency_digits(currency: str) -> int:
    """Return how many decimals an amount of ``currency`` is posted with (ISO 4217 minor unit)."""
    return _DIGITS.get(currency, 2)


def post(amount: Fraction, currency: str) -> Decimal:
    """Round an exact amount half-even to the digits of ``currency``, once, for the ledger."""
    return _quantize(amount, currency_digits(currency), ROUND_HALF_EVEN)


def floor_to_step(amount: Fraction, step: Decimal) -> Decimal:
    """Return the largest multiple of ``step`` that is not above ``amount``."""
    return int(amount // Fraction(step)) * step


def to_decimal(amount: Fraction, digits: int) -> Decimal:
    """Show an exact amount with ``digits`` decimals, rounded half-even."""
    return _quantize(amount, digits, ROUND_HALF_EVEN)


def floor_decimal(amount: Fraction, digits: int) -> Decimal:
    """Show an exact amount with ``digits`` decimals, never more than it is."""
    return _quantize(amount, digits, ROUND_FLOOR)


def _quantize(amount: Fraction, digits: int, rounding: str) -> Decimal:
    scaled = amount * 10**digits
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    if rounding == ROUND_HALF_EVEN:
        twice = 2 * rest
        if twice > scaled.denominator or (twice == scaled.denominator and whole % 2 == 1):
            whole += 1
    return Decimal(whole).scaleb(-digits, context=_EXACT)
