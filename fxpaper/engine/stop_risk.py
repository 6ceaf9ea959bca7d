"""What a position loses at its stop-loss, the money that sizing and R are about; or wins."""

from __future__ import annotations

from fractions import Fraction

from fxpaper.domain.instrument import Points
from fxpaper.domain.order import Side
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.profit import point_worth


def loss_at_stop(
    board: PriceBoard, symbol: str, currency: str, side: Side, prices: tuple[Points, Points]
) -> Fraction | None:
    """Return what one lot loses at its stop-loss, exactly.

    Both commissions are included; a gap can still lose more. None without a conversion quote.

    Args:
        board: the broker's rules and the latest quotes, this symbol's among them.
        symbol: of the position.
        currency: of the account; the answer is in it.
        side: of the position.
        prices: of the entry and of the stop-loss, in points.

    Where the account's currency is the instrument's base, the rate at which the loss will be
    converted is known, it is the stop-loss itself (as EarnForex PositionSizer does); elsewhere
    the present rate is taken.
    """
    instrument, quote = board.instruments[symbol], board.quotes[symbol]
    entry, stop_loss = prices
    points = entry - stop_loss if side is Side.BUY else stop_loss - entry
    if instrument.base == currency:
        bid = stop_loss if side is Side.BUY else stop_loss - quote.spread
        factor: Fraction | None = Fraction(10**instrument.digits, bid)
    else:
        factor = board.rate(instrument.quote, currency, owed=True)
    charges = [board.commission(symbol, Fraction(1), price, currency) for price in prices]
    if factor is None or None in charges:
        return None
    loss = points * point_worth(instrument) * factor
    return loss + sum(charge for charge in charges if charge is not None)


def gain_at_target(
    board: PriceBoard, symbol: str, currency: str, side: Side, prices: tuple[Points, Points]
) -> Fraction | None:
    """Return what one lot brings at its take-profit, both commissions taken off, exactly.

    Negative where costs exceed it. Conversion as in :func:`loss_at_stop`, at the price at which
    profits are converted. None without a conversion quote.

    Args:
        board: the broker's rules and the latest quotes, this symbol's among them.
        symbol: of the position.
        currency: of the account; the answer is in it.
        side: of the position.
        prices: of the entry and of the take-profit, in points.
    """
    instrument, quote = board.instruments[symbol], board.quotes[symbol]
    entry, target = prices
    points = target - entry if side is Side.BUY else entry - target
    if instrument.base == currency:
        ask = target + quote.spread if side is Side.BUY else target
        factor: Fraction | None = Fraction(10**instrument.digits, ask)
    else:
        factor = board.rate(instrument.quote, currency, owed=False)
    charges = [board.commission(symbol, Fraction(1), price, currency) for price in prices]
    if factor is None or None in charges:
        return None
    gain = points * point_worth(instrument) * factor
    return gain - sum(charge for charge in charges if charge is not None)
