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


def from_minor(amount: int, currency: str) -> Decimal:
    """Return an amount of whole minor units (cents) as money of ``currency``."""
    return Decimal(amount).scaleb(-currency_digits(currency), context=_EXACT)


def floor_to_step(amount: Fraction, step: Decimal) -> Decimal:
    """Return the largest multiple of ``step`` that is not above ``amount``."""
    return int(amount // Fraction(step)) * step


def to_decimal(amount: Fraction, digits: int) -> Decimal:
    """Show an exact amount with ``digits`` decimals, rounded half-even."""
    return _quantize(amount, digits, ROUND_HALF_EVEN)


def floor_decimal(amount: Fraction, digits: int) -> Decimal:
    """Show an exact amount with ``digits`` decimals, never more than it is."""
    return _quantize(amount, digits, ROUND_FLOOR)


def half_even(numerator: int, denominator: int) -> int:
    """Return the whole number nearest to a quotient, the even one of two; denominator positive."""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and whole % 2 == 1):
        return whole + 1
    return whole


def _quantize(amount: Fraction, digits: int, rounding: str) -> Decimal:
    numerator, denominator = amount.numerator * 10**digits, amount.denominator
    if rounding == ROUND_HALF_EVEN:
        whole = half_even(numerator, denominator)
    else:
        whole = numerator // denominator
    return Decimal(whole).scaleb(-digits, context=_EXACT)
