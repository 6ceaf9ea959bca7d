"""Whether a volume may be opened, with every number that decides it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import msgspec

from fxpaper.domain.account import Accounting
from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.instrument import Instrument, Points
from fxpaper.domain.money import post, to_decimal
from fxpaper.domain.order import Order
from fxpaper.domain.position import Position
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.margin import margin, margin_currency
from fxpaper.engine.matching import market_price
from fxpaper.engine.state import AccountState
from fxpaper.engine.stop_risk import loss_at_stop
from fxpaper.engine.stops import wrong_levels
from fxpaper.engine.valuation import equity


class Opening(msgspec.Struct, frozen=True):
    """The numbers of an order about to fill.

    Args:
        price: what it pays, in points.
        digits: decimals of the instrument's prices.
        offsets: the positions it closes first, and how much of each.
        lots: that it opens beyond those.
        margin: of what it opens, by itself, account currency.
        needed: by how much the account's margin grows, account currency.
        commission: of what it opens, account currency, not negative.
        conversion: account currency per unit of quote currency, for a loss.
        risk: lost at the stop-loss, both commissions included; None without a stop-loss.
        free_margin: of the account before.
    """

    price: Points
    digits: int
    offsets: tuple[tuple[Position, Decimal], ...]
    lots: Decimal
    margin: Decimal
    needed: Decimal
    commission: Decimal
    conversion: Decimal
    risk: Decimal | None
    free_margin: Decimal


def opening(order: PlaceOrder, state: AccountState, board: PriceBoard) -> Opening | Refused:
    """Return the numbers of the position a market order would open now, or why it must not.

    The instrument must be known and its latest quote fit to trade on.
    """
    instrument, quote = board.instruments[order.symbol], board.quotes[order.symbol]
    rungs = tuple(rung.price for rung in order.exits.ladder)
    take_profits = rungs if order.take_profit is None else (*rungs, order.take_profit)
    closing = market_price(order.side.opposite, quote)
    refused = wrong_lots(order.lots, instrument) or wrong_levels(
        order.side, order.stop_loss, take_profits, closing, instrument
    )
    if refused is not None:
        return refused
    return fill_numbers(order, market_price(order.side, quote), state, board)


def fill_numbers(
    order: PlaceOrder | Order, price: Points, state: AccountState, board: PriceBoard
) -> Opening | Refused:
    """Return the numbers of an order that fills at ``price``, or why it must not."""
    instrument, currency = board.instruments[order.symbol], state.account.currency
    offsets = tuple(offsets_of(order, state))
    lots = order.lots - sum((part for _, part in offsets), Decimal(0))
    if order.closes is not None:
        lots = Decimal(0)
    held = margin_of(order, lots, price, state, board)
    charge = board.commission(order.symbol, Fraction(lots), price, currency)
    factor = board.rate(instrument.quote, currency, owed=True)
    if held is None or charge is None or factor is None:
        return no_conversion(instrument, currency, board)
    own = post(held, currency)
    numbers = Opening(
        price=price,
        digits=instrument.digits,
        offsets=offsets,
        lots=lots,
        margin=own,
        needed=_needed(order, lots, own, offsets, state, board),
        commission=post(charge, currency),
        conversion=to_decimal(factor, 10),
        risk=_risk(order, lots, price, currency, board),
        free_margin=equity(state, board) - state.margin,
    )
    return _without_margin(order, numbers, currency) or numbers


def offsets_of(order: PlaceOrder | Order, state: AccountState) -> list[tuple[Position, Decimal]]:
    """Return which positions an order closes before it opens any, and how much of each."""
    if order.closes is not None:
        position = state.positions.get(order.closes)
        return [] if position is None else [(position, min(order.lots, position.lots))]
    if order.reverses is not None:
        position = state.positions.get(order.reverses)
        return [] if position is None else [(position, min(order.lots, position.lots))]
    if state.account.accounting is Accounting.HEDGING:
        return []
    left, found = order.lots, []
    for position in state.positions.values():
        opposite = position.symbol == order.symbol and position.side is not order.side
        if opposite and left > 0:
            part = min(left, position.lots)
            found.append((position, part))
            left -= part
    return found


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


def wrong_lots(lots: Decimal, instrument: Instrument) -> Refused | None:
    """Return why a volume cannot be ordered, or None."""
    if instrument.may_order(lots):
        return None
    return Refused(
        code=RefusalCode.LOTS_OFF_STEP,
        actual=str(lots),
        limit=f"{instrument.min_lots}–{instrument.max_lots} in steps of {instrument.lot_step}",
        text=f"{lots} lots of {instrument.symbol} cannot be ordered; orders go from "
        f"{instrument.min_lots} to {instrument.max_lots} in steps of {instrument.lot_step}.",
    )


def margin_of(
    order: PlaceOrder | Order, lots: Decimal, price: Points, state: AccountState, board: PriceBoard
) -> Fraction | None:
    """Return the margin in account currency; converted at the open price where that is the rate."""
    instrument, account = board.instruments[order.symbol], state.account
    amount = margin(instrument, lots, price, account.leverage)
    source = margin_currency(instrument)
    if (source, account.currency) == (instrument.base, instrument.quote):
        return amount * Fraction(price, 10**instrument.digits)
    factor = board.rate(source, account.currency, owed=True)
    return None if factor is None else amount * factor


def _needed(
    order: PlaceOrder | Order,
    lots: Decimal,
    own: Decimal,
    offsets: tuple[tuple[Position, Decimal], ...],
    state: AccountState,
    board: PriceBoard,
) -> Decimal:
    after = state
    if offsets and lots:
        gone = {position.id for position, _ in offsets}
        rest = (position for position in state.positions.values() if position.id not in gone)
        after = AccountState(state.account, board, rest)
    return after.margin_with(order.symbol, order.side, lots, own) - state.margin


def _risk(
    order: PlaceOrder | Order, lots: Decimal, price: Points, currency: str, board: PriceBoard
) -> Decimal | None:
    if order.stop_loss is None:
        return None
    loss = loss_at_stop(board, order.symbol, currency, order.side, (price, order.stop_loss))
    return None if loss is None else post(loss * Fraction(lots), currency)


def _without_margin(order: PlaceOrder | Order, numbers: Opening, currency: str) -> Refused | None:
    needed = numbers.needed + numbers.commission
    if numbers.needed <= 0 or needed <= numbers.free_margin:
        return None
    return Refused(
        code=RefusalCode.INSUFFICIENT_MARGIN,
        actual=f"{numbers.free_margin} {currency}",
        limit=f"{needed} {currency}",
        text=f"{order.lots} lots of {order.symbol} need {needed} {currency} of margin and "
        f"commission; {numbers.free_margin} {currency} is free. Order less or close something.",
    )
