"""Open positions, and closing them."""

from __future__ import annotations

from http import HTTPStatus

from fxpaper.domain.refusal import Refused
from fxpaper.web import problem, views
from fxpaper.web.answers import AccountQuery, ClosedPosition, PositionList
from fxpaper.web.routing import Answer, Call, route


@route("GET", "/positions", {HTTPStatus.OK: PositionList})
async def positions(call: Call, query: AccountQuery) -> Answer:  # noqa: ARG001 - checked by the route
    """List open positions."""
    view = call.rooms.execution.view()
    shown = [views.position(one, view) for one in view.positions]
    return Answer.of(PositionList(items=shown, next=None))


@route("POST", "/positions/{id}/close", {HTTPStatus.OK: ClosedPosition})
async def close(call: Call, query: AccountQuery, id: str) -> Answer:  # noqa: A002, ARG001 - the path's name
    """Close a position at the market."""
    deal = await call.rooms.execution.close(id)
    if isinstance(deal, Refused):
        raise problem.refused(deal)
    shown = views.deal(deal, call.rooms.market.instruments())
    return Answer.of(ClosedPosition(deal=shown, position_id=deal.position_id))


ROUTES = (positions, close)
