"""Orders of a person: placing, changing, cancelling them."""

from __future__ import annotations

from http import HTTPStatus

from fxpaper.domain.command import CancelOrder, Contingency, PlaceGroup
from fxpaper.domain.order import Order
from fxpaper.domain.refusal import RefusalCode
from fxpaper.ledger.ledger import Ledger
from fxpaper.web.answers import AccountQuery, Done
from fxpaper.web.carrying_out import carry_out
from fxpaper.web.order_bodies import (
    GroupBody,
    OrderBody,
    OrderChangeBody,
    fault,
    modify_order,
    place_amount,
)
from fxpaper.web.problem import ProblemError
from fxpaper.web.routing import Answer, Call, route


@route("POST", "/orders", {HTTPStatus.CREATED: Done})
async def place_order(call: Call, query: AccountQuery, body: OrderBody) -> Answer:  # noqa: ARG001 - checked by the route
    """Place an order, sized in lots, units, worth or risk."""
    wish = place_amount(body, call.rooms.account, call.rooms.market)
    return await carry_out(call, wish, wish.order.symbol, HTTPStatus.CREATED)


@route("POST", "/order-groups", {HTTPStatus.CREATED: Done})
async def place_orders(call: Call, query: AccountQuery, body: GroupBody) -> Answer:  # noqa: ARG001 - checked by the route
    """Place orders that depend on each other, all or none."""
    if any(order.lots is None for order in body.orders):
        raise fault("orders", "The orders of a group are sized in lots.")
    wishes = [place_amount(order, call.rooms.account, call.rooms.market) for order in body.orders]
    command = PlaceGroup(
        contingency=Contingency(body.contingency), orders=tuple(wish.order for wish in wishes)
    )
    return await carry_out(call, command, wishes[0].order.symbol, HTTPStatus.CREATED)


@route("PATCH", "/orders/{id}", {HTTPStatus.OK: Done})
async def change_order(call: Call, query: AccountQuery, body: OrderChangeBody, id: str) -> Answer:  # noqa: A002, ARG001 - the path's name
    """Change a waiting order in place."""
    order = await _waiting(call, id)
    instrument = call.rooms.market.instruments()[order.symbol]
    command = modify_order(body, call.rooms.account, id, instrument)
    return await carry_out(call, command, order.symbol)


@route("DELETE", "/orders/{id}", {HTTPStatus.OK: Done})
async def cancel_order(call: Call, query: AccountQuery, id: str) -> Answer:  # noqa: A002, ARG001 - the path's name
    """Cancel a waiting order."""
    return await carry_out(call, CancelOrder(account=call.rooms.account, order_id=id), None)


async def _waiting(call: Call, id_: str) -> Order:
    account = call.rooms.account

    def read(ledger: Ledger) -> Order | None:
        state = ledger.load(account)
        orders = () if state is None else state.orders
        return next((order for order in orders if order.id == id_), None)

    order = await call.rooms.ledger.read(read)
    if order is None:
        raise ProblemError(
            RefusalCode.UNKNOWN_ORDER,
            f'There is no waiting order "{id_[:40]}"; it may have been filled or cancelled.',
            actual=id_[:40],
        )
    return order


ROUTES = (place_order, place_orders, change_order, cancel_order)
