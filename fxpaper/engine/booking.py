"""The events of a position's two ends: what an entry books, and what an exit books."""

from __future__ import annotations

from fractions import Fraction

import msgspec
from msgspec.structs import replace

from fxpaper.domain.account import Account
from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.deal import Deal, Entry
from fxpaper.domain.event import (
    DealBooked,
    OrderFilled,
    OrderPlaced,
    PositionClosed,
    PositionOpened,
)
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.money import post, to_decimal
from fxpaper.domain.order import DealReason, Order, OrderState
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Quote
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.opening import Opening
from fxpaper.engine.profit import gross_profit

EntryEvents = tuple[OrderPlaced, OrderFilled, DealBooked, PositionOpened]
ExitEvents = tuple[DealBooked, PositionClosed]


class Exit(msgspec.Struct, frozen=True):
    """Where and why a position closes.

    Args:
        price: in points.
        at: nanoseconds UTC.
        reason: why.
        signal_id: the signal that led to it, or None.
    """

    price: Points
    at: Instant
    reason: DealReason
    signal_id: str | None


def entry_events(
    order: PlaceOrder, numbers: Opening, account: Account, first: int, now: Instant, quote: Quote
) -> EntryEvents:
    """Return what filling an order at the market records.

    Args:
        order: what was asked.
        numbers: price, margin and costs.
        account: before the deal.
        first: number of the first of these events; ids derive from it.
        now: nanoseconds UTC.
        quote: the quote it fills on.
    """
    zero = post(Fraction(0), account.currency)
    placed = Order(
        id=f"o-{first}",
        account=account.id,
        symbol=order.symbol,
        digits=numbers.digits,
        side=order.side,
        lots=order.lots,
        stop_loss=order.stop_loss,
        take_profit=order.take_profit,
        signal_id=order.signal_id,
        placed_at=now,
    )
    deal = Deal(
        id=f"d-{first + 2}",
        account=account.id,
        position_id=f"p-{first + 3}",
        order_id=placed.id,
        signal_id=order.signal_id,
        symbol=order.symbol,
        digits=numbers.digits,
        side=order.side,
        entry=Entry.IN,
        lots=order.lots,
        price=numbers.price,
        at=now,
        reason=DealReason.MANUAL if order.signal_id is None else DealReason.SIGNAL,
        commission=zero - numbers.commission,
        swap=zero,
        profit=zero,
        gross=zero,
        conversion=None,
        balance=account.balance - numbers.commission,
        quote=quote,
    )
    position = Position(
        id=deal.position_id,
        account=account.id,
        symbol=order.symbol,
        digits=numbers.digits,
        side=order.side,
        lots=order.lots,
        open_price=numbers.price,
        opened_at=now,
        stop_loss=order.stop_loss,
        take_profit=order.take_profit,
        commission=deal.commission,
        margin=numbers.margin,
        order_id=placed.id,
        signal_id=order.signal_id,
        model=order.model,
        conversion=numbers.conversion,
        risk=numbers.risk,
    )
    filled = replace(placed, state=OrderState.FILLED, fill_price=numbers.price, filled_at=now)
    return OrderPlaced(placed), OrderFilled(filled), DealBooked(deal), PositionOpened(position)


def exit_events(
    position: Position, exit_: Exit, account: Account, first: int, board: PriceBoard
) -> ExitEvents:
    """Return what closing a position records.

    Args:
        position: as it is open.
        exit_: where, when and why.
        account: before the deal.
        first: number of the first of these events; the deal's id derives from it.
        board: the broker's rules and the latest quotes; profit converts at the closing quote.
    """
    instrument, currency = board.instruments[position.symbol], account.currency
    gross = gross_profit(instrument, position.side, position.lots, position.open_price, exit_.price)
    factor = board.rate(instrument.quote, currency, owed=gross < 0)
    if factor is None:
        factor = Fraction(position.conversion)
    charge = board.commission(Fraction(position.lots), currency)
    paid = -position.commission if charge is None else post(charge, currency)
    profit, zero = post(gross * factor, currency), post(Fraction(0), currency)
    deal = Deal(
        id=f"d-{first}",
        account=account.id,
        position_id=position.id,
        order_id=None,
        signal_id=exit_.signal_id,
        symbol=position.symbol,
        digits=position.digits,
        side=position.side.opposite,
        entry=Entry.OUT,
        lots=position.lots,
        price=exit_.price,
        at=exit_.at,
        reason=exit_.reason,
        commission=zero - paid,
        swap=zero,
        profit=profit,
        gross=to_decimal(gross, instrument.digits),
        conversion=None if instrument.quote == currency else to_decimal(factor, 8),
        balance=account.balance + profit - paid,
        quote=board.quotes[position.symbol],
    )
    costs = position.commission + deal.commission
    risk = position.risk
    closed = PositionClosed(
        position=position,
        deal_id=deal.id,
        profit=profit,
        commission=costs,
        swap=zero,
        r=to_decimal(Fraction(profit + costs) / Fraction(risk), 4) if risk else None,
    )
    return DealBooked(deal), closed
