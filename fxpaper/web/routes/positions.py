"""Open positions: changing, closing and reversing them."""

from __future__ import annotations

from http import HTTPStatus

from fxpaper.domain.account import Mode
from fxpaper.domain.command import CloseAll, CloseBy, ClosePosition, ReversePosition
from fxpaper.domain.event import DealBooked
from fxpaper.domain.order import DealReason
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.web import problem, views
from fxpaper.web.answers import (
    AccountQuery,
    CloseAllBody,
    CloseByBody,
    ClosedPosition,
    CloseQuery,
    Done,
    PositionList,
    ReverseBody,
)
from fxpaper.web.carrying_out import carry_out, shown
from fxpaper.web.order_bodies import PositionChangeBody, known_instrument, modify_position, points
from fxpaper.web.problem import ProblemError
from fxpaper.web.routing import Answer, Call, route


@route("GET", "/positions", {HTTPStatus.OK: PositionList})
async def positions(call: Call, query: AccountQuery) -> Answer:  # noqa: ARG001 - checked by the route
    """List open positions."""
    view = call.rooms.execution.view()
    shown = [views.position(one, view) for one in view.positions]
    return Answer.of(PositionList(items=shown, next=None))


@route(
    "POST",
    "/positions/{id}/close",
    {HTTPStatus.OK: ClosedPosition, HTTPStatus.ACCEPTED: Done},
)
async def close(call: Call, query: CloseQuery, id: str) -> Answer:  # noqa: A002 - the path's name
    """Close a position, or so many lots of it, at the market; a live one's terminal is asked."""
    command = ClosePosition(
        account=call.rooms.account, position_id=id, reason=DealReason.MANUAL, lots=query.lots
    )
    answer = await call.rooms.execution.carry_out(command, _symbol(call, id))
    if isinstance(answer, Refused):
        raise problem.refused(answer)
    for recorded in answer:
        if isinstance(recorded.event, DealBooked):
            deal = views.deal(recorded.event.deal, call.rooms.market.instruments())
            return Answer.of(ClosedPosition(deal=deal, position_id=id))
    if call.rooms.mode is Mode.LIVE:
        return Answer.of(shown(call, answer), HTTPStatus.ACCEPTED)
    raise ProblemError(
        RefusalCode.NO_QUOTE,
        f"The order to close {id} is placed; it waits for the first quote it may be filled on.",
        status=HTTPStatus.ACCEPTED,
    )


@route("PATCH", "/positions/{id}", {HTTPStatus.OK: Done})
async def change_position(
    call: Call,
    query: AccountQuery,
    body: PositionChangeBody,
    id: str,  # noqa: A002 - the path's name
) -> Answer:
    """Change what may end a position."""
    del query
    symbol = _symbol(call, id)
    if symbol is None:
        raise _unknown(id)
    instrument = call.rooms.market.instruments()[symbol]
    command = modify_position(body, call.rooms.account, id, instrument, call.rooms.market)
    return await carry_out(call, command, symbol)


@route("POST", "/positions/{id}/reverse", {HTTPStatus.OK: Done})
async def reverse(call: Call, query: AccountQuery, body: ReverseBody, id: str) -> Answer:  # noqa: A002, ARG001 - the path's name
    """Close a position and open its opposite, both or neither."""
    symbol = _symbol(call, id)
    if symbol is None:
        raise _unknown(id)
    instrument = call.rooms.market.instruments()[symbol]
    command = ReversePosition(
        account=call.rooms.account,
        position_id=id,
        stop_loss=points(instrument, body.stop_loss, "stop_loss"),
        take_profit=points(instrument, body.take_profit, "take_profit"),
    )
    return await carry_out(call, command, symbol)


@route("POST", "/positions/{id}/close-by", {HTTPStatus.OK: Done})
async def close_by(call: Call, query: AccountQuery, body: CloseByBody, id: str) -> Answer:  # noqa: A002, ARG001 - the path's name
    """Close two opposite positions of a symbol against each other."""
    command = CloseBy(account=call.rooms.account, position_id=id, other_id=body.other_id)
    return await carry_out(call, command, _symbol(call, id))


@route("POST", "/close-all", {HTTPStatus.OK: Done})
async def close_all(call: Call, query: AccountQuery, body: CloseAllBody) -> Answer:  # noqa: ARG001 - checked by the route
    """Close every position that matches, all or none."""
    symbol = None
    if body.symbol is not None:
        symbol = known_instrument(body.symbol, call.rooms.market).symbol
    command = CloseAll(account=call.rooms.account, symbol=symbol, side=body.side)
    return await carry_out(call, command, symbol)


def _symbol(call: Call, id_: str) -> str | None:
    found = (one.symbol for one in call.rooms.execution.view().positions if one.id == id_)
    return next(found, None)


def _unknown(id_: str) -> ProblemError:
    return ProblemError(
        RefusalCode.UNKNOWN_POSITION,
        f'There is no open position "{id_[:40]}"; it may have closed already.',
        actual=id_[:40],
    )


ROUTES = (positions, close, change_position, reverse, close_by, close_all)
