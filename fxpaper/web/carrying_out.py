"""What a person wants, done, and shown as what it has changed."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from fxpaper.domain.deal import Deal
from fxpaper.domain.event import (
    DealBooked,
    OrderChanged,
    OrderEnded,
    OrderFilled,
    OrderPlaced,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    Recorded,
)
from fxpaper.domain.order import Order
from fxpaper.domain.position import Position
from fxpaper.domain.refusal import Refused
from fxpaper.signals.desk import Wish
from fxpaper.web import problem, views
from fxpaper.web.answers import Done
from fxpaper.web.routing import Answer, Call


async def carry_out(
    call: Call,
    wish: Wish,
    symbol: str | None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Answer:
    """Do what a person wants and answer with what it has changed.

    Raises:
        ProblemError: it was refused; nothing has changed.
    """
    answer = await call.rooms.execution.carry_out(wish, symbol)
    if isinstance(answer, Refused):
        raise problem.refused(answer)
    return Answer.of(shown(call, answer), status)


def shown(call: Call, events: Iterable[Recorded]) -> Done:
    """Show what events have changed: each order and open position once, as it is now."""
    orders: dict[str, Order] = {}
    positions: dict[str, Position] = {}
    deals: list[Deal] = []
    for recorded in events:
        match recorded.event:
            case OrderPlaced(order) | OrderChanged(order) | OrderFilled(order) | OrderEnded(order):
                orders[order.id] = order
            case PositionOpened(position) | PositionChanged(position):
                positions[position.id] = position
            case PositionClosed(position):
                positions.pop(position.id, None)
            case DealBooked(deal):
                deals.append(deal)
            case _:
                pass
    view, instruments = call.rooms.execution.view(), call.rooms.market.instruments()
    return Done(
        orders=[views.order(order) for order in orders.values()],
        positions=[views.position(position, view) for position in positions.values()],
        deals=[views.deal(deal, instruments) for deal in deals],
        account=views.account(view.account, view.valuation),
    )
