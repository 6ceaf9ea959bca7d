"""Orders becoming deals."""

from __future__ import annotations

from msgspec.structs import replace

from fxpaper.domain.event import OrderChanged, OrderFilled
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points, format_price
from fxpaper.domain.order import DealReason, Order, OrderKind, OrderState
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine import groups
from fxpaper.engine.costs import slipped
from fxpaper.engine.dealing import Fill, enter, leave
from fxpaper.engine.matching import LevelKind, is_worse, level_price, market_price
from fxpaper.engine.opening import Opening, fill_numbers
from fxpaper.engine.protecting import begin
from fxpaper.engine.venue import Venue


def fill_at_market(venue: Venue, order: Order, quote: Quote, at: Instant) -> None:
    """Fill an order at the market now, or end it and say why."""
    price = market_price(order.side, quote)
    _fill(venue, order, with_slippage(venue, order.account, order, price, quote), quote, at)


def reach(venue: Venue, order: Order, quote: Quote, at: Instant) -> None:
    """Let a quote that has reached an order's price do what the order asks for."""
    if order.kind is OrderKind.STOP_LIMIT and order.state is OrderState.PLACED:
        _trigger(venue, order, quote, at)
    elif order.kind is OrderKind.MARKET_IF_TOUCHED:
        fill_at_market(venue, order, quote, at)
    elif order.kind in {OrderKind.STOP, OrderKind.TRAILING_STOP} and order.price is not None:
        price = level_price(order.side, LevelKind.STOP, order.price, quote)
        _fill(venue, order, with_slippage(venue, order.account, order, price, quote), quote, at)
    else:
        resting = order.limit if order.state is OrderState.TRIGGERED else order.price
        if resting is not None:
            _fill(venue, order, resting, quote, at)


def with_slippage(venue: Venue, account: str, order: Order, price: Points, quote: Quote) -> Points:
    """Return a market price after slippage; the draw is that of the account's next event."""
    seq = venue.state.next_seq(account)
    slippage = venue.costs.slippage
    return slipped(slippage, order.side, price, venue.measure(quote), (account, seq))


def _trigger(venue: Venue, order: Order, quote: Quote, at: Instant) -> None:
    triggered = replace(order, state=OrderState.TRIGGERED, version=order.version + 1)
    venue.record(order.account, at, OrderChanged(triggered))
    market = market_price(order.side, quote)
    if order.limit is not None and not is_worse(order.side, market, order.limit):
        _fill(venue, triggered, market, quote, at)


def numbers_at(venue: Venue, order: Order, price: Points) -> Opening | Refused:
    """Return the numbers of an order that fills at a price, or why it must not."""
    state = venue.state.accounts[order.account]
    return beyond(order, price) or fill_numbers(order, price, state, venue.board)


def fill(venue: Venue, order: Order, numbers: Opening, quote: Quote, at: Instant) -> None:
    """Fill an order as its numbers say."""
    filled = replace(
        order,
        state=OrderState.FILLED,
        fill_price=numbers.price,
        filled_at=at,
        due_at=None,
        version=order.version + 1,
    )
    venue.record(order.account, at, OrderFilled(filled))
    how = Fill(
        price=numbers.price,
        at=at,
        quote=quote,
        reason=_reason(order),
        decided_mid=order.decided_mid or quote.bid + quote.ask,
        order_id=order.id,
        signal_id=order.signal_id,
    )
    for position, lots in numbers.offsets:
        leave(venue, position, lots, how)
    opened = enter(venue, order, numbers, numbers.lots, how) if numbers.lots else None
    if opened is not None:
        begin(venue, order.account, opened, quote, at)
    groups.release(venue, order, opened, at)


def _fill(venue: Venue, order: Order, price: Points, quote: Quote, at: Instant) -> None:
    numbers = numbers_at(venue, order, price)
    if isinstance(numbers, Refused):
        groups.end(venue, order, at, numbers)
    else:
        fill(venue, order, numbers, quote, at)


def beyond(order: Order, price: Points) -> Refused | None:
    """Return why a price is outside an order's bound, or None."""
    if order.bound is None or not is_worse(order.side, price, order.bound):
        return None
    shown, bound = format_price(price, order.digits), format_price(order.bound, order.digits)
    return Refused(
        code=RefusalCode.BEYOND_BOUND,
        actual=str(shown),
        limit=str(bound),
        text=f"The {order.side} of {order.symbol} would have filled at {shown}, worse than its "
        f"bound {bound}; nothing was traded.",
    )


def _reason(order: Order) -> DealReason:
    if order.reason is not None:
        return order.reason
    if order.signal_id is not None:
        return DealReason.SIGNAL
    return DealReason.MANUAL if order.kind is OrderKind.MARKET else DealReason.ORDER
