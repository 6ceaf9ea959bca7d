"""Deals: what an entry books, what an exit books, and which of them an order makes.

An entry opens a position, or on a netting account adds to the one there is. An exit closes a
position or a part of it, and takes its share of everything the position carries: value, margin,
commission and swap. What is shared out adds up: the part that stays is what was there less the
part that left.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import msgspec
from msgspec.structs import replace

from fxpaper.domain.account import Accounting
from fxpaper.domain.deal import Deal, Entry
from fxpaper.domain.event import DealBooked, PositionChanged, PositionClosed, PositionOpened
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.money import half_even, post, to_decimal
from fxpaper.domain.order import DealReason, Order
from fxpaper.domain.position import Position, Taken
from fxpaper.domain.quote import Quote
from fxpaper.engine.attribution import Ends, Money, attribution
from fxpaper.engine.levels import Owner
from fxpaper.engine.opening import Opening
from fxpaper.engine.profit import gross_profit, point_worth
from fxpaper.engine.venue import Venue

_SHARE_DIGITS = 8


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """Where, when and why something fills.

    Args:
        price: in points, slippage included.
        at: nanoseconds UTC.
        quote: that it fills on.
        reason: why.
        order_id: the order it fills, or None.
        signal_id: the signal that led to it, or None.
        decided_mid: bid plus ask, in points, when it was decided.
    """

    price: Points
    at: Instant
    quote: Quote
    reason: DealReason
    decided_mid: Points
    order_id: str | None = None
    signal_id: str | None = None


class Leaving(msgspec.Struct, frozen=True):
    """The share of a position that leaves with a close."""

    value: Decimal
    margin: Decimal
    commission: Decimal
    swap: Decimal
    entry_mid: Decimal
    entry_fill_mid: Decimal
    entry_spread: Decimal


def enter(venue: Venue, order: Order, numbers: Opening, lots: Decimal, fill: Fill) -> str:
    """Book an entry of ``lots`` of an order and return the id of the position."""
    state = venue.state.accounts[order.account]
    held = None
    if state.account.accounting is Accounting.NETTING:
        held = next((p for p in state.positions.values() if p.symbol == order.symbol), None)
    seq = state.seq + 1
    position_id = held.id if held is not None else f"p-{seq + 1}"
    zero = post(Fraction(0), state.account.currency)
    deal = Deal(
        id=f"d-{seq}",
        account=order.account,
        position_id=position_id,
        order_id=order.id,
        signal_id=order.signal_id,
        symbol=order.symbol,
        digits=order.digits,
        side=order.side,
        entry=Entry.IN,
        lots=lots,
        price=fill.price,
        at=fill.at,
        reason=fill.reason,
        commission=zero - numbers.commission,
        swap=zero,
        profit=zero,
        gross=zero,
        conversion=None,
        balance=state.account.balance - numbers.commission,
        quote=fill.quote,
    )
    fresh = _position(order, numbers, deal, fill)
    venue.record(order.account, fill.at, DealBooked(deal))
    if held is None:
        venue.record(order.account, fill.at, PositionOpened(fresh))
    else:
        venue.record(order.account, fill.at, PositionChanged(joined(held, fresh)))
    return position_id


def leave(venue: Venue, position: Position, lots: Decimal, fill: Fill) -> Deal:
    """Book the close of ``lots`` of a position and return the deal."""
    state = venue.state.accounts[position.account]
    currency, instrument = state.account.currency, venue.board.instruments[position.symbol]
    share = leaving(position, lots, currency)
    gross = gross_profit(instrument, position.side, lots, share.value, fill.price)
    source = instrument.quote
    applied = venue.board.rate(source, currency, owed=gross < 0)
    mid = venue.board.mid_rate(source, currency)
    if applied is None or mid is None:
        applied = mid = Fraction(position.conversion)
    charge = venue.board.commission(position.symbol, Fraction(lots), fill.price, currency)
    paid = -share.commission if charge is None else post(charge, currency)
    profit = post(gross * applied, currency)
    zero = post(Fraction(0), currency)
    ends = Ends(
        side=position.side,
        lots=lots,
        entry_mid=share.entry_mid,
        entry_fill_mid=share.entry_fill_mid,
        entry_spread=share.entry_spread,
        entry_value=share.value,
        decided_mid=fill.decided_mid,
        quote=fill.quote,
        price=fill.price,
    )
    money = Money(
        currency=currency,
        worth=point_worth(instrument),
        applied=applied,
        mid=mid,
        profit=profit,
        commission=share.commission - paid,
        swap=share.swap,
    )
    doubt = venue.doubts.get(Owner(position.account, position.id))
    other = None if doubt is None else doubt.otherwise(fill.reason)
    deal = Deal(
        id=f"d-{state.seq + 1}",
        account=position.account,
        position_id=position.id,
        order_id=fill.order_id,
        signal_id=fill.signal_id,
        symbol=position.symbol,
        digits=position.digits,
        side=position.side.opposite,
        entry=Entry.OUT,
        lots=lots,
        price=fill.price,
        at=fill.at,
        reason=fill.reason,
        commission=zero - paid,
        swap=zero + share.swap,
        profit=profit,
        gross=to_decimal(gross, instrument.digits),
        conversion=None if source == currency else to_decimal(applied, _SHARE_DIGITS),
        balance=state.account.balance + profit - paid + share.swap,
        quote=fill.quote,
        attribution=attribution(ends, money),
        ambiguous=other is not None,
        alternative=None if other is None else _otherwise(venue, position, lots, other),
    )
    venue.record(position.account, fill.at, DealBooked(deal))
    if lots < position.lots:
        left = rest(position, share, deal)
        venue.record(position.account, fill.at, PositionChanged(left))
    else:
        venue.record(position.account, fill.at, closed(position, deal))
    return deal


def _otherwise(venue: Venue, position: Position, lots: Decimal, price: Points) -> Decimal:
    """Return the profit that closing at another price would have brought."""
    state = venue.state.accounts[position.account]
    currency, instrument = state.account.currency, venue.board.instruments[position.symbol]
    value = leaving(position, lots, currency).value
    gross = gross_profit(instrument, position.side, lots, value, price)
    rate = venue.board.rate(instrument.quote, currency, owed=gross < 0)
    return post(gross * (Fraction(position.conversion) if rate is None else rate), currency)


def _position(order: Order, numbers: Opening, deal: Deal, fill: Fill) -> Position:
    return Position(
        id=deal.position_id,
        account=order.account,
        symbol=order.symbol,
        digits=order.digits,
        side=order.side,
        lots=deal.lots,
        open_price=fill.price,
        opened_at=fill.at,
        stop_loss=order.stop_loss,
        take_profit=order.take_profit,
        commission=deal.commission,
        margin=numbers.margin,
        order_id=order.id,
        signal_id=order.signal_id,
        model=order.model,
        conversion=numbers.conversion,
        risk=numbers.risk,
        exits=order.exits,
        trigger=order.trigger,
        entry_mid=deal.lots * fill.decided_mid,
        entry_fill_mid=deal.lots * (fill.quote.bid + fill.quote.ask),
        entry_spread=deal.lots * fill.quote.spread,
    )


def joined(held: Position, fresh: Position) -> Position:
    """Return a netting position that an order has added to.

    The newest order's stop-loss and take-profit replace those there are, none among them (the
    rule of MetaTrader 5).
    """
    lots, value = held.lots + fresh.lots, held.value + fresh.value
    average = Fraction(value) / Fraction(lots)
    risk = None if held.risk is None or fresh.risk is None else held.risk + fresh.risk
    mids = [
        _known(held.entry_mid, 2 * held.value) + _known(fresh.entry_mid, 2 * fresh.value),
        _known(held.entry_fill_mid, 2 * held.value) + _known(fresh.entry_fill_mid, Decimal(0)),
        _known(held.entry_spread, Decimal(0)) + _known(fresh.entry_spread, Decimal(0)),
    ]
    return replace(
        held,
        lots=lots,
        open_price=half_even(average.numerator, average.denominator),
        open_value=value,
        first_lots=lots,
        stop_loss=fresh.stop_loss,
        take_profit=fresh.take_profit,
        stop_reason=DealReason.STOP_LOSS,
        exits=fresh.exits,
        trigger=fresh.trigger,
        commission=held.commission + fresh.commission,
        commission_left=_known(held.commission_left, held.commission) + fresh.commission,
        margin=held.margin + fresh.margin,
        risk=risk,
        conversion=fresh.conversion,
        entry_mid=mids[0],
        entry_fill_mid=mids[1],
        entry_spread=mids[2],
        version=held.version + 1,
    )


def leaving(position: Position, lots: Decimal, currency: str) -> Leaving:
    """Return the share of a position that leaves with a close of ``lots``."""
    whole, part = lots == position.lots, Fraction(lots) / Fraction(position.lots)

    def share(amount: Decimal) -> Decimal:
        return amount if whole else to_decimal(Fraction(amount) * part, _SHARE_DIGITS)

    def money(amount: Decimal) -> Decimal:
        return amount if whole else post(Fraction(amount) * part, currency)

    return Leaving(
        value=share(position.value),
        margin=money(position.margin),
        commission=money(_known(position.commission_left, position.commission)),
        swap=money(position.swap),
        entry_mid=share(_known(position.entry_mid, 2 * position.value)),
        entry_fill_mid=share(_known(position.entry_fill_mid, 2 * position.value)),
        entry_spread=share(_known(position.entry_spread, Decimal(0))),
    )


def rest(position: Position, left: Leaving, deal: Deal) -> Position:
    """Return what stays of a position after a deal that closed a part of it."""
    taken = position.taken
    return replace(
        position,
        lots=position.lots - deal.lots,
        open_value=position.value - left.value,
        first_lots=_known(position.first_lots, position.lots),
        margin=position.margin - left.margin,
        commission_left=_known(position.commission_left, position.commission) - left.commission,
        swap=position.swap - left.swap,
        entry_mid=_known(position.entry_mid, 2 * position.value) - left.entry_mid,
        entry_fill_mid=_known(position.entry_fill_mid, 2 * position.value) - left.entry_fill_mid,
        entry_spread=_known(position.entry_spread, Decimal(0)) - left.entry_spread,
        taken=Taken(
            profit=taken.profit + deal.profit,
            commission=taken.commission + deal.commission,
            swap=taken.swap + deal.swap,
        ),
        version=position.version + 1,
    )


def closed(position: Position, deal: Deal) -> PositionClosed:
    """Return the end of a position by its last deal."""
    profit = position.taken.profit + deal.profit
    commission = position.commission + position.taken.commission + deal.commission
    swap = position.taken.swap + deal.swap
    risk, net = position.risk, profit + commission + swap
    return PositionClosed(
        position=position,
        deal_id=deal.id,
        profit=profit,
        commission=commission,
        swap=swap,
        r=to_decimal(Fraction(net) / Fraction(risk), 4) if risk else None,
    )


def _known(amount: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if amount is None else amount
