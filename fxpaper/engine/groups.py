"""Orders that depend on other orders or on a position: OCO, OTO, and orders that only reduce.

Called after every event, so that a sibling is cancelled exactly once, in the same breath as what
made it pointless.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from fxpaper.domain.event import (
    Event,
    OrderChanged,
    OrderEnded,
    OrderFilled,
    PositionChanged,
    PositionClosed,
)
from fxpaper.domain.instant import Instant
from fxpaper.domain.order import Order, OrderKind, OrderState
from fxpaper.domain.position import Position
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.venue import Venue


def react(venue: Venue, account: str, at: Instant, event: Event) -> None:
    """Let the orders that depend on what has just happened follow it."""
    state = venue.state.accounts[account]
    if not state.orders:
        return
    match event:
        case OrderFilled(order):
            _cancel_siblings(venue, order, at)
        case OrderEnded(order):
            _end_children(venue, order, at)
        case PositionChanged(position):
            _keep_in_step(venue, position, at)
        case PositionClosed(position):
            _end_where(
                venue,
                account,
                at,
                lambda order: order.closes == position.id,
                Refused(RefusalCode.POSITION_CLOSED, f"Position {position.id} has closed."),
            )
        case _:
            pass


def release(venue: Venue, parent: Order, position_id: str | None, at: Instant) -> None:
    """Let the orders work that waited for another's fill.

    Those that would close what the parent opened may only do that.
    """
    for order in _waiting(venue, parent.account, lambda order: order.parent == parent.id):
        closes = order.closes
        if closes is None and position_id is not None and order.symbol == parent.symbol:
            closes = position_id if order.side is not parent.side else None
        due_at = at if order.kind is OrderKind.MARKET else None
        working = replace(
            order,
            state=OrderState.PLACED,
            closes=closes,
            due_at=due_at,
            version=order.version + 1,
        )
        venue.record(order.account, at, OrderChanged(working))


def end(
    venue: Venue, order: Order, at: Instant, why: Refused, state: OrderState = OrderState.CANCELLED
) -> None:
    """Cancel an order, or let it expire, for a stated reason."""
    ended = replace(
        order, state=state, ended_at=at, ended=why, due_at=None, version=order.version + 1
    )
    venue.record(order.account, at, OrderEnded(ended))


def _cancel_siblings(venue: Venue, filled: Order, at: Instant) -> None:
    if filled.oco is not None:
        why = Refused(RefusalCode.SIBLING_FILLED, f"Order {filled.id} of its group was filled.")
        _end_where(venue, filled.account, at, lambda order: order.oco == filled.oco, why)


def _end_children(venue: Venue, parent: Order, at: Instant) -> None:
    why = Refused(RefusalCode.PARENT_ENDED, f"Order {parent.id}, which it waited for, has ended.")
    _end_where(venue, parent.account, at, lambda order: order.parent == parent.id, why, held=True)


def _keep_in_step(venue: Venue, position: Position, at: Instant) -> None:
    def too_much(order: Order) -> bool:
        return order.closes == position.id and order.lots > position.lots

    for order in _waiting(venue, position.account, too_much):
        less = replace(order, lots=position.lots, version=order.version + 1)
        venue.record(order.account, at, OrderChanged(less))


def _end_where(
    venue: Venue,
    account: str,
    at: Instant,
    which: Callable[[Order], bool],
    why: Refused,
    *,
    held: bool = False,
) -> None:
    for order in _waiting(venue, account, which):
        standing = venue.state.accounts[account].orders.get(order.id)
        if standing is not None and (not held or standing.state is OrderState.HELD):
            end(venue, standing, at, why)


def _waiting(venue: Venue, account: str, which: Callable[[Order], bool]) -> list[Order]:
    return [order for order in venue.state.accounts[account].orders.values() if which(order)]
