"""Price alerts: setting, listing, removing them."""

from __future__ import annotations

from http import HTTPStatus

from fxpaper.domain.alert import PriceSide
from fxpaper.domain.command import RemovePriceAlert, SetPriceAlert
from fxpaper.domain.event import PriceAlertRemoved, PriceAlertSet
from fxpaper.domain.refusal import Refused
from fxpaper.web import alert_views, problem
from fxpaper.web.alert_views import AlertBody, AlertList, ShownAlert
from fxpaper.web.answers import AccountQuery, ListQuery
from fxpaper.web.order_bodies import fault, known_instrument, points
from fxpaper.web.routing import Answer, Call, route


@route("GET", "/alerts", {HTTPStatus.OK: AlertList})
async def alerts(call: Call, query: ListQuery) -> Answer:
    """List the price alerts, newest first."""
    account = call.rooms.account
    page = await call.rooms.ledger.read(
        lambda ledger: ledger.price_alerts(account, query.limit, query.cursor)
    )
    return Answer.of(alert_views.alerts(page.items, page.next))


@route("POST", "/alerts", {HTTPStatus.CREATED: ShownAlert})
async def set_alert(call: Call, query: AccountQuery, body: AlertBody) -> Answer:  # noqa: ARG001 - checked by the route
    """Be told once when a price is reached."""
    instrument = known_instrument(body.symbol, call.rooms.market)
    watched = call.rooms.market.symbols()
    if instrument.symbol not in watched:
        raise fault(
            "symbol",
            f"{instrument.symbol} is not watched, so it would never be reached. Watched: "
            f"{', '.join(watched)}; the setting symbols adds more.",
        )
    price = points(instrument, body.price, "price")
    command = SetPriceAlert(
        account=call.rooms.account,
        symbol=instrument.symbol,
        side=PriceSide(body.side),
        price=price or 0,
        note=body.note,
    )
    return await _done(call, command, HTTPStatus.CREATED)


@route("DELETE", "/alerts/{id}", {HTTPStatus.OK: ShownAlert})
async def remove_alert(call: Call, query: AccountQuery, id: str) -> Answer:  # noqa: A002, ARG001 - the path's name
    """Remove a price alert that waits."""
    command = RemovePriceAlert(account=call.rooms.account, alert_id=id)
    return await _done(call, command, HTTPStatus.OK)


async def _done(
    call: Call, command: SetPriceAlert | RemovePriceAlert, status: HTTPStatus
) -> Answer:
    answer = await call.rooms.execution.carry_out(command, None)
    if isinstance(answer, Refused):
        raise problem.refused(answer)
    for one in answer:
        if isinstance(one.event, PriceAlertSet | PriceAlertRemoved):
            return Answer.of(alert_views.of_event(one.event, one.at), status)
    raise TypeError(f"{command} was carried out without its event")


ROUTES = (alerts, set_alert, remove_alert)
