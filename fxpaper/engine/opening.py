"""Whether an order may open a position, with every number that decides it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import msgspec

from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.instrument import Instrument, Points, format_price
from fxpaper.domain.money import post, to_decimal
from fxpaper.domain.order import Side
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.margin import margin, margin_currency
from fxpaper.engine.matching import market_price
from fxpaper.engine.state import AccountState
from fxpaper.engine.stop_risk import loss_at_stop
from fxpaper.engine.valuation import equity


class Opening(msgspec.Struct, frozen=True):
    """The numbers of a position about to be opened.

    Args:
        price: what the entry pays, in points.
        digits: decimals of the instrument's prices.
        margin: that will be held, account currency.
        commission: of the entry, account currency, not negative.
        conversion: account currency per unit of quote currency, for a loss.
        risk: lost at the stop-loss, both commissions included; None without a stop-loss.
        free_margin: of the account before.
    """

    price: Points
    digits: int
    margin: Decimal
    commission: Decimal
    conversion: Decimal
    risk: Decimal | None
    free_margin: Decimal


def opening(order: PlaceOrder, state: AccountState, board: PriceBoard) -> Opening | Refused:
    """Return the numbers of the position an order would open now, or why it must not.

    The instrument must be known and its latest quote fit to trade on.
    """
    instrument, quote = board.instruments[order.symbol], board.quotes[order.symbol]
    currency, lots = state.account.currency, Fraction(order.lots)
    refused = _wrong_lots(order, instrument) or wrong_levels(order, instrument, quote)
    if refused is not None:
        return refused
    price = market_price(order.side, quote)
    held = _margin(order, price, state, board)
    charge = board.commission(lots, currency)
    factor = board.rate(instrument.quote, currency, owed=True)
    if held is None or charge is None or factor is None:
        return no_conversion(instrument, currency, board)
    numbers = Opening(
        price=price,
        digits=instrument.digits,
        margin=post(held, currency),
        commission=post(charge, currency),
        conversion=to_decimal(factor, 10),
        risk=_risk(order, currency, board),
        free_margin=equity(state, board) - state.margin,
    )
    return _without_margin(order, numbers, currency) or numbers


def wrong_levels(order: PlaceOrder, instrument: Instrument, quote: Quote) -> Refused | None:
    """Return why a stop-loss or take-profit cannot stand beside the market, or None.

    A long position's levels are triggered by the bid and a short one's by the ask, so they are
    compared with that side; each must be at least the broker's stops level away from it.
    """
    closing = market_price(order.side.opposite, quote)
    below, above = order.stop_loss, order.take_profit
    if order.side is Side.SELL:
        below, above = order.take_profit, order.stop_loss
    for level, wanted in ((below, "below"), (above, "above")):
        if level is None:
            continue
        distance = closing - level if wanted == "below" else level - closing
        if distance < max(instrument.stops_level, 1):
            return _wrong_level(order, instrument, level, closing, wanted, distance)
    return None


def no_conversion(instrument: Instrument, currency: str, board: PriceBoard) -> Refused:
    """Return the refusal of an order whose money could not be told in the account's currency."""
    sources = {instrument.quote, margin_currency(instrument), board.profile.commission_currency}
    needed = {name for source in sources for name in board.conversion_symbols(source, currency)}
    missing = " and ".join(sorted(needed - board.quotes.keys()))
    names = missing or f"any pair of {instrument.quote} and {currency}"
    return Refused(
        code=RefusalCode.NO_CONVERSION,
        actual="no quote",
        limit=names,
        text=f"Profit and margin of {instrument.symbol} cannot be told in {currency}, the "
        f"account's currency, without a quote of {names}. Add it to the symbols.",
    )


def _wrong_lots(order: PlaceOrder, instrument: Instrument) -> Refused | None:
    if instrument.may_order(order.lots):
        return None
    return Refused(
        code=RefusalCode.LOTS_OFF_STEP,
        actual=str(order.lots),
        limit=f"{instrument.min_lots}–{instrument.max_lots} in steps of {instrument.lot_step}",
        text=f"{order.lots} lots of {instrument.symbol} cannot be ordered; orders go from "
        f"{instrument.min_lots} to {instrument.max_lots} in steps of {instrument.lot_step}.",
    )


def _margin(
    order: PlaceOrder, price: Points, state: AccountState, board: PriceBoard
) -> Fraction | None:
    """Return the margin in account currency; converted at the open price where that is the rate."""
    instrument, account = board.instruments[order.symbol], state.account
    amount = margin(instrument, order.lots, price, account.leverage)
    source = margin_currency(instrument)
    if (source, account.currency) == (instrument.base, instrument.quote):
        return amount * Fraction(price, 10**instrument.digits)
    factor = board.rate(source, account.currency, owed=True)
    return None if factor is None else amount * factor


def _risk(order: PlaceOrder, currency: str, board: PriceBoard) -> Decimal | None:
    if order.stop_loss is None:
        return None
    loss = loss_at_stop(board, order.symbol, currency, order.side, order.stop_loss)
    return None if loss is None else post(loss * Fraction(order.lots), currency)


def _without_margin(order: PlaceOrder, numbers: Opening, currency: str) -> Refused | None:
    needed = numbers.margin + numbers.commission
    if needed <= numbers.free_margin:
        return None
    return Refused(
        code=RefusalCode.INSUFFICIENT_MARGIN,
        actual=f"{numbers.free_margin} {currency}",
        limit=f"{needed} {currency}",
        text=f"{order.lots} lots of {order.symbol} need {needed} {currency} of margin and "
        f"commission; {numbers.free_margin} {currency} is free. Order less or close something.",
    )


def _wrong_level(
    order: PlaceOrder,
    instrument: Instrument,
    level: Points,
    closing: Points,
    wanted: str,
    distance: Points,
) -> Refused:
    is_stop = level == order.stop_loss
    name = "stop-loss" if is_stop else "take-profit"
    side = "bid" if order.side is Side.BUY else "ask"
    shown = format_price(level, instrument.digits)
    market = format_price(closing, instrument.digits)
    if distance > 0:
        return Refused(
            code=RefusalCode.STOP_TOO_CLOSE,
            actual=f"{distance} points",
            limit=f"{instrument.stops_level} points",
            text=f"The {name} {shown} is {distance} points from the {side}, {market}; this broker "
            f"wants at least {instrument.stops_level} for {instrument.symbol}.",
        )
    code = RefusalCode.STOP_WRONG_SIDE if is_stop else RefusalCode.TAKE_PROFIT_WRONG_SIDE
    return Refused(
        code=code,
        actual=str(shown),
        limit=f"{wanted} {market}",
        text=f"The {name} {shown} of a {order.side} must be {wanted} the {side}, {market} (this "
        f"broker's stops level is {instrument.stops_level} points).",
    )
