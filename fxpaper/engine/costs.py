"""What trading costs beyond the spread: how much worse a market fill is, and how late."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import msgspec

from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.instrument import Points
from fxpaper.domain.money import half_even
from fxpaper.domain.order import Side

_DRAWS = 1 << 32


class SlippageKind(StrEnum):
    """What slippage is measured in."""

    NONE = "none"
    FIXED = "fixed"
    """Points."""
    SPREAD = "spread"
    """Parts of the quote's spread."""
    RANGE = "range"
    """Parts of the range of the mid price over ``window_ns`` before the fill."""


class Slippage(msgspec.Struct, frozen=True):
    """How much worse than the quote a market or stop order fills. Limits do not slip.

    Args:
        kind: what it is measured in.
        amount: how many of them, on average; not negative.
        seed: makes each fill draw evenly between 0 and twice the amount, the same draw for the
            same event of the same account; None: always the amount.
        window_ns: how far a range looks back, nanoseconds.
    """

    kind: SlippageKind = SlippageKind.NONE
    amount: Decimal = Decimal(0)
    seed: int | None = None
    window_ns: int = 60 * NS_PER_SECOND


class CostModel(msgspec.Struct, frozen=True):
    """How an account's orders reach the market.

    Args:
        slippage: of market and stop fills.
        latency_ns: a market order is executed on the first quote at least so much later.
    """

    slippage: Slippage = Slippage()
    latency_ns: int = 0


def twins(base: CostModel) -> dict[str, CostModel]:
    """Return the cost models that the same commands are priced under: kind, ours, and unkind.

    The optimistic one costs nothing but the spread. The pessimistic one doubles what the base
    has, slips by half a spread where that slips by nothing, and is never faster than a second.
    """
    unkind = Slippage(SlippageKind.SPREAD, Decimal("0.5"))
    if base.slippage.kind is not SlippageKind.NONE:
        slippage = base.slippage
        unkind = Slippage(slippage.kind, 2 * slippage.amount, slippage.seed, slippage.window_ns)
    return {
        "optimistic": CostModel(),
        "base": base,
        "pessimistic": CostModel(unkind, max(2 * base.latency_ns, NS_PER_SECOND)),
    }


def slipped(
    slippage: Slippage, side: Side, price: Points, measure: Points, draw_for: tuple[str, int]
) -> Points:
    """Return the price after slippage, in points, never below one.

    Args:
        slippage: the model.
        side: of the deal.
        price: before slippage.
        measure: the spread or the range, in points, that ``slippage`` is parts of; 1 for fixed.
        draw_for: account and number of the event, which decide the draw.
    """
    if slippage.kind is SlippageKind.NONE or not slippage.amount:
        return price
    worse = Fraction(slippage.amount) * measure
    if slippage.seed is not None:
        worse *= Fraction(2 * _draw(slippage.seed, *draw_for), _DRAWS)
    points = half_even(worse.numerator, worse.denominator)
    return price + points if side is Side.BUY else max(price - points, 1)


def _draw(seed: int, account: str, seq: int) -> int:
    """Return a whole number below ``_DRAWS`` that only its arguments decide."""
    text = f"{seed}/{account}/{seq}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest())
