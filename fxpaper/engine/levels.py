"""The levels that open positions and waiting orders let wait in the trigger book.

On a quote that crosses several, what ends a position comes before what moves its stop, that before
orders, then an account's margin watch, and what only tells somebody last; within each the older
first, a position's stop-loss before its take-profits.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

import msgspec

from fxpaper.domain.instrument import Points
from fxpaper.domain.order import Order, OrderKind, OrderState, TriggerSide
from fxpaper.domain.position import Position
from fxpaper.engine.book import Edge
from fxpaper.engine.matching import LevelKind, edge_of
from fxpaper.engine.trailing import moves_at


class Role(IntEnum):
    """What crossing a level does, in the order in which it is done."""

    STOP_LOSS = 0
    RUNG = 1
    TAKE_PROFIT = 2
    BREAK_EVEN = 3
    TRAIL = 4
    ORDER = 5
    ORDER_TRAIL = 6
    WATCH = 7
    ALERT = 8


_ENDS = (Role.STOP_LOSS, Role.RUNG, Role.TAKE_PROFIT)


class Owner(msgspec.Struct, frozen=True):
    """Whose levels: a position's, an order's, a price alert's, or the account's own.

    Args:
        account: its id.
        id: of the position, order or alert; empty for the account's margin watch.
    """

    account: str
    id: str = ""


class Level(msgspec.Struct, frozen=True):
    """A price that waits.

    Args:
        owner: whose.
        role: what crossing it does.
        symbol: whose quotes cross it.
        edge: which side of a quote has to move where.
        price: in points.
        trigger: which price of a quote it asks for.
        number: tells levels of one owner and role apart.
    """

    owner: Owner
    role: Role
    symbol: str
    edge: Edge
    price: Points
    trigger: TriggerSide = TriggerSide.DEFAULT
    number: int = 0

    @property
    def rank(self) -> tuple[int, int, str, int, int]:
        """What levels crossed by one quote are sorted by."""
        group = 0 if self.role in _ENDS else int(self.role)
        born = int(self.owner.id.partition("-")[2] or 0)
        return (group, born, self.owner.account, int(self.role), self.number)


def levels_of_position(position: Position) -> Iterator[Level]:
    """Yield what waits for a position: its exits, and what moves its stop-loss."""
    owner, symbol = Owner(position.account, position.id), position.symbol
    closing, trigger = position.side.opposite, position.trigger
    stop, limit = (edge_of(closing, kind, trigger) for kind in (LevelKind.STOP, LevelKind.LIMIT))
    if position.stop_loss is not None:
        yield Level(owner, Role.STOP_LOSS, symbol, stop, position.stop_loss, trigger)
    for number, rung in enumerate(position.exits.ladder):
        yield Level(owner, Role.RUNG, symbol, limit, rung.price, trigger, number)
    if position.take_profit is not None:
        yield Level(owner, Role.TAKE_PROFIT, symbol, limit, position.take_profit, trigger)
    yield from _moves(position, owner)


def levels_of_order(order: Order) -> Iterator[Level]:
    """Yield what waits for an order: the price it asks for, and what moves it."""
    if order.state not in {OrderState.PLACED, OrderState.TRIGGERED} or order.due_at is not None:
        return
    owner = Owner(order.account, order.id)
    price = order.limit if order.state is OrderState.TRIGGERED else order.price
    if price is not None:
        edge = edge_of(order.side, kind_of(order), order.trigger)
        yield Level(owner, Role.ORDER, order.symbol, edge, price, order.trigger)
    if order.trail is not None:
        moves = moves_at(order.trail, order.side, order.price, None)
        if moves is not None:
            edge = edge_of(order.side, LevelKind.LIMIT)
            yield Level(owner, Role.ORDER_TRAIL, order.symbol, edge, moves)


def kind_of(order: Order) -> LevelKind:
    """Return whether an order's price is reached as a stop is, or as a limit."""
    limits = {OrderKind.LIMIT, OrderKind.MARKET_IF_TOUCHED}
    if order.kind in limits or order.state is OrderState.TRIGGERED:
        return LevelKind.LIMIT
    return LevelKind.STOP


def _moves(position: Position, owner: Owner) -> Iterator[Level]:
    closing, exits = position.side.opposite, position.exits
    edge, rises = edge_of(closing, LevelKind.LIMIT), 1 if closing.value == "sell" else -1
    if exits.break_even is not None and exits.break_even.after is not None:
        price = position.open_price + rises * exits.break_even.after
        yield Level(owner, Role.BREAK_EVEN, position.symbol, edge, price)
    if exits.trail is not None:
        moves = moves_at(exits.trail, closing, position.stop_loss, position.open_price)
        if moves is not None:
            yield Level(owner, Role.TRAIL, position.symbol, edge, moves)
