"""Closing what is open: at the market, against each other, all of it, or into its opposite."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from fxpaper.domain.account import Accounting
from fxpaper.domain.command import CloseAll, CloseBy, ClosePosition, PlaceOrder, ReversePosition
from fxpaper.domain.event import OrderPlaced
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.order import DealReason, Order, OrderKind
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.costs import slipped
from fxpaper.engine.dealing import Fill, leave
from fxpaper.engine.gate import ClosedMarket
from fxpaper.engine.matching import market_price
from fxpaper.engine.placing import place
from fxpaper.engine.state import AccountState
from fxpaper.engine.venue import Venue


def close(venue: Venue, command: ClosePosition, now: Instant) -> Refused | None:
    """Close a position or a part of it, or say why not."""
    found = _position(venue, command.account, command.position_id)
    if isinstance(found, Refused):
        return found
    lots = found.lots if command.lots is None else command.lots
    refused = _wrong_part(venue, found, lots) or _not_oldest(venue, found)
    if refused is not None:
        return refused
    return _leave(venue, found, lots, now, (command.reason, command.signal_id))


def close_all(venue: Venue, command: CloseAll, now: Instant) -> Refused | None:
    """Close every position that matches, oldest first, or none and say why not."""
    state = venue.state.accounts[command.account]
    chosen = [
        position
        for position in state.positions.values()
        if command.symbol in {None, position.symbol} and command.side in {None, position.side}
    ]
    if not chosen:
        return Refused(
            RefusalCode.NOTHING_TO_CLOSE, "No open position matches.", "0 positions", "1 position"
        )
    for position in chosen:
        refused = _unclosable(venue, position.symbol, now)
        if refused is not None:
            return refused
    for position in chosen:
        _leave(venue, position, position.lots, now, (DealReason.MANUAL, None))
    return None


def close_by(venue: Venue, command: CloseBy, now: Instant) -> Refused | None:
    """Close two opposite positions against each other at the price of the older one's close.

    Both leave at the same price, so no spread is paid; the rest of the larger one stays open.
    """
    pair = []
    for position_id in (command.position_id, command.other_id):
        found = _position(venue, command.account, position_id)
        if isinstance(found, Refused):
            return found
        pair.append(found)
    one, other = pair
    opposite = one.symbol == other.symbol and one.side is not other.side
    if not opposite:
        return Refused(
            code=RefusalCode.NOT_OPPOSITE,
            text=f"{one.id} ({one.side} {one.symbol}) and {other.id} ({other.side} "
            f"{other.symbol}) cannot close each other; they must be a buy and a sell of one "
            "symbol.",
            actual=f"{one.side} {one.symbol}, {other.side} {other.symbol}",
            limit="buy and sell of one symbol",
        )
    refused = venue.untradeable(one.symbol, now)
    if refused is not None:
        return refused
    quote, lots = venue.board.quotes[one.symbol], min(one.lots, other.lots)
    fill = _fill(quote, other.open_price, now, (DealReason.CLOSE_BY, None))
    for position in (one, other):
        leave(venue, position, lots, fill)
    return None


def reverse(venue: Venue, command: ReversePosition, now: Instant) -> Refused | None:
    """Close a position and open the opposite one, or neither and say why not."""
    found = _position(venue, command.account, command.position_id)
    if isinstance(found, Refused):
        return found
    refused = _not_oldest(venue, found)
    if refused is not None:
        return refused
    order = PlaceOrder(
        account=command.account,
        symbol=found.symbol,
        side=found.side.opposite,
        lots=2 * found.lots,
        stop_loss=command.stop_loss,
        take_profit=command.take_profit,
        signal_id=command.signal_id,
        model=command.model or found.model,
        reverses=found.id,
    )
    return place(venue, order, now)


def leave_at_market(venue: Venue, position: Position, now: Instant, reason: DealReason) -> None:
    """Close a whole position at its latest quote, which must be fit, slippage included."""
    _leave_now(venue, position, position.lots, now, (reason, position.signal_id))


def leave_when_possible(venue: Venue, position: Position, now: Instant, reason: DealReason) -> None:
    """Close a whole position now, or on the first quote that is fit to trade on."""
    if venue.untradeable(position.symbol, now) is None:
        leave_at_market(venue, position, now, reason)
    else:
        why = (reason, position.signal_id)
        venue.record(position.account, now, OrderPlaced(_closing_order(venue, position, now, why)))


def _leave(
    venue: Venue,
    position: Position,
    lots: Decimal,
    now: Instant,
    why: tuple[DealReason, str | None],
) -> Refused | None:
    refused = _unclosable(venue, position.symbol, now)
    if refused is not None:
        return refused
    waits = venue.untradeable(position.symbol, now) is not None
    if waits or venue.costs.latency_ns:
        order = replace(_closing_order(venue, position, now, why), lots=lots)
        venue.record(position.account, now, OrderPlaced(order))
    else:
        _leave_now(venue, position, lots, now, why)
    return None


def _leave_now(
    venue: Venue,
    position: Position,
    lots: Decimal,
    now: Instant,
    why: tuple[DealReason, str | None],
) -> None:
    quote, side = venue.board.quotes[position.symbol], position.side.opposite
    draw_for = (position.account, venue.state.next_seq(position.account))
    price = slipped(
        venue.costs.slippage, side, market_price(side, quote), venue.measure(quote), draw_for
    )
    leave(venue, position, lots, _fill(quote, price, now, why))


def _fill(quote: Quote, price: Points, now: Instant, why: tuple[DealReason, str | None]) -> Fill:
    return Fill(
        price=price,
        at=now,
        quote=quote,
        reason=why[0],
        signal_id=why[1],
        decided_mid=quote.bid + quote.ask,
    )


def _closing_order(
    venue: Venue, position: Position, now: Instant, why: tuple[DealReason, str | None]
) -> Order:
    quote = venue.board.quotes.get(position.symbol)
    return Order(
        id=f"o-{venue.state.next_seq(position.account)}",
        account=position.account,
        symbol=position.symbol,
        digits=position.digits,
        side=position.side.opposite,
        lots=position.lots,
        stop_loss=None,
        take_profit=None,
        signal_id=why[1],
        placed_at=now,
        kind=OrderKind.MARKET,
        closes=position.id,
        model=position.model,
        reason=why[0],
        due_at=now + venue.costs.latency_ns,
        decided_mid=None if quote is None else quote.bid + quote.ask,
    )


def _position(venue: Venue, account: str, position_id: str) -> Position | Refused:
    position = venue.state.accounts[account].positions.get(position_id)
    if position is not None:
        return position
    return Refused(
        code=RefusalCode.UNKNOWN_POSITION,
        actual=position_id,
        text=f'There is no open position "{position_id}" in account {account}; it may have closed '
        "already.",
    )


def _unclosable(venue: Venue, symbol: str, now: Instant) -> Refused | None:
    refused = venue.untradeable(symbol, now)
    if refused is not None and refused.code is RefusalCode.MARKET_CLOSED:
        return None if venue.limits.closed_market is ClosedMarket.QUEUE else refused
    return refused


def _wrong_part(venue: Venue, position: Position, lots: Decimal) -> Refused | None:
    step = venue.board.instruments[position.symbol].lot_step
    if lots == position.lots or (0 < lots < position.lots and lots % step == 0):
        return None
    return Refused(
        code=RefusalCode.LOTS_OFF_STEP,
        actual=str(lots),
        limit=f"{step}–{position.lots} in steps of {step}",
        text=f"{lots} lots of {position.id} cannot be closed; it has {position.lots} lots and "
        f"closes in steps of {step}.",
    )


def _not_oldest(venue: Venue, position: Position) -> Refused | None:
    """Return why a FIFO account must close another position first, or None."""
    state: AccountState = venue.state.accounts[position.account]
    if state.account.accounting is not Accounting.FIFO:
        return None
    oldest = next(p for p in state.positions.values() if p.symbol == position.symbol)
    if oldest.id == position.id:
        return None
    return Refused(
        code=RefusalCode.NOT_OLDEST,
        actual=position.id,
        limit=oldest.id,
        text=f"This account closes the oldest position of a symbol first (NFA rule 2-43b): close "
        f"{oldest.id} before {position.id}.",
    )
