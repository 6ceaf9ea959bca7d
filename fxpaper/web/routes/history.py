"""What was ordered and what was filled."""

from __future__ import annotations

from http import HTTPStatus

from fxpaper.ledger.ledger import Ledger
from fxpaper.web import views
from fxpaper.web.answers import DealList, ListQuery, OrderList
from fxpaper.web.routing import Answer, Call, route


@route("GET", "/orders", {HTTPStatus.OK: OrderList})
async def orders(call: Call, query: ListQuery) -> Answer:
    """List orders, newest first."""
    account = call.rooms.account

    def read(ledger: Ledger) -> Answer:
        page = ledger.orders(account, query.limit, query.cursor)
        return Answer.of(OrderList(items=[views.order(one) for one in page.items], next=page.next))

    return await call.rooms.ledger.read(read)


@route("GET", "/deals", {HTTPStatus.OK: DealList})
async def deals(call: Call, query: ListQuery) -> Answer:
    """List deals, newest first."""
    account, instruments = call.rooms.account, call.rooms.market.instruments()

    def read(ledger: Ledger) -> Answer:
        page = ledger.deals(account, query.limit, query.cursor)
        shown = [views.deal(one, instruments) for one in page.items]
        return Answer.of(DealList(items=shown, next=page.next))

    return await call.rooms.ledger.read(read)


ROUTES = (orders, deals)
