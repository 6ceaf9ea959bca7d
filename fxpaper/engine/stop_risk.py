"""What a position loses when its stop-loss is hit: the money that sizing and R are about."""

from __future__ import annotations

from fractions import Fraction

from fxpaper.domain.instrument import Points
from fxpaper.domain.order import Side
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.matching import market_price


def loss_at_stop(
    board: PriceBoard, symbol: str, currency: str, side: Side, stop_loss: Points
) -> Fraction | None:
    """Return what one lot, opened at the market now, loses at its stop-loss, exactly.

    Both commissions are included; a gap can still lose more. None without a conversion quote.

    Args:
        board: the broker's rules and the latest quotes, this symbol's among them.
        symbol: of the position.
        currency: of the account; the answer is in it.
        side: of the position.
        stop_loss: level, in points.

    Where the account's currency is the instrument's base, the rate at which the loss will be
    converted is known, it is the stop-loss itself (as EarnForex PositionSizer does); elsewhere
    the present rate is taken.
    """
    instrument, quote = board.instruments[symbol], board.quotes[symbol]
    entry = market_price(side, quote)
    points = entry - stop_loss if side is Side.BUY else stop_loss - entry
    if instrument.base == currency:
        bid = stop_loss if side is Side.BUY else stop_loss - quote.spread
        factor: Fraction | None = Fraction(10**instrument.digits, bid)
    else:
        factor = board.rate(instrument.quote, currency, owed=True)
    charge = board.commission(Fraction(1), currency)
    if factor is None or charge is None:
        return None
    return points * instrument.point_value * factor + 2 * charge
