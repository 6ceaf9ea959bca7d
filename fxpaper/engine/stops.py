"""Whether prices that an order or a position names can stand beside the market."""

from __future__ import annotations

from fxpaper.domain.instrument import Instrument, Points, format_price
from fxpaper.domain.order import Side
from fxpaper.domain.refusal import RefusalCode, Refused


def wrong_levels(
    side: Side,
    stop_loss: Points | None,
    take_profits: tuple[Points, ...],
    closing: Points,
    instrument: Instrument,
) -> Refused | None:
    """Return why a stop-loss or take-profit cannot stand beside the market, or None.

    Each must be at least the broker's stops level away from the price that reaches it.

    Args:
        side: of the position.
        stop_loss: in points, or None.
        take_profits: in points; the rungs of a ladder among them.
        closing: the price that reaches them, in points: the bid for a long position, the ask for
            a short one; for an order that waits, the price it waits for.
        instrument: gives the stops level.
    """
    below, above = "below", "above"
    if side is Side.SELL:
        below, above = above, below
    named = [(stop_loss, below, True)] + [(price, above, False) for price in take_profits]
    for level, wanted, is_stop in named:
        if level is None:
            continue
        distance = closing - level if wanted == "below" else level - closing
        if distance < max(instrument.stops_level, 1):
            return _wrong(side, instrument, level, closing, wanted, is_stop)
    return None


def _wrong(
    side: Side,
    instrument: Instrument,
    level: Points,
    closing: Points,
    wanted: str,
    is_stop: bool,  # noqa: FBT001
) -> Refused:
    name = "stop-loss" if is_stop else "take-profit"
    quoted = "bid" if side is Side.BUY else "ask"
    shown = format_price(level, instrument.digits)
    market = format_price(closing, instrument.digits)
    distance = closing - level if wanted == "below" else level - closing
    if distance > 0:
        return Refused(
            code=RefusalCode.STOP_TOO_CLOSE,
            actual=f"{distance} points",
            limit=f"{instrument.stops_level} points",
            text=f"The {name} {shown} is {distance} points from the {quoted}, {market}; this "
            f"broker wants at least {instrument.stops_level} for {instrument.symbol}.",
        )
    return Refused(
        code=RefusalCode.STOP_WRONG_SIDE if is_stop else RefusalCode.TAKE_PROFIT_WRONG_SIDE,
        actual=str(shown),
        limit=f"{wanted} {market}",
        text=f"The {name} {shown} of a {side} must be {wanted} the {quoted}, {market} (this "
        f"broker's stops level is {instrument.stops_level} points).",
    )
